"""Budget lines: what is proposed comes from the attributions, findings where figures disagree, who keeps which line."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions.budget import figures_of, own_posts_of, unassigned_shares
from conventions.checks.budget import check_budget_line
from conventions.models import Decision, DecisionConvention, Deliberation
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from core.findings import Severity
from funding.models import BudgetLine, FundingPlan, Share
from funding.services.budget import charge_shares, create_budget_line, update_budget_line
from parties.models import JournalEntry
from tests.cast import YEAR, Cast, make_plan

pytestmark = pytest.mark.django_db


def share_of(cast: Cast, plan: str, financer: str = "departement") -> Share:
    return Share.objects.select_related("plan", "financer").get(plan=cast.plan[plan], financer=cast.org[financer])


@pytest.fixture
def line(cast: Cast) -> BudgetLine:
    """The Département's line: it pays 14 000 on plan A (committed) and 15 000 on plan B (frozen)."""
    with cast.acting("gestionnaire"):
        made = create_budget_line(
            organisation=cast.org["departement"], year=YEAR, by=cast.actor("gestionnaire"), label="Violences",
            operation="C02", voted=Decimal(60_000), available=Decimal(50_000),
        )  # fmt: skip
        charge_shares(shares=[share_of(cast, "a"), share_of(cast, "b")], line=made, by=cast.actor("gestionnaire"))
    return made


def vote_on(cast: Cast, line: BudgetLine, *attributions: tuple[str, int]) -> list[Decision]:
    """A vote on the line with one attribution per (convention, euros)."""
    vote = Deliberation.objects.create(
        organisation=line.organisation, date=dt.date(YEAR, 7, 3), number="332", budget_line=line
    )
    decisions = []
    for position, (convention, amount) in enumerate(attributions, start=1):
        decision = Decision.objects.create(
            deliberation=vote, position=position, kind="attribution", amount=Decimal(amount)
        )
        DecisionConvention.objects.create(decision=decision, convention=cast.convention[convention])
        decisions.append(decision)
    return decisions


def found(line: BudgetLine, code: str = "") -> list:
    line = BudgetLine.objects.select_related("organisation").get(pk=line.pk)
    return [finding for finding in check_budget_line(line) if code in ("", finding.code)]


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_what_is_proposed_is_the_sum_of_the_attributions(cast: Cast, line: BudgetLine):
    with cast.acting("gestionnaire"):
        (figures,) = figures_of([line])
        assert [(c.references, c.amount) for c in figures.charges] == [("62-B", 15_000), ("62-A", 14_000)]
        assert (figures.proposed, figures.balance, figures.committed) == (29_000, 21_000, 14_000)
        assert figures.state == ("Couverte", "success")
        Share.objects.filter(pk=share_of(cast, "b").pk).update(amount=Decimal("15000.01"))
        (again,) = figures_of([line])
    assert again.proposed == Decimal("29000.01")


def test_an_article_that_no_plan_carries_counts_and_one_that_a_plan_carries_does_not_count_twice(
    cast: Cast, line: BudgetLine
):
    with cast.acting("gestionnaire"):
        vote_on(cast, line, ("a", 14_000), ("d", 5_000))
        (figures,) = figures_of([line])
    assert figures.proposed == 34_000
    assert [c.state[0] for c in figures.charges] == ["Arrêté", "Engagé", "Votée sans plan"]
    assert [len(c.votes) for c in figures.charges] == [0, 1, 1]


def test_shares_of_one_s_own_posts_are_apart(cast: Cast, line: BudgetLine):
    """Plan C: the Département employs, 16 000 stay with it, 32 000 come from the State and EPCI B."""
    with cast.acting("gestionnaire"):
        own = own_posts_of([(cast.org["departement"], YEAR)])[cast.org["departement"].pk, YEAR]
        assert (own.cost, own.own, own.revenue) == (48_000, 16_000, 32_000)
        assert [post.references for post in own.posts] == ["62-C"]
        with pytest.raises(BusinessError, match="employé par un autre"):
            charge_shares(shares=[share_of(cast, "c")], line=line, by=cast.actor("gestionnaire"))
        left = unassigned_shares(cast.org["departement"], YEAR)
    assert [share.plan.key for share in left] == ["plan-e", "plan-d"]


