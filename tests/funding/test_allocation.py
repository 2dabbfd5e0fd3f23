"""Allocation, verified on the act of the Pas-de-Calais (3 July 2023) and on what goes wrong."""

from decimal import Decimal
from fractions import Fraction

import pytest

from funding.allocation import WHOLE_COST, Allocation, Cost, Line, Op, Prorata, Rounding, allocate, replay

EURO = Rounding(Decimal(1))
TO_EMPLOYER = Rounding(Decimal(1), "truncate_residue", "employer")


def payroll(amount, **kwargs):
    return Cost("payroll", "payroll", "Salaire chargé", Decimal(amount), **kwargs)


def travel(amount, borne_by="dept", **kwargs):
    return Cost("travel", "travel", "frais de déplacement", Decimal(amount), borne_by=borne_by, **kwargs)


def line(ref, mode, *, children=(), **numbers):
    values = {
        name: Decimal(value) if isinstance(value, str) and name != "of" else value for name, value in numbers.items()
    }
    return Line(ref, ref.upper(), mode, children=children, **values)


def thirds(*children, mode="equal"):
    return [line("state", "equal"), line("dept", "equal"), line("epci", mode, children=children)]


def amounts(allocation: Allocation, *refs: str) -> list[Decimal | None]:
    return [allocation.amount(ref) for ref in refs or allocation.top]


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def codes(allocation: Allocation) -> set[tuple[str, str]]:
    return {(problem.code, problem.place) for problem in allocation.problems}


def assert_clean(allocation: Allocation) -> None:
    assert allocation.balanced
    assert allocation.problems == ()
    assert allocation.imbalance == 0
    assert allocation.total_shares == allocation.total_cost


# --- The act --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "extra", "expected"),
    [
        ("52500", "10", [17500, 17510, 17500]),  # A03
        ("67227", "915", [22409, 23324, 22409]),  # A04
        ("44403", None, [14801, 14801, 14801]),  # A09
    ],
)
def test_equal_thirds_with_travel_borne_by_the_departement(cost, extra, expected):
    costs = [payroll(cost)] + ([travel(extra)] if extra else [])
    result = allocate(costs, thirds(), EURO)
    assert amounts(result) == expected
    assert result.total_cost == Decimal(cost) + Decimal(extra or 0)
    assert_clean(result)


def test_travel_is_kept_apart_from_the_share():
    dept = allocate([payroll("52500"), travel("10")], thirds()).lines["dept"]
    assert (dept.share, dept.borne, dept.amount) == (17500, 10, 17510)
    assert plain(dept.explanation) == (
        "1/3 de 52 500,00 € = 17 500,00 € + 10,00 € (frais de déplacement) = 17 510,00 €"
    )


@pytest.mark.parametrize("employer_mode", ["equal", "remainder"])
def test_a13_four_months_and_the_residue_to_the_employer(employer_mode):
    lines = [line("state", "equal"), line("dept", "equal"), line("employer", employer_mode)]
    result = allocate([payroll("42000")], lines, TO_EMPLOYER, Prorata(4, 12))
    assert result.total_cost == 14000
    assert result.lines["state"].exact == Fraction(14000, 3)
    assert amounts(result) == [4666, 4666, 4668]
    assert_clean(result)
    assert plain(result.lines["state"].explanation) == (
        "1/3 de 42 000,00 € × 4/12 mois = 4 666,67 €, arrondi à l'euro inférieur : 4 666 €"
    )
    assert result.residues[0].placed == (("employer", Decimal(2)),)


@pytest.mark.parametrize(
    ("cost", "key", "expected"),
    [
        ("35559", {"saint-omer": "81.32", "lumbres": "18.68"}, [9639, 2214]),  # A16
        ("37125", {"ca2bm": "63.46", "7-vallees": "21.20", "haut-pays": "15.34"}, [7853, 2624, 1898]),  # A17
        ("36660", {"opale": "41.78", "audruicq": "45.27", "calais": "12.95"}, [5106, 5532, 1582]),  # A15
    ],
)
def test_one_third_split_by_key_among_epci(cost, key, expected):
    members = [line(ref, "key", weight=weight) for ref, weight in key.items()]
    result = allocate([payroll(cost)], thirds(*members), EURO)
    assert amounts(result) == [Decimal(cost) / 3] * 3
    assert amounts(result, *key) == expected
    assert_clean(result)


