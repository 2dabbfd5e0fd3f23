"""Tables exact both ways, and what stands on them: a period over several years, a plan divided among its posts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.adapter import PlanData
from funding.allocation import Cost, Line, Rounding, Span, allocate, allocate_year, column_totals, cross_split, replay
from funding.breakdown import breakdown_of
from funding.enums import Breakdown
from parties.models import Organisation
from posts.models import Post
from tests.funding.test_allocation_properties import _shuffled, complete_plans, leaves, plans, roundings

F = Fraction
cents = st.integers(0, 10_000_000).map(lambda value: F(value, 100))
tables = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), cents, min_size=0, max_size=8)
weights = st.dictionaries(
    st.text("xyz", min_size=1, max_size=3), st.integers(0, 1000).map(F), min_size=1, max_size=6
).filter(lambda found: any(found.values()))


@settings(max_examples=50, deadline=None)
@given(tables, weights)
def test_rows_and_columns_both_sum_and_nothing_is_negative(rows, columns):
    table = cross_split(rows, columns)
    assert {ref: sum(row.values()) for ref, row in table.items()} == rows
    totals = column_totals(sum(rows.values(), F(0)), columns)
    assert {name: sum(row[name] for row in table.values()) for name in columns} == totals
    assert all(value >= 0 and (value * 100).denominator == 1 for row in table.values() for value in row.values())
    # Fair: nobody is more than a few cents away from the exact part.
    whole = sum(columns.values())
    gap = max((abs(table[r][c] - rows[r] * columns[c] / whole) for r in rows for c in columns), default=F(0))
    assert gap <= F(len(columns), 100)


@settings(max_examples=50, deadline=None)
@given(tables, weights, st.data())
def test_the_order_of_rows_and_columns_changes_nothing(rows, columns, data):
    mixed = dict(data.draw(st.permutations(list(rows.items()))))
    turned = dict(data.draw(st.permutations(list(columns.items()))))
    assert cross_split(mixed, turned) == cross_split(rows, columns)


@pytest.mark.parametrize(
    ("rows", "columns", "totals"),
    [
        ({"a": F(-1)}, {"x": F(1)}, None),
        ({"a": F(1)}, {"x": F(0)}, None),
        ({"a": F(1)}, {"x": F(1), "y": F(-1)}, None),
        ({"a": F(1)}, {"x": F(1)}, {"x": F(2)}),
        ({"a": F(1)}, {"x": F(1)}, {"y": F(1)}),
    ],
)
def test_what_cannot_be_divided_is_refused(rows, columns, totals):
    with pytest.raises(ValueError, match=r"amount|weights|totals"):
        cross_split(rows, columns, totals=totals)


def test_a_column_asked_for_more_than_its_part_takes_what_the_rows_have():
    table = cross_split({"a": F(1), "b": F(0)}, {"x": F(1), "y": F(1)}, totals={"x": F(0), "y": F(1)})
    assert table == {"a": {"x": F(0), "y": F(1)}, "b": {"x": F(0), "y": F(0)}}


# --- Years ------------------------------------------------------------------------------------------------------------

spans = st.lists(st.integers(1, 366), min_size=2, max_size=3).map(
    lambda days: {str(2026 + rank): count for rank, count in enumerate(days)}
)


@settings(max_examples=83, deadline=None)
@given(plans(), spans)
def test_the_years_of_a_period_make_exactly_the_period(plan, days):
    costs, lines, rounding, prorata = plan
    whole = allocate(costs, lines, rounding, prorata)
    parts = [allocate_year(costs, lines, rounding, Span(days, year), prorata) for year in days]
    for ref, line in whole.lines.items():
        if line.amount is None:
            assert all(part.lines[ref].amount is None for part in parts)
        else:
            assert sum(part.lines[ref].amount for part in parts) == line.amount, "not a cent lost between the years"
            assert sum(part.lines[ref].borne for part in parts) == line.borne
    for rank, cost in enumerate(whole.costs):
        if cost.amount is not None:
            assert sum(part.costs[rank].amount for part in parts) == cost.amount
    if whole.total_cost is not None:
        assert sum(part.total_cost for part in parts) == whole.total_cost
        assert sum(part.imbalance for part in parts) == whole.imbalance


@settings(max_examples=83, deadline=None)
@given(plans(), spans)
def test_each_year_sums_or_says_by_how_much_and_explains_itself(plan, days):
    costs, lines, rounding, prorata = plan
    for year in days:
        result = allocate_year(costs, lines, rounding, Span(days, year), prorata)
        total = sum((line.amount for line in leaves(result) if line.amount is not None), Decimal(0))
        assert total == result.total_shares
        if result.total_cost is not None:
            assert result.imbalance == result.total_cost - total
            assert sum(cost.amount for cost in result.costs) == result.total_cost
        for line in result.lines.values():
            assert line.amount is None or line.amount >= 0
            if line.amount is not None:
                assert replay(line.steps) == F(line.amount)
                assert f"En {year} : " in line.explanation


@settings(max_examples=50, deadline=None)
@given(complete_plans(), roundings, spans)
def test_a_balanced_period_is_balanced_every_year(plan, rounding, days):
    costs, lines, prorata = plan
    whole = allocate(costs, lines, rounding, prorata)
    for year in days:
        result = allocate_year(costs, lines, rounding, Span(days, year), prorata)
        assert result.balanced == whole.balanced
        assert not whole.balanced or result.imbalance == 0


@settings(max_examples=50, deadline=None)
@given(plans(), spans, st.data())
def test_the_order_of_lines_changes_no_year(plan, days, data):
    costs, lines, rounding, prorata = plan
    span = Span(days, "2026")
    other = allocate_year(data.draw(st.permutations(costs)), _shuffled(lines, data.draw), rounding, span, prorata)
    first = allocate_year(costs, lines, rounding, span, prorata)
    assert {ref: line.amount for ref, line in first.lines.items()} == {
        ref: line.amount for ref, line in other.lines.items()
    }


def test_whole_euros_stay_whole_euros():
    lines = [Line(ref, ref, "equal") for ref in ("etat", "departement", "epci")]
    costs = [Cost("c", "payroll", "Coût", Decimal(42000))]
    first = allocate_year(costs, lines, Rounding(unit=Decimal(1)), Span({"2026": 29, "2027": 336}, "2026"))
    assert {ref: line.amount for ref, line in first.lines.items()} == {"etat": 1113, "departement": 1112, "epci": 1112}
    assert first.total_cost == 3337


# --- Posts ------------------------------------------------------------------------------------------------------------


def merged(count: int, basis: str, weights_: list[Decimal]) -> PlanData:
    posts = tuple(Post(pk=rank, label=f"Poste {rank}", etp=Decimal(1)) for rank in range(1, count + 1))
    given_ = {post.pk: weight for post, weight in zip(posts, weights_, strict=False)}
    return PlanData(
        "Plan", 2027, Organisation(), posts, dt.date(2027, 1, 1), dt.date(2027, 12, 31), breakdown=basis,
        post_weights=given_,
    )  # fmt: skip


@settings(max_examples=66, deadline=None)
@given(
    plans(),
    st.integers(2, 5),
    st.sampled_from(list(Breakdown)),
    st.lists(st.decimals("0", "90000", places=2), min_size=5, max_size=5),
)
def test_a_breakdown_sums_by_financer_and_by_post(plan, count, basis, costs):
    result = allocate(*plan)
    found = breakdown_of(merged(count, basis, costs), result)
    known = {line.ref: line.amount for line in leaves(result) if line.amount is not None}
    assert {ref: sum(row.values()) for ref, row in found.parts.items()} == known
    assert found.total == sum(known.values(), Decimal(0))
    for pk, total in found.totals.items():
        assert total == sum((row[pk] for row in found.parts.values()), Decimal(0))
    assert all(value >= 0 for row in found.parts.values() for value in row.values())


def test_one_post_is_not_divided():
    assert breakdown_of(merged(1, Breakdown.EQUAL, []), allocate([], [])) is None


@pytest.mark.parametrize(
    ("basis", "weights_", "expected"),
    [
        (Breakdown.EQUAL, [], ["5000.00", "5000.00"]),
        (Breakdown.COST, ["60000", "30000"], ["6666.67", "3333.33"]),
        (Breakdown.ETP, ["1", "0.5"], ["6666.67", "3333.33"]),
        (Breakdown.COST, ["0", "0"], ["5000.00", "5000.00"]),  # nothing typed yet
    ],
)
def test_weights_divide_a_share(basis, weights_, expected):
    result = allocate([], [Line("etat", "État", "fixed", fixed=Decimal(10000))])
    found = breakdown_of(merged(2, basis, [Decimal(weight) for weight in weights_]), result)
    assert [f"{value:.2f}" for value in found.parts["etat"].values()] == expected
