"""Who signs for a party, in whose name, and what the organisation asks of its signatures."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError

from conventions.models import Party, Signatory, SigningDelegation, SigningPractice
from conventions.services.locking import lock_for_edit, touch
from conventions.services.unlocking import Target
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor
from parties.models import Mandate, Organisation


@transaction.atomic
def save_signatory(
    *,
    party: Party,
    mandate: Mandate,
    delegation: SigningDelegation | None,
    by: Actor,
    signatory: Signatory | None = None,
    expected: int | None = None,
) -> Signatory:
    """Add one signatory to a party, or change one; ``delegation`` says in whose name this person signs."""
    by.require("convention.edit")
    locked = lock_for_edit(party.convention, expected=expected, about=Target.party(party))
    if mandate.organisation_id != party.organisation_id:
        raise InvalidInput(f"{mandate.person} n'est pas de {party.organisation}.", place="mandate")
    if delegation is not None and delegation.delegate_id != mandate.pk:
        raise InvalidInput(f"Cette délégation n'est pas donnée à {mandate.person}.", place="delegation")
    if delegation is not None and party.representative_id not in (None, delegation.delegator_id):
        raise InvalidInput(
            f"Cette délégation est donnée par {delegation.delegator.person}, qui ne représente pas la partie.",
            place="delegation",
        )
    others = party.signatories.exclude(pk=signatory.pk) if signatory else party.signatories.all()
    if others.filter(mandate=mandate).exists():
        raise InvalidInput(f"{mandate.person} signe déjà pour {party.organisation}.", place="mandate")
    row = signatory or Signatory(convention=locked, party=party, position=_next(party))
    row.mandate, row.delegation = mandate, delegation
    row.save()
    touch(locked)
    return row


def _next(party: Party) -> int:
    """After the others: the order of signatures is that of the parties, then of the addition."""
    last = Signatory.objects.filter(convention=party.convention_id).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


@transaction.atomic
def remove_signatory(*, signatory: Signatory, by: Actor, expected: int | None = None) -> None:
    """One of several: a party keeps at least one signatory."""
    by.require("convention.edit")
    party = signatory.party
    locked = lock_for_edit(party.convention, expected=expected, about=Target.party(party))
    if party.signatories.count() < 2:
        raise BusinessError(f"{party.organisation} n'aurait plus de signataire : désignez-en un autre d'abord.")
    try:
        signatory.delete()
    except ProtectedError as error:
        raise BusinessError(f"{signatory} a signé une version précédente : sa signature reste au dossier.") from error
    touch(locked)


@transaction.atomic
def save_delegation(*, delegation: SigningDelegation, data: dict[str, Any], by: Actor) -> SigningDelegation:
    """Record or change a delegation of signature: ``data`` holds model fields.

    Both people are of the organisation; dates follow one another. One a signature was given under changes no more
    than its end: the rest is what that signature rests on.
    """
    by.require("convention.edit")
    used = delegation.pk and Signatory.objects.filter(delegation=delegation, signatures__isnull=False).exists()
    changed = [name for name, value in data.items() if getattr(delegation, name, None) != value]
    if used and set(changed) - {"end"}:
        raise BusinessError("Une signature a été donnée sous cette délégation : seule sa fin peut encore changer.")
    for name, value in data.items():
        setattr(delegation, name, value)
    for name in ("delegator", "delegate"):
        if getattr(delegation, name).organisation_id != delegation.organisation_id:
            raise InvalidInput("Cette personne est d'une autre organisation.", place=name)
    if delegation.delegator_id == delegation.delegate_id:
        raise InvalidInput("On ne se donne pas délégation à soi-même.", place="delegate")
    if delegation.start < delegation.date:
        raise InvalidInput("La délégation commence au plus tôt le jour de l'arrêté.", place="start")
    if delegation.end is not None and delegation.end < delegation.start:
        raise InvalidInput("La délégation finit avant d'avoir commencé.", place="end")
    delegation.territory_id = by.territory_id
    delegation.save()
    return delegation


@transaction.atomic
def set_practice(*, organisation: Organisation, double_signature: bool, by: Actor) -> SigningPractice:
    """Whether an organisation signs twice. Conventions already circulating are not concerned."""
    by.require("convention.edit")
    row, _ = SigningPractice.objects.get_or_create(
        organisation=organisation, defaults={"territory_id": organisation.territory_id}
    )
    if row.double_signature != double_signature:
        row.double_signature = double_signature
        row.save()
    return row
