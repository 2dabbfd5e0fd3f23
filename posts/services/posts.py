"""Posts, where they work, whom they serve, and when they were filled. The person holding a post is never named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from core.errors import BusinessError, Conflict, InvalidInput
from core.money import percent as percent_fr
from parties.actors import Actor
from parties.models import Organisation
from posts.models import Occupancy, Post, PostCoverage, PostUnit, ServiceUnit

HUNDRED = Decimal(100)

#: Fields a caller may give; anything else is a programming error.
POST_FIELDS = (
    "label",
    "kind",
    "employer",
    "etp",
    "weekly_hours",
    "residence",
    "hierarchical_authority",
    "functional_authority",
    "created_on",
    "closed_on",
    "note",
)


@dataclass(frozen=True)
class UnitShare:
    """A unit where a post works and the part of its time there (percent; None when not told)."""

    unit: ServiceUnit
    percent: Decimal | None = None


@transaction.atomic
def create_post(
    *, by: Actor, units: Sequence[UnitShare] = (), epcis: Sequence[Organisation] = (), **fields: Any
) -> Post:
    """A new post of ``by``'s territory. ``fields`` are those of ``POST_FIELDS`` (``key`` may be given too).

    Raises ``NotAllowed``, ``InvalidInput`` (message and field).
    """
    by.require("post.edit")
    post = Post(territory=by.territory)
    _fill(post, fields, (*POST_FIELDS, "key"), by)
    check_units(units)
    _save(post)
    _set_units(post, units, by)
    _set_coverage(post, epcis, by)
    return post


@transaction.atomic
def update_post(
    *,
    post: Post,
    by: Actor,
    units: Sequence[UnitShare] | None = None,
    epcis: Sequence[Organisation] | None = None,
    seen_at: dt.datetime | None = None,
    **fields: Any,
) -> Post:
    """Change the given ``fields``; ``units`` and ``epcis`` replace the whole list when given.

    ``seen_at``: the ``updated_at`` the person was shown; raises ``Conflict`` when somebody saved since.
    Raises ``NotAllowed``, ``InvalidInput``.
    """
    by.require("post.edit")
    locked = _lock(post, by)
    if seen_at is not None and locked.updated_at != seen_at:
        raise Conflict(
            "Une autre personne a modifié ce poste pendant que vous l'aviez ouvert. Rien n'a été enregistré : "
            "vérifiez sa version, puis enregistrez de nouveau."
        )
    _fill(locked, fields, POST_FIELDS, by)
    if units is not None:
        check_units(units)
    _save(locked)
    if units is not None:
        _set_units(locked, units, by)
    if epcis is not None:
        _set_coverage(locked, epcis, by)
    return locked


@transaction.atomic
def add_occupancy(
    *,
    post: Post,
    by: Actor,
    start: dt.date,
    end: dt.date | None = None,
    working_time: Decimal = Decimal(1),
    note: str = "",
) -> Occupancy:
    """The post was filled from ``start`` to ``end`` included (None: until further notice).

    Raises ``NotAllowed``; ``InvalidInput`` when the dates are wrong or overlap another period.
    """
    by.require("post.edit")
    locked = _lock(post, by)
    return _store(Occupancy(post=locked), start=start, end=end, working_time=working_time, note=note)


@transaction.atomic
def update_occupancy(
    *,
    occupancy: Occupancy,
    by: Actor,
    start: dt.date,
    end: dt.date | None,
    working_time: Decimal = Decimal(1),
    note: str = "",
) -> Occupancy:
    """Correct or close a period. Same errors as :func:`add_occupancy`."""
    by.require("post.edit")
    _lock(occupancy.post, by)
    current = Occupancy.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=occupancy.pk).first()
    if current is None:
        raise Conflict("Cette période n'existe plus : une autre personne l'a retirée.")
    return _store(current, start=start, end=end, working_time=working_time, note=note)


@transaction.atomic
def remove_occupancy(*, occupancy: Occupancy, by: Actor) -> None:
    """Take away a period entered by mistake."""
    by.require("post.edit")
    _lock(occupancy.post, by)
    Occupancy.objects.visible_to(by).filter(pk=occupancy.pk).delete()


def check_units(units: Sequence[UnitShare]) -> None:
    """Refuse the same unit twice, and parts of time that do not make 100 % once all are given."""
    seen: set[int] = set()
    for share in units:
        if share.unit.pk in seen:
            raise InvalidInput(f"L'unité « {share.unit} » est indiquée deux fois.", place="units")
        seen.add(share.unit.pk)
    parts = [share.percent for share in units]
    if parts and all(part is not None for part in parts):
        total = sum((part for part in parts if part is not None), Decimal(0))
        if total != HUNDRED:
            raise InvalidInput(
                f"Les parts du temps font {percent_fr(total)} : elles doivent faire 100 %, ou rester vides.",
                place="units",
            )


def _lock(post: Post, by: Actor) -> Post:
    """The post as it stands now, held until the end of the transaction: two savers take turns."""
    locked = Post.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=post.pk).first()
    if locked is None:
        raise InvalidInput("Ce poste n'est pas de votre territoire.", place="post")
    return locked


def _fill(post: Post, fields: dict[str, Any], allowed: Sequence[str], by: Actor) -> None:
    unknown = set(fields) - set(allowed)
    if unknown:
        raise TypeError(f"unknown fields of a post: {', '.join(sorted(unknown))}")
    employer = fields.get("employer")
    if employer is not None:
        _require_here(employer.territory_id, by, "employer")
        if not employer.has_legal_personality:
            raise InvalidInput(
                f"{employer} n'a pas la personnalité morale et ne peut pas être employeur.", place="employer"
            )
    for name, value in fields.items():
        setattr(post, name, value)


def _require_here(territory_id: int, by: Actor, place: str) -> None:
    if territory_id != by.territory_id:
        raise InvalidInput("Cette organisation n'est pas de votre territoire.", place=place)


def _save(instance: models.Model) -> None:
    try:
        instance.full_clean(validate_constraints=False)
        for constraint in instance._meta.constraints:
            # Overlaps are looked for by the caller, under its lock; the database refuses them in the last resort.
            if not isinstance(constraint, ExclusionConstraint):
                constraint.validate(type(instance), instance)
    except ValidationError as error:
        raise first_error(error) from error
    instance.save()


def first_error(error: ValidationError) -> BusinessError:
    """The first message of a validation as the error services raise, with the field's name as place."""
    for place, messages in getattr(error, "message_dict", {"": error.messages}).items():
        return InvalidInput(messages[0], place="" if place == "__all__" else place)
    return InvalidInput("Cette saisie n'est pas acceptée.")


