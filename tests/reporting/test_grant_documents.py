"""The documents of grants: same bytes for the same submission, and downloads for who may see them."""

from __future__ import annotations

import io

from django.urls import reverse
from pypdf import PdfReader

from reporting.grant_documents import render_account, render_form
from tests.cast import Cast
from tests.funding.test_grant_accounts import handed_in


def test_the_compte_rendu_and_the_prepared_data_are_documents(cast: Cast):
    account = handed_in(cast)
    with cast.acting("employeur_d"):
        first = render_account(account=account)
        assert first == render_account(account=account)
        prepared = render_form(plan=account.plan, form="demande")
    for content in (first, prepared):
        assert content.startswith(b"%PDF-")
        claims = PdfReader(io.BytesIO(content)).root_object["/Metadata"].get_data()  # type: ignore[union-attr]
        assert b"pdfaid:part" in claims
        assert b"pdfuaid:part" in claims
    address = reverse("grant-account-pdf", args=[account.uuid])
    assert cast.client("finances_b").get(address).content == first
    assert cast.client("finances_a").get(address).status_code == 404