def test_a_key_of_populations_gives_the_fraction_in_the_explanation():
    members = [line("ca", "key", weight="105169"), line("cc", "key", weight="24170")]
    result = allocate([payroll("35559")], thirds(*members), EURO)
    assert amounts(result, "ca", "cc") == [9638, 2215]  # 81,31 / 18,69 %, where the printed key said 81,32
    assert plain(result.lines["ca"].explanation).startswith("105 169/129 339 de 11 853,00 € (clé de répartition)")


def test_a05_one_third_in_three_equal_parts_loses_no_euro():
    members = [line(ref, "equal") for ref in ("a", "b", "c")]
    result = allocate([payroll("58044"), travel("1066")], thirds(*members), EURO)
    assert amounts(result) == [19348, 20414, 19348]
    assert amounts(result, "a", "b", "c") == [6450, 6449, 6449]
    assert result.total_cost == 59110
    assert_clean(result)
    assert result.residues[0].level == "epci"
    assert "1 € sur A" in plain(result.residues[0].message)


@pytest.mark.parametrize(("cost", "fixed", "left"), [("44000", "14665", 14670), ("46659", "15553", 15553)])
def test_a12_and_a11_the_employer_takes_what_is_left(cost, fixed, left):
    lines = [line("state", "fixed", fixed=fixed), line("dept", "fixed", fixed=fixed), line("employer", "remainder")]
    result = allocate([payroll(cost)], lines, EURO)
    assert result.amount("employer") == left
    assert_clean(result)
    assert plain(result.lines["employer"].explanation).startswith("Reste : ")


def test_a08_and_a10_a_remainder_without_cost_is_a_problem_not_a_zero():
    lines = [line("state", "fixed", fixed="14665"), line("dept", "fixed", fixed="14665"), line("employer", "remainder")]
    result = allocate([], lines, EURO)
    assert amounts(result) == [14665, 14665, None]
    assert ("remainder_without_cost", "employer") in codes(result)
    assert result.total_cost is None
    assert result.imbalance is None
    assert not result.balanced
    assert result.total_shares == 29330


# --- Modes combined -------------------------------------------------------------------------------------------------


def test_full_year_amounts_follow_the_prorata_and_typed_ones_do_not():
    lines = [line("state", "fixed", fixed="20045", annual=True), line("dept", "fixed", fixed="100")]
    result = allocate([payroll("20045")], lines, prorata=Prorata(5, 12))
    assert amounts(result) == [Decimal("8352.08"), Decimal("100")]
    assert result.imbalance == -100


def test_full_year_thirds_prorated_sum_to_the_prorated_cost():
    # Each part is 2 784,0292 € or so: rounded alone they would make 8 352,09 € for 8 352,08 €.
    parts = {"a": "6681.67", "b": "6681.67", "c": "6681.66"}
    lines = [line(ref, "fixed", fixed=value, annual=True) for ref, value in parts.items()]
    result = allocate([payroll("20045")], lines, prorata=Prorata(5, 12))
    assert result.total_cost == Decimal("8352.08")
    assert_clean(result)


def test_a_degressive_state_share_then_equal_parts():
    lines = [line("state", "percentage", percent="50"), line("dept", "equal"), line("epci", "equal")]
    result = allocate([payroll("40001")], lines, EURO)
    assert amounts(result) == [20001, 10000, 10000]
    assert_clean(result)


def test_a_percentage_of_another_share_and_of_the_whole_cost_inside_a_group():
    group = (
        line("x", "percentage", percent="10", of=WHOLE_COST),
        line("y", "percentage", percent="25"),
        line("z", "remainder"),
    )
    lines = [line("state", "percentage", percent="40"), line("dept", "percentage", percent="50", of="state")]
    result = allocate([payroll("10000")], [*lines, line("epci", "remainder", children=group)])
    assert amounts(result) == [4000, 2000, 4000]
    assert amounts(result, "x", "y", "z") == [1000, 1000, 2000]
    assert "la part « STATE »" in result.lines["dept"].explanation
    assert_clean(result)


