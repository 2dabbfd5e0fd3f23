"""What a reader of the publication can compute about a hidden cell: its least and its greatest possible value.

The reader knows every cell shown, every sum, and that a count is not negative. Finding how far a hidden cell can then
move is a linear programme; SciPy's HiGHS solves it. Counts being whole numbers narrows the interval no further than its
own rounding, since what is asked is whether it is wide enough.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from scipy.optimize import linprog

from reporting.protection.model import Table

SLACK = 1e-6


class Reader:
    """Somebody holding the publication of ``table`` without the cells of ``hidden``."""

    def __init__(self, table: Table, hidden: Collection[str]) -> None:
        self.table = table
        self.names = [name for name in table.counts if name in hidden]
        self.position = {name: index for index, name in enumerate(self.names)}
        self.equations: list[list[float]] = []
        self.values: list[float] = []
        for each in table.sums:
            self._note(each.total, each.parts)

    def _note(self, total: str, parts: tuple[str, ...]) -> None:
        row, known = [0.0] * len(self.names), 0
        for name, sign in ((total, -1), *((part, 1) for part in parts)):
            if name in self.position:
                row[self.position[name]] += sign
            else:
                known += sign * self.table.counts[name]
        if any(row):
            self.equations.append(row)
            self.values.append(float(-known))

    def interval(self, name: str) -> tuple[int, float]:
        """The least and the greatest whole number the hidden cell may be (``math.inf`` when nothing bounds it)."""
        least, greatest = self._extreme(name, 1.0), self._extreme(name, -1.0)
        return math.ceil(least - SLACK), math.inf if greatest == -math.inf else math.floor(-greatest + SLACK)

    def _extreme(self, name: str, sign: float) -> float:
        objective = [0.0] * len(self.names)
        objective[self.position[name]] = sign
        options: dict[str, Any] = {"bounds": (0, None), "method": "highs"}
        if self.equations:
            options |= {"A_eq": self.equations, "b_eq": self.values}
        found = linprog(objective, **options)
        if found.status == 3:  # unbounded
            return -math.inf
        if not found.success:
            raise RuntimeError(f"{name}: the sums of the publication contradict each other ({found.message})")
        return float(found.fun)