# --- Checks -----------------------------------------------------------------------------------------------------------


def test_r04_finds_an_overdrawn_line_and_is_silent_on_a_covered_one(cast: Cast, line: BudgetLine):
    with cast.acting("gestionnaire"):
        assert found(line) == []
        BudgetLine.objects.filter(pk=line.pk).update(available=Decimal(20_000))
        (finding,) = found(line)
    assert (finding.code, finding.severity) == ("R04", Severity.BLOCKING)
    assert (finding.stated, finding.computed) == ("20000.00", "29000.00")
    assert "dépassée de 9\u202f000,00" in finding.message


def test_r04_finds_attributions_without_any_credit(cast: Cast, line: BudgetLine):
    with cast.acting("gestionnaire"):
        BudgetLine.objects.filter(pk=line.pk).update(voted=None, available=None)
        (finding,) = found(line)
    assert (finding.code, finding.severity, finding.place) == (
        "R04",
        Severity.EXPLAIN,
        f"budget_lines[{line.key}].voted",
    )


def test_r04_and_r44_compare_what_the_act_prints(cast: Cast, line: BudgetLine):
    printed = {"proposed": "29000.00", "balance": "21000.00", "own_posts": "16000.00", "expected_revenue": "32000.00"}
    with cast.acting("gestionnaire"):
        BudgetLine.objects.filter(pk=line.pk).update(stated=printed)
        assert found(line) == []
        wrong = {"proposed": "28000.00", "balance": "22000.00", "own_posts": "16000.00", "expected_revenue": "31999.00"}
        BudgetLine.objects.filter(pk=line.pk).update(stated=wrong)
        findings = {f.place.rpartition(".")[2]: (f.code, f.severity, f.stated, f.computed) for f in found(line)}
        BudgetLine.objects.filter(pk=line.pk).update(stated={"proposed": "29000.00"})
        missing = [f.place.rpartition(".")[2] for f in found(line, "R44")]
    assert findings == {
        "proposed": ("R04", Severity.BLOCKING, "28000.00", "29000.00"),
        "balance": ("R44", Severity.BLOCKING, "22000.00", "21000.00"),
        "expected_revenue": ("R44", Severity.EXPLAIN, "31999.00", "32000.00"),
    }
    assert missing == ["expected_revenue", "own_posts"]


def test_r03_finds_a_vote_that_is_not_the_plan_and_accepts_one_for_all_the_years(cast: Cast, line: BudgetLine):
    with cast.acting("gestionnaire"):
        decision, _ = vote_on(cast, line, ("a", 14_001), ("b", 15_000))
        (finding,) = found(line, "R03")
        assert (finding.severity, finding.stated, finding.computed) == (Severity.BLOCKING, "14001.00", "14000.00")
        make_plan(
            cast, "a2", post="a", cost=Decimal(45_000), financers=["prefecture", "departement", "epci_a"],
            status="projet", year=YEAR + 1,
        )  # fmt: skip
        cast.convention["a"].convention_plans.create(territory_id=line.territory_id, plan=cast.plan["a2"])
        Decision.objects.filter(pk=decision.pk).update(amount=Decimal(29_000))
        assert found(line, "R03") == []


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_body_keeps_its_own_lines_only(cast: Cast, line: BudgetLine):
    finances = cast.actor("finances_a")
    with cast.acting("finances_a"):
        mine = create_budget_line(organisation=cast.org["epci_a"], year=YEAR, by=finances, label="Participations")
        update_budget_line(line=mine, by=finances, voted=Decimal(100), since=dt.date(YEAR, 1, 1), nature="657358")
        assert mine.imputations.get().nature == "657358"
        with pytest.raises(NotAllowed):
            create_budget_line(organisation=cast.org["epci_b"], year=YEAR, by=finances, label="Pas la mienne")
        with pytest.raises(InvalidInput):
            update_budget_line(line=line, by=finances, label="Pas la mienne")
    with cast.acting("gestionnaire"), pytest.raises(InvalidInput, match="pas une collectivité"):
        create_budget_line(
            organisation=cast.org["association"], year=YEAR, by=cast.actor("gestionnaire"), label="Sans budget"
        )


