"""Properties every allocation keeps, whatever the plan."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from funding.allocation import Cost, Line, Method, Mode, Prorata, Rounding, allocate, replay

money = st.decimals("0", "99999", places=2)
percents = st.decimals("0", "100", places=2)


def _refs():
    return iter(f"l{number}" for number in range(100))


@st.composite
def a_line(draw, refs, depth=0):
    mode = draw(st.sampled_from(list(Mode)))
    children = ()
    if depth < 2 and draw(st.integers(0, 3)) == 0:
        children = tuple(draw(a_line(refs, depth + 1)) for _ in range(draw(st.integers(1, 3))))
    return Line(
        ref=next(refs),
        label="Financeur",
        mode=mode,
        children=children,
        fixed=draw(money) if mode is Mode.FIXED else None,
        annual=draw(st.booleans()),
        percent=draw(percents) if mode is Mode.PERCENTAGE else None,
        of=draw(st.sampled_from([None, None, "*", "l0", "l2", "ghost"])) if mode is Mode.PERCENTAGE else None,
        weight=draw(st.one_of(st.none(), st.decimals("0", "200000", places=2))) if mode is Mode.KEY else None,
        parts=draw(st.sampled_from([None, None, 3])) if mode is Mode.EQUAL else None,
    )


@st.composite
def plans(draw):
    refs = _refs()
    lines = [draw(a_line(refs)) for _ in range(draw(st.integers(0, 5)))]
    bearers = [None, None, None, "l0", "l1", "ghost"]
    costs = [
        Cost(f"c{index}", "payroll", "Coût", draw(money), draw(st.sampled_from(bearers)), draw(st.booleans()))
        for index in range(draw(st.integers(0, 3)))
    ]
    return costs, lines, draw(roundings), draw(proratas)


roundings = st.builds(
    Rounding,
    unit=st.sampled_from([Decimal("0.01"), Decimal(1)]),
    method=st.sampled_from(list(Method)),
    residue_to=st.sampled_from([None, "l0", "l1", "l3"]),
)
proratas = st.one_of(
    st.none(),
    st.builds(Prorata, st.integers(0, 24), st.just(12)),
    st.builds(Prorata, st.integers(0, 365), st.just(365)),
)


@st.composite
def complete_plans(draw):
    """Plans that share everything: equal or keyed lines, optional fixed amounts below the cost, groups that divide."""
    refs = _refs()

    def level(depth):
        kind = draw(st.sampled_from(["equal", "key", "percentage", "remainder"]))
        size = draw(st.integers(1, 4))
        lines = []
        for index in range(size):
            children = level(depth + 1) if depth < 2 and draw(st.integers(0, 2)) == 0 else ()
            mode = {"percentage": "equal", "remainder": "equal"}.get(kind, kind)
            numbers = {"weight": draw(st.decimals("0.01", "99999", places=2))} if mode == "key" else {}
            if index == 0 and kind == "percentage" and size > 1:
                mode, numbers = "percentage", {"percent": draw(percents)}
            if index == size - 1 and kind == "remainder":
                mode = "remainder"
            lines.append(Line(next(refs), "Financeur", mode, children=tuple(children), **numbers))
        return lines

    return [Cost("c", "payroll", "Coût", draw(money))], level(0), draw(proratas)


def leaves(result):
    return [line for line in result.lines.values() if not line.is_group]


@settings(max_examples=400, deadline=None)
@given(plans())
def test_any_plan_sums_exactly_or_says_by_how_much(plan):
    result = allocate(*plan)
    total = sum((line.amount for line in leaves(result) if line.amount is not None), Decimal(0))
    assert total == result.total_shares
    if result.total_cost is None:
        assert result.imbalance is None
        assert not result.balanced
    else:
        assert result.imbalance == result.total_cost - total
        assert sum(cost.amount for cost in result.costs) == result.total_cost
    if result.balanced:
        assert result.imbalance == 0
    elif result.imbalance != 0 or any(line.amount is None for line in leaves(result)):
        assert result.problems


@settings(max_examples=400, deadline=None)
@given(plans())
def test_no_amount_is_negative(plan):
    for line in allocate(*plan).lines.values():
        assert line.amount is None or line.amount >= 0


@settings(max_examples=400, deadline=None)
@given(plans())
def test_the_steps_of_each_explanation_lead_to_its_amount(plan):
    for line in allocate(*plan).lines.values():
        assert (line.amount is None) == (line.steps == ())
        if line.amount is not None:
            assert replay(line.steps) == Fraction(line.amount)
            assert line.explanation


def _shuffled(lines, draw):
    order = draw(st.permutations(list(lines)))
    return [replace(line, children=tuple(_shuffled(line.children, draw))) for line in order]


@settings(max_examples=300, deadline=None)
@given(plans(), st.data())
def test_the_order_of_lines_and_costs_changes_nothing(plan, data):
    costs, lines, rounding, prorata = plan
    other = allocate(data.draw(st.permutations(costs)), _shuffled(lines, data.draw), rounding, prorata)
    first = allocate(costs, lines, rounding, prorata)
    assert {ref: line.amount for ref, line in first.lines.items()} == {
        ref: line.amount for ref, line in other.lines.items()
    }
    assert first.problems == other.problems
    assert first.imbalance == other.imbalance


@settings(max_examples=400, deadline=None)
@given(complete_plans(), roundings)
def test_a_plan_that_shares_everything_is_balanced_at_every_level(plan, rounding):
    costs, lines, prorata = plan
    result = allocate(costs, lines, rounding, prorata)
    assert result.balanced
    for line in result.lines.values():
        if line.is_group:
            assert sum(result.lines[child].amount for child in line.children) == line.amount


@settings(max_examples=400, deadline=None)
@given(complete_plans(), st.sampled_from([Decimal("0.01"), Decimal(1)]))
def test_largest_remainder_stays_within_one_unit_of_the_exact_share(plan, unit):
    costs, lines, prorata = plan
    result = allocate(costs, lines, Rounding(unit), prorata)
    slack = Fraction(1, 200)  # the prorated cost itself is rounded to the cent
    for line in result.lines.values():
        assert abs(Fraction(line.share) - line.exact) <= Fraction(unit) + slack


@given(money, st.integers(1, 9), proratas)
def test_equal_lines_differ_by_one_unit_at_most(cost, size, prorata):
    lines = [Line(f"l{index}", "Financeur", Mode.EQUAL) for index in range(size)]
    shares = [
        line.amount for line in allocate([Cost("c", "payroll", "Coût", cost)], lines, prorata=prorata).lines.values()
    ]
    assert max(shares) - min(shares) <= Decimal("0.01")
