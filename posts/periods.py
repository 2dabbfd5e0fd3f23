"""People of a quarter or of a year: known when counted as such, never added up from months.

Saisines, interviews and other acts add up over months; people do not, since one may come back (design of indicators,
§4, rule 5). Who writes a bilan asks here, and prints the reason where the number is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.french import month_name
from posts.figures import Counts
from posts.models import PeriodPeople, Post
from posts.relations import Breach, sum_of, total, year_breaches

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
    """Post id → period → people. One query, whatever the number of posts.

    The return of the year as a whole is no file active: published bilans count saisines there.
    """
    held: dict[tuple[int, int | None], FileActive] = {}
    pks = [post.pk for post in posts]
    for given in PeriodPeople.objects.filter(post__in=pks, year=year).order_by():
        held[given.post_id, given.quarter] = FileActive(given.people, given.women, given.men, given.children)
    return {pk: {one: held.get((pk, one)) or _unknown(one, year) for one in PERIODS} for pk in pks}


def _unknown(quarter: int | None, year: int) -> FileActive:
    return FileActive(
        reason=NOT_GIVEN.format(of=f"de {year}" if quarter is None else f"du {period_name(quarter, year)}")
    )


@dataclass(frozen=True)
class MonthPeople:
    """People of one month: ``most`` is the sum of its returns, ``least`` the largest of them.

    They differ for a post entered by zone only: somebody met in both is counted in each.
    """

    least: int
    most: int


def people_by_month(post: Post, *, year: int) -> dict[int, MonthPeople | None]:
    """People of each month entered, from its detail: the total, else the table of ages. None where it does not tell.

    Women, men and children typed without detail are left out: many count saisines there. Two queries.
    """
    found: dict[int, list[int | None]] = {}
    rows = post.activity.filter(year=year, month__isnull=False).prefetch_related("cells")
    for row in rows:
        cells = {(cell.indicator, cell.row, cell.column): cell.value for cell in row.cells.all()}
        stated = total(cells, "personnes")
        found.setdefault(row.month or 0, []).append(sum_of(cells, "I4") if stated is None else stated)
    known = {month: [value for value in values if value is not None] for month, values in found.items()}
    return {
        month: MonthPeople(max(known[month]), sum(known[month])) if len(known[month]) == len(values) else None
        for month, values in found.items()
    }


def breaches_of(
    *,
    year: int,
    people: Mapping[int | None, Counts],
    months: Mapping[int, MonthPeople | None],
    expected: Collection[int],
) -> list[Breach]:
    """Relations that the people of quarters and of the year break (rules 1 and 5). Unknown figures break nothing.

    ``people``: period → people, women, men, children. ``months``: people of each month entered; ``expected``: the
    months that should be, since a quarter with a month missing has no maximum. Places are
    ("file_active", "T1" or "annee", name of the count).
    """
    found = []
    for quarter in PERIODS:
        counts = people.get(quarter) or {}
        whole = counts.get("people")
        if whole is None:
            continue
        found += _inside(quarter, counts, whole)
        found += _around(quarter, year, whole, months, expected)
    return [*found, *_year_of_quarters(year, people)]


def place_of(quarter: int | None) -> str:
    return "annee" if quarter is None else f"T{quarter}"


def _inside(quarter: int | None, counts: Counts, whole: int) -> list[Breach]:
    parts = [counts.get(name) for name in ("women", "men", "children")]
    if None in parts:
        known = sum(part for part in parts if part is not None)
        if known <= whole:
            return []
        message = f"Femmes, hommes et enfants font déjà {known}, pour {whole} personnes."
        return [Breach(1, ("file_active", place_of(quarter), "people"), message, whole, known)]
    computed = sum(part for part in parts if part is not None)
    if computed == whole:
        return []
    message = f"Femmes, hommes et enfants font {computed}, pas {whole}."
    return [Breach(1, ("file_active", place_of(quarter), "people"), message, whole, computed)]


def _around(
    quarter: int | None, year: int, whole: int, months: Mapping[int, MonthPeople | None], expected: Collection[int]
) -> list[Breach]:
    """At least the fullest month, since all its people are there; at most the sum of the months, when all are known."""
    known = {month: value for month in months_of(quarter) if (value := months.get(month)) is not None}
    place = ("file_active", place_of(quarter), "people")
    found = []
    if known:
        fullest = max(known, key=lambda month: known[month].least)
        least = known[fullest].least
        if whole < least:
            when = f"{month_name(fullest)} {year}"
            message = f"{whole} personnes, alors que {when} en compte {least} à lui seul."
            found.append(Breach(5, place, message, whole, least))
    awaited = [month for month in months_of(quarter) if month in expected or month in months]
    most = sum(value.most for value in known.values())
    if awaited and all(month in known for month in awaited) and whole > most:
        message = f"{whole} personnes, alors que ses mois additionnés n'en font que {most}."
        found.append(Breach(5, place, message, whole, most))
    return found


def _year_of_quarters(year: int, people: Mapping[int | None, Counts]) -> list[Breach]:
    whole = (people.get(None) or {}).get("people")
    quarters = {one: value for one in (1, 2, 3, 4) if (value := (people.get(one) or {}).get("people")) is not None}
    if whole is None or not quarters:
        return []
    place = ("file_active", "annee", "people")
    found = []
    fullest = max(quarters, key=lambda one: quarters[one])
    if whole < quarters[fullest]:
        message = f"{whole} personnes, alors que le {period_name(fullest, year)} en compte {quarters[fullest]}."
        found.append(Breach(5, place, message, whole, quarters[fullest]))
    if len(quarters) == 4:
        found += [
            Breach(5, place, breach.message, breach.stated, breach.computed)
            for breach in year_breaches(list(quarters.values()), whole)
        ]
    return found