def test_a_new_imputation_keeps_the_former_one_and_the_journal_says_who(cast: Cast, line: BudgetLine):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        update_budget_line(line=line, by=by, since=dt.date(YEAR, 1, 1), nature="6568", function="4213", chapter="934")
        update_budget_line(line=line, by=by, since=dt.date(YEAR, 7, 1), nature="65748", function="4213", chapter="934")
        update_budget_line(line=line, by=by, since=dt.date(YEAR, 7, 1), nature="6574")
        line.refresh_from_db()
        assert [(row.since.month, row.nature) for row in line.imputations.all()] == [(1, "6568"), (7, "6574")]
        assert line.imputation_on(dt.date(YEAR, 3, 1)).nature == "6568"
        assert line.imputation_on().chapter == "934"
        with pytest.raises(InvalidInput, match="une date de"):
            update_budget_line(line=line, by=by, since=dt.date(YEAR + 1, 1, 1), nature="1")
        with pytest.raises(InvalidInput, match="Des chiffres seulement"):
            update_budget_line(line=line, by=by, since=dt.date(YEAR, 1, 1), nature="65A")
        entries = JournalEntry.objects.filter(root_table="funding_budgetline", root_id=line.pk)
        assert {entry.table_name for entry in entries} == {"funding_budgetline", "funding_budgetimputation"}
        assert entries.filter(changes__nature=["65748", "6574"]).get().actor == by.label


def test_two_people_do_not_overwrite_each_other(cast: Cast, line: BudgetLine):
    by, seen = cast.actor("gestionnaire"), line.updated_at
    with cast.acting("gestionnaire"):
        update_budget_line(line=line, by=by, seen_at=seen, voted=Decimal(1))
        with pytest.raises(Conflict):
            update_budget_line(line=line, by=by, seen_at=seen, voted=Decimal(2))
        assert BudgetLine.objects.get(pk=line.pk).voted == 1


def test_a_frozen_plan_keeps_its_figures_when_its_payer_says_which_line(cast: Cast):
    finances = cast.actor("finances_b")
    with cast.acting("finances_b"):
        mine = create_budget_line(organisation=cast.org["epci_b"], year=YEAR, by=finances, label="Participations")
        share = share_of(cast, "c", "epci_b")
        assert share.plan.status == "engage"
        assert charge_shares(shares=[share], line=mine, by=finances) == 1
        assert charge_shares(shares=[share], line=mine, by=finances) == 0
        (figures,) = figures_of([mine], compare=False)
        assert (figures.proposed, figures.balance) == (16_000, None)
        assert charge_shares(shares=[share], line=None, by=finances) == 1


# --- Pages ------------------------------------------------------------------------------------------------------------


