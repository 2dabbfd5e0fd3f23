"""Choosing the cells to hide.

1. Every sensitive count from 1 to threshold − 1 is hidden. Zero stays: it says that nobody was concerned.
2. A hidden small count must remain a mystery to a reader who adds and subtracts: the values it may have must cover at
   least ``threshold`` whole numbers, so that nothing is learnt beyond « under the threshold ». While one does not, one
   more cell of a sum it hangs on is hidden: the least costly first, then the smallest.
3. What turned out to be hidden for nothing is shown again.

Greedy, so not always the fewest cells; what it returns is checked, never supposed.
"""

from __future__ import annotations

from reporting.protection.attack import Reader
from reporting.protection.model import Cause, Protection, Table


def protect(table: Table, *, threshold: int) -> Protection:
    """The cells of ``table`` to hide so that no sensitive count under ``threshold`` can be found or narrowed down.

    Always possible: with everything hidden, any multiple of the true table is as good an answer, so each cell may be
    anything. Raises ``ValueError`` for a threshold under 2.
    """
    if threshold < 2:
        raise ValueError("a threshold is 2 or more: 1 hides nothing")
    small = {name for name in table.sensitive if 0 < table.counts[name] < threshold}
    hidden = {name: Cause.SMALL for name in table.counts if name in small}
    added: list[str] = []
    while exposed := _exposed(table, hidden, threshold):
        name = _next(table, hidden, exposed)
        hidden[name] = Cause.DEDUCTION
        added.append(name)
    for name in sorted(added, key=lambda each: _price(table, each), reverse=True):
        trial = {each: cause for each, cause in hidden.items() if each != name}
        if not _exposed(table, trial, threshold):
            hidden = trial
    return Protection(threshold, hidden)


def _exposed(table: Table, hidden: dict[str, Cause], threshold: int) -> str:
    """The first small count that a reader could narrow down too far; "" when there is none."""
    reader = Reader(table, hidden)
    for name, cause in hidden.items():
        if cause is Cause.SMALL:
            least, greatest = reader.interval(name)
            if greatest - least + 1 < threshold:
                return name
    return ""


def _next(table: Table, hidden: dict[str, Cause], exposed: str) -> str:
    """The cheapest cell still shown among the sums ``exposed`` hangs on, near or through other hidden cells."""
    reached = {exposed}
    while True:
        linked = [each for each in table.sums if reached & {each.total, *each.parts}]
        reached = {name for each in linked for name in (each.total, *each.parts)}
        shown = [name for name in reached if name not in hidden]
        if shown:
            # A cell holding nothing gives no room to a reader's guess, unless nothing else is left.
            return min(shown, key=lambda name: (table.counts[name] == 0, *_price(table, name)))


def _price(table: Table, name: str) -> tuple[bool, int, str]:
    return (name in table.costly, table.counts[name], name)
