"""The tables of the bilan, as data: every format (page, PDF, workbook, CSV, JSON) writes these and nothing else.

A box remembers the counts it shows or was computed from (``refs``): when one of them must stay hidden, so must the box.
The ledger holds every count of one publication and the sums between them, which is what protects them together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum, StrEnum

from core import money
from reporting.protection import Sum, Table

ND = "n.d."
#: Statistical secrecy, as French statistics mark it.
SECRET = "s."
TENTH = Decimal("0.1")


class Kind(StrEnum):
    """What a column holds, hence how it is written."""

    COUNT = "nombre"
    PERCENT = "pourcentage"
    CHANGE = "evolution"
    EUROS = "euros"
    TEXT = "texte"


@dataclass(frozen=True)
class Box:
    """One figure: unknown when ``value`` is None, and then ``reason`` may say why; ``hidden``: known, not shown."""

    value: int | Decimal | str | None
    kind: Kind = Kind.COUNT
    refs: tuple[str, ...] = ()
    reason: str = ""
    hidden: bool = False

    @property
    def text(self) -> str:
        """As printed."""
        if self.value is None:
            return SECRET if self.hidden else ND
        if isinstance(self.value, str):
            return self.value
        if self.kind is Kind.EUROS:
            return money.euros(self.value)
        if self.kind is Kind.PERCENT:
            return f"{money.number_fr(self.value, 1)}\u202f%"
        figure = money.number_fr(Decimal(self.value).copy_abs(), 0)
        if self.kind is Kind.CHANGE and self.value:
            return f"{'+' if self.value > 0 else money.MINUS}{figure}"
        return figure

    @property
    def missing(self) -> bool:
        return self.value is None

    def unless(self, hidden: Collection[str]) -> Box:
        """The box as those may see it who must not see the counts of ``hidden``."""
        if self.value is None or not any(ref in hidden for ref in self.refs):
            return self
        return replace(self, value=None, hidden=True)


@dataclass(frozen=True)
class Column:
    """``optional``: left out when nothing is known of it; ``inside``: only in the complete version."""

    label: str
    kind: Kind = Kind.COUNT
    optional: bool = False
    inside: bool = False


@dataclass(frozen=True)
class Line:
    label: str
    boxes: tuple[Box, ...]
    total: bool = False
    #: Only in the complete version.
    inside: bool = False


class Audience(IntEnum):
    """Who may read a table at the most."""

    EVERYBODY = 0
    PARTNERS = 1
    INSIDE = 2


@dataclass(frozen=True)
class DataTable:
    """``key`` names it in addresses and files; ``audience``: the widest version it may be in.

    ``inside_notes`` are left out of the versions that leave: they tell when one worker was away.
    """

    key: str
    title: str
    head: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    inside_notes: tuple[str, ...] = ()
    audience: Audience = Audience.EVERYBODY

    def leaving(self, hidden: Collection[str]) -> DataTable:
        """The table as it may leave, without the counts of ``hidden``."""
        kept = [rank for rank, column in enumerate(self.columns) if not column.inside]
        lines = tuple(
            replace(each, boxes=tuple(box.unless(hidden) for box in each.boxes))
            for each in self.lines
            if not each.inside
        )
        return replace(self, lines=lines, inside_notes=())._with(kept)

    def trimmed(self) -> DataTable:
        """Without the optional columns of which nothing is known."""
        known = [
            any(each.boxes[rank].value not in (None, "") for each in self.lines) for rank in range(len(self.columns))
        ]
        return self._with([r for r, column in enumerate(self.columns) if known[r] or not column.optional])

    def _with(self, kept: list[int]) -> DataTable:
        lines = tuple(replace(each, boxes=tuple(each.boxes[rank] for rank in kept)) for each in self.lines)
        return replace(self, columns=tuple(self.columns[rank] for rank in kept), lines=lines)

    @property
    def said(self) -> tuple[str, ...]:
        """Every note under the table."""
        return (*self.notes, *self.inside_notes)

    @property
    def cells(self) -> Iterable[Box]:
        return (box for each in self.lines for box in each.boxes)


@dataclass
class Ledger:
    """Every count that one publication prints, and every sum its reader can check."""

    counts: dict[str, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    sensitive: set[str] = field(default_factory=set)
    costly: set[str] = field(default_factory=set)

    def put(self, ref: str, value: int | None, *, sensitive: bool = True, costly: bool = False) -> str:
        """Enter a count under its name; nothing for one that is not known."""
        if value is not None:
            self.counts[ref] = value
            if sensitive:
                self.sensitive.add(ref)
            if costly:
                self.costly.add(ref)
        return ref

    def add_up(self, total: str, parts: Iterable[str], *, sensitive: bool = True) -> str:
        """Enter the sum of the parts that are known under ``total``; nothing when none is."""
        known = tuple(part for part in parts if part in self.counts)
        if known:
            self.put(total, sum(self.counts[part] for part in known), sensitive=sensitive, costly=True)
            self.sums.append(Sum(total, known))
        return total

    def relate(self, total: str, parts: Iterable[str]) -> bool:
        """Note that ``parts`` make ``total``, if all are known and they do."""
        parts = tuple(parts)
        if total not in self.counts or not parts or not all(part in self.counts for part in parts):
            return False
        if sum(self.counts[part] for part in parts) != self.counts[total]:
            return False
        self.sums.append(Sum(total, parts))
        return True

    def table(self) -> Table:
        """What is to be protected together."""
        return Table(dict(self.counts), tuple(self.sums), frozenset(self.sensitive), frozenset(self.costly))

    # --- Boxes --------------------------------------------------------------------------------------------------------

    def box(self, ref: str, reason: str = "") -> Box:
        """A count as it is shown."""
        value = self.counts.get(ref)
        return Box(value, Kind.COUNT, (ref,) if value is not None else (), reason)

    def share(self, part: str, whole: str) -> Box:
        """``part`` of ``whole`` in percent, one decimal; unknown when there is nothing to divide."""
        return self._of(part, whole, Kind.PERCENT, lambda a, b: percentage(a, b))

    def change(self, now: str, before: str) -> Box:
        """What was gained or lost from one year to the next."""
        return self._of(now, before, Kind.CHANGE, lambda a, b: a - b)

    def _of(self, one: str, other: str, kind: Kind, compute: Callable[[int, int], int | Decimal | None]) -> Box:
        first, second = self.counts.get(one), self.counts.get(other)
        if first is None or second is None:
            return Box(None, kind)
        return Box(compute(first, second), kind, (one, other))


def percentage(part: int, whole: int) -> Decimal | None:
    """``part`` of ``whole`` in percent, one decimal, half up; None when there is nothing to divide."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, rounding=ROUND_HALF_UP)