def _store(occupancy: Occupancy, *, start: dt.date, end: dt.date | None, working_time: Decimal, note: str) -> Occupancy:
    occupancy.start, occupancy.end, occupancy.working_time, occupancy.note = start, end, working_time, note
    occupancy.territory_id = occupancy.post.territory_id
    others = Occupancy.objects.filter(post_id=occupancy.post_id).exclude(pk=occupancy.pk)
    overlapping = others.filter(Q(end__isnull=True) | Q(end__gte=start))
    if end is not None:
        overlapping = overlapping.filter(start__lte=end)
    if overlapping.exists() and (end is None or end >= start):
        raise InvalidInput(_overlap_message(), place="start")
    _save(occupancy)
    return occupancy


def _overlap_message() -> str:
    exclusion = next(c for c in Occupancy._meta.constraints if isinstance(c, ExclusionConstraint))
    return str(exclusion.get_violation_error_message())


def _set_units(post: Post, units: Sequence[UnitShare], by: Actor) -> None:
    for share in units:
        _require_here(share.unit.territory_id, by, "units")
    post.post_units.exclude(unit__in=[share.unit for share in units]).delete()
    for position, share in enumerate(units):
        link = post.post_units.filter(unit=share.unit).first() or PostUnit(post=post, unit=share.unit)
        link.percent, link.position, link.territory_id = share.percent, position, post.territory_id
        _save(link)


def _set_coverage(post: Post, epcis: Sequence[Organisation], by: Actor) -> None:
    for epci in epcis:
        _require_here(epci.territory_id, by, "epcis")
    post.coverage.exclude(organisation__in=list(epcis)).delete()
    held = set(post.coverage.values_list("organisation_id", flat=True))
    for epci in epcis:
        if epci.pk not in held:
            PostCoverage.objects.create(territory_id=post.territory_id, post=post, organisation=epci)
