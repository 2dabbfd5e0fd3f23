"""The bilan of 2022 annexed to the published act, from the demonstration dossier."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import transaction
from pypdf import PdfReader

from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.full import full_bilan
from reporting.bilan.present import present
from reporting.bilan.publication import Version
from reporting.dossier.territory import import_file

ACT = settings.BASE_DIR / "fixtures" / "demo" / "pas-de-calais-2023.json"


@pytest.fixture(scope="module")
def document(django_db_setup, django_db_blocker):
    """(bilan, PDF): read once for all these tests, which look at nothing else; the import is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_file(ACT.read_bytes())
        actor = Actor.system(Territory.objects.get(code="62"))
        with rls.acting(actor.context):
            found = full_bilan(year=2022, by=actor)
            public = full_bilan(year=2022, by=actor, version=Version.PUBLISHED)
        transaction.set_rollback(True)
    return found, bilan_pdf(found), public


@pytest.fixture
def found(document):
    return document[0]


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
    assert shown["Poste ISC Boulonnais"] == "janvier à mai"
    assert shown["Poste ISG Boulonnais"] == "janvier à juillet"
    assert len(shown) == 2


def test_the_document_prints_the_totals(document):
    pages = PdfReader(io.BytesIO(document[1])).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).replace("\u202f", " ").split())
    assert "2 731 saisines, soit 1 804 femmes, 522 hommes et 405 enfants" in text
    assert "10 postes sur 12 (11 lignes du tableau sur 13)" in text
    assert "Postes des associations" in text
