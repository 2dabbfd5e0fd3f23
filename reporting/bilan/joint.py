"""Everything one year's publication prints, as one table of cells and sums: what a careful reader can lay side by side.

Cells are named « line.measure » for the year and « line.q0.measure » for a quarter; a line is the number of a row, or
« total ». The ratios bear the names of their numerators: a denominator (inhabitants, full-time equivalents) is public,
so that a ratio and its denominator give the numerator back, and it is shown with it or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from reporting.bilan.model import MEASURES, PEOPLE, Bilan, Row
from reporting.protection import Protection, Sum, Table

#: The measures that count people, or their situations; interviews are acts.
SENSITIVE = (*PEOPLE, "people", "vif_count", "vif_base")
#: Of a post's quarters, what a table prints.
QUARTERLY = ("people", "interviews")
#: The total line of a bilan over some posts only.
SUBSET = "subset"
QUARTERS = range(4)


def cell_of(line: str | int, name: str) -> str:
    return f"{line}.{name}"


def quarter_cell(line: str | int, number: int, name: str) -> str:
    return f"{line}.q{number}.{name}"


def table_of(bilan: Bilan) -> Table:
    """Every count the publication prints, those that tie them together, and every sum a reader can check."""
    made = _Making()
    for number, row in enumerate(bilan.rows):
        made.row(number, row)
    made.totals("total", bilan, [str(number) for number in range(len(bilan.rows))])
    return made.table()


def subset_of(whole: Bilan, part: Bilan) -> list[str]:
    """The line of each row of ``part`` in ``whole``."""
    lines = {(row.key, row.zone): str(number) for number, row in enumerate(whole.rows)}
    return [lines[row.key, row.zone] for row in part.rows]


def extended(table: Table, part: Bilan, lines: list[str], outer: Protection) -> Table:
    """``table`` with the totals of ``part``, its rows being ``lines``; what ``outer`` shows is out already."""
    made = _Making(dict(table.counts), list(table.sums), set(table.unprinted))
    made.totals(SUBSET, part, lines)
    found = made.table()
    given = frozenset(name for name in table.counts if outer.shows(name))
    return Table(found.counts, found.sums, found.sensitive, found.costly, found.unprinted, given)


class _Making:
    def __init__(
        self, counts: dict[str, int] | None = None, sums: list[Sum] | None = None, unprinted: set[str] | None = None
    ) -> None:
        self.counts = counts or {}
        self.sums = sums or []
        self.unprinted = unprinted or set()

    def row(self, number: int, row: Row) -> None:
        for name in MEASURES:
            if (value := row.figures[name].value) is not None:
                self.counts[cell_of(number, name)] = value
        self._trio(f"{number}.")
        self._situations(number)
        for rank, quarter in enumerate(row.quarters):
            for name in (*PEOPLE, *QUARTERLY):
                if (value := quarter.figures[name].value) is not None:
                    self.counts[quarter_cell(number, rank, name)] = value
                    if name not in QUARTERLY:
                        self.unprinted.add(quarter_cell(number, rank, name))
            self._trio(f"{number}.q{rank}.")
        for name in (*PEOPLE, *QUARTERLY):
            parts = self._known(quarter_cell(number, rank, name) for rank in QUARTERS)
            if parts and cell_of(number, name) in self.counts:
                self.sums.append(Sum(cell_of(number, name), parts))

    def totals(self, line: str, bilan: Bilan, lines: list[str]) -> None:
        for name in MEASURES:
            self._sum(cell_of(line, name), self._known(cell_of(each, name) for each in lines))
        self._trio(f"{line}.")
        for rank in QUARTERS if bilan.quarters else ():
            for name in (*PEOPLE, *QUARTERLY):
                self._sum(quarter_cell(line, rank, name), self._known(quarter_cell(e, rank, name) for e in lines))
            self._trio(f"{line}.q{rank}.")

    def table(self) -> Table:
        ends = tuple(f".{name}" for name in SENSITIVE)
        sensitive = frozenset(cell for cell in self.counts if cell.endswith(ends))
        costly = frozenset(c for c in self.counts if c.startswith(("total.", SUBSET)) or c.endswith(".people"))
        return Table(self.counts, tuple(self.sums), sensitive, costly, frozenset(self.unprinted))

    def _known(self, cells: Iterable[str]) -> tuple[str, ...]:
        return tuple(cell for cell in cells if cell in self.counts)

    def _sum(self, total: str, parts: tuple[str, ...]) -> None:
        if parts:
            self.counts[total] = sum(self.counts[part] for part in parts)
            self.sums.append(Sum(total, parts))

    def _trio(self, line: str) -> None:
        """Women, men and children make people, wherever all four are known on the same lines."""
        parts = tuple(f"{line}{name}" for name in PEOPLE)
        total = f"{line}people"
        # Not always in a total: a post may know its total without its detail, and the columns rest on other lines.
        known = all(cell in self.counts for cell in (total, *parts))
        if known and self.counts[total] == sum(self.counts[part] for part in parts):
            self.sums.append(Sum(total, parts))

    def _situations(self, number: int) -> None:
        """What is counted in a percentage cannot exceed what it is counted of: the others make the difference."""
        count, base = cell_of(number, "vif_count"), cell_of(number, "vif_base")
        if count in self.counts and base in self.counts:
            others = cell_of(number, "vif_others")
            self.counts[others] = self.counts[base] - self.counts[count]
            self.unprinted.add(others)
            self.sums.append(Sum(base, (count, others)))
