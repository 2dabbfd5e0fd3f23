"""What each body will owe: from plans, titres and running conventions, for its own people only, never invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions.enums import Status
from conventions.models import Convention
from funding.enums import TitreKind, TitreStatus
from funding.models import ExportBatch, FundingPlan, Share, Titre
from reporting.forecast import State, by_year, forecast_lines
from tests.cast import YEAR, Cast, make_convention, make_plan, make_post

pytestmark = pytest.mark.django_db


def of(cast: Cast, body: str, first: int = YEAR) -> list[tuple[int, str, str, Decimal | None]]:
    """(year, creditor, state, amount) of each line, as the managers see them."""
    with cast.acting("gestionnaire"):
        lines = forecast_lines(first=first, debtor=cast.org[body])
    return [(line.year, line.creditor.key, line.state.value, line.due) for line in lines]


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_the_state_is_that_of_the_plan_then_of_the_titre(cast: Cast):
    found = {(line[1], line[2], line[3]) for line in of(cast, "departement") if line[0] == YEAR}
    assert found == {
        ("epci-a", "engage", 14_000),  # plan a; its titre is ready, not issued
        ("epci-b", "arrete", 15_000),
        ("association", "projet", 15_000),
        ("epci-a", "projet", 12_000),
    }


def test_titres_issued_and_paid_and_their_reductions(cast: Cast):
    with cast.acting("gestionnaire"):
        titre = cast.titre["c_epci_b"]
        batch = ExportBatch.objects.create(
            issuer=titre.issuer, year=YEAR, number=1, file_format="csv", filename="x.csv", sha256="0" * 64,
            content=b"", count=1, total=0, by_label="X",
        )  # fmt: skip
        rows = Titre.objects.filter(pk=titre.pk)
        rows.update(status=TitreStatus.EMIS, batch=batch, number="12", issued_on=dt.date(YEAR, 6, 1))
    assert of(cast, "epci_b")[0] == (YEAR, "departement", "titre", 16_000)
    with cast.acting("gestionnaire"):
        Titre.objects.create(
            plan=titre.plan, kind=TitreKind.REDUCTION, entry_id="red", share_ref=titre.share_ref, issuer=titre.issuer,
            debtor=titre.debtor, year=YEAR, base=1000, due=1, planned=12, amount=1000, subject="Réduction",
            original=titre,
        )  # fmt: skip
        rows.update(received=Decimal(5_000))
        (line,) = [r for r in forecast_lines(first=YEAR, debtor=cast.org["epci_b"]) if r.year == YEAR]
        assert (line.due, line.received, line.remaining, line.state) == (15_000, 5_000, 10_000, State.CLAIMED)
        rows.update(received=Decimal(15_000), status=TitreStatus.ENCAISSE)
    assert of(cast, "epci_b")[0] == (YEAR, "departement", "paye", 15_000)


def test_a_year_without_plan_is_not_priced_and_its_assumption_counts_nowhere(cast: Cast):
    """Convention A runs to YEAR+2, its only plan is of YEAR. C ends with YEAR."""
    with cast.acting("gestionnaire"):
        lines = forecast_lines(first=YEAR, debtor=cast.org["departement"])
        later = [line for line in lines if line.year == YEAR + 1 and line.references == "62-A"]
        (line,) = later
        year = by_year(lines, YEAR)[1]
    assert (line.state, line.due, line.remaining, line.last_known, line.last_year) == (
        State.UNPRICED, None, None, 14_000, YEAR,
    )  # fmt: skip
    assert "Hypothèse non comptée" in line.assumption
    assert (year.due, year.known, year.unpriced) == (0, False, len(year.lines))
    assert year.last_known == sum(each.last_known for each in year.lines)
    assert [line[0] for line in of(cast, "epci_b")] == [YEAR], "C ends with the year; B is employer of its own post"


def test_a_plan_of_the_later_year_replaces_the_assumption(cast: Cast):
    with cast.acting("gestionnaire"):
        make_plan(
            cast, "a2", post="a", cost=Decimal(45_000), financers=["prefecture", "departement", "epci_a"],
            status="projet", year=YEAR + 1,
        )  # fmt: skip
    lines = [line for line in of(cast, "departement") if line[1] == "epci-a"]
    assert (YEAR + 1, "epci-a", "projet", 15_000) in lines
    assert [line[2:] for line in lines if line[0] == YEAR + 2 and line[3] is None] == [("non_chiffre", None)] * 2
    with cast.acting("gestionnaire"):
        third = [r for r in forecast_lines(first=YEAR, debtor=cast.org["departement"]) if r.year == YEAR + 2]
    assert {(line.references, line.last_year) for line in third if line.creditor.key == "epci-a"} == {
        ("62-A", YEAR + 1),
        ("62-E", YEAR),
    }


def test_a_convention_whose_posts_never_had_a_plan_names_its_financers_without_amount(cast: Cast):
    with cast.acting("gestionnaire"):
        post = make_post(cast, "f", employer="epci_a", unit="gendarmerie")
        made = make_convention(
            cast, "f", reference="62-F", post="a", plan="a", parties=["prefecture", "departement", "epci_a"],
            status="brouillon",
        )  # fmt: skip
        made.convention_plans.all().delete()
        made.convention_posts.update(post=post)
        made.parties.filter(organisation=cast.org["epci_a"]).update(roles=["employeur", "financeur"])
        made.parties.filter(organisation=cast.org["departement"]).update(roles=["financeur"])
        lines = [r for r in forecast_lines(first=YEAR) if r.references == "62-F"]
    assert [
        (line.year, line.debtor.key, line.due, line.last_known) for line in lines if line.debtor.key == "departement"
    ] == [(YEAR + each, "departement", None, None) for each in range(3)]
    assert "aucun montant n’est connu" in lines[0].assumption


@pytest.mark.parametrize("status", [Status.ABANDONNEE, Status.DENONCEE, Status.RESILIEE])
def test_a_convention_that_is_over_promises_nothing_more(cast: Cast, status: str):
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=cast.convention["a"].pk).update(status=status)
        lines = forecast_lines(first=YEAR, debtor=cast.org["departement"])
    assert not [line for line in lines if line.year > YEAR and line.references == "62-A"]


def test_a_share_whose_amount_nobody_knows_is_said_so(cast: Cast):
    with cast.acting("gestionnaire"):
        Share.objects.filter(plan=cast.plan["c"], financer=cast.org["epci_b"]).update(amount=None)
        FundingPlan.objects.filter(pk=cast.plan["c"].pk).update(status="projet")
        Titre.objects.filter(plan=cast.plan["c"]).delete()
        lines = forecast_lines(first=YEAR, debtor=cast.org["epci_b"])
        (year, *_) = by_year(lines, YEAR)
    assert (lines[0].due, year.unpriced, year.due) == (None, 1, 0)


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_a_body_s_people_see_their_own_forecast_only(cast: Cast):
    """EPCI B owes on plan C; whatever it asks, the page is about B. The State's and A's shares are not in it."""
    client = cast.client("finances_b")
    for query in ({}, {"debiteur": str(cast.org["departement"].uuid)}, {"debiteur": str(cast.org["epci_a"].uuid)}):
        page = client.get(reverse("forecast"), query | {"annee": YEAR}).text
        assert "Communauté d'agglomération du Boulonnais doit" in page.replace("&#x27;", "'").replace("’", "'")
        assert "14\u202f000" not in page
        assert "Poste A" not in page
    rows = client.get(reverse("forecast"), {"annee": YEAR, "format": "csv"}).content.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(rows), delimiter=";"))
    assert [(r["Débiteur"], r["Créancier"], r["Dû (euros)"]) for r in table] == [
        ("CA du Boulonnais", "Département du Pas-de-Calais", "16000,00")
    ]


def test_the_database_itself_hides_the_shares_of_others(cast: Cast):
    """The reading with no body asked, run as B's people: nothing of plan A comes out."""
    with cast.acting("finances_b"):
        lines = forecast_lines(first=YEAR)
    assert {line.plan.key for line in lines if line.plan} == {"plan-b", "plan-c"}


