"""A table whose rows and columns both sum exactly: each financer's part by post, or by calendar year."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from funding.allocation.arithmetic import CENT, floor_to, largest_remainder

ZERO = Fraction(0)
Table = dict[str, dict[str, Fraction]]


def column_totals(total: Fraction, weights: Mapping[str, Fraction], unit: Fraction = CENT) -> dict[str, Fraction]:
    """`total` (euros) over the columns, by weight, at the largest remainder: the parts sum exactly to it.

    Raises `ValueError` when no weight is positive: nothing says how to divide.
    """
    whole = sum(weights.values(), ZERO)
    if whole <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("a division needs weights that are not negative, one at least positive")
    return largest_remainder({ref: total * weight / whole for ref, weight in weights.items()}, total, unit)


def cross_split(
    rows: Mapping[str, Fraction],
    weights: Mapping[str, Fraction],
    unit: Fraction = CENT,
    totals: Mapping[str, Fraction] | None = None,
) -> Table:
    """Divide every row (euros, not negative) over the columns, by weight.

    Each row sums to its amount, each column to its total (`totals`, or the largest remainder of the sum). No entry is
    negative and the order in which rows and columns are given changes nothing: the heaviest column is served first,
    each row keeping for the next ones what it has left.
    Raises `ValueError` on a negative row, on weights that divide nothing, on totals that are not the sum of the rows.
    """
    if any(value < 0 for value in rows.values()):
        raise ValueError("an amount to divide is not negative")
    whole = sum(rows.values(), ZERO)
    wanted = dict(totals) if totals is not None else column_totals(whole, weights, unit)
    if sum(wanted.values(), ZERO) != whole or set(wanted) != set(weights):
        raise ValueError("the columns' totals do not make the sum of the rows")
    left = dict(rows)
    table: Table = {ref: {} for ref in rows}
    columns = sorted(weights, key=lambda ref: (-weights[ref], ref))
    for rank, column in enumerate(columns):
        following = sum((weights[ref] for ref in columns[rank:]), ZERO)
        share = weights[column] / following if following else ZERO
        given = _column(left, share, wanted[column], unit) if rank < len(columns) - 1 else dict(left)
        for ref, value in given.items():
            table[ref][column] = value
            left[ref] -= value
    return table


def _column(left: Mapping[str, Fraction], share: Fraction, total: Fraction, unit: Fraction) -> dict[str, Fraction]:
    """What each row gives to one column: its exact part, rounded so that the column makes `total`."""
    exact = {ref: value * share for ref, value in left.items()}
    given = {ref: floor_to(value, unit) for ref, value in exact.items()}
    order = sorted(exact, key=lambda ref: (given[ref] - exact[ref], -exact[ref], ref))
    missing = total - sum(given.values(), ZERO)
    while missing > 0:
        for ref in order:
            step = min(unit, missing, left[ref] - given[ref])
            given[ref] += step
            missing -= step
    while missing < 0:
        for ref in reversed(order):
            step = min(unit, -missing, given[ref])
            given[ref] -= step
            missing += step
    return given