def read(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_the_page_shows_the_six_figures_and_their_makings(cast: Cast, line: BudgetLine):
    page = read(cast.client("gestionnaire").get(line.get_absolute_url()))
    for figure in ("60 000 €", "50 000 €", "29 000 €", "21 000 €", "16 000 €", "32 000 €"):
        assert f'<span class="kpi__value">{figure}</span>' in page, figure
    assert "50 000 € disponibles − 29 000 € proposés = 21 000 €" in page
    assert reverse("convention", args=[cast.convention["a"].uuid]) in page
    assert "Parts sans ligne" in page


def test_the_list_is_also_a_file(cast: Cast, line: BudgetLine):
    found = cast.client("gestionnaire").get(reverse("budget"), {"annee": YEAR, "format": "csv"})
    (row,) = csv.DictReader(io.StringIO(found.content.decode("utf-8-sig")), delimiter=";")
    assert (row["Libellé"], row["Crédits votés (euros)"]) == ("Violences", "60000,00")
    assert (row["Proposé (euros)"], row["Solde (euros)"]) == ("29000,00", "21000,00")


@pytest.mark.parametrize("page", ["budget", "home"])
def test_the_number_of_queries_does_not_grow_with_the_lines(cast: Cast, line: BudgetLine, page: str):
    client, by = cast.client("gestionnaire"), cast.actor("gestionnaire")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(page), {"annee": YEAR}).status_code == 200
        return len(captured)

    with cast.acting("gestionnaire"):
        vote_on(cast, line, ("a", 14_000))
        BudgetLine.objects.filter(pk=line.pk).update(available=1)
    client.get(reverse(page))
    one = queries()
    with cast.acting("gestionnaire"):
        for label, plan in (("Deuxième", "e"), ("Troisième", "b")):
            other = create_budget_line(organisation=line.organisation, year=YEAR, by=by, label=label, available=1)
            charge_shares(shares=[share_of(cast, plan)], line=other, by=by)
            vote_on(cast, other, (plan, 1))
    assert queries() == one


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(cast: Cast, line: BudgetLine):
    client, url = cast.client("gestionnaire"), reverse("budget-line-edit", args=[line.uuid])
    refused = client.post(url, {"label": "Renommée", "voted": "12 345,678", "nature": "6568"})
    assert refused.status_code == 422
    assert 'value="Renommée"' in refused.text
    assert "Indiquez à partir de quel jour" in refused.text
    body = {
        "label": "Renommée",
        "voted": "70 000,50 €",
        "available": "50000",
        "since": f"{YEAR}-01-01",
        "nature": "6568",
    }
    assert client.post(url, body | {"stated_balance": "21 000"}).status_code == 302
    with cast.acting("gestionnaire"):
        line.refresh_from_db()
        assert (line.label, line.voted, line.stated) == ("Renommée", Decimal("70000.50"), {"balance": "21000.00"})
    stale = client.post(url, body | {"label": "Autre", "seen_at": "2020-01-01T00:00:00+00:00"})
    assert stale.status_code == 409
    assert "Une autre personne" in stale.text
    assert "2020-01-01T" not in stale.text


def test_shares_are_charged_and_taken_off_from_the_page(cast: Cast, line: BudgetLine):
    with cast.acting("gestionnaire"):
        share = share_of(cast, "e")
    client, url = cast.client("gestionnaire"), reverse("budget-line-charge", args=[line.uuid])
    client.post(url, {"part": [str(share.uuid), "n'importe quoi"]})
    with cast.acting("gestionnaire"):
        assert figures_of([line])[0].proposed == 41_000
    client.post(url, {"part": str(share.uuid), "retirer": "1"})
    with cast.acting("gestionnaire"):
        assert figures_of([line])[0].proposed == 29_000


def test_the_home_page_shows_an_overdrawn_line(cast: Cast, line: BudgetLine):
    client = cast.client("gestionnaire")
    assert "Équilibrer la ligne" not in client.get("/", {"annee": YEAR}).text
    with cast.acting("gestionnaire"):
        BudgetLine.objects.filter(pk=line.pk).update(available=Decimal(20_000))
    page = read(client.get("/", {"annee": YEAR}))
    assert "Équilibrer la ligne « Violences »" in page
    assert "9 000" in page


def test_a_line_pays_the_plans_of_its_year_only(cast: Cast):
    """A plan of another year is not charged on this year's line."""
    with cast.acting("gestionnaire"):
        line = create_budget_line(
            organisation=cast.org["departement"], year=YEAR + 1, by=cast.actor("gestionnaire"), label="Suivant"
        )
        with pytest.raises(BusinessError, match="même exercice"):
            charge_shares(shares=[share_of(cast, "a")], line=line, by=cast.actor("gestionnaire"))
        assert FundingPlan.objects.get(pk=cast.plan["a"].pk).shares.filter(budget_line__isnull=False).count() == 0
