"""People of a quarter or of a year: known when counted as such, never added up from months.

Saisines, interviews and other acts add up over months; people do not, since one may come back (design of indicators,
§4, rule 5). Who writes a bilan asks here, and prints the reason where the number is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.french import month_name
from posts.figures import Counts
from posts.models import ActivityReturn, PeriodPeople, Post
from posts.relations import Breach, year_breaches

#: The quarters, then the year as a whole (None), in the order pages show them.
PERIODS: tuple[int | None, ...] = (1, 2, 3, 4, None)
NOT_GIVEN = "Les personnes de plusieurs mois ne s'additionnent pas : la file active {of} n'est pas saisie."


@dataclass(frozen=True)
class FileActive:
    """People of one period, each counted once. ``people`` None: unknown, and ``reason`` (French) says why."""

    people: int | None = None
    women: int | None = None
    men: int | None = None
    children: int | None = None
    reason: str = ""


def months_of(quarter: int | None) -> tuple[int, ...]:
    """1 gives (1, 2, 3); None the twelve months."""
    return tuple(range(1, 13)) if quarter is None else tuple(range(quarter * 3 - 2, quarter * 3 + 1))


def closing_month(quarter: int | None) -> int:
    """The month whose validation answers for the period: March, June, September, December."""
    return months_of(quarter)[-1]


def period_name(quarter: int | None, year: int) -> str:
    """« 1er trimestre 2024 », « année 2024 »."""
    if quarter is None:
        return f"année {year}"
    return f"{quarter}{'er' if quarter == 1 else 'e'} trimestre {year}"


def file_active(post: Post, *, year: int, quarter: int | None = None) -> FileActive:
    """People of one post over a quarter, or over the year (``quarter`` None)."""
    return files_active([post], year=year)[post.pk][quarter]


def files_active(posts: Iterable[Post], *, year: int) -> dict[int, dict[int | None, FileActive]]:
    """Post id → period → people. Two queries, whatever the number of posts.

    For the year, the return entered for the year as a whole is believed when no file active was given.
    """
    held: dict[tuple[int, int | None], FileActive] = {}
    pks = [post.pk for post in posts]
    for row in ActivityReturn.objects.filter(post__in=pks, year=year, month=None, zone="").order_by():
        if row.people is not None:
            held[row.post_id, None] = FileActive(row.people, row.women, row.men, row.children)
    for given in PeriodPeople.objects.filter(post__in=pks, year=year).order_by():
        held[given.post_id, given.quarter] = FileActive(given.people, given.women, given.men, given.children)
    return {pk: {one: held.get((pk, one)) or _unknown(one, year) for one in PERIODS} for pk in pks}


def _unknown(quarter: int | None, year: int) -> FileActive:
    return FileActive(
        reason=NOT_GIVEN.format(of=f"de {year}" if quarter is None else f"du {period_name(quarter, year)}")
    )


def people_by_month(post: Post, *, year: int) -> dict[int, int | None]:
    """People of each month entered: the detail's total, else women, men and children. None where it does not tell.

    A mixed post counts somebody in each of its zones: their sum may exceed the people met, and is only a maximum.
    """
    found: dict[int, list[int | None]] = {}
    rows = post.activity.filter(year=year, month__isnull=False).prefetch_related("cells")
    for row in rows:
        stated = next((c.value for c in row.cells.all() if (c.indicator, c.row) == ("I0", "personnes")), None)
        found.setdefault(row.month, []).append(row.people if stated is None else stated)
    return {
        month: None if None in values else sum(value for value in values if value is not None)
        for month, values in found.items()
    }


def breaches_of(
    *, year: int, people: Mapping[int | None, Counts], months: Mapping[int, int | None], expected: Collection[int]
) -> list[Breach]:
    """Relations that the people of quarters and of the year break (rules 1 and 5). Unknown figures break nothing.

    ``people``: period → people, women, men, children. ``months``: people of each month entered; ``expected``: the
    months that should be, since a quarter with a month missing has no maximum. Places are
    ("file_active", "T1" or "annee", name of the count).
    """
    found = []
    for quarter in PERIODS:
        counts = people.get(quarter) or {}
        total = counts.get("people")
        if total is None:
            continue
        found += _inside(quarter, counts, total)
        found += _around(quarter, year, total, months, expected)
    return [*found, *_year_of_quarters(year, people)]


def place_of(quarter: int | None) -> str:
    return "annee" if quarter is None else f"T{quarter}"


def _inside(quarter: int | None, counts: Counts, total: int) -> list[Breach]:
    parts = [counts.get(name) for name in ("women", "men", "children")]
    if None in parts:
        known = sum(part for part in parts if part is not None)
        if known <= total:
            return []
        message = f"Femmes, hommes et enfants font déjà {known}, pour {total} personnes."
        return [Breach(1, ("file_active", place_of(quarter), "people"), message, total, known)]
    computed = sum(part for part in parts if part is not None)
    if computed == total:
        return []
    message = f"Femmes, hommes et enfants font {computed}, pas {total}."
    return [Breach(1, ("file_active", place_of(quarter), "people"), message, total, computed)]


def _around(
    quarter: int | None, year: int, total: int, months: Mapping[int, int | None], expected: Collection[int]
) -> list[Breach]:
    """At least the fullest month, since all its people are there; at most the sum of the months, when all are known."""
    known = {month: value for month in months_of(quarter) if (value := months.get(month)) is not None}
    place = ("file_active", place_of(quarter), "people")
    found = []
    if known:
        fullest = max(known, key=lambda month: known[month])
        if total < known[fullest]:
            when = f"{month_name(fullest)} {year}"
            message = f"{total} personnes, alors que {when} en compte {known[fullest]} à lui seul."
            found.append(Breach(5, place, message, total, known[fullest]))
    awaited = [month for month in months_of(quarter) if month in expected or month in months]
    if awaited and all(month in known for month in awaited) and total > sum(known.values()):
        message = f"{total} personnes, alors que ses mois additionnés n'en font que {sum(known.values())}."
        found.append(Breach(5, place, message, total, sum(known.values())))
    return found


def _year_of_quarters(year: int, people: Mapping[int | None, Counts]) -> list[Breach]:
    total = (people.get(None) or {}).get("people")
    quarters = {one: value for one in (1, 2, 3, 4) if (value := (people.get(one) or {}).get("people")) is not None}
    if total is None or not quarters:
        return []
    place = ("file_active", "annee", "people")
    found = []
    fullest = max(quarters, key=lambda one: quarters[one])
    if total < quarters[fullest]:
        message = f"{total} personnes, alors que le {period_name(fullest, year)} en compte {quarters[fullest]}."
        found.append(Breach(5, place, message, total, quarters[fullest]))
    if len(quarters) == 4:
        found += [
            Breach(5, place, breach.message, breach.stated, breach.computed)
            for breach in year_breaches(list(quarters.values()), total)
        ]
    return found
