"""The bilan of 2022 annexed to the published act, from the demonstration dossier."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.conf import settings
from pypdf import PdfReader

from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.present import present
from reporting.bilan.service import territory_bilan
from reporting.dossier.territory import import_file

pytestmark = pytest.mark.django_db
ACT = settings.BASE_DIR / "fixtures" / "demo" / "pas-de-calais-2023.json"


@pytest.fixture
def found(db):
    import_file(ACT.read_bytes())
    actor = Actor.system(Territory.objects.get(code="62"))
    with rls.acting(actor.context):
        yield territory_bilan(year=2022, by=actor)


def test_people_of_the_year(found):
    totals = found.bilan.totals
    assert [totals[name].value for name in ("people", "women", "men", "children")] == [2731, 1804, 522, 405]
    assert [found.bilan.share_of_people(name) for name in ("women", "men", "children")] == [
        Decimal("66.1"),
        Decimal("19.1"),
        Decimal("14.8"),
    ]


def test_thirteen_rows_for_twelve_posts_of_which_eleven_report(found):
    bilan = found.bilan
    assert (len(bilan.rows), bilan.reporting, bilan.posts, bilan.posts_reporting) == (13, 11, 12, 10)
    assert {row.label for row in bilan.rows if not row.reports} == {"Poste ISC Boulonnais", "Poste ISG Boulonnais"}
    assert "Osartis" not in " ".join(row.label for row in bilan.rows)  # the post was created in 2023


def test_interviews_are_added_up_and_partners_said_apart(found):
    totals = found.bilan.totals
    assert (totals["interviews"].value, totals["interviews_partners"].value) == (4932, 422)
    assert found.bilan.interviews_with_people == 4510


def test_the_published_sums_are_right_so_nothing_is_said(found):
    assert (found.bilan.findings, found.bilan.remarks) == ((), ())


def test_percentages_are_published_ones_and_are_not_added_up(found):
    known = [row.vif for row in found.bilan.rows if row.vif.value is not None]
    assert len(known) == found.bilan.vif_rows == 10
    assert all(share.published for share in known)
    assert found.bilan.vif.value is None


def test_months_missing_are_those_before_the_absence(found):
    shown = dict(present(found.bilan).missing)
    assert shown["Poste ISC Boulonnais"] == "janvier, février, mars, avril et mai"
    assert shown["Poste ISG Boulonnais"].endswith("juin et juillet")
    assert len(shown) == 2


def test_the_document_prints_the_total_row(found):
    pages = PdfReader(io.BytesIO(bilan_pdf(found))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Total 1\u202f804 522 405 2\u202f731" in text
    assert "11 sur 13" in text
