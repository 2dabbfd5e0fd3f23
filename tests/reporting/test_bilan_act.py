"""The bilan of 2022 annexed to the published act, from the demonstration dossier."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import transaction
from pypdf import PdfReader

from core import rls
from core.findings import Severity
from parties.actors import Actor
from parties.models import Territory
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.full import full_bilan
from reporting.bilan.model import MEASURES
from reporting.bilan.present import present
from reporting.bilan.publication import Version
from reporting.dossier.territory import import_file
from tests.reporting.attacker import found_out

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


def test_each_row_is_the_one_the_act_prints(found):
    """The eleven rows of annexe 1, from the dossier of the act, each with the total it prints."""
    printed = {}
    names = {post["key"]: post["label"] for post in json.loads(ACT.read_text())["posts"]}
    for entry in json.loads(ACT.read_text())["activity"]:
        if entry["year"] == 2022 and entry.get("women") is not None:
            trio = tuple(entry[name] for name in ("women", "men", "children"))
            printed[names[entry["post"]], entry.get("zone") or ""] = (*trio, entry["stated"]["people"])
    shown = {
        (row.label, row.zone): tuple(row.figures[name].value for name in ("women", "men", "children", "people"))
        for row in found.bilan.rows
        if row.reports
    }
    assert len(printed) == 11
    assert shown == printed


def test_what_a_reader_of_the_act_would_question_is_said(found):
    said = {(one.code, one.message.partition(" :")[0]) for one in found.checks}
    assert {code for code, _ in said} == {"R08", "R09", "R10", "R11", "R51"}
    assert ("R09", "Poste ISC Artois") in said, "61,00 % of 598"
    assert ("R08", "Poste ISG Ternois") in said
    assert ("R10", "Poste ISCG Arrageois, zone police") in said
    [units] = [one.message for one in found.checks if one.code == "R51"]
    assert "422" in units
    [small] = [one for one in found.checks if one.code == "R11"]
    assert (small.severity, small.message.startswith("3 effectif(s)")) == (Severity.BLOCKING, True)


def test_the_year_is_not_complete_and_no_ratio_hides_it(found):
    ratios = found.part("ratios")
    total = dict(zip([column.name for column in ratios.columns], [item.raw for item in ratios.total], strict=True))
    assert (total["saisines_total"], total["etp_travailles"]) == (2731, Decimal("9.55"))
    assert total["saisines_par_etp"] == Decimal("286.0")
    periods = {row[0].text: row[7].text for row in ratios.rows}
    assert periods["Poste ISG Ternois"] == "chiffres annuels ; 9 mois travaillés"
    assert "mois par mois" in found.part("trimestres").intro


def test_nobody_finds_the_children_of_the_act_in_its_public_version(document):
    """8, 9 and 8 children: hidden, and hidden still to whoever solves every table at once."""
    full, _, public = document
    small = {
        (row.name, name) for row in full.bilan.rows for name in MEASURES if 0 < (row.figures[name].value or 0) < 11
    }
    assert {name for _, name in small} == {"children"}
    assert all(row.figures[name].hidden for row in public.bilan.rows for each, name in small if row.name == each)
    assert found_out(full.bilan, public.bilan, 11, public.part("ratios")) == []
    assert public.bilan.totals["people"].value == 2731


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