def test_managers_have_every_body_and_filters_in_the_address(cast: Cast):
    client = cast.client("gestionnaire")
    page = client.get(reverse("forecast"), {"annee": YEAR}).text
    for body in ("Département du Pas-de-Calais", "CA du Boulonnais", "État (préfecture du Pas-de-Calais)"):
        assert f">{body}</a>" in page
    query = {"annee": YEAR, "creancier": str(cast.org["epci_b"].uuid), "etat": "arrete", "format": "csv"}
    rows = client.get(reverse("forecast"), query).content.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(rows), delimiter=";"))
    assert {(r["Créancier"], r["État"]) for r in table} == {("CA du Boulonnais", "Arrêté")}
    assert len(table) == 2  # the State and the Département
    assert client.get(reverse("forecast"), {"debiteur": "0"}).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_lines(cast: Cast):
    client = cast.client("gestionnaire")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("forecast"), {"annee": YEAR}).status_code == 200
        return len(captured)

    client.get(reverse("forecast"))
    before = queries()
    with cast.acting("gestionnaire"):
        for rank, post in enumerate(("a", "b", "d")):
            make_plan(
                cast, f"z{rank}", post=post, cost=Decimal(45_000), financers=["prefecture", "departement", "epci_b"],
                status="projet", year=YEAR + 1,
            )  # fmt: skip
    assert queries() == before


def test_the_home_page_of_a_partner_leads_to_its_forecast(cast: Cast):
    page = cast.client("finances_b").get("/", {"annee": YEAR}).text
    assert f"Voir vos participations prévues de {YEAR} à {YEAR + 2}" in page
    assert f"{reverse('forecast')}?annee={YEAR}" in page
    assert "Voir vos participations" not in cast.client("partenaire").get("/", {"annee": YEAR}).text
