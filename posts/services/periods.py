"""The people of a post's quarters and year, entered as such."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.french import month_name
from parties.actors import Actor
from posts.figures import HIGHEST_COUNT, Counts
from posts.models import PeriodPeople, Post
from posts.periods import PERIODS, breaches_of, closing_month, months_of, people_by_month, period_name, place_of
from posts.relations import Breach
from posts.services.activity import is_validated, may_record
from posts.timeline import life_of, month_bounds

COUNTED = ("people", "women", "men", "children")


@transaction.atomic
def record_people(*, post: Post, year: int, people: Mapping[int | None, Counts], by: Actor) -> int:
    """Save the people of the periods given (1 to 4; None: the year), each counted once; the others stay as they are.

    ``people`` maps a period to its counts (people, women, men, children; None: unknown); no ``people`` forgets the
    period. Gives how many periods changed: doing it twice is once. Raises ``NotAllowed``; ``InvalidInput`` with
    ``place`` "T1:people" for a figure that cannot be; ``BusinessError`` for a period whose last month is validated.
    """
    by.require("activity.edit")
    if not may_record(post=post, by=by):
        raise NotAllowed("Vous ne pouvez saisir que l'activité des postes que votre organisation emploie.")
    if post.territory_id != by.territory_id:
        raise InvalidInput("Ce poste n'est pas de votre territoire.", place="post")
    _check(year, people)
    rows = PeriodPeople.objects.select_for_update(of=("self",)).filter(post=post, year=year).order_by("pk")
    held = {row.quarter: row for row in rows}
    wanted: dict[int | None, Counts] = {quarter: _counts(row) for quarter, row in held.items()} | dict(people)
    found = people_breaches(post=post, year=year, people=wanted)
    if found:
        first = found[0]
        raise InvalidInput(told(first, year), place=f"{first.place[1]}:{first.place[2]}")
    return sum(_save(post, year, quarter, counts, held.get(quarter)) for quarter, counts in people.items())


def people_breaches(*, post: Post, year: int, people: Mapping[int | None, Counts]) -> list[Breach]:
    """What the people of these periods break, with the months as they are held."""
    return breaches_of(
        year=year, people=people, months=people_by_month(post, year=year), expected=expected_months(post, year)
    )


def closing_breaches(*, post: Post, year: int, month: int) -> list[Breach]:
    """What the file active of the periods that end with ``month`` breaks: to be mended before validating it."""
    if month % 3:
        return []
    held = {row.quarter: _counts(row) for row in PeriodPeople.objects.filter(post=post, year=year)}
    ended = {place_of(quarter) for quarter in PERIODS if closing_month(quarter) == month}
    return [breach for breach in people_breaches(post=post, year=year, people=held) if breach.place[1] in ended]


def expected_months(post: Post, year: int) -> list[int]:
    """Months for which a return is awaited: the post existed and was not vacant all month."""
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    months = range(1, 13)
    return [m for m in months if life.exists_in(*month_bounds(year, m)) and not life.vacant_month(year, m)]


def _check(year: int, people: Mapping[int | None, Counts]) -> None:
    today = timezone.localdate()
    for quarter, counts in people.items():
        if quarter not in PERIODS:
            raise InvalidInput(f"Le trimestre {quarter} n'existe pas : indiquez 1 à 4, ou l'année.", place="quarter")
        known = {name: value for name, value in counts.items() if value is not None}
        if set(known) - set(COUNTED):
            raise InvalidInput("Seuls les personnes, femmes, hommes et enfants se comptent ici.")
        if known and month_bounds(year, months_of(quarter)[0])[0] > today:
            name = period_name(quarter, year)
            raise InvalidInput(f"{name.capitalize()} : cette période n'a pas commencé.", place=place_of(quarter))
        for name, value in known.items():
            if not 0 <= value <= HIGHEST_COUNT:
                raise InvalidInput(
                    f"{value} n'est pas vraisemblable : vérifiez le nombre saisi.", place=f"{place_of(quarter)}:{name}"
                )
        if known and "people" not in known:
            raise InvalidInput(
                f"{period_name(quarter, year).capitalize()} : indiquez aussi le nombre de personnes en tout.",
                place=f"{place_of(quarter)}:people",
            )


def _save(post: Post, year: int, quarter: int | None, counts: Counts, held: PeriodPeople | None) -> bool:
    values = {name: counts.get(name) for name in COUNTED}
    before = _counts(held) if held else dict.fromkeys(COUNTED)
    if values == before:
        return False
    if held is not None and is_validated(post, year, closing_month(quarter)):
        month = f"{month_name(closing_month(quarter))} {year}"
        raise BusinessError(
            f"{period_name(quarter, year).capitalize()} : {month} est validé, rouvrez-le en disant pourquoi."
        )
    if values["people"] is None:
        PeriodPeople.objects.filter(post=post, year=year, quarter=quarter).delete()
    else:
        PeriodPeople.objects.update_or_create(
            post=post,
            year=year,
            quarter=quarter,
            defaults=values,
            create_defaults={**values, "territory_id": post.territory_id},
        )
    return True


def _counts(row: PeriodPeople) -> dict[str, int | None]:
    return {name: getattr(row, name) for name in COUNTED}


def told(breach: Breach, year: int) -> str:
    """« 1er trimestre 2024 : 8 personnes, alors que … »"""
    quarter = None if breach.place[1] == "annee" else int(breach.place[1][1:])
    return f"{period_name(quarter, year).capitalize()} : {breach.message}"
