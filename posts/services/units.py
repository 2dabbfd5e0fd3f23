"""Service units: commissariats, companies, brigades. A tree within one police or gendarmerie body."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.errors import Conflict, InvalidInput
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation, RefCommune
from posts.enums import UnitKind, Zone
from posts.models import ServiceUnit
from posts.services.posts import first_error

#: Fields a caller may give; anything else is a programming error.
UNIT_FIELDS = ("organisation", "parent", "kind", "zone", "name")

#: Bodies a unit may belong to.
HOSTS = frozenset({OrganisationKind.POLICE, OrganisationKind.GENDARMERIE})
POLICE_KINDS = frozenset({UnitKind.COMMISSARIAT, UnitKind.CIRCONSCRIPTION})


def zone_of(kind: str) -> Zone:
    """The zone a kind of unit serves: commissariats and circonscriptions police, the others gendarmerie."""
    return Zone.POLICE if kind in POLICE_KINDS else Zone.GENDARMERIE


@transaction.atomic
def create_unit(*, by: Actor, communes: Sequence[str] = (), **fields: Any) -> ServiceUnit:
    """A new unit of ``by``'s territory. ``fields`` are those of ``UNIT_FIELDS`` (``key`` may be given too).

    ``communes``: INSEE codes of the communes it serves. ``zone`` left out follows from ``kind``.
    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field's name.
    """
    by.require("post.edit")
    unit = ServiceUnit(territory=by.territory, communes=known_communes(communes))
    _fill(unit, fields, (*UNIT_FIELDS, "key"), by)
    _save(unit, by)
    return unit


@transaction.atomic
def update_unit(
    *,
    unit: ServiceUnit,
    by: Actor,
    communes: Sequence[str] | None = None,
    seen_at: dt.datetime | None = None,
    **fields: Any,
) -> ServiceUnit:
    """Change the given ``fields``; ``communes`` replaces the whole list when given.

    ``seen_at``: the ``updated_at`` the person was shown; ``Conflict`` when somebody saved since.
    Raises ``NotAllowed``, ``InvalidInput``.
    """
    by.require("post.edit")
    locked = ServiceUnit.objects.visible_to(by).select_for_update().filter(pk=unit.pk).first()
    if locked is None:
        raise InvalidInput("Cette unité n'est pas de votre territoire.")
    if seen_at is not None and locked.updated_at != seen_at:
        raise Conflict(
            "Une autre personne a modifié cette unité pendant que vous l'aviez ouverte. Rien n'a été enregistré : "
            "vérifiez sa version, puis enregistrez de nouveau."
        )
    _fill(locked, fields, UNIT_FIELDS, by)
    if communes is not None:
        locked.communes = known_communes(communes)
    _save(locked, by)
    return locked


def known_communes(codes: Iterable[str]) -> list[str]:
    """The INSEE codes, each once, in the order given. Raises ``InvalidInput`` naming those the reference ignores."""
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    known = set(RefCommune.objects.filter(code__in=wanted).values_list("code", flat=True))
    unknown = [code for code in wanted if code not in known]
    if len(unknown) == 1:
        raise InvalidInput(
            f"Le code {unknown[0]} n'est celui d'aucune commune. Écrivez le code INSEE, et non le code postal.",
            place="communes",
        )
    if unknown:
        raise InvalidInput(
            f"Les codes {', '.join(unknown)} ne sont ceux d'aucune commune. Écrivez le code INSEE, et non le code "
            "postal.",
            place="communes",
        )
    return wanted


def _fill(unit: ServiceUnit, fields: dict[str, Any], allowed: Sequence[str], by: Actor) -> None:
    unknown = set(fields) - set(allowed)
    if unknown:
        raise TypeError(f"unknown fields of a unit: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(unit, name, value.strip() if isinstance(value, str) else value)
    if "kind" in fields and "zone" not in fields:
        unit.zone = zone_of(unit.kind)
    organisation: Organisation | None = fields.get("organisation")
    if organisation is not None and organisation.territory_id != by.territory_id:
        raise InvalidInput("Cette organisation n'est pas de votre territoire.", place="organisation")


def _save(unit: ServiceUnit, by: Actor) -> None:
    try:
        unit.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise first_error(error) from error
    if unit.organisation.kind not in HOSTS:
        raise InvalidInput(
            f"{unit.organisation} n'est ni un service de police ni un service de gendarmerie : une unité appartient à "
            "l'un ou à l'autre.",
            place="organisation",
        )
    _check_kind(unit)
    # Held until the end: two people moving units of one body under each other take turns, so that no loop can form.
    siblings = list(ServiceUnit.objects.visible_to(by).select_for_update().filter(organisation=unit.organisation))
    _check_parent(unit, {each.pk: each for each in siblings})
    _check_children(unit, by)
    same = [each for each in siblings if each.pk != unit.pk and each.name.casefold() == unit.name.casefold()]
    if same:
        raise InvalidInput(f"« {same[0].name} » existe déjà dans {unit.organisation.label}.", place="name")
    unit.save()


def _check_kind(unit: ServiceUnit) -> None:
    label = UnitKind(unit.kind).label
    if unit.zone != zone_of(unit.kind):
        raise InvalidInput(
            f"{label} et {Zone(unit.zone).label.lower()} ne vont pas ensemble : choisissez l'un ou l'autre.",
            place="zone",
        )
    wanted = OrganisationKind.POLICE if unit.zone == Zone.POLICE else OrganisationKind.GENDARMERIE
    if unit.organisation.kind != wanted:
        raise InvalidInput(
            f"{label} : cette unité relève de la {wanted.label.lower()}, pas de {unit.organisation.label}.",
            place="organisation",
        )


def _check_parent(unit: ServiceUnit, units: dict[int, ServiceUnit]) -> None:
    if unit.parent_id is None:
        return
    if unit.parent_id not in units:
        raise InvalidInput(
            f"L'unité supérieure n'appartient pas à {unit.organisation.label} : choisissez-en une qui en relève.",
            place="parent",
        )
    above: int | None = unit.parent_id
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above == unit.pk:
            raise InvalidInput(
                f"« {unit.name} » ne peut pas être au-dessus d'elle-même : l'unité supérieure choisie en dépend déjà.",
                place="parent",
            )
        seen.add(above)
        above = units[above].parent_id if above in units else None


def _check_children(unit: ServiceUnit, by: Actor) -> None:
    """A unit changes body only once the units under it are placed elsewhere."""
    if unit._state.adding:
        return
    left = ServiceUnit.objects.visible_to(by).filter(parent=unit).exclude(organisation=unit.organisation)
    names = [each.name for each in left[:3]]
    if names:
        raise InvalidInput(
            f"Des unités qui en dépendent relèvent d'une autre direction ({', '.join(names)}) : rattachez-les d'abord "
            "ailleurs.",
            place="organisation",
        )


__all__ = ["HOSTS", "UNIT_FIELDS", "create_unit", "known_communes", "update_unit", "zone_of"]
