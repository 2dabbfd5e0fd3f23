"""Activity: counts of one post for one month (or a whole year), saved by page, file or API through this one door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import models, transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.french import month_name
from parties.actors import Actor
from posts import figures
from posts.enums import MonthAct, Zone
from posts.models import ActivityReturn, MonthStep, Post
from posts.models.activity import COUNTS
from posts.screening import screened
from posts.timeline import life_of, month_bounds


@dataclass(frozen=True)
class Recorded:
    """What a save did. ``activity`` is None when the month is now empty; ``before`` holds the former counts."""

    activity: ActivityReturn | None
    changed: bool
    before: Mapping[str, int | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def count_label(name: str) -> str:
    """A count's name in French, as the model writes it."""
    return str(cast("models.Field[Any, Any]", ActivityReturn._meta.get_field(name)).verbose_name)


def may_record(*, post: Post, by: Actor) -> bool:
    """Whether ``by`` may enter this post's activity: staff for all, an employer's people for its own posts."""
    own = by.organisation is not None and post.employer_id == by.organisation.pk
    return by.can("activity.edit") and (by.is_staff or own)


@transaction.atomic
def record_activity(
    *,
    post: Post,
    year: int,
    month: int | None,
    zone: str = "",
    counts: Mapping[str, int | None],
    by: Actor,
    note: str = "",
    keep: bool = False,
) -> Recorded:
    """Save the counts of one month (``month`` None: the year as a whole), replacing those held; doing it twice is once.

    ``counts`` maps the names of ``posts.models.activity.COUNTS`` to people, interviews or situations; a name left out
    or None is unknown, never zero. Nothing known and no note empties the month, which is then « non saisi »;
    ``keep`` when it has a detail all the same. A validated month is read only.
    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the count's name.
    """
    by.require("activity.edit")
    if not may_record(post=post, by=by):
        raise NotAllowed("Vous ne pouvez saisir que l'activité des postes que votre organisation emploie.")
    _check_period(post, year, month, by)
    _check_zone(post, year, month, zone)
    values = {name: counts.get(name) for name in COUNTS}
    unknown = set(counts) - set(COUNTS)
    if unknown:
        raise InvalidInput(f"Compteurs inconnus : {', '.join(sorted(unknown))}.")
    for name, message in figures.problems(values):
        raise InvalidInput(message, place=name)
    return _write(post, year, month, zone, values, note.strip(), keep)


@transaction.atomic
def record_year(
    *, post: Post, year: int, zone: str, months: Mapping[int | None, tuple[Mapping[str, int | None], str]], by: Actor
) -> list[Recorded]:
    """All the months of one grid, all or none: month (None: year) → (counts, note). Same errors as above."""
    return [
        record_activity(post=post, year=year, month=month, zone=zone, counts=counts, note=note, by=by)
        for month, (counts, note) in months.items()
    ]


def _write(
    post: Post, year: int, month: int | None, zone: str, values: dict[str, int | None], note: str, keep: bool
) -> Recorded:
    rows = ActivityReturn.objects.filter(post=post, year=year, month=month, zone=zone)
    # The default order joins the post, which an employer's people may read but not lock.
    held = rows.select_for_update(of=("self",)).first()
    before = {name: getattr(held, name) for name in COUNTS} if held else dict.fromkeys(COUNTS)
    changed = before != values or (held.note if held else "") != note
    empty = not keep and note == "" and all(value is None for value in values.values())
    warnings = (*_warnings(post, year, month, values), *_screened(note))
    if not changed and (held is not None or not keep):
        return Recorded(held, False, before, warnings)
    if month is not None and is_validated(post, year, month):
        raise read_only(year, month)
    # What a published bilan printed stays with its year even when no count is known.
    if empty and held is not None and not (held.stated or held.missing_reason):
        held.delete()
        return Recorded(None, True, before)
    # Two people saving the same empty month at once: the second finds the row of the first and writes over it.
    activity, _ = ActivityReturn.objects.update_or_create(
        post=post,
        year=year,
        month=month,
        zone=zone,
        defaults={**values, "note": note},
        create_defaults={**values, "note": note, "territory_id": post.territory_id},
    )
    return Recorded(activity, True, before, warnings)


def read_only(year: int, month: int) -> BusinessError:
    when = f"{month_name(month).capitalize()} {year}"
    return BusinessError(f"{when} est validé : rouvrez-le, en disant pourquoi, pour le corriger.")


def is_validated(post: Post, year: int, month: int) -> bool:
    """Whether the employer answered for the month, and nobody reopened it since."""
    last = MonthStep.objects.filter(post=post, year=year, month=month).order_by("-pk").first()
    return last is not None and last.act == MonthAct.VALIDATED


def _check_period(post: Post, year: int, month: int | None, by: Actor) -> None:
    if post.territory_id != by.territory_id:
        raise InvalidInput("Ce poste n'est pas de votre territoire.", place="post")
    today = timezone.localdate()
    if not 2000 <= year <= today.year:
        raise InvalidInput(
            f"L'année {year} n'est pas possible : indiquez une année de 2000 à {today.year}.", place="year"
        )
    if month is None:
        return
    if not 1 <= month <= 12:
        raise InvalidInput(f"Le mois {month} n'existe pas : indiquez un mois de 1 à 12.", place="month")
    if month_bounds(year, month)[0] > today:
        raise InvalidInput(f"{month_name(month).capitalize()} {year} n'a pas commencé.", place="month")


def _check_zone(post: Post, year: int, month: int | None, zone: str) -> None:
    if zone and zone not in Zone.values:
        raise InvalidInput(f"La zone « {zone} » n'existe pas : indiquez police ou gendarmerie.", place="zone")
    if zone and zone not in post.zones:
        raise InvalidInput(f"Le poste « {post} » ne travaille pas en {Zone(zone).label.lower()}.", place="zone")
    held = ActivityReturn.objects.filter(post=post, year=year, month=month)
    if month is None:
        return
    if zone and held.filter(zone="").exists():
        raise InvalidInput(
            f"{month_name(month).capitalize()} {year} est déjà saisi pour l'ensemble du poste : "
            "videz cette saisie avant de distinguer les zones.",
            place="zone",
        )
    if not zone and held.exclude(zone="").exists():
        raise InvalidInput(
            f"{month_name(month).capitalize()} {year} est déjà saisi par zone : complétez la zone police ou la zone "
            "gendarmerie.",
            place="zone",
        )


def _warnings(post: Post, year: int, month: int | None, values: Mapping[str, int | None]) -> Iterable[str]:
    where = f"{month_name(month)} {year}" if month else f"année {year}"
    for remark in figures.remarks(values):
        yield f"{where.capitalize()} : {remark}"
    if month and any(values.values()):
        life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
        if life.vacant_month(year, month):
            yield f"{where.capitalize()} : des chiffres sont saisis alors que le poste était vacant tout le mois."


def _screened(note: str) -> Iterable[str]:
    found = screened(note)
    if found:
        kinds = ", ".join(str(one) for one in found)
        yield f"L'observation semble contenir {kinds} : aucune donnée sur une personne n'a sa place ici, retirez-la."


def reported_years(*, by: Actor, today: dt.date) -> list[int]:
    """Years with at least one return that ``by`` may see, newest first, with the current one and the one before.

    The year before is often entered late, its first month included.
    """
    years = ActivityReturn.objects.visible_to(by).order_by().values_list("year", flat=True).distinct()
    return sorted({*years, today.year, today.year - 1}, reverse=True)
