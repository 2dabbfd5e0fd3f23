"""The calendar as pages show it: what the address asks for, the weeks of a month, the lines of a list."""

from __future__ import annotations

import calendar as stdlib
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conventions.calendar.obligation import TONES, Obligation
from conventions.enums import ObligationState
from core import sheets
from core.findings import Mark
from core.french.dates import month_name


@dataclass(frozen=True)
class Line:
    """One obligation and how it stands today."""

    row: Obligation
    state: ObligationState

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def unverified(self) -> bool:
        return self.row.mark is Mark.UNVERIFIED

    # Names the dates component reads.
    @property
    def date(self) -> dt.date:
        return self.row.due_on

    @property
    def label(self) -> str:
        return self.row.title

    @property
    def url(self) -> str:
        return self.row.url

    @property
    def status(self) -> str:
        return str(self.state.label)

    @property
    def note(self) -> str:
        return f"{self.row.who}. {self.row.source}"


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. An unknown value filters nothing."""

    text: str = ""
    convention: str = ""
    organisation: int | None = None
    kind: str = ""
    late: bool = False
    everything: bool = False

    def keeps(self, line: Line) -> bool:
        row = line.row
        words = f"{row.title} {row.convention} {row.who} {row.kind_label}".lower()
        return (
            (not self.text or self.text.lower() in words)
            and (not self.convention or row.convention == self.convention)
            and (self.organisation is None or row.owed_by(self.organisation))
            and (not self.kind or row.kind == self.kind)
            and (not self.late or line.state is ObligationState.LATE)
        )


def lines_of(rows: Iterable[Obligation], today: dt.date) -> list[Line]:
    return [Line(row, row.state(today)) for row in rows]


def listed(lines: Iterable[Line], wanted: Wanted) -> list[Line]:
    """The list: what is late or to come; with ``everything``, what is done or past too."""
    kept = [line for line in lines if wanted.keeps(line)]
    if wanted.everything:
        return kept
    return [line for line in kept if line.state not in (ObligationState.DONE, ObligationState.PAST)]


@dataclass(frozen=True)
class Day:
    date: dt.date
    inside: bool
    today: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Month:
    """Whole weeks, Monday first. ``before`` and ``after`` are addresses' values: "2026-03"."""

    first: dt.date
    weeks: tuple[tuple[Day, ...], ...]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        return f"{month_name(self.first.month).capitalize()} {self.first.year}"

    @property
    def before(self) -> str:
        return f"{self.first - dt.timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{self.first + dt.timedelta(days=31):%Y-%m}"


WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def month_asked(text: str, today: dt.date) -> dt.date:
    """The first day of « 2026-03 »; this month's when the address says nothing sensible."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text or "")
    return dt.date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def month_of(lines: Sequence[Line], first: dt.date, today: dt.date) -> Month:
    by_day: dict[dt.date, list[Line]] = defaultdict(list)
    for line in lines:
        by_day[line.row.due_on].append(line)
    weeks = stdlib.Calendar().monthdatescalendar(first.year, first.month)
    inside = tuple(line for line in lines if (line.date.year, line.date.month) == (first.year, first.month))
    return Month(
        first,
        tuple(
            tuple(Day(day, day.month == first.month, day == today, tuple(by_day[day])) for day in week)
            for week in weeks
        ),
        inside,
    )


def columns() -> list[sheets.SheetColumn]:
    """The calendar as a file."""
    return [
        sheets.SheetColumn("Échéance", lambda line: line.row.due_on, sheets.Kind.DATE, 12),
        sheets.SheetColumn("Nature", lambda line: line.row.kind_label, width=32),
        sheets.SheetColumn("Quoi", lambda line: line.row.title, width=60),
        sheets.SheetColumn("Convention", lambda line: line.row.convention, width=14),
        sheets.SheetColumn("Qui", lambda line: ", ".join(b.label for b in line.row.bodies), width=40),
        sheets.SheetColumn("État", lambda line: line.state.label, width=12),
        sheets.SheetColumn("Fait le", lambda line: line.row.done_on, sheets.Kind.DATE, 12),
        sheets.SheetColumn("Origine", lambda line: line.row.source, width=60),
        sheets.SheetColumn("Règle", lambda line: line.row.mark.label, width=30),
    ]
