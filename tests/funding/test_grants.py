"""Grants to an association: prepared from the plan's shares, asked for, awarded, scheduled."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.enums import PlanStatus
from funding.enums_grants import GrantStatus
from funding.grant_rules import rules_of, set_rule
from funding.grant_schedule import PaymentTerm, schedule
from funding.grants import grant_findings
from funding.models import FundingPlan, Grant, GrantRule, Share
from funding.services import grants as services
from tests.cast import YEAR, Cast, make_plan
from tests.funding.grant_world import PAYMENT, REQUEST, SIGNED, finances_of, grants_of, terms

DAY = dt.date(YEAR, 2, 10)


def fresh(grant: Grant) -> Grant:
    return Grant.objects.get(pk=grant.pk)


# --- From the plan ----------------------------------------------------------------------------------------------------


def test_each_share_of_another_body_gives_a_grant_of_its_amount(cast: Cast):
    grants = grants_of(cast, signed=False)
    assert {name: grant.amount for name, grant in grants.items()} == dict.fromkeys(
        ["prefecture", "departement", "epci_b"], Decimal("11221.00")
    )
    grant = grants["departement"]
    assert (grant.status, grant.request_deadline, grant.reference) == (GrantStatus.A_DEMANDER, REQUEST, "62-V")
    with cast.acting("gestionnaire"):
        assert [(i.amount, i.due_on) for i in grant.instalments.all()] == [(Decimal("11221.00"), PAYMENT)]
        assert [e.act for e in grant.events.all()] == ["preparer"]


def test_preparing_again_writes_nothing_more(cast: Cast):
    grants = grants_of(cast, signed=False)
    with cast.acting("gestionnaire"):
        again = services.prepare_grants(plan=cast.plan["v"], terms=terms(), by=cast.actor("gestionnaire"))
        assert {g.pk for g in again} == {g.pk for g in grants.values()}
        assert sum(g.events.count() for g in again) == 3


def test_the_amount_follows_the_share_until_it_is_awarded(cast: Cast):
    grants = grants_of(cast, signed=False)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.set_schedule(
            grant=grants["epci_b"],
            payments=(PaymentTerm(dt.date(YEAR, 3, 1), percent=Decimal(30)), PaymentTerm(PAYMENT, percent=Decimal(70))),
            request_deadline=REQUEST,
            budget_deadline=None,
            by=by,
        )
        Share.objects.filter(plan=cast.plan["v"], ref="epci-b").update(amount=Decimal("10000.01"))
        services.prepare_grants(plan=cast.plan["v"], terms=terms(), by=by)
        grant = fresh(grants["epci_b"])
        assert grant.amount == Decimal("10000.01")
        assert [i.amount for i in grant.instalments.all()] == [Decimal("3000.00"), Decimal("7000.01")]
        assert grant.events.last().reason == "11\u202f221,00\u202f€ devient 10\u202f000,01\u202f€"


def test_a_share_that_left_the_plan_leaves_its_grant_without_object(cast: Cast):
    grants = grants_of(cast, signed=False)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        share = Share.objects.filter(plan=cast.plan["v"], ref="epci-b")
        share.update(amount=Decimal(0))
        services.prepare_grants(plan=cast.plan["v"], terms=terms(), by=by)
        assert fresh(grants["epci_b"]).status == GrantStatus.SANS_OBJET
        share.update(amount=Decimal(500))
        services.prepare_grants(plan=cast.plan["v"], terms=terms(), by=by)
        back = fresh(grants["epci_b"])
        assert (back.status, back.amount) == (GrantStatus.A_DEMANDER, Decimal(500))


def test_a_public_employer_receives_no_grant(cast: Cast):
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="n'est pas une association"):
        services.prepare_grants(plan=cast.plan["a"], by=cast.actor("gestionnaire"))


def test_dates_out_of_a_short_plan_are_dropped_or_moved_to_its_end(cast: Cast):
    with cast.acting("gestionnaire"):
        plan = make_plan(
            cast, "short", post="d", cost=Decimal(9000), financers=["departement"], status=PlanStatus.PROJET
        )
        FundingPlan.objects.filter(pk=plan.pk).update(period_start=dt.date(YEAR, 9, 1))
        [grant] = services.prepare_grants(plan=plan, by=cast.actor("gestionnaire"))
        assert grant.request_deadline is None
        assert [i.due_on for i in grant.instalments.all()] == [dt.date(YEAR, 12, 31)]


# --- Asking and awarding ----------------------------------------------------------------------------------------------


def test_the_association_asks_and_the_financer_awards(cast: Cast):
    grants = grants_of(cast, signed=False)
    grant = grants["epci_b"]
    with cast.acting("employeur_d"):
        services.request_grant(grant=grant, requested_on=DAY, by=cast.actor("employeur_d"))
        services.request_grant(grant=grant, requested_on=DAY, by=cast.actor("employeur_d"))
    with cast.acting("gestionnaire"):
        assert fresh(grant).status == GrantStatus.DEMANDEE
    with cast.acting("finances_b"):
        done = services.award_grant(
            grant=grant, awarded_on=DAY, decision="Délibération 12", by=cast.actor("finances_b")
        )
        assert (done.status, done.decision) == (GrantStatus.ATTRIBUEE, "Délibération 12")
        assert [e.act for e in done.events.all()] == ["preparer", "demander", "attribuer"]


def test_a_grant_is_not_awarded_for_an_amount_the_plan_left(cast: Cast):
    grant = grants_of(cast, signed=False)["epci_b"]
    with cast.acting("gestionnaire"):
        Share.objects.filter(plan=cast.plan["v"], ref="epci-b").update(amount=Decimal(9000))
    with cast.acting("finances_b"), pytest.raises(BusinessError, match="actualisez"):
        services.award_grant(grant=grant, awarded_on=DAY, decision="Arrêté 3", by=cast.actor("finances_b"))


def test_what_a_vote_awarded_does_not_follow_the_plan_but_is_found(cast: Cast):
    grant = grants_of(cast, signed=False)["epci_b"]
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        services.award_grant(grant=grant, awarded_on=DAY, decision="Délibération 4", by=by)
        Share.objects.filter(plan=cast.plan["v"], ref="epci-b").update(amount=Decimal(9000))
        services.prepare_grants(plan=cast.plan["v"], terms=terms(), by=by)
        now = fresh(grant)
        assert (now.amount, now.status) == (Decimal(11221), GrantStatus.ATTRIBUEE)
        [found] = grant_findings([now], {(now.plan_id, "epci-b"): Share.objects.get(plan=now.plan, ref="epci-b")})
        assert (found.code, found.stated, found.computed) == ("R03", "11221.00", "9000.00")


def test_nobody_awards_for_another(cast: Cast):
    grant = grants_of(cast, signed=False)["departement"]
    finances_of(cast, "departement")
    with cast.acting("gestionnaire"), pytest.raises(NotAllowed):
        services.award_grant(grant=grant, awarded_on=DAY, decision="x", by=cast.actor("finances_b"))
    with cast.acting("gestionnaire"), pytest.raises(NotAllowed):
        services.request_grant(grant=grant, requested_on=DAY, by=cast.actor("employeur_a"))


def test_the_signed_convention_awards_every_grant(cast: Cast):
    grants = grants_of(cast)
    for grant in grants.values():
        assert (grant.status, grant.signed_on, grant.decision) == (GrantStatus.ATTRIBUEE, SIGNED, "Convention 62-V")
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="ne change plus"):
        services.set_schedule(
            grant=grants["departement"], payments=(PaymentTerm(PAYMENT),), request_deadline=None,
            budget_deadline=None, by=cast.actor("gestionnaire"),
        )  # fmt: skip


def test_an_awarded_grant_keeps_its_amount_unless_the_plan_moved_before_any_payment(cast: Cast):
    grant = grants_of(cast)["epci_b"]
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        Share.objects.filter(plan=cast.plan["v"], ref="epci-b").update(amount=Decimal(9000))
        services.settle_grants(plan=cast.plan["v"], terms=terms(signed_on=SIGNED), by=by)
        now = fresh(grant)
        assert (now.amount, now.status) == (Decimal(9000), GrantStatus.ATTRIBUEE)
        assert [e.act for e in now.events.all()] == ["preparer", "attribuer", "rouvrir", "recalculer", "attribuer"]


def test_a_state_is_not_jumped(cast: Cast):
    grant = grants_of(cast)["epci_b"]
    with cast.acting("gestionnaire"), pytest.raises(Conflict, match="Attribuée"):
        services.request_grant(grant=grant, requested_on=DAY, by=cast.actor("gestionnaire"))


# --- Schedules --------------------------------------------------------------------------------------------------------


@given(
    amount=st.integers(1, 10_000_000).map(lambda cents: Decimal(cents) / 100),
    cuts=st.lists(st.integers(1, 99), min_size=0, max_size=5, unique=True),
)
def test_percentages_always_make_the_grant(amount: Decimal, cuts: list[int]):
    points = [0, *sorted(cuts), 100]
    parts = [Decimal(b - a) for a, b in itertools.pairwise(points)]
    rows = schedule(amount, [PaymentTerm(dt.date(YEAR, 1, 1 + rank), percent=p) for rank, p in enumerate(parts)])
    assert sum(row.amount for row in rows) == amount
    assert all(abs(row.amount - amount * p / 100) <= Decimal("0.03") for row, p in zip(rows, parts, strict=True))


@pytest.mark.parametrize(
    ("payments", "place", "words"),
    [
        ([], "echeances", "au moins une"),
        ([(1, "30", None), (2, "30", None)], "echeances", "il manque"),
        ([(1, None, "90"), (2, None, "20")], "echeances", "il y a en trop"),
        ([(2, None, "60"), (1, None, "40")], "echeances[1].due_on", "précède"),
        ([(1, "30", "30")], "echeances[0].amount", "pas les deux"),
        ([(1, "130", None)], "echeances[0].percent", "entre 0 et 100"),
        ([(1, None, "0"), (2, None, "100")], "echeances[0].amount", "un centime"),
        ([(1, None, None), (2, None, None)], "echeances", "Une seule"),
        ([(1, None, "120"), (2, None, None)], "echeances", "dépassent"),
    ],
)
def test_a_schedule_that_does_not_make_the_grant_is_refused_at_its_place(payments, place: str, words: str):
    rows = [PaymentTerm(dt.date(YEAR, 1, d), p and Decimal(p), a and Decimal(a)) for d, p, a in payments]
    with pytest.raises(InvalidInput, match=words) as caught:
        schedule(Decimal(100), rows)
    assert caught.value.place == place


def test_the_balance_goes_to_the_open_instalment():
    rows = schedule(Decimal("100.01"), [PaymentTerm(DAY, amount=Decimal(40)), PaymentTerm(PAYMENT)])
    assert [row.amount for row in rows] == [Decimal(40), Decimal("60.01")]


# --- Dated rules ------------------------------------------------------------------------------------------------------


def test_rules_are_dated_rows_an_administrator_edits(cast: Cast):
    territory = cast.territory["here"].pk
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        assert rules_of(territory).for_year("threshold", YEAR).number == Decimal(23000)
        source = "Décret à venir"
        set_rule(kind="threshold", value="30 000 €", valid_from=dt.date(YEAR + 1, 1, 1), source=source, by=by)
        set_rule(kind="payment_day", value="30/06", valid_from=dt.date(YEAR, 1, 1), source="Règlement", by=by)
        rules = rules_of(territory)
        assert [rules.for_year("threshold", y).number for y in (YEAR, YEAR + 1)] == [Decimal(23000), Decimal(30000)]
        assert rules.for_year("payment_day", YEAR).day_of(YEAR) == dt.date(YEAR, 6, 30)
        set_rule(kind="threshold", value="25000", valid_from=dt.date(YEAR + 1, 1, 1), source="Correction", by=by)
        assert GrantRule.objects.filter(kind="threshold").count() == 1
    with cast.acting("finances_b"), pytest.raises(NotAllowed):
        set_rule(kind="threshold", value="1", valid_from=DAY, source="x", by=cast.actor("finances_b"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [("threshold", "beaucoup"), ("payment_day", "31/02"), ("account_months", "2,5"), ("explanation_percent", "150")],
)
def test_a_rule_s_value_is_read_or_refused(cast: Cast, kind: str, value: str):
    with cast.acting("gestionnaire"), pytest.raises(InvalidInput) as caught:
        set_rule(kind=kind, value=value, valid_from=DAY, source="x", by=cast.actor("gestionnaire"))
    assert caught.value.place == "value"
