"""Somebody who reads a published bilan, all its tables at once, and looks for what it hides, in whole numbers.

Shares nothing with the engine: it takes the figures printed, writes what any reader knows of them (women, men and
children make people; quarters make the year; rows make totals; domestic violence is a part of the situations; a ratio
printed with its denominator), and asks a branch-and-bound solver how little and how much each count may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from reporting.bilan.model import Bilan, Figure, Total
from reporting.bilan.parts import Part

TRIO = ("women", "men", "children")
YEARLY = (*TRIO, "people", "vif_count", "vif_base")
QUARTERLY = (*TRIO, "people")
PRINTED_BY_QUARTER = ("people",)
MOST = 20_000

Cell = tuple[Any, ...]


class Attacker:
    def __init__(self) -> None:
        self.cells: dict[Cell, int] = {}
        self.lines: list[tuple[dict[int, float], float, float]] = []

    def at(self, *cell: Any) -> int:
        return self.cells.setdefault(cell, len(self.cells))

    def reads(self, cell: Cell, shown: Figure | Total) -> None:
        if shown.value is not None:
            self.says({self.at(*cell): 1}, shown.value, shown.value)

    def says(self, line: dict[int, float], least: float, most: float) -> None:
        self.lines.append((line, least, most))

    def adds_up(self, total: Cell, parts: Iterable[Cell]) -> None:
        line = {self.at(*total): -1.0}
        for part in parts:
            line[self.at(*part)] = 1.0
        self.says(line, 0, 0)

    def interval(self, *cell: Any) -> tuple[int, int]:
        """The least and the greatest the cell may be."""
        matrix = lil_array((max(len(self.lines), 1), len(self.cells)))
        for rank, (line, _, _) in enumerate(self.lines):
            for column, factor in line.items():
                matrix[rank, column] = factor
        least, most = zip(*((low, high) for _, low, high in self.lines), strict=True)
        constraint = LinearConstraint(matrix.tocsr(), least, most)
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(self.cells))
            aim[self.cells[cell]] = sign
            found = milp(aim, constraints=constraint, integrality=np.ones(len(aim)), bounds=Bounds(0, MOST))
            assert found.x is not None, "what is printed contradicts itself"
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def reader_of(shown: Bilan, ratios: Part | None = None) -> Attacker:
    """An attacker who has read ``shown``. Which figures are known to exist (hidden or not) is read in it too."""
    one = Attacker()
    rows = range(len(shown.rows))
    for number, row in enumerate(shown.rows):
        exists = {name for name in YEARLY if there(row.figures[name])}
        for name in exists:
            one.reads((number, name), row.figures[name])
        if {*TRIO, "people"} <= exists:
            one.adds_up((number, "people"), [(number, name) for name in TRIO])
        if {"vif_count", "vif_base"} <= exists:
            one.says({one.at(number, "vif_base"): 1, one.at(number, "vif_count"): -1}, 0, MOST)
        if row.vif.value is not None and not row.vif.published:
            low, high = (float(row.vif.value) + gap for gap in (-0.05, 0.05))
            count, base = one.at(number, "vif_count"), one.at(number, "vif_base")
            one.says({count: 100, base: -low}, -1e-6, MOST * 100)
            one.says({count: 100, base: -high}, -MOST * 100, 1e-6)
        for rank, quarter in enumerate(row.quarters):
            if there(quarter.figures["people"]):
                one.reads((number, rank, "people"), quarter.figures["people"])
                one.adds_up((number, rank, "people"), [(number, rank, name) for name in TRIO])
        known = [rank for rank, quarter in enumerate(row.quarters) if there(quarter.figures["people"])]
        if known:
            for name in QUARTERLY:
                one.adds_up((number, name), [(number, rank, name) for rank in known])
    for name in YEARLY:
        parts = [(number, name) for number in rows if there(shown.rows[number].figures[name])]
        if parts:
            one.reads(("total", name), shown.totals[name])
            one.adds_up(("total", name), parts)
    for rank, total in enumerate(shown.quarters):
        parts_of = [number for number in rows if (number, rank, "people") in one.cells]
        for name in QUARTERLY if parts_of else ():
            one.reads(("total", rank, name), total.totals[name])
            one.adds_up(("total", rank, name), [(number, rank, name) for number in parts_of])
    if ratios is not None:
        for number, items in enumerate([*ratios.rows, ratios.total]):
            read_ratios(one, "total" if number == len(shown.rows) else number, items)
    return one


def read_ratios(one: Attacker, line: Any, items: Any) -> None:
    """People = ratio × what it divides by, to within the rounding of the ratio."""
    for ratio, whole, per in ((items[3], items[2], Decimal(10_000)), (items[5], items[4], Decimal(1))):
        if ratio.raw is not None and whole.raw is not None:
            unit = float(Decimal(whole.raw) / per)
            slack = 0.05 * unit + 0.005 * float(ratio.raw) + 1e-6
            one.says({one.at(line, "people"): 1}, float(ratio.raw) * unit - slack, float(ratio.raw) * unit + slack)


def there(figure: Figure) -> bool:
    """Whether the reader sees that the figure exists: printed, or said to be hidden."""
    return figure.value is not None or figure.hidden


def small_cells(full: Bilan, threshold: int) -> Iterator[Cell]:
    """Where the true bilan has a count of people from 1 to threshold − 1: printed or not."""
    for number, row in enumerate(full.rows):
        for name in YEARLY:
            if 0 < (row.figures[name].value or 0) < threshold:
                yield (number, name)
        for rank, quarter in enumerate(row.quarters):
            for name in QUARTERLY:
                if 0 < (quarter.figures[name].value or 0) < threshold:
                    yield (number, rank, name)
    for name in YEARLY:
        if 0 < (full.totals[name].value or 0) < threshold:
            yield ("total", name)
    for rank, total in enumerate(full.quarters):
        for name in QUARTERLY:
            if 0 < (total.totals[name].value or 0) < threshold:
                yield ("total", rank, name)


def found_out(full: Bilan, shown: Bilan, threshold: int, ratios: Part | None = None) -> list[tuple[Cell, int, int]]:
    """The small counts the attacker narrows down under the threshold; empty when the publication is safe."""
    attacker = reader_of(shown, ratios)
    broken = []
    for cell in small_cells(full, threshold):
        low, high = attacker.interval(*cell)
        if high - low + 1 < threshold:
            broken.append((cell, low, high))
    return broken
