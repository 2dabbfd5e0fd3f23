"""Small-number protection, tried by attackers who do not share its code."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from reporting.protection import Cause, Protection, Sum, Table, protect

PEOPLE = ("femmes", "hommes", "enfants")


def row(name: str, *counts: int) -> tuple[dict[str, int], Sum]:
    """A post's people and their total."""
    parts = tuple(f"{name}.{each}" for each in PEOPLE)
    return dict(zip((*parts, f"{name}.total"), (*counts, sum(counts)), strict=True)), Sum(f"{name}.total", parts)


def grid(*rows: tuple[int, ...]) -> Table:
    """Posts × people with both totals, as the act's annexe 1 prints it."""
    counts: dict[str, int] = {}
    sums: list[Sum] = []
    for number, each in enumerate(rows):
        cells, total = row(f"p{number}", *each)
        counts |= cells
        sums.append(total)
    for column in (*PEOPLE, "total"):
        parts = tuple(f"p{number}.{column}" for number in range(len(rows)))
        counts[f"tous.{column}"] = sum(counts[part] for part in parts)
        sums.append(Sum(f"tous.{column}", parts))
    sums.append(Sum("tous.total", tuple(f"tous.{each}" for each in PEOPLE)))
    return Table(counts, tuple(sums), frozenset(counts), frozenset(name for name in counts if "tous" in name))


# --- What a careful reader of a table expects -------------------------------------------------------------------------


def test_nothing_small_nothing_hidden():
    assert protect(grid((100, 50, 30), (80, 40, 20)), threshold=11).hidden == {}


def test_zero_is_said():
    found = protect(grid((100, 50, 0), (80, 40, 20)), threshold=11)
    assert found.shows("p0.enfants")


def test_a_small_count_takes_company_in_its_row_and_its_column():
    table = grid((100, 50, 3), (80, 40, 20), (90, 70, 60))
    found = protect(table, threshold=11)
    assert found.hidden["p0.enfants"] is Cause.SMALL
    assert len(found.hidden) == 4, "itself, one in its row, one in its column, and the corner they share"
    # The totals everyone looks for are kept.
    assert not [name for name in found.hidden if name.startswith("tous") or name.endswith("total")]


def test_a_small_total_is_hidden_with_what_it_adds_up():
    cells, total = row("p", 2, 1, 0)
    found = protect(Table(cells, (total,), frozenset(cells)), threshold=5)
    assert set(found.hidden) == {"p.femmes", "p.hommes", "p.total"}


def test_two_small_ones_are_not_enough_when_their_sum_is_small():
    # 1 + 1 hidden, everything else shown: their sum, 2, says that each is 0, 1 or 2.
    cells, total = row("p", 100, 1, 1)
    found = protect(Table(cells, (total,), frozenset(cells)), threshold=5)
    assert "p.femmes" in found.hidden or "p.total" in found.hidden


def test_the_same_cell_in_another_table_is_the_same_cell():
    cells, by_people = row("p", 60, 40, 3)
    cells |= {"p.police": 70, "p.gendarmerie": 33}
    zones = Sum("p.total", ("p.police", "p.gendarmerie"))
    table = Table(cells, (by_people, zones), frozenset(cells))
    hidden = protect(table, threshold=11).hidden
    # Hiding the total alone would not do: the other table gives it back.
    assert "p.total" not in hidden
    assert len(hidden) == 2


def test_acts_are_not_people():
    cells, total = row("p", 60, 40, 3)
    assert protect(Table(cells, (total,), frozenset()), threshold=11).hidden == {}


@pytest.mark.parametrize("threshold", [5, 11])
def test_the_published_act_of_2022(threshold: int):
    # Women, men, children of the eleven rows of annexe 1 that state them.
    rows = ((154, 42, 8), (120, 63, 9), (160, 57, 35), (203, 44, 19), (60, 30, 8))
    table = grid(*rows)
    found = protect(table, threshold=threshold)
    assert {name for name, cause in found.hidden.items() if cause is Cause.SMALL} == {
        name for name, count in table.counts.items() if 0 < count < threshold
    }
    assert narrowed(table, found) == []


def test_when_nothing_else_helps_everything_goes():
    table = Table({"a": 3, "two": 6}, (Sum("two", ("a", "a")),), frozenset({"a"}))
    assert set(protect(table, threshold=5).hidden) == {"a", "two"}


