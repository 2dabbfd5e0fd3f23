"""R13, R16, R17, R24, R37, R43 of the plans: a planted error each, and correct cases left alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from core.findings import Mark, Severity
from funding.adapter import ShareData, data_of
from funding.checks import check_facts, check_plan, years
from funding.checks.neighbours import AgreedPart, CostScope, Neighbours, OtherPlan
from funding.enums import ProrataBasis, ShareMode
from funding.services import plans, schedules
from funding.services.plan_years import create_plans_over_years
from tests.cast import Cast
from tests.funding.test_checks import line, thirds
from tests.funding.test_plan_services import thirds as plan_of_thirds

D = Decimal


def near(**values) -> Neighbours:
    return Neighbours(**values)


def scope(*shared: str, borne: tuple[str, ...] = (), year: int = 2023, travel: bool | None = None) -> CostScope:
    return CostScope("Plan", year, frozenset(shared), frozenset(borne), travel)


class TestR13:
    def test_finds_costs_that_cover_something_else(self):
        before, now = scope("payroll", year=2022), scope("payroll", borne=("travel",))
        (found,) = years.cost_scope(thirds(near=near(previous=before, current=now)))
        assert (found.code, found.severity) == ("R13", Severity.EXPLAIN)
        assert "frais de déplacement (à la charge d'un seul)" in found.message
        assert "celui de 2022 comprenait masse salariale" in found.message

    def test_finds_totals_that_say_otherwise(self):
        before, now = scope("payroll", year=2022, travel=False), scope("payroll", travel=True)
        (found,) = years.cost_scope(thirds(near=near(previous=before, current=now)))
        assert (found.stated, found.computed) == ("déplacements compris", "hors déplacements")

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"current": scope("payroll")},
            {"previous": scope("payroll", year=2022), "current": scope("payroll")},
            {"previous": scope(year=2022), "current": scope("payroll")},  # nothing known of the year before
            {"previous": scope("payroll", year=2022, travel=True), "current": scope("payroll")},
        ],
    )
    def test_is_silent_when_nothing_changed_or_is_known(self, values):
        assert years.cost_scope(thirds(near=near(**values))) == []


class TestR16:
    part = {"start": dt.date(2023, 9, 1), "end": dt.date(2023, 12, 31), "is_partial": True}

    def test_finds_a_year_s_cost_for_four_months(self):
        (found,) = years.whole_cost_for_a_part(thirds(**self.part))
        assert (found.code, found.stated) == ("R16", "30000")
        assert "sans prorata" in found.message

    @pytest.mark.parametrize(
        "values", [{}, {**part, "fraction": Fraction(4, 12)}, {**part, "shared_cost": None, "total_cost": None}]
    )
    def test_is_silent_on_a_full_year_a_prorata_or_no_cost(self, values):
        assert years.whole_cost_for_a_part(thirds(**values)) == []


class TestR17:
    def test_finds_a_part_that_was_not_prorated(self):
        lines = (line("a", "4667", "14000"), line("b", "4667", "4667"), line("c", "4666"))
        (found,) = years.prorated_parts(thirds(lines=lines, fraction=Fraction(4, 12)))
        assert (found.place, found.stated, found.computed) == ("plans[p].shares[a]", "14000", "4667")

    def test_is_silent_on_a_rounding_a_typed_amount_and_a_full_year(self):
        rounded = (line("a", "4666", "4666", exact=Fraction(14000, 3)), line("b", "4666", "4666", mode="fixed"))
        assert years.prorated_parts(thirds(lines=rounded, fraction=Fraction(4, 12))) == []
        assert years.prorated_parts(thirds(lines=(line("a", "1", "14000"),))) == []

    def test_finds_years_that_no_longer_make_the_period(self):
        parts = (AgreedPart("État", D(14000), D("13999.99")), AgreedPart("EPCI", D(1), D(1)))
        (found,) = years.years_of_the_period(thirds(near=near(agreed=parts)))
        assert found.severity is Severity.BLOCKING
        assert (found.stated, found.computed) == ("13999.99", "14000")
        assert years.years_of_the_period(thirds(near=near(agreed=parts[1:]))) == []

    def test_finds_a_year_without_plan(self):
        (found,) = years.years_of_the_period(thirds(near=near(missing_years=(2024,))))
        assert "2024" in found.message


class TestR24:
    def test_finds_equal_parts_that_are_not(self):
        lines = (line("a", "10000", "10000"), line("b", "10000", "10250"), line("c", "10000", "9750"))
        (found,) = years.equal_shares(thirds(lines=lines))
        assert (found.code, found.stated) == ("R24", "10000 / 10250 / 9750")

    def test_is_silent_on_a_rounding_and_on_travel_borne_by_one(self):
        lines = (line("a", "10500", "10500", borne=D(500)), line("b", "10000", "10000"), line("c", "10000", "10001"))
        assert years.equal_shares(thirds(lines=lines)) == []
        assert years.equal_shares(thirds(lines=(lines[0], line("b", "9000", "9000", mode="fixed")))) == []

    def history(self, *epci: int, state: tuple[int, ...] = (10000, 10000, 10000)):
        rows = {"EPCI": epci, "État": state}
        return near(history={name: {2021 + i: D(v) for i, v in enumerate(values)} for name, values in rows.items()})

    def test_finds_a_steady_rise_of_one_alone(self):
        (found,) = years.steady_rise(thirds(near=self.history(10000, 10500, 11000)))
        assert "EPCI augmente de 500,00\u202f€ chaque année" in found.message

    @pytest.mark.parametrize(
        "found",
        [
            {"epci": (10000, 10500, 11200)},  # not the same step
            {"epci": (10000, 10500, 11000), "state": (10000, 10500, 11000)},  # everybody moves
            {"epci": (10000, 10000, 10000)},
            {"epci": (10000, 10500), "state": (10000, 10000)},  # two years are no trend
        ],
    )
    def test_is_silent_otherwise(self, found):
        facts = thirds(near=self.history(*found["epci"], state=found.get("state", (10000, 10000, 10000))))
        assert years.steady_rise(facts) == []


def test_r37_a_rate_no_longer_announced_warns_and_shows_its_mark():
    lines = (line("a", "15000", percent=D(50)), line("b", "15000"))
    (found,) = years.announced_rate(thirds(lines=lines, near=near(rates={"a": D(30)})))
    assert (found.severity, found.mark) == (Severity.WATCH, Mark.UNVERIFIED)
    assert years.announced_rate(thirds(lines=lines, near=near(rates={"a": D(50)}))) == []
    (gone,) = years.announced_rate(thirds(lines=lines, near=near(rates={"a": None})))
    assert "n'a plus de taux" in gone.message


def test_r43_the_same_days_paid_twice():
    other = OtherPlan("Ancien plan", dt.date(2023, 6, 1), dt.date(2023, 12, 31), "/financements/1/")
    (found,) = years.funded_twice(thirds(near=near(overlaps=(other,))))
    assert found.severity is Severity.BLOCKING
    assert "« Ancien plan »" in found.message
    assert check_facts(thirds()) == []


# --- From the rows ----------------------------------------------------------------------------------------------------


@pytest.fixture
def by(cast: Cast):
    actor = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        yield actor


def codes(plan) -> list[str]:
    return [finding.code for finding in check_plan(plan)]


def twelve_months(cast: Cast):
    return replace(
        plan_of_thirds(cast),
        period_start=dt.date(2028, 12, 3),
        period_end=dt.date(2029, 12, 2),
        span_start=dt.date(2028, 12, 3),
        span_end=dt.date(2029, 12, 2),
        prorata=ProrataBasis.SPAN,
        rounding_unit="cent",
    )


def test_the_years_of_a_period_agree_until_one_changes(cast, by):
    first, second = create_plans_over_years(data=twelve_months(cast), by=by)
    assert [codes(first), codes(second)] == [[], []]
    data = data_of(first)
    plans.save_plan(plan=first, data=replace(data, costs=data.costs[:1]), expected_version=1, by=by)
    first.refresh_from_db()
    assert "R17" in codes(first)
    assert "R17" in codes(second)


def test_a_year_of_the_period_without_plan_is_said(cast, by):
    data = replace(twelve_months(cast), year=2028, period_end=dt.date(2028, 12, 31))
    [found] = [f for f in check_plan(plans.create_plan(data=data, by=by)) if f.code == "R17"]
    assert "2029" in found.message


def test_a_second_plan_for_the_same_days_is_found(cast, by):
    first = plans.create_plan(data=plan_of_thirds(cast), by=by)
    assert "R43" not in codes(first)
    second = plans.create_plan(data=plan_of_thirds(cast), by=by)
    assert "R43" in codes(first)
    assert "R43" in codes(second)
    following = plans.copy_plan_to_year(plan=first, year=2028, by=by)
    assert codes(following) == []


def test_a_steady_rise_over_three_plans(cast, by):
    data = plan_of_thirds(cast, costs=())
    for rank in range(3):
        fixed = [replace(s, mode=ShareMode.FIXED, fixed_amount=D(10000)) for s in data.shares]
        fixed[2] = replace(fixed[2], fixed_amount=D(10000 + 300 * rank))
        year = 2030 + rank
        plan = plans.create_plan(
            data=replace(
                data, year=year, period_start=dt.date(year, 1, 1), period_end=dt.date(year, 12, 31), shares=tuple(fixed)
            ),
            by=by,
        )
        assert ("R24" in codes(plan)) is (rank == 2)


def test_a_rate_removed_after_the_plan_is_said(cast, by):
    [rate] = schedules.add_rates(
        post=cast.post["d"], first_year=2027, percents=[D(50)], source="Lettre", mark="U", by=by
    )
    data = plan_of_thirds(cast)
    state = ShareData("etat", financer=cast.org["prefecture"], mode=ShareMode.SCHEDULE)
    plan = plans.create_plan(data=replace(data, shares=(state, *data.shares[1:])), by=by)
    assert "R37" not in codes(plan)
    schedules.remove_rate(rate=rate, by=by)
    assert "R37" in codes(plan)
