"""What must hold for one signature on one version on one day. ``record_signature`` calls :func:`check_signature`."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from conventions.checks import authorisation_problem
from conventions.models import Avenant, Convention, ConventionVersion, Party, Signatory, SigningPractice
from core.errors import BusinessError, InvalidInput
from core.french import upper_first
from core.french.dates import date_long
from parties.enums import Capacity
from parties.models import Mandate


def check_signature(
    version: ConventionVersion, signatory: Signatory, signed_on: dt.date, *, in_place: Mandate | None = None
) -> None:
    """Raise when ``signatory`` could not sign ``version`` on ``signed_on``; ``in_place``: whom they designated.

    The text was approved; the person holds a mandate that day; who is not the party's representative holds a delegation
    of theirs; the body's deliberation is enforceable (CGCT L.2131-1, L.3131-1); a party that signs twice has its two
    signatories. InvalidInput names the date when another day would do, BusinessError when something is missing.
    """
    if signed_on > timezone.localdate():
        raise InvalidInput("La date de signature est dans l'avenir.", place="signed_on")
    approved_on = timezone.localdate(version.approved_at)
    if signed_on < approved_on:
        raise InvalidInput(
            f"Le texte a été approuvé le {date_long(approved_on)} : il n'a pas pu être signé avant.", place="signed_on"
        )
    if in_place is not None and in_place.organisation_id != signatory.party.organisation_id:
        raise InvalidInput(f"{in_place.person} n'est pas de la même organisation.", place="mandate")
    if (in_place or signatory.mandate) is None:
        raise BusinessError(
            f"Aucun signataire n'est désigné pour {signatory.party.organisation} : complétez l'onglet Parties."
        )
    problem = replacement_problem(in_place, signed_on) if in_place else mandate_problem(signatory, signed_on)
    if problem:
        raise InvalidInput(problem, place="signed_on")
    problem = authorisation_problem(signatory.party, signed_on)
    if problem:
        raise BusinessError(problem)


def replacement_problem(mandate: Mandate, day: dt.date) -> str:
    """Why the person designated in the signatory's place could not sign that day; empty when they could."""
    return "" if holds(mandate, day) else f"Le mandat de {mandate.person} ne couvre pas le {date_long(day)}."


def mandate_problem(signatory: Signatory, day: dt.date) -> str:
    """Why this person does not hold the pen that day; empty when they do. ``signatory.mandate`` is known."""
    mandate, delegation = signatory.mandate, signatory.delegation
    assert mandate is not None
    if not holds(mandate, day):
        return f"Le mandat de {mandate.person} ne couvre pas le {date_long(day)}."
    if delegation is not None:
        if not delegation.covers(day):
            return f"La délégation de {mandate.person} ({delegation}) ne couvre pas le {date_long(day)}."
        if not holds(delegation.delegator, day):
            return (
                f"{delegation.delegator.person}, qui a donné délégation à {mandate.person}, n'est plus en fonction le"
                f" {date_long(day)} : la délégation tombe avec son mandat."
            )
        return ""
    if needs_delegation(signatory):
        return (
            f"{mandate.person} ne représente pas {signatory.party.organisation.french.le()} : enregistrez la délégation"
            " de signature qui l'autorise, ou désignez un autre signataire."
        )
    return ""


def needs_delegation(signatory: Signatory) -> bool:
    """Somebody else than the party's representative signs, and nothing yet says in whose name.

    An arrêté written on the mandate itself counts, and so does the second of two required signatures: an organisation
    that asks for an elected and an administrative one names them both in its own right.
    """
    mandate, representative = signatory.mandate, signatory.party.representative_id
    if mandate is None or representative is None or mandate.pk == representative or mandate.delegation:
        return False
    return not (requires_two(signatory.party) and mandate.capacity == Capacity.ADMINISTRATIVE)


def holds(mandate: Mandate, day: dt.date) -> bool:
    """Whether the mandate covers the day; an unknown start or end is taken as covering."""
    return (mandate.start is None or mandate.start <= day) and (mandate.end is None or day <= mandate.end)


def requires_two(party: Party) -> bool:
    """The organisation asks for two signatures, an elected member's and an administrative officer's."""
    return SigningPractice.objects.filter(organisation=party.organisation_id, double_signature=True).exists()


def check_circulation(convention: Convention, avenant: Avenant | None = None) -> None:
    """Before a text circulates: a party that signs twice has its two signatories. Raises BusinessError naming it."""
    practices = SigningPractice.objects.filter(double_signature=True).values_list("organisation_id", flat=True)
    parties = Party.objects.filter(
        convention=convention, avenant=avenant, organisation__in=list(practices)
    ).select_related("organisation")
    for party in parties:
        problem = two_signatures_problem(party)
        if problem:
            raise BusinessError(problem)


def two_signatures_problem(party: Party) -> str:
    """What an organisation that signs twice lacks among its signatories; empty when it has both."""
    # Asked of the rows themselves: an avenant's party has signatories of its own.
    rows = Signatory.objects.filter(party=party).select_related("mandate")
    held = {signatory.mandate.capacity for signatory in rows if signatory.mandate}
    missing = [
        words
        for capacity, words in ((Capacity.ELECTED, "un élu"), (Capacity.ADMINISTRATIVE, "un responsable administratif"))
        if capacity not in held
    ]
    if not missing:
        return ""
    name = party.organisation.french.le()
    return f"{upper_first(name)} signe deux fois : il manque {' et '.join(missing)} parmi ses signataires."
