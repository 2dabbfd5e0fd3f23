"""Choosing the cells to hide.

1. Every sensitive count from 1 to threshold − 1 is hidden. Zero stays: it says that nobody was concerned.
2. A hidden small count must remain a mystery to a reader who adds and subtracts: the values it may have must cover at
   least ``threshold`` whole numbers, so that nothing is learnt beyond « under the threshold ». Where they do not, the
   least costly cells that let it move that far are hidden too (the classical heuristic of secondary suppression: the
   cheapest move of the table that raises the cell, in one linear programme).
3. What turned out to be hidden for nothing is shown again.

Incremental: a move found for one cell serves every other it changes, stays good when more is hidden, and is looked for
again only when a cell it changes is about to be shown. Not always the fewest cells; what is returned is proved cell by
cell, never supposed.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from reporting.protection.model import Cause, Protection, Table
from reporting.protection.moves import FREE, Move, System

NOTHING = Move({})
#: Directions are drawn, always the same ones; after so many draws that teach nothing, cells are looked at one by one.
SEED, PATIENCE = 10, 2


def protect(table: Table, *, threshold: int, hidden: Collection[str] = ()) -> Protection:
    """The cells of ``table`` to hide so that no sensitive count under ``threshold`` can be found or narrowed down.

    ``hidden``: cells hidden whatever happens (those another version of the same figures hides). Always possible, unless
    ``table.given`` leaves no room: with everything hidden, any multiple of the true table is as good an answer, so each
    cell may be anything. Raises ``ValueError`` for a threshold under 2, or when cells already given betray one.
    """
    if threshold < 2:
        raise ValueError("a threshold is 2 or more: 1 hides nothing")
    return _protect(table, threshold, frozenset(hidden))


@lru_cache(maxsize=32)
def _protect(table: Table, threshold: int, hidden: frozenset[str]) -> Protection:
    """The same table gives the same answer: a page, its document and its files ask for it in turn."""
    small = [name for name in table.counts if name in table.sensitive and 0 < table.counts[name] < threshold]
    small = [name for name in small if name not in table.given]
    causes = {name: Cause.UNPRINTED for name in table.counts if name in table.unprinted}
    causes |= {name: Cause.SMALL for name in small if name not in causes}
    causes |= {name: Cause.DEDUCTION for name in sorted(hidden) if name not in causes}
    work = _Search(System(table, small), threshold, causes)
    added = work.run(small)
    for name in sorted(added, key=lambda each: _price(table, each), reverse=True):
        work.show_again(name)
    return Protection(threshold, work.causes)


@dataclass
class _Search:
    """What is hidden so far, and for each small count the two tables that keep it a mystery."""

    system: System
    threshold: int
    causes: dict[str, Cause]
    proofs: dict[str, tuple[Move, Move]] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return self.system.table

    def run(self, small: list[str]) -> list[str]:
        """Hide until every small count is safe; the cells added."""
        self.proofs = dict.fromkeys(small, (NOTHING, NOTHING))
        self._together(small)
        added: list[str] = []
        for name in sorted(small, key=lambda each: (-self.table.counts[each], each)):
            if self._safe(name) or self._prove(name, self.causes):
                continue
            free = [each for each in self.system.names if each not in self.table.given and each not in self.causes]
            costs = {each: _cost(self.table, each) for each in free} | dict.fromkeys(self.causes, FREE)
            move = self.system.cheapest(name, self.threshold - 1, costs)
            # Where nothing raises it that far, everything is hidden, and what need not be is shown again at the end.
            new = free if move is None else [each for each in move.changes if each not in self.causes]
            self.causes |= dict.fromkeys(new, Cause.DEDUCTION)
            added += new
            self._learn(move or NOTHING)
            if move is None and not self._prove(name, self.causes):
                raise ValueError(f"{name}: figures already given betray it")
        return added

    def _together(self, small: Iterable[str]) -> None:
        """Most small counts hide one another: a few moves, some up and some down, show it for many at a time."""
        draw, idle = random.Random(SEED), 0
        while idle < PATIENCE and (waiting := [name for name in small if not self._safe(name)]):
            before = self._spread(waiting)
            ways = {name: draw.choice((1, -1)) for name in waiting}
            for turn in (1, -1):
                wanted = {name: turn * way for name, way in ways.items()}
                self._learn(self.system.together(wanted, self.threshold - 1, self.causes) or NOTHING)
            idle = 0 if self._spread(waiting) > before else idle + 1

    def _spread(self, names: Iterable[str]) -> int:
        return sum(high.on(name) - low.on(name) for name in names for low, high in [self.proofs[name]])

    def show_again(self, name: str) -> None:
        """Show ``name`` unless some small count would then be found."""
        left = {each: cause for each, cause in self.causes.items() if each != name}
        before = dict(self.proofs)
        for each, moves in before.items():
            if any(move.on(name) for move in moves):
                self.proofs[each] = (NOTHING, NOTHING)
                if not self._prove(each, left):
                    self.proofs = before
                    return
        self.causes = left

    def _prove(self, name: str, hidden: dict[str, Cause]) -> bool:
        """Whether hidden cells alone keep ``name`` a mystery; the tables that show it are kept."""
        move = self.system.cheapest(name, self.threshold - 1, dict.fromkeys(hidden, FREE))
        if move is not None:
            self._learn(move, only=name)
            return True
        room = self.system.room(name, self.threshold - 1, hidden)
        if room is not None:
            self.proofs[name] = room
        return room is not None

    def _safe(self, name: str) -> bool:
        low, high = self.proofs[name]
        return high.on(name) - low.on(name) + 1 >= self.threshold

    def _learn(self, move: Move, only: str = "") -> None:
        for name in (only,) if only else move.changes:
            if name not in self.proofs or (not only and self._safe(name)):
                continue
            low, high = self.proofs[name]
            if move.on(name) > high.on(name):
                high = move
            elif move.on(name) < low.on(name):
                low = move
            self.proofs[name] = (low, high)


def _cost(table: Table, name: str) -> float:
    """What hiding a cell takes from readers: little for a small one, much for a total."""
    highest = max(table.counts.values(), default=0) or 1
    cost = 1 + table.counts[name] / highest
    return cost * 8 if name in table.costly else cost


def _price(table: Table, name: str) -> tuple[bool, int, str]:
    return (name in table.costly, table.counts[name], name)
