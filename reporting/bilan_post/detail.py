"""A post's year from the detail of its months: pure, no database.

- Saisines, situations and acts add up over months and quarters. People do not: one who comes back in another month is
  one person of the year. The people of a year are known only when somebody counted them over the year.
- Unknown stays unknown: a sum says over which months it was made, and a partial year is never scaled up.
- A blank cell of a month is zero when the table makes exactly the total typed beside it (there is nothing left to be
  in it), unknown otherwise.
- The zones of a mixed post add up month by month; what one of them does not know is unknown for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from posts import indicators as ind
from posts.indicators import INDICATORS, Cell, Item, Unit, cells_of

MONTHS = tuple(range(1, 13))
QUARTERS = ((1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12))
#: Table → (the total it adds up to, the column that does; None: all of them). Design of indicators, §4, 2, 3 and 6.
TOTAL_OF: dict[str, tuple[str, str | None]] = {
    "I1": ("saisines", None),
    "I3": ("saisines", None),
    "I4": ("personnes", None),
    "I4R": ("personnes", None),
    "I6": ("personnes", None),
    "I7": ("situations", ind.MAIN),
    "I9": ("situations", None),
    "I10": ("situations", None),
}
#: Tables whose own total is the month's, when nobody typed that: everybody it counts is in it.
GIVES_TOTAL = ("I1", "I4", "I7")
#: The totals of a month that count people.
PEOPLE_TOTALS = ("personnes",)


@dataclass(frozen=True)
class Entry:
    """The cells of one return: ``month`` None for the year counted as a whole, ``zone`` "" for the whole post."""

    month: int | None
    cells: Mapping[Cell, int]
    zone: str = ""


@dataclass(frozen=True)
class Tally:
    """A sum over months: ``value`` None when no month is known; ``months`` are those that are."""

    value: int | None = None
    months: tuple[int, ...] = ()


@dataclass(frozen=True)
class YearDetail:
    """What the detail of a year tells. ``months``: those of which a detail is known.

    ``people``: the cells of the file active of the year (indicators I4, I4R, I6 and the total), empty when nobody
    detailed it.
    """

    by_month: Mapping[Cell, Mapping[int, int]] = field(default_factory=dict)
    months: tuple[int, ...] = ()
    people: Mapping[Cell, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.months or self.people)

    def tally(self, *cells: Cell, months: Sequence[int] = MONTHS) -> Tally:
        """The sum of ``cells`` over ``months``, over the months where each of them is known.

        Raises ``ValueError`` for cells that count people: these do not add up.
        """
        if any(counts_people(cell) for cell in cells):
            raise ValueError("people do not add up over months")
        known = [m for m in months if all(m in self.by_month.get(cell, {}) for cell in cells)]
        if not known or not cells:
            return Tally()
        return Tally(sum(self.by_month[cell][m] for cell in cells for m in known), tuple(known))

    def quarters(self, *cells: Cell) -> tuple[Tally, ...]:
        """The four quarters of what adds up."""
        return tuple(self.tally(*cells, months=months) for months in QUARTERS)

    def whole(self, tally: Tally, expected: Iterable[int]) -> bool:
        """Whether every month expected is in the sum."""
        return set(expected) <= set(tally.months)

    def month(self, cell: Cell, month: int) -> int | None:
        """One month's figure, people or not; None when unknown."""
        return self.by_month.get(cell, {}).get(month)

    def any(self, indicator: str) -> bool:
        """Whether anything is known of a table."""
        return any(cell[0] == indicator for cell in (*self.by_month, *self.people))


def counts_people(cell: Cell) -> bool:
    """Whether a cell counts people, who are not to be added up over time."""
    code, row, _column = cell
    return INDICATORS[code].unit is Unit.PERSON or (code == "I0" and row in PEOPLE_TOTALS)


def year_detail(entries: Iterable[Entry], *, lists: Mapping[str, list[Item]]) -> YearDetail:
    """The year's sums from what its months detail.

    ``lists`` are the closed lists (list → items): they say which cells a table has.
    """
    given = list(entries)
    by_month: dict[Cell, dict[int, int]] = {}
    known = []
    for month in MONTHS:
        cells = _merged([each for each in given if each.month == month], lists)
        if cells:
            known.append(month)
        for cell, value in cells.items():
            by_month.setdefault(cell, {})[month] = value
    year = _merged([each for each in given if each.month is None], lists)
    people = {cell: value for cell, value in year.items() if counts_people(cell)}
    return YearDetail(by_month, tuple(known), people)


def _merged(entries: Sequence[Entry], lists: Mapping[str, list[Item]]) -> dict[Cell, int]:
    """One month: the return of the whole post when there is one, else its zones added up."""
    entries = [each for each in entries if each.cells]
    whole = [each for each in entries if not each.zone]
    filled = [completed(each.cells, lists) for each in (whole[:1] or entries)]
    if not filled:
        return {}
    common = set(filled[0]).intersection(*filled[1:])
    return {cell: sum(cells[cell] for cells in filled) for cell in filled[0] if cell in common}


def completed(cells: Mapping[Cell, int], lists: Mapping[str, list[Item]]) -> dict[Cell, int]:
    """One return's cells with what they imply: blanks that can only be zero, totals that only the table gives."""
    found = dict(cells)
    for code, (total, column) in TOTAL_OF.items():
        given = [v for (c, _r, col), v in cells.items() if c == code and column in (None, col)]
        if not given:
            continue
        stated = cells.get(("I0", total, ""))
        if stated is None and code in GIVES_TOTAL:
            # Nobody typed the total: the table's own is the only one there is.
            found[("I0", total, "")] = sum(given)
        elif stated == sum(given):
            for cell in cells_of(INDICATORS[code], dict(lists)):
                if column in (None, cell[2]):
                    found.setdefault(cell, 0)
    return found