@pytest.mark.parametrize(
    ("counts", "sums", "words"),
    [({"a": -1}, (), "not negative"), ({"a": 3, "b": 2}, (Sum("a", ("b",)),), "not the sum")],
)
def test_a_false_table_is_refused(counts, sums, words):
    with pytest.raises(ValueError, match=words):
        Table(counts, sums, frozenset(counts))


def test_a_threshold_that_hides_nothing_is_refused():
    with pytest.raises(ValueError, match="2 or more"):
        protect(grid((1, 2, 3)), threshold=1)


# --- The attackers ----------------------------------------------------------------------------------------------------


def narrowed(table: Table, found: Protection) -> list[tuple[str, int, int]]:
    """Small counts an attacker who solves in whole numbers (branch and bound) narrows under the threshold."""
    names = [name for name in table.counts if name in found.hidden]
    lines, values = [], []
    for each in table.sums:
        line = [0] * len(names)
        known = 0
        for name, sign in ((each.total, -1), *((part, 1) for part in each.parts)):
            if name in found.hidden:
                line[names.index(name)] += sign
            else:
                known += sign * table.counts[name]
        if any(line):
            lines.append(line)
            values.append(-known)
    constraints = LinearConstraint(np.array(lines), values, values) if lines else ()
    broken = []
    for index, name in enumerate(names):
        if found.hidden[name] is not Cause.SMALL:
            continue
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(names))
            aim[index] = sign
            answer = milp(aim, constraints=constraints, integrality=np.ones(len(names)), bounds=Bounds(0, 10_000))
            ends.append(round(sign * answer.fun))
        if ends[1] - ends[0] + 1 < found.threshold:
            broken.append((name, *ends))
    return broken


def deduced(table: Table, found: Protection) -> list[str]:
    """Small counts an attacker finds exactly by adding and subtracting lines (Gauss, in fractions)."""
    names = [name for name in table.counts if name in found.hidden]
    lines: list[list[Fraction]] = []
    for each in table.sums:
        line = [Fraction(0)] * len(names)
        for name, sign in ((each.total, -1), *((part, 1) for part in each.parts)):
            if name in found.hidden:
                line[names.index(name)] += sign
        lines.append(line)
    rank = 0
    for column in range(len(names)):
        pivot = next((i for i in range(rank, len(lines)) if lines[i][column]), None)
        if pivot is None:
            continue
        lines[rank], lines[pivot] = lines[pivot], lines[rank]
        lines[rank] = [value / lines[rank][column] for value in lines[rank]]
        for i, line in enumerate(lines):
            if i != rank and line[column]:
                lines[i] = [a - line[column] * b for a, b in zip(line, lines[rank], strict=True)]
        rank += 1
    alone = {line.index(1) for line in lines if sum(map(bool, line)) == 1}
    return [name for i, name in enumerate(names) if i in alone and found.hidden[name] is Cause.SMALL]


@given(
    rows=st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=1, max_size=5), threshold=st.sampled_from([3, 5, 11])
)
def test_no_attacker_finds_a_small_count(rows, threshold):
    table = grid(*rows)
    found = protect(table, threshold=threshold)
    assert all(name in found.hidden for name, count in table.counts.items() if 0 < count < threshold)
    assert deduced(table, found) == []
    assert narrowed(table, found) == []


@given(rows=st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=2, max_size=4))
def test_nothing_is_hidden_for_nothing(rows):
    table = grid(*rows)
    found = protect(table, threshold=5)
    for name, cause in found.hidden.items():
        if cause is Cause.DEDUCTION:
            without = Protection(5, {each: why for each, why in found.hidden.items() if each != name})
            assert narrowed(table, without), f"{name} could be shown"


def test_the_order_of_cells_does_not_decide_what_is_small():
    counts = [(3, 20, 50), (30, 2, 60), (40, 70, 80)]
    small = []
    for order in product(range(3), repeat=3):
        if sorted(order) == [0, 1, 2]:
            table = grid(*[counts[i] for i in order])
            found = protect(table, threshold=11)
            small.append(sorted(table.counts[n] for n, cause in found.hidden.items() if cause is Cause.SMALL))
    assert small == [[2, 3]] * 6
