"""Other tables that print the same: what a reader of the publication cannot tell from the true one.

The reader knows every cell shown, every sum, and that a count is a whole number, not negative. A *move* is what must be
added to the true table to get another that he could believe in: nothing on the cells shown, and every sum still holds.
Finding one is a linear programme, which SciPy's HiGHS solves; the rare answer that is not in whole numbers is asked
again from its integer solver, so that a move is always a real table of counts.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array, hstack

from reporting.protection.model import Table

SLACK = 1e-6
#: Cost of moving a cell already hidden: next to nothing, so that few cells move and none without a reason.
FREE = 1e-3
#: Branches looked at before giving up; a move not found costs a cell more hidden, never one too few.
NODES = 2_000


@dataclass(frozen=True)
class Move:
    """Changes by cell, in whole numbers; cells left out do not change."""

    changes: Mapping[str, int]

    def on(self, name: str) -> int:
        return self.changes.get(name, 0)


class System:
    """The sums of a table that hang together with cells worth protecting."""

    def __init__(self, table: Table, small: Collection[str]) -> None:
        self.table = table
        sums = _linked(table, small)
        names = dict.fromkeys(name for each in sums for name in (each.total, *each.parts))
        self.names = [*names, *(name for name in small if name not in names)]
        self.position = {name: index for index, name in enumerate(self.names)}
        self.truth = np.array([table.counts[name] for name in self.names], dtype=float)
        entries = [
            (line, self.position[name], sign)
            for line, each in enumerate(sums)
            for name, sign in ((each.total, -1.0), *((part, 1.0) for part in each.parts))
        ]
        lines, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
        self.matrix = csc_array((signs, (lines, columns)), shape=(len(sums), len(self.names)))
        # Wide enough for any interval asked for, and finite: a cell nothing bounds is bounded here.
        self.highest = (float(self.truth.max(initial=0)) + 1) * 64

    def cheapest(self, name: str, by: int, costs: Mapping[str, float]) -> Move | None:
        """The move raising ``name`` by ``by`` that changes the least costly cells; only those of ``costs`` change."""
        free = [each for each in self.names if each in costs or each == name]
        index = np.array([self.position[each] for each in free])
        weights = np.array([costs.get(each, FREE) for each in free])
        at = free.index(name)
        # Upward changes first, then downward ones, each not negative.
        upper = np.concatenate([np.full(len(free), self.highest), self.truth[index]])
        lower = np.zeros(2 * len(free))
        lower[at] = upper[at] = by
        upper[len(free) + at] = 0
        return self._solve(free, index, np.concatenate([weights, weights]), lower, upper)

    def farthest(self, name: str, sign: int, hidden: Collection[str]) -> Move:
        """The move of hidden cells only that raises (``sign`` 1) or lowers (−1) ``name`` the most."""
        return self._solve(*self._toward(name, sign, hidden, self.highest)) or Move({})

    def room(self, name: str, most: int, hidden: Collection[str]) -> tuple[Move, Move] | None:
        """Moves of hidden cells only that lower and raise ``name``, ``most`` apart; None when none are so far apart."""
        asked = [self._toward(name, sign, hidden, most) for sign in (-1, 1)]
        relaxed = [self._relaxed(*each[1:]) for each in asked]
        bounds = [math.floor(-found.fun + 1e-3) if found.success else 0 for found in relaxed]
        # Whole numbers go no farther than the others do: most refusals need no more than this.
        if sum(bounds) < most:
            return None
        moves = [
            self._rounded(each[0], found) or self._solve(*each) for each, found in zip(asked, relaxed, strict=True)
        ]
        low, high = (move or Move({}) for move in moves)
        return (low, high) if high.on(name) - low.on(name) >= most else None

    def _toward(
        self, name: str, sign: int, hidden: Collection[str], most: float
    ) -> tuple[list[str], Any, Any, Any, Any]:
        free = [each for each in self.names if each in hidden]
        index = np.array([self.position[each] for each in free])
        aim = np.full(2 * len(free), FREE * SLACK)
        at, size = free.index(name), len(free)
        upper = np.concatenate([np.full(size, self.highest), self.truth[index]])
        ours, other = (at, size + at) if sign > 0 else (size + at, at)
        aim[ours], upper[ours], upper[other] = -1, min(upper[ours], most), 0
        return free, index, aim, np.zeros(2 * size), upper

    def interval(self, name: str, hidden: Collection[str]) -> tuple[int, int]:
        """The least and the greatest value ``name`` may have for a reader who knows every cell but ``hidden``.

        A cell that nothing bounds is bounded here, far above the counts of the table.
        """
        count = self.table.counts[name]
        low, high = (self.farthest(name, sign, hidden).on(name) for sign in (-1, 1))
        return count + low, count + high

    def together(self, wanted: Mapping[str, int], by: int, hidden: Collection[str]) -> Move | None:
        """A move of hidden cells only that takes each cell of ``wanted`` as far as it can, by ``by`` at most, up (1) or
        down (−1); nearly, and not each at once: what is left over is looked for cell by cell.
        """
        free = [each for each in self.names if each in hidden]
        index = np.array([self.position[each] for each in free])
        place = {each: rank for rank, each in enumerate(free)}
        aims, size = np.array([place[each] for each in wanted]), len(free)
        ways = np.array(list(wanted.values()), dtype=float)
        up, down = np.full(size, self.highest), self.truth[index]
        up[aims], down[aims] = by, np.minimum(down[aims], by)
        aim = np.full(2 * size, FREE)
        aim[aims], aim[size + aims] = -ways, ways
        return self._solve(free, index, aim, np.zeros(2 * size), np.concatenate([up, down]), exactly=False)

    def _solve(
        self, free: list[str], index: Any, aim: Any, lower: Any, upper: Any, *, exactly: bool = True
    ) -> Move | None:
        move = self._rounded(free, self._relaxed(index, aim, lower, upper))
        if move is not None:
            return move
        size, both = len(free), self._both(index)
        constraint = LinearConstraint(both, np.zeros(both.shape[0]), np.zeros(both.shape[0]))
        answer = milp(
            aim,
            constraints=constraint,
            integrality=np.ones(2 * size),
            bounds=Bounds(lower, upper),
            options={"mip_rel_gap": 0.0 if exactly else 0.25, "node_limit": NODES},
        )
        return self._whole(free, answer.x[:size] - answer.x[size:]) if answer.x is not None else None

    def _both(self, index: Any) -> Any:
        sums = self.matrix[:, index]
        return hstack([sums, -sums], format="csc")

    def _relaxed(self, index: Any, aim: Any, lower: Any, upper: Any) -> Any:
        both = self._both(index)
        return linprog(
            aim, A_eq=both, b_eq=np.zeros(both.shape[0]), bounds=np.column_stack([lower, upper]), method="highs"
        )

    def _rounded(self, free: list[str], found: Any) -> Move | None:
        """The relaxed answer as a move, when it is in whole numbers."""
        size = len(free)
        return self._whole(free, found.x[:size] - found.x[size:]) if found.success else None

    def _whole(self, free: list[str], changes: Any) -> Move | None:
        """The move in whole numbers, its sums added up again; None when it is not one."""
        rounded = np.rint(changes)
        if np.abs(changes - rounded).max(initial=0) > SLACK:
            return None
        whole = np.zeros(len(self.names))
        whole[[self.position[each] for each in free]] = rounded
        if np.abs(self.matrix @ whole).max(initial=0) or (self.truth + whole).min(initial=0) < 0:
            return None
        return Move({name: int(change) for name, change in zip(free, rounded, strict=True) if change})


def _linked(table: Table, small: Collection[str]) -> list[Any]:
    """The sums that some chain of sums joins to a cell of ``small``."""
    by_cell: dict[str, list[int]] = {}
    for rank, each in enumerate(table.sums):
        for name in (each.total, *each.parts):
            by_cell.setdefault(name, []).append(rank)
    waiting, seen, kept = list(small), set(small), set[int]()
    while waiting:
        for rank in by_cell.get(waiting.pop(), []):
            if rank in kept:
                continue
            kept.add(rank)
            each = table.sums[rank]
            for name in (each.total, *each.parts):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
    return [table.sums[rank] for rank in sorted(kept)]
