"""Which cells of a contribution are hidden: jointly over its tables, and against the one it corrects.

Three things tell a reader more than one table does, and are put in the same computation:

- the same people or situations counted in two tables (a total of people and a total of known and unknown, say): their
  difference is a cell nobody prints, which a reader computes;
- the complement of a part (situations that are not VIF);
- a former contribution, of which somebody kept a copy. What it hid stays hidden; what it told and did not change is
  known to that reader, so that hiding it now protects nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from posts.indicators import UNKNOWN
from posts.indicators import VIF as VIF_PROBLEMS
from reporting.contributions.definitions import (
    CONTACT,
    KNOWN,
    MODES,
    PEOPLE,
    PROBLEMS,
    TABLES,
    TOTAL,
    VIF,
)
from reporting.contributions.measure import Measured
from reporting.protection import Sum, Table, protect
from reporting.protection.moves import System

#: Table and row: how a cell is named here; ("", name) for one nobody prints.
Cell = tuple[str, str]


@dataclass(frozen=True)
class Former:
    """The contribution being corrected: what it hid, and what it told."""

    hidden: frozenset[Cell] = frozenset()
    told: Mapping[Cell, int] | None = None


@dataclass(frozen=True)
class Hidden:
    """The cells to hide. ``exposed``: small ones that the former contribution gives back, whatever is hidden now."""

    cells: frozenset[Cell]
    exposed: frozenset[Cell] = frozenset()


def name_of(cell: Cell) -> str:
    return ".".join(cell)


def cells_to_hide(measured: Measured, *, threshold: int, former: Former | None = None) -> Hidden:
    """The cells of ``measured`` that may not leave. Counts of people from 1 to ``threshold`` − 1, and what gives them.

    No more than is needed for a first contribution; a correction hides again all that the former one hid.
    """
    table = table_of(measured)
    printed = {
        name_of((code, row)): (code, row) for code, known in measured.counts.items() if TABLES[code] for row in known
    }
    told = former.told or {} if former else {}
    known = frozenset(
        name for name, cell in printed.items() if cell in told and told[cell] == measured.counts[cell[0]][cell[1]]
    )
    kept = frozenset(name for name, cell in printed.items() if former and cell in former.hidden)
    hidden: set[str] = set(kept)
    exposed: set[str] = set()
    for part in table.islands():
        if not (known | kept) & set(part.counts):
            hidden |= set(protect(part, threshold=threshold).hidden)
            continue
        more, given_back = _protect_after(part, threshold, kept & set(part.counts), known & set(part.counts))
        hidden |= more
        exposed |= given_back
    return Hidden(
        frozenset(printed[name] for name in hidden if name in printed),
        frozenset(printed[name] for name in exposed if name in printed),
    )


def table_of(measured: Measured) -> Table:
    """Every count the contribution holds, every sum a reader can check in it, and the differences they can compute."""
    counts: dict[str, int] = {}
    sums: list[Sum] = []
    sensitive: set[str] = set()
    for code, known in measured.counts.items():
        kind = TABLES[code]
        counts |= {name_of((code, row)): value for row, value in known.items()}
        if kind.sensitive:
            # « Non renseigné » says nothing of anybody.
            sensitive |= {name_of((code, row)) for row in known if row != UNKNOWN}
        if kind.total and TOTAL in known and len(known) > 1:
            sums.append(Sum(name_of((code, TOTAL)), tuple(name_of((code, row)) for row in known if row != TOTAL)))
    made = _Implicit(counts, sums, sensitive)
    made.rest("vif_autres", name_of((VIF, "vif_base")), name_of((VIF, "vif_count")))
    vif = [name_of((PROBLEMS, row)) for row in VIF_PROBLEMS]
    if all(name in counts for name in vif):
        made.sum("vif_detail", vif)
        made.compare("vif_sans_detail", name_of((VIF, "vif_count")), "vif_detail")
    # How many have no detail says nothing of anybody, as « non renseigné » does; it links the two tables.
    made.compare("situations_sans_detail", name_of((VIF, "vif_base")), name_of((PROBLEMS, TOTAL)), is_said=True)
    made.compare("personnes_sans_detail", name_of((PEOPLE, TOTAL)), name_of((KNOWN, TOTAL)), is_said=True)
    made.compare("saisines_sans_delai", name_of((MODES, TOTAL)), name_of((CONTACT, TOTAL)), is_said=True)
    costly = {name for name in counts if name.endswith(f".{TOTAL}")}
    return Table(counts, tuple(sums), frozenset(sensitive), frozenset(costly))


class _Implicit:
    """Cells nobody prints and anybody computes."""

    def __init__(self, counts: dict[str, int], sums: list[Sum], sensitive: set[str]) -> None:
        self.counts, self.sums, self.sensitive = counts, sums, sensitive

    def rest(self, name: str, whole: str, part: str, *, is_said: bool = False) -> None:
        """What is in ``whole`` and not in ``part``, small or not when ``is_said``; nothing when either is not known."""
        if whole in self.counts and part in self.counts:
            self._add(name, self.counts[whole] - self.counts[part], is_said=is_said)
            self.sums.append(Sum(whole, (part, name)))

    def sum(self, name: str, parts: list[str]) -> None:
        self._add(name, sum(self.counts[part] for part in parts))
        self.sums.append(Sum(name, tuple(parts)))

    def compare(self, name: str, one: str, other: str, *, is_said: bool = False) -> None:
        """Two counts of the same thing on different lines: the difference, whichever is the greater."""
        if one in self.counts and other in self.counts:
            whole, part = (one, other) if self.counts[one] >= self.counts[other] else (other, one)
            self.rest(name, whole, part, is_said=is_said)

    def _add(self, name: str, count: int, *, is_said: bool = False) -> None:
        self.counts[name] = count
        if not is_said:
            self.sensitive.add(name)


def _protect_after(
    table: Table, threshold: int, kept: frozenset[str], known: frozenset[str]
) -> tuple[set[str], set[str]]:
    """Cells to hide when ``kept`` were hidden before and ``known`` told before: (hidden, small ones found anyway)."""
    small = {name for name in table.sensitive if 0 < table.counts[name] < threshold}
    hidden, exposed = set(kept) | small, set()
    watched = sorted(small - known)
    system = System(table, watched)
    while True:
        unknown = hidden - known
        found = next((n for n in watched if n not in exposed and _narrow(system, n, unknown, threshold)), "")
        if not found:
            return hidden, exposed
        more = _nearest(table, found, hidden | known)
        if more:
            hidden.add(more)
        else:
            exposed.add(found)


def _narrow(system: System, name: str, unknown: set[str], threshold: int) -> bool:
    least, greatest = system.interval(name, unknown)
    return greatest - least + 1 < threshold


def _nearest(table: Table, name: str, out: set[str]) -> str:
    """The cheapest cell still to hide among the sums ``name`` hangs on, near or through others; "" when none is."""
    reached: set[str] = {name}
    while True:
        linked = [each for each in table.sums if reached & {each.total, *each.parts}]
        wider = reached | {cell for each in linked for cell in (each.total, *each.parts)}
        free = [cell for cell in wider if cell not in out]
        if free:
            return min(free, key=lambda each: (table.counts[each] == 0, each in table.costly, table.counts[each], each))
        if wider == reached:
            return ""
        reached = wider
