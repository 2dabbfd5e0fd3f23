"""Who is bound and who signs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, ProtectedError

from conventions.enums import Status
from conventions.models import Convention, Deliberation, Party, Signatory
from conventions.models.agreement import EDITABLE
from conventions.services.drafting import mandate_on
from conventions.services.locking import lock, lock_for_edit, touch
from conventions.services.unlocking import Target, require_unlocked
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor
from parties.models import Mandate, Organisation

#: States in which a party's vote may be given.
AUTHORISABLE = (*EDITABLE, Status.APPROUVEE, Status.EN_SIGNATURE)


@transaction.atomic
def add_party(
    *, convention: Convention, organisation: Organisation, roles: Sequence[str], by: Actor, expected: int | None = None
) -> Party:
    """Add an organisation, with the mandate in force as representative and signatory."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected)
    if locked.parties.filter(organisation=organisation).exists():
        raise InvalidInput(f"{organisation} est déjà partie à la convention.", place="organisation")
    position = (locked.parties.aggregate(last=Max("position"))["last"] or 0) + 1
    mandate = mandate_on(organisation, locked.period_start)
    party = Party.objects.create(
        convention=locked,
        organisation=organisation,
        position=position,
        roles=sorted(roles),
        representative=mandate,
    )
    Signatory.objects.create(
        convention=locked, territory_id=locked.territory_id, party=party, mandate=mandate, position=position
    )
    touch(locked)
    return party


@transaction.atomic
def save_party(
    *,
    party: Party,
    roles: Sequence[str],
    representative: Mandate | None,
    signatory: Mandate | None,
    deliberation: Deliberation | None,
    by: Actor,
    expected: int | None = None,
) -> Party:
    """Change a party's roles, representative, signatory and authorisation, while the text is being written.

    Once it is approved only the authorisation may still be given: see :func:`authorise_party`.
    """
    by.require("convention.edit")
    for mandate in (representative, signatory):
        if mandate is not None and mandate.organisation_id != party.organisation_id:
            raise InvalidInput(f"{mandate.person} ne représente pas {party.organisation}.", place="representative")
    if deliberation is not None and deliberation.organisation_id != party.organisation_id:
        raise InvalidInput(f"{deliberation} n'est pas de {party.organisation}.", place="deliberation")
    locked = lock_for_edit(party.convention, expected=expected, about=Target.party(party))
    party.roles = sorted(roles)
    party.representative = representative
    party.deliberation = deliberation
    party.save()
    _set_first_signatory(party, signatory)
    touch(locked)
    return party


def _set_first_signatory(party: Party, mandate: Mandate | None) -> None:
    """The signatory of the form is the first one; others of the party are kept (services.signatories)."""
    first = party.signatories.order_by("position", "pk").first()
    if first is None or first.mandate_id == (mandate.pk if mandate else None):
        return
    if mandate is not None and party.signatories.filter(mandate=mandate).exists():
        raise InvalidInput(f"{mandate.person} signe déjà pour {party.organisation}.", place="signatory")
    first.mandate, first.delegation = mandate, None
    first.save(update_fields=["mandate", "delegation", "updated_at"])


@transaction.atomic
def authorise_party(*, party: Party, deliberation: Deliberation | None, by: Actor) -> Party:
    """Attach the vote that lets a party sign, while drafting or once the text is approved.

    Assemblies often vote on the approved text itself: what is frozen stays as it is. Refused during the préfecture's
    review, which reads the votes among the visas, and once the party has signed: its vote is then history.
    """
    by.require("convention.edit")
    locked = lock(party.convention)
    if locked.status not in AUTHORISABLE:
        raise BusinessError(
            f"La convention {locked.reference} est « {locked.get_status_display()} » :"
            " la délibération d'une partie ne s'y rattache plus."
        )
    require_unlocked(locked, Target.party(party))
    if deliberation is not None and deliberation.organisation_id != party.organisation_id:
        raise InvalidInput(f"{deliberation} n'est pas de {party.organisation}.", place="deliberation")
    version = locked.versions.order_by("-number").first()
    if not locked.is_editable and version and version.signatures.filter(signatory__party=party).exists():
        raise BusinessError(f"{party.organisation} a déjà signé : sa délibération ne change plus.")
    party.deliberation = deliberation
    party.save(update_fields=["deliberation", "updated_at"])
    touch(locked)
    return party


@transaction.atomic
def remove_party(*, party: Party, by: Actor, expected: int | None = None) -> None:
    by.require("convention.edit")
    locked = lock_for_edit(party.convention, expected=expected, about=Target.party(party))
    try:
        party.delete()
    except ProtectedError as error:
        raise BusinessError(
            f"{party.organisation} a signé une version précédente : sa signature reste au dossier,"
            " la partie ne peut pas être retirée."
        ) from error
    touch(locked)
