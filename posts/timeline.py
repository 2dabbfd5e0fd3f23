"""When a post was filled, vacant, not yet created or closed. Pure: plain dates in, spans and months out.

What is not known is not a vacancy: before the first date we know of (creation, or first occupancy), nothing is said.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

ONE_DAY = dt.timedelta(days=1)


class Period(Protocol):
    """Anything with a first and a last day, both included; an open end is None (an Occupancy is one)."""

    start: dt.date
    end: dt.date | None


@dataclass(frozen=True)
class Span:
    """A stretch of days, both ends included; ``end`` None: it goes on. ``source`` is the occupancy, if filled."""

    start: dt.date
    end: dt.date | None
    filled: bool
    source: Period | None = field(default=None, compare=False)

    def days(self, today: dt.date) -> int:
        """Number of days, counted until ``today`` when the span goes on; 0 if it has not begun."""
        return max(0, ((self.end or today) - self.start).days + 1)


@dataclass(frozen=True)
class PostLife:
    """The dates of a post: created, closed (None: unknown, or open), and its occupancies."""

    created: dt.date | None = None
    closed: dt.date | None = None
    occupancies: tuple[Period, ...] = ()

    @property
    def begins(self) -> dt.date | None:
        """First day we know something of; None when nothing is known."""
        known = [p.start for p in self.occupancies]
        if self.created:
            known.append(self.created)
        return min(known, default=None)

    def spans(self) -> list[Span]:
        """Occupancies and the vacancies between and after them, oldest first."""
        begins = self.begins
        if begins is None:
            return []
        spans: list[Span] = []
        free_from: dt.date | None = begins
        for period in sorted(self.occupancies, key=lambda p: p.start):
            if free_from and period.start > free_from:
                spans.append(Span(free_from, period.start - ONE_DAY, filled=False))
            spans.append(Span(period.start, period.end, filled=True, source=period))
            free_from = period.end + ONE_DAY if period.end else None
        if free_from and (self.closed is None or free_from <= self.closed):
            spans.append(Span(free_from, self.closed, filled=False))
        return spans

    def vacancies(self) -> list[Span]:
        return [span for span in self.spans() if not span.filled]

    def vacant_on(self, day: dt.date) -> bool:
        return any(s.start <= day and (s.end is None or day <= s.end) for s in self.vacancies())

    def vacant_days(self, start: dt.date, end: dt.date) -> int:
        """Vacant days from ``start`` to ``end`` included."""
        total = 0
        for span in self.vacancies():
            first, last = max(span.start, start), min(span.end or end, end)
            total += max(0, (last - first).days + 1)
        return total

    def vacant_month(self, year: int, month: int) -> bool:
        """Whether the post was vacant on every day of the month: no activity can be expected then."""
        first, last = month_bounds(year, month)
        return self.vacant_days(first, last) == (last - first).days + 1

    def exists_in(self, first: dt.date, last: dt.date) -> bool:
        """Whether the post existed at some time between two days; unknown dates count as existing."""
        return (self.begins is None or self.begins <= last) and (self.closed is None or self.closed >= first)


def life_of(created: dt.date | None, closed: dt.date | None, occupancies: Sequence[Period]) -> PostLife:
    return PostLife(created, closed, tuple(occupancies))


def month_bounds(year: int, month: int) -> tuple[dt.date, dt.date]:
    """First and last day of a month."""
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