def test_key_lines_beside_equal_ones_share_one_part():
    lines = [
        line("state", "equal"),
        line("dept", "equal"),
        line("a", "key", weight="1"),
        line("b", "key", weight="3"),
    ]
    result = allocate([payroll("12000")], lines)
    assert amounts(result) == [4000, 4000, 1000, 3000]
    assert_clean(result)


def test_stated_thirds_leave_the_unstated_one_visible():
    lines = [line("state", "equal", parts=3), line("dept", "equal", parts=3)]
    result = allocate([payroll("30000")], lines)
    assert amounts(result) == [10000, 10000]
    assert result.imbalance == 10000
    assert not result.balanced
    assert ("unbalanced", "") in codes(result)


def test_a_line_may_be_a_percentage_of_a_stated_third():
    lines = [line("a", "equal", parts=3), line("b", "percentage", percent="100", of="a"), line("c", "remainder")]
    result = allocate([payroll("300")], lines)
    assert amounts(result) == [100, 100, 100]
    assert_clean(result)


def test_travel_borne_by_a_group_is_shared_inside_it_and_by_a_member_stays_its_own():
    members = (line("a", "equal"), line("b", "equal"))
    costs = [payroll("900"), travel("10", "epci"), Cost("kit", "equipment", "équipement", Decimal(7), borne_by="b")]
    result = allocate(costs, thirds(*members))
    assert amounts(result) == [300, 300, 317]
    assert amounts(result, "a", "b") == [155, 162]
    assert_clean(result)


def test_costs_out_of_prorata_are_due_in_full():
    costs = [payroll("12000"), Cost("kit", "equipment", "équipement", Decimal(600), prorated=False)]
    result = allocate(costs, thirds(), prorata=Prorata(4, 12))
    assert result.total_cost == 4600
    assert [cost.amount for cost in result.costs] == [4000, 600]
    assert plain(result.lines["state"].explanation).startswith(
        "1/3 de (12 000,00 € × 4/12 mois + 600,00 €) = 1 533,3333 €"
    )


def test_cents_of_a_cost_shared_in_whole_euros_are_not_lost():
    result = allocate([payroll("100.50")], thirds(), EURO)
    assert sum(amounts(result)) == Decimal("100.50")
    assert sorted(amounts(result)) == [33, Decimal("33.50"), 34]
    assert_clean(result)


def test_half_up_leaves_the_residue_to_the_named_line_even_inside_a_group():
    members = (line("a", "equal"), line("b", "equal"), line("c", "equal"))
    rounding = Rounding(Decimal("0.01"), "half_up_residue", "c")
    result = allocate([payroll("100")], [line("state", "equal"), line("epci", "equal", children=members)], rounding)
    assert amounts(result, "a", "b", "c") == [Decimal("16.67"), Decimal("16.67"), Decimal("16.66")]
    top = allocate(
        [payroll("100")], [line("s", "equal"), line("d", "equal"), line("e", "equal", children=members)], rounding
    )
    assert amounts(top) == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert_clean(top)


def test_a_typed_amount_is_never_changed_by_rounding():
    lines = [line("state", "fixed", fixed="1000.37"), line("dept", "equal"), line("epci", "equal")]
    result = allocate([payroll("2000")], lines, EURO)
    assert result.amount("state") == Decimal("1000.37")
    assert_clean(result)


def test_ties_go_to_the_larger_share_then_to_the_smaller_reference():
    keyed = allocate([payroll("3")], [line("a", "key", weight="1"), line("b", "key", weight="5")], EURO)
    assert amounts(keyed, "a", "b") == [0, 3]  # 0,5 and 2,5
    equal = allocate([payroll("3")], [line("b", "equal"), line("a", "equal")], EURO)
    assert amounts(equal, "a", "b") == [2, 1]


def test_a_residue_that_would_make_a_share_negative_is_spread_instead():
    lines = [line(ref, "equal") for ref in "abcd"]
    result = allocate([payroll("0.02")], lines, Rounding(Decimal("0.01"), "half_up_residue", "d"))
    assert amounts(result) == [Decimal("0.01"), Decimal("0.01"), 0, 0]
    assert codes(result) == {("negative_residue", "d")}
    assert result.balanced


