"""How the day of a report follows the period it is about."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conventions.enums import DueMode
from core.french import date_long, enumerate_fr, plural
from core.french.dates import add_months


@dataclass(frozen=True)
class Due:
    """``mode`` says which of the others serve: a day of a month after the end, days after it, or a list of days.

    A listed day is "MM-DD" (every year) or ISO (once).
    """

    mode: DueMode
    day: int = 0
    after: int = 0
    days: tuple[str, ...] = ()

    @classmethod
    def month(cls, day: int, after: int) -> Due:
        """Day ``day`` (31: the last one) of the ``after``-th month that follows the period."""
        return cls(DueMode.MONTH, day=day, after=after)

    @classmethod
    def after_days(cls, days: int) -> Due:
        return cls(DueMode.DAYS, after=days)

    @classmethod
    def listed(cls, days: Sequence[str]) -> Due:
        return cls(DueMode.LISTED, days=tuple(days))

    def computed(self, end: dt.date) -> dt.date:
        """The day, when it follows from the period's last day alone."""
        if self.mode is DueMode.DAYS:
            return end + dt.timedelta(days=self.after)
        first = add_months(end.replace(day=1), self.after)
        return first.replace(day=min(self.day, calendar.monthrange(first.year, first.month)[1]))

    def between(self, first: int, last: int) -> Iterator[dt.date]:
        """The listed days of the years ``first`` to ``last``, those of one year only whatever the year."""
        for text in self.days:
            if len(text) == 10:
                yield dt.date.fromisoformat(text)
                continue
            month, day = (int(part) for part in text.split("-"))
            for year in range(first, last + 1):
                yield dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))

    @property
    def words(self) -> str:
        """« le 20 du mois suivant », « 15 jours après la fin », « le 15 avril et le 15 juillet »."""
        if self.mode is DueMode.DAYS:
            return f"{self.after} {plural(self.after, 'jour')} après la fin de la période"
        if self.mode is DueMode.LISTED:
            return enumerate_fr([f"le {listed_words(day)}" for day in self.days])
        which = "" if self.after == 1 else f"{self.after}e "
        day = "le dernier jour" if self.day == 31 else f"le {self.day}"
        return f"{day} du {which}mois suivant la période"


def listed_words(text: str) -> str:
    """ "04-15" → « 15 avril », "2024-04-20" → « 20 avril 2024 »."""
    if len(text) == 10:
        return date_long(dt.date.fromisoformat(text))
    return date_long(dt.date.fromisoformat(f"2024-{text}")).rsplit(" ", 1)[0]
