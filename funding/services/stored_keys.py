"""Writing the territory's allocation keys: create, change, duplicate, remove. Drafts that use a key follow it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from core import money
from core.errors import BusinessError, Conflict, InvalidInput
from core.french import enumerate_fr
from core.models import new_key
from funding.adapter import data_of
from funding.enums import KeySource
from funding.models import AllocationKey, AllocationKeyLine, FundingPlan, Share
from funding.services.plans import save_plan
from funding.stored_keys import KeySpec, KeyStudy, freezing, spec_of, study
from parties.actors import Actor

#: Percentages printed with two decimals miss 100 by at most half a hundredth per member.
SLACK = Decimal("0.005")


@transaction.atomic
def create_key(*, spec: KeySpec, by: Actor) -> AllocationKey:
    """A key any plan of the territory may point at. Raises :class:`InvalidInput` with the place of the mistake."""
    by.require("plan.edit")
    key = AllocationKey(territory_id=by.territory_id, key=new_key())
    _write(key, spec)
    return key


@transaction.atomic
def change_key(*, key: AllocationKey, spec: KeySpec, seen: str, by: Actor) -> list[FundingPlan]:
    """Replace a key; the draft plans that use it are saved again with it, and returned.

    ``seen`` is :func:`stamp` of the key the person was looking at. :class:`Conflict` when somebody changed it since,
    when it belongs to one plan, or when a plan that is no longer a draft uses it. :class:`InvalidInput` when a draft
    cannot follow (its block does not have the members of the key): nothing is then written.
    """
    by.require("plan.edit")
    plans = _lock_plans(key)
    locked = AllocationKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if {plan.pk for plan in plans} != set(_users(locked)):
        raise Conflict("Un plan vient de prendre cette clé, ou de la quitter : vérifiez, puis recommencez.")
    if stamp(locked) != seen:
        raise Conflict(
            "Cette clé a été modifiée depuis que vous l'avez ouverte. Votre saisie est conservée : comparez-la à la "
            "version enregistrée, puis enregistrez de nouveau."
        )
    refuse_frozen(locked, plans)
    drafts = [(plan, data_of(plan)) for plan in plans]
    _write(locked, spec)
    for plan, data in drafts:
        try:
            save_plan(plan=plan, data=data, expected_version=plan.version, by=by)
        except BusinessError as error:
            raise InvalidInput(
                f"Le plan « {plan.label} », qui emploie cette clé, ne peut pas la suivre. {error.message}"
            ) from error
    return plans


@transaction.atomic
def duplicate_key(*, key: AllocationKey, vintage: int, label: str, by: Actor) -> AllocationKey:
    """The same key on another vintage; typed percentages stay as typed, computed ones are computed again."""
    source = AllocationKey.objects.visible_to(by).with_lines().get(pk=key.pk)
    return create_key(spec=for_vintage(spec_of(source), vintage, label), by=by)


def for_vintage(spec: KeySpec, vintage: int, label: str) -> KeySpec:
    return replace(spec, vintage=vintage, label=label)


@transaction.atomic
def remove_key(*, key: AllocationKey, by: Actor) -> None:
    """Delete a key no plan uses. :class:`Conflict` names those that do."""
    by.require("plan.edit")
    locked = AllocationKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    users = _users(locked)
    if users:
        names = FundingPlan.objects.filter(pk__in=users).values_list("label", flat=True)
        raise Conflict(f"Cette clé sert à {_named(names)} : donnez-leur une autre clé avant de la supprimer.")
    locked.delete()


def stamp(key: AllocationKey) -> str:
    """Which state of the key a form was opened with."""
    return key.updated_at.isoformat()


def refuse_frozen(key: AllocationKey, plans: Iterable[FundingPlan]) -> None:
    """:class:`Conflict` when the key may not change any more, saying why and what to do instead."""
    if not key.is_shared:
        raise Conflict(
            "Cette clé est celle d'un seul plan : modifiez-la dans ce plan, ou dupliquez-la pour la partager."
        )
    settled = freezing(plans)
    if settled:
        state = settled[0].get_status_display().lower()
        raise Conflict(
            f"La clé « {key.label} » est employée par {_named(plan.label for plan in settled)} (plan {state}) : elle "
            "ne change plus. Dupliquez-la pour en faire une autre."
        )


def _named(labels: Iterable[str]) -> str:
    return enumerate_fr(f"« {label} »" for label in labels)


def _users(key: AllocationKey) -> list[int]:
    return list(
        Share.objects.filter(allocation_key=key).order_by("plan_id").values_list("plan_id", flat=True).distinct()
    )


def _lock_plans(key: AllocationKey) -> list[FundingPlan]:
    """Plans first, the key next: the order in which saving a plan takes them."""
    rows = FundingPlan.objects.select_for_update(of=("self",)).filter(pk__in=_users(key))
    return list(rows.select_related("employer").order_by("pk"))


def check_spec(spec: KeySpec, territory_id: int, except_pk: int | None = None) -> KeyStudy:
    """The study of what may be saved. Raises :class:`InvalidInput` otherwise."""
    if not spec.label.strip():
        raise InvalidInput("Donnez un libellé à la clé.", place="label")
    same = AllocationKey.objects.filter(territory_id=territory_id, label=spec.label.strip()).shared()
    if same.exclude(pk=except_pk).exists():
        raise InvalidInput("Une autre clé porte déjà ce libellé.", place="label")
    if len(spec.members) < 2:
        raise InvalidInput("Choisissez au moins deux EPCI : une clé partage entre eux.", place="members")
    if spec.source == KeySource.TYPED:
        _check_percents(spec)
        return study(spec)
    if spec.vintage is None:
        raise InvalidInput("Choisissez le millésime des populations.", place="vintage")
    found = study(spec)
    if not found.complete:
        raise InvalidInput(
            f"Aucun habitant compté en {spec.vintage} pour {enumerate_fr(found.missing)}. Vérifiez le SIREN à "
            "l'annuaire et, en zone gendarmerie, les communes des unités ; ou saisissez les pourcentages.",
            place="members",
        )
    return found


def _check_percents(spec: KeySpec) -> None:
    missing = next((body for body, percent in spec.members if percent is None), None)
    if missing is not None:
        raise InvalidInput(f"Indiquez le pourcentage de {missing.label}.", place=f"percent[{missing.uuid}]")
    total = sum((percent or Decimal(0) for _, percent in spec.members), Decimal(0))
    if abs(total - 100) > SLACK * len(spec.members):
        raise InvalidInput(
            f"Les pourcentages saisis font {money.percent(total, 4)} au total : ils doivent faire 100 %.",
            place="members",
        )


def _write(key: AllocationKey, spec: KeySpec) -> None:
    found = check_spec(spec, key.territory_id, key.pk)
    key.label, key.basis = spec.label.strip(), spec.basis
    key.source, key.vintage = spec.source, spec.vintage
    try:
        key.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place=name) from error
    key.save()
    key.lines.all().delete()
    official = spec.source == KeySource.OFFICIAL
    for rank, row in enumerate(found.rows):
        AllocationKeyLine.objects.create(
            territory_id=key.territory_id,
            allocation_key=key,
            organisation=row.organisation,
            percent=None if official else row.typed,
            population=row.inhabitants if official else None,
            communes=[commune.code for commune in row.communes] if official else [],
            position=rank,
        )
