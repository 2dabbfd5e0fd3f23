"""What the home page shows, once computed: plain values, no query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.french import date_long, plural

#: Lines of one kind shown on the home page; the rest is one click away.
MOST_LINES = 6


@dataclass(frozen=True)
class TodoItem:
    """One thing to do; ``url`` lands on the exact place. ``amount`` in euros is what is at stake, ``due`` a deadline.

    ``tone`` goes with ``status``, its word: nothing is said by colour alone.
    """

    title: str
    url: str
    detail: str = ""
    status: str = ""
    tone: str = "neutral"
    amount: Decimal | None = None
    due: dt.date | None = None

    # Names the work list component reads.
    @property
    def text(self) -> str:
        return self.detail

    @property
    def date(self) -> dt.date | None:
        return self.due


@dataclass(frozen=True)
class Section:
    """A titled part of the page; an empty one is not shown. ``amount`` (euros) is the sum at stake, if it means one."""

    key: str
    title: str
    items: tuple[TodoItem, ...]
    amount: Decimal | None = None


@dataclass(frozen=True)
class DateItem:
    """A key date to come, as the ``ui_dates`` component reads it."""

    date: dt.date
    label: str
    url: str
    note: str = ""
    status: str = ""
    tone: str = "neutral"


@dataclass(frozen=True)
class Kpi:
    """One key figure; ``value`` is a text, a number or an amount (Decimal, euros)."""

    label: str
    value: Any
    hint: str = ""
    tone: str = ""
    url: str = ""


def capped(items: Sequence[TodoItem], *, noun: str, url: str, most: int = MOST_LINES) -> list[TodoItem]:
    """The first lines, then one that stands for the others: « et 12 autres brouillons »."""
    if len(items) <= most:
        return list(items)
    rest = items[most:]
    amounts = [item.amount for item in rest if item.amount is not None]
    others = TodoItem(
        title=f"et {len(rest)} {plural(len(rest), 'autre')} {plural(len(rest), noun)}",
        url=url,
        amount=sum(amounts, Decimal(0)) if amounts else None,
    )
    return [*items[:most], others]


def since(day: dt.date, today: dt.date) -> str:
    """« depuis le 3 juillet 2023 (12 jours) »."""
    days = (today - day).days
    if days < 1:
        return "depuis aujourd’hui"
    return f"depuis le {date_long(day)} ({days} {plural(days, 'jour')})"
