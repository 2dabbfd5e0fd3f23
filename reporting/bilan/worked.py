"""Time really worked in a post over a year, from its occupancies. Pure; who works there is nobody's business here."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from typing import Protocol

from posts.timeline import PostLife, month_bounds


class Stay(Protocol):
    """A period in which the post was filled, and for what part of its time."""

    start: dt.date
    end: dt.date | None
    working_time: Decimal


def months_worked(life: PostLife, year: int, today: dt.date) -> int | None:
    """Months in which somebody was in post at least one day, until ``today``; None when no occupancy is known."""
    if not life.occupancies:
        return None
    count = 0
    for month in range(1, 13):
        first, last = month_bounds(year, month)
        last = min(last, today)
        count += any(p.start <= last and (p.end is None or p.end >= first) for p in life.occupancies if first <= last)
    return count


def etp_worked(etp: Decimal, stays: list[Stay], year: int, today: dt.date) -> Decimal | None:
    """Full-time equivalents worked: ``etp`` × working time × days filled over the days of the year, until ``today``.

    Not rounded. None when no occupancy is known.
    """
    if not stays:
        return None
    first, last = dt.date(year, 1, 1), min(dt.date(year, 12, 31), today)
    filled = Decimal(0)
    for stay in stays:
        days = (min(stay.end or last, last) - max(stay.start, first)).days + 1
        filled += max(0, days) * stay.working_time
    return etp * filled / (366 if calendar.isleap(year) else 365)