# --- What goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("a", "fixed", fixed="150"), line("b", "remainder")], {("negative_remainder", "b"), ("unbalanced", "")}),
        ([line("a", "percentage", percent="120"), line("b", "remainder")], {("percent_over_100", "a")}),
        ([line("a", "percentage", percent="60"), line("b", "percentage", percent="60")], {("percents_over_100", "")}),
        ([line("a", "key", weight="0"), line("b", "key", weight="0")], {("weights_sum_zero", "a")}),
        ([line("a", "key", weight="1"), line("b", "key")], {("missing_weight", "b")}),
        ([line("a", "remainder"), line("b", "remainder")], {("several_remainders", "b")}),
        ([line("a", "key", weight="1"), line("b", "remainder")], {("remainder_beside_key", "b")}),
        ([line("a", "percentage", percent="10", of="ghost")], {("unknown_ref", "a")}),
        ([line("a", "percentage", percent="10", of="a")], {("cycle", "a")}),
        (
            [line("a", "percentage", percent="10", of="b"), line("b", "percentage", percent="10", of="a")],
            {("cycle", "a"), ("cycle", "b")},
        ),
        ([line("a", "percentage", percent="10", of="b"), line("b", "remainder")], {("cycle", "a"), ("cycle", "b")}),
        ([line("a", "fixed")], {("missing_amount", "a")}),
        ([line("a", "fixed", fixed="-1")], {("negative_amount", "a")}),
        ([line("a", "fixed", fixed="NaN")], {("missing_amount", "a")}),
        ([line("a", "fixed", fixed="1.005")], {("sub_cent", "a")}),
        ([line("a", "percentage", percent="-1")], {("missing_percent", "a")}),
        ([line("a", "fixed", fixed="150"), line("b", "equal")], {("nothing_left", "")}),
        (
            [line("g", "equal", children=(line("a", "fixed", fixed="10"),))],
            {("group_not_covered", "g"), ("unbalanced", "")},
        ),
        ([], {("unbalanced", "")}),
    ],
)
def test_business_errors_are_reported_where_they_are(lines, expected):
    result = allocate([payroll("100")], lines)
    assert expected <= codes(result)
    assert all(problem.message.endswith(".") for problem in result.problems)
    assert all(amount is None or amount >= 0 for amount in amounts(result))


def test_a_negative_remainder_shows_zero_and_the_exact_excess():
    result = allocate([payroll("100")], [line("a", "fixed", fixed="150.25"), line("b", "remainder")])
    assert amounts(result) == [Decimal("150.25"), 0]
    assert result.imbalance == Decimal("-50.25")
    message = next(problem.message for problem in result.problems if problem.code == "negative_remainder")
    assert "50,25" in message


def test_a_cost_borne_by_nobody_leaves_the_plan_unbalanced():
    result = allocate([payroll("300"), travel("10", "ghost")], thirds())
    assert ("unknown_ref", "travel") in codes(result)
    assert result.imbalance == 10


@pytest.mark.parametrize(("amount", "code"), [(None, "missing_cost"), (Decimal(-5), "negative_cost")])
def test_a_cost_without_a_usable_amount_is_not_taken_for_zero(amount, code):
    result = allocate([Cost("payroll", "payroll", "Salaire", amount)], thirds())
    assert (code, "payroll") in codes(result)
    assert amounts(result) == [None, None, None]
    assert result.total_cost is None


def test_an_unknown_receiver_of_the_residue_is_reported():
    result = allocate([payroll("100")], thirds(), Rounding(Decimal(1), "truncate_residue", "ghost"))
    assert codes(result) == {("unknown_residue_ref", "")}
    assert sum(amounts(result)) == 100


def test_programming_errors_raise():
    with pytest.raises(ValueError, match="reference"):
        allocate([payroll("1")], [line("a", "equal"), line("g", "equal", children=(line("a", "equal"),))])
    with pytest.raises(TypeError):
        Cost("c", "payroll", "Salaire", 0.1)
    with pytest.raises(ValueError, match="euro"):
        Rounding(Decimal("0.5"))
    with pytest.raises(ValueError, match="prorata"):
        Prorata(1, 0)
    with pytest.raises(ValueError):
        line("a", "sponsor")


def test_steps_name_their_operations():
    steps = allocate([payroll("42000")], thirds(), EURO, Prorata(4, 12)).lines["dept"].steps
    assert [step.op for step in steps] == [Op.START, Op.TIMES, Op.TIMES, Op.CEIL]
    assert replay(steps) == 4667
