"""Which cells of a contribution are hidden: jointly over its tables, and against what others already read.

Four things tell a reader more than one table does, and are put in the same computation:

- the same people or situations counted in two tables (a total of people and a total of known and unknown, say): their
  difference is a cell nobody prints, which a reader computes;
- the public version of the territory's bilan, whose totals are the contribution's: what it shows is out, what it hides
  stays hidden here;
- a former contribution, of which somebody kept a copy: the same, for what did not change since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from posts.indicators import UNKNOWN
from posts.indicators import VIF as VIF_PROBLEMS
from reporting.bilan.publication import Version, protected
from reporting.contributions.definitions import (
    CONTACT,
    INTERVIEWS,
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

#: Table and row.
Cell = tuple[str, str]
#: What betrays a small count whatever is hidden here, in French.
PUBLIC, BEFORE = "la version publique du bilan", "la contribution précédente"


@dataclass(frozen=True)
class Former:
    """The contribution being corrected: what it hid, and what it told."""

    hidden: frozenset[Cell] = frozenset()
    told: Mapping[Cell, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Hidden:
    """The cells to hide. ``exposed``: what a reader would lay beside the contribution to find a small count anyway."""

    cells: frozenset[Cell]
    exposed: tuple[str, ...] = ()


def name_of(cell: Cell) -> str:
    """The name of a cell in the computation: that of the bilan for its totals, so that it is one cell in both."""
    table, row = cell
    if table in (PEOPLE, VIF, INTERVIEWS):
        return f"total.{'people' if row == TOTAL else row}"
    return f"{table}.{row}"


def cells_to_hide(measured: Measured, *, threshold: int, former: Former | None = None) -> Hidden:
    """The cells of ``measured`` that may not leave: counts of people from 1 to ``threshold`` − 1, and what gives them.

    No more than is needed for a first contribution; what the public bilan or the former contribution hides stays so.
    """
    before = former or Former()
    printed = {name_of((code, row)): (code, row) for code, known in measured.counts.items() for row in known}
    told = {n for n, (code, row) in printed.items() if before.told.get((code, row)) == measured.counts[code][row]}
    kept = {name for name, cell in printed.items() if cell in before.hidden}
    table, published, shown = _with_bilan(measured, threshold)
    hidden: set[str] = set()
    exposed: set[str] = set()
    for part in table.islands():
        found, betrayed = _hide(part, threshold, shown=shown, told=told, kept=kept | published)
        hidden |= found
        exposed |= betrayed
    cells = frozenset(printed[name] for name in hidden | kept | published if name in printed)
    return Hidden(cells, tuple(each for each in (PUBLIC, BEFORE) if each in exposed))


def _hide(
    table: Table, threshold: int, *, shown: set[str], told: set[str], kept: set[str]
) -> tuple[set[str], set[str]]:
    """Hidden cells of one part, and what betrays some of its small counts whatever is hidden.

    What is out already cannot be hidden; where that leaves no room, it is supposed unread, and said.
    """
    here = set(table.counts)
    tries: tuple[tuple[set[str], set[str]], ...] = (
        (shown | told, set()),
        (told, {PUBLIC}),
        (set(), {BEFORE} if told & here else {PUBLIC}),
    )
    for out, betrayed in tries:
        given = frozenset(out & here)
        try:
            found = protect(replace(table, given=given), threshold=threshold, hidden=(kept & here) - given)
        except ValueError:
            continue
        return set(found.hidden), betrayed
    raise AssertionError("with nothing out, everything can be hidden")


def _with_bilan(measured: Measured, threshold: int) -> tuple[Table, set[str], set[str]]:
    """Every cell of the contribution and of the public bilan; what the latter hides, and what it shows."""
    table = table_of(measured)
    if measured.bilan is None:
        return table, set(), set()
    of_bilan, found = protected(measured.bilan, Version.PUBLISHED)
    shown = {name for name in of_bilan.counts if found.shows(name)}
    both = Table(
        {**of_bilan.counts, **table.counts},
        (*of_bilan.sums, *(each for each in table.sums if each not in of_bilan.sums)),
        of_bilan.sensitive | table.sensitive,
        of_bilan.costly | table.costly,
        of_bilan.unprinted | table.unprinted,
    )
    return both, set(found.hidden), shown


def table_of(measured: Measured) -> Table:
    """Every count the contribution holds, every sum a reader can check in it, and the differences they can compute."""
    made = _Making()
    for code, known in measured.counts.items():
        kind = TABLES[code]
        made.counts |= {name_of((code, row)): value for row, value in known.items()}
        if kind.sensitive:
            # « Non renseigné » says nothing of anybody.
            made.sensitive |= {name_of((code, row)) for row in known if row != UNKNOWN}
        parts = tuple(name_of((code, row)) for row in known if row != TOTAL)
        if kind.total and parts and TOTAL in known:
            made.sums.append(Sum(name_of((code, TOTAL)), parts))
    vif = tuple(name_of((PROBLEMS, row)) for row in VIF_PROBLEMS)
    if all(name in made.counts for name in vif):
        made.add("vif_detail", sum(made.counts[name] for name in vif), sensitive=True)
        made.sums.append(Sum("vif_detail", vif))
        made.compare("vif_sans_detail", name_of((VIF, "vif_count")), "vif_detail", sensitive=True)
    made.compare("vif_autres", name_of((VIF, "vif_base")), name_of((VIF, "vif_count")))
    made.compare("situations_sans_detail", name_of((VIF, "vif_base")), name_of((PROBLEMS, TOTAL)))
    made.compare("personnes_sans_detail", name_of((PEOPLE, TOTAL)), name_of((KNOWN, TOTAL)))
    made.compare("saisines_sans_delai", name_of((MODES, TOTAL)), name_of((CONTACT, TOTAL)))
    costly = {name_of((code, TOTAL)) for code, known in measured.counts.items() if TOTAL in known}
    return Table(made.counts, tuple(made.sums), frozenset(made.sensitive), frozenset(costly), frozenset(made.unprinted))


class _Making:
    """A table being made, with the cells nobody prints and anybody computes."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.sums: list[Sum] = []
        self.sensitive: set[str] = set()
        self.unprinted: set[str] = set()

    def compare(self, name: str, one: str, other: str, *, sensitive: bool = False) -> None:
        """Two counts of the same thing on different lines: the difference, whichever is the greater.

        That some have no detail says nothing of anybody, unless what is counted does (``sensitive``).
        """
        if one in self.counts and other in self.counts:
            whole, part = (one, other) if self.counts[one] >= self.counts[other] else (other, one)
            self.add(name, self.counts[whole] - self.counts[part], sensitive=sensitive)
            self.sums.append(Sum(whole, (part, name)))

    def add(self, name: str, count: int, *, sensitive: bool) -> None:
        self.counts[name] = count
        self.unprinted.add(name)
        if sensitive:
            self.sensitive.add(name)
