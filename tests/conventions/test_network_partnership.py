"""A partnership with a network head (F6), from its model to its calendar: grants, tacit renewals, yearly report."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conventions.calendar.compute import obligations_of
from conventions.calendar.reading import calendar_of
from conventions.enums import Family, ObligationKind, Status
from conventions.models import Convention
from conventions.text import build_content
from conventions.text.clauses import text_of_blocks
from funding.enums import PlanStatus
from funding.models import FundingPlan, Grant
from funding.services.grants import settle_grants
from tests.cast import YEAR, Cast
from tests.conventions import schemes
from tests.conventions.test_calendar import RULES, facts
from tests.funding.grant_world import SIGNED, terms

DAY = dt.date(YEAR, 4, 10)


@pytest.fixture
def partnership(cast: Cast) -> Convention:
    """Signed for a year, renewed by silence without limit; its grants are settled; no report but the yearly one."""
    with cast.acting("gestionnaire"):
        convention = schemes.partnership(cast, limit=None)
        convention.variables = {**convention.variables, "reports": []}
        convention.status = Status.SIGNEE
        convention.save(update_fields=["variables", "status"])
        plan = convention.convention_plans.get().plan
        FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ENGAGE)
        plan.refresh_from_db()
        settle_grants(plan=plan, terms=terms(signed_on=SIGNED), by=cast.actor("gestionnaire"))
    return convention


def test_its_calendar_is_a_network_head_s(cast: Cast, partnership: Convention):
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        found = calendar_of(by, today=DAY, convention=partnership)
        rows = {kind: [row for row in found if row.kind == kind] for kind in ObligationKind}
        grants = Grant.objects.filter(plan__in=[link.plan_id for link in partnership.convention_plans.all()])
        assert {(grant.financer_id, grant.amount) for grant in grants} == {
            (cast.org["prefecture"].pk, 30000),
            (cast.org["departement"].pk, 30000),
        }
    # Each authority's grant is asked for, paid, accounted for and published.
    assert len(rows[ObligationKind.REQUEST]) == len(rows[ObligationKind.PAYMENT]) == 2
    assert len(rows[ObligationKind.PUBLICATION]) == 2
    assert [row.due_on for row in rows[ObligationKind.ACCOUNT]] == [dt.date(YEAR + 1, 6, 30)]
    # Year after year, while nobody leaves: the day to do so, and the report of the year.
    assert [row.due_on for row in rows[ObligationKind.EXIT]] == [dt.date(YEAR + n, 9, 30) for n in range(4)]
    reports = rows[ObligationKind.NETWORK_REPORT]
    assert [row.due_on for row in reports] == [dt.date(YEAR + n + 1, 6, 30) for n in range(4)]
    assert all("bilan national de l'observatoire" in row.title for row in reports)
    assert {row.who for row in reports} == {cast.org["association"].label}
    # A network head has no worker in a commissariat whose quarters would be counted.
    for kind in (ObligationKind.QUARTER, ObligationKind.HALF, ObligationKind.YEAR, ObligationKind.EXPIRY):
        assert rows[kind] == [], kind


def test_the_report_is_read_in_the_text_and_in_the_calendar_page(cast: Cast, partnership: Convention):
    with cast.acting("gestionnaire"):
        content = build_content(partnership)
    evaluation = next(item for item in content["articles"] if item["kind"] == "evaluation")
    said = text_of_blocks(evaluation["blocks"])
    assert "rapport annuel" in said
    assert "observation nationale" in said
    page = cast.client("gestionnaire").get("/calendrier/", {"nature": "rapport_annuel"}).content.decode()
    assert f"Rapport annuel {YEAR} de la tête de réseau" in page.replace("&#x27;", "'")


def test_reports_it_names_are_kept():
    named = facts(network=True, reports=("un compte rendu semestriel",))
    silent = replace(named, reports=())
    others = replace(silent, network=False)

    def kinds(given) -> set[str]:
        return {row.kind.value for row in obligations_of(given, RULES, DAY)}

    assert "semestre" in kinds(named)
    assert not {"trimestre", "semestre", "annee"} & kinds(silent)
    assert "rapport_annuel" in kinds(silent) & kinds(named)
    assert "rapport_annuel" not in kinds(others)
    assert "trimestre" in kinds(others)


def test_nothing_is_due_before_it_is_signed():
    draft = facts(network=True, signed=False)
    assert "rapport_annuel" not in {row.kind.value for row in obligations_of(draft, RULES, DAY)}


def test_an_unlimited_one_says_so_and_a_limited_one_stops(cast: Cast):
    with cast.acting("gestionnaire"):
        convention = schemes.partnership(cast, limit=1)
        assert convention.family == Family.F6
        convention.status = Status.SIGNEE
        convention.save(update_fields=["status"])
        found = calendar_of(cast.actor("gestionnaire"), today=DAY, convention=convention)
    reports = [row.due_on.year for row in found if row.kind == ObligationKind.NETWORK_REPORT]
    assert reports == [YEAR + 1, YEAR + 2]
