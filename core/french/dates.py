"""Dates and durations as a convention writes them. A period's end date is always included."""

import calendar
from datetime import date, timedelta

from core.french.numbers import enumerate_fr, number_in_words

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def month_name(month: int) -> str:
    """French name of a month, 1 to 12."""
    if not 1 <= month <= 12:
        raise ValueError("a month is between 1 and 12")
    return MONTHS[month - 1]


def _day(day: int) -> str:
    return "1er" if day == 1 else str(day)


def date_long(day: date) -> str:
    """ "3 juillet 2023", "1er janvier 2023"."""
    return f"{_day(day.day)} {month_name(day.month)} {day.year}"


def date_in_words(day: date) -> str:
    """ "trois juillet deux mille vingt-trois", "premier janvier …"."""
    number = "premier" if day.day == 1 else number_in_words(day.day)
    return f"{number} {month_name(day.month)} {number_in_words(day.year)}"


def date_range(start: date, end: date) -> str:
    """ "du 1er septembre au 31 décembre 2023": what both dates share is said once."""
    if end < start:
        raise ValueError("the period ends before it starts")
    if start == end:
        return f"le {date_long(start)}"
    if start.year != end.year:
        first = date_long(start)
    elif start.month != end.month:
        first = f"{_day(start.day)} {month_name(start.month)}"
    else:
        first = _day(start.day)
    return f"du {first} au {date_long(end)}"


def add_months(day: date, months: int) -> date:
    """Same day `months` later, or the month's last day when it has no such day (31 January + 1 month)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def split_duration(start: date, end: date) -> tuple[int, int, int]:
    """(years, months, days) from `start` to `end` included.

    Months run from date to date: 3 December to 2 January is one.
    """
    if end < start:
        raise ValueError("the period ends before it starts")
    after = end + timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    while add_months(start, months) > after:
        months -= 1
    days = (after - add_months(start, months)).days
    return months // 12, months % 12, days


def duration(start: date, end: date) -> str:
    """ "un an", "quatre mois", "un an, deux mois et dix jours"."""
    years, months, days = split_duration(start, end)
    parts = []
    if years:
        parts.append(f"{number_in_words(years)} {'an' if years == 1 else 'ans'}")
    if months:
        parts.append(f"{number_in_words(months)} mois")
    if days:
        parts.append(f"{number_in_words(days)} {'jour' if days == 1 else 'jours'}")
    return enumerate_fr(parts)
