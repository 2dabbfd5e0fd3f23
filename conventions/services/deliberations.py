"""Votes recorded so that signatures can be allowed: dates, counts, decisions, the document itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from conventions.models import Convention, Decision, DecisionConvention, Deliberation, DeliberationFile, Signature
from core.errors import BusinessError, InvalidInput
from core.french.dates import date_long
from core.keeping import Shelf
from parties.actors import Actor
from parties.models import Organisation

FILES = Shelf("deliberations")


@transaction.atomic
def save_deliberation(*, deliberation: Deliberation, data: dict[str, Any], by: Actor) -> Deliberation:
    """Create or change a deliberation: ``data`` holds model fields. Dates must follow the vote.

    Once a signature rests on it, its dates still let that signature be given; votes do not exceed those who could vote.
    """
    by.require("convention.edit")
    deliberation.territory_id = by.territory_id
    for name, value in data.items():
        setattr(deliberation, name, value)
    for name, label in (("transmitted_on", "La transmission au préfet"), ("published_on", "La publication")):
        value = getattr(deliberation, name)
        if value is not None and value < deliberation.date:
            raise InvalidInput(f"{label} précède le vote du {deliberation.date:%d/%m/%Y}.", place=name)
    _check_votes(deliberation)
    _check_signed(deliberation)
    deliberation.save()
    return deliberation


def _check_votes(deliberation: Deliberation) -> None:
    """Voices are those of the members present and the proxies they hold, once both are known (CGCT L.2121-20)."""
    present, proxies = deliberation.present, deliberation.delegations
    given = [deliberation.votes_for, deliberation.votes_against, deliberation.abstentions]
    if present is None or proxies is None:
        return
    cast = sum(votes or 0 for votes in given)
    if cast > present + proxies:
        raise InvalidInput(
            f"{cast} votes et abstentions pour {present} présents et {proxies} pouvoirs : vérifiez ces nombres.",
            place="votes_for",
        )


def _check_signed(deliberation: Deliberation) -> None:
    if not deliberation.pk:
        return
    first = Signature.objects.filter(signatory__party__deliberation=deliberation).order_by("signed_on").first()
    if first is not None and not deliberation.enforceable_on(first.signed_on):
        raise BusinessError(
            f"Une convention a été signée le {date_long(first.signed_on)} sur le fondement de cette délibération : ces"
            " dates feraient qu'elle n'était pas exécutoire ce jour-là."
        )


@transaction.atomic
def save_decision(
    *,
    deliberation: Deliberation,
    position: int,
    kind: str,
    by: Actor,
    subject: str = "",
    amount: Decimal | None = None,
    beneficiary: Organisation | None = None,
    annex: str = "",
    conventions: Sequence[Convention] = (),
    replaces: int | None = None,
) -> Decision:
    """One article of a deliberation, added, or changed when ``replaces`` is its present number. ``amount`` in euros."""
    by.require("convention.edit")
    rows = Decision.objects.select_for_update(of=("self",)).filter(deliberation=deliberation)
    decision = rows.filter(position=replaces).first() if replaces is not None else Decision(deliberation=deliberation)
    if decision is None:
        raise BusinessError(f"L'article {replaces} n'existe plus : rechargez la page.")
    if rows.exclude(pk=decision.pk).filter(position=position).exists():
        raise InvalidInput(f"La délibération a déjà un article {position}.", place="position")
    if amount is not None and amount < 0:
        raise InvalidInput("Un montant attribué n'est pas négatif.", place="amount")
    decision.position, decision.kind, decision.subject = position, kind, subject.strip()
    decision.amount, decision.beneficiary, decision.annex = amount, beneficiary, annex.strip()
    decision.save()
    _link(decision, conventions)
    return decision


def _link(decision: Decision, conventions: Sequence[Convention]) -> None:
    wanted = {convention.pk for convention in conventions}
    present = set(decision.links.values_list("convention_id", flat=True))
    decision.links.filter(convention_id__in=present - wanted).delete()
    for pk in wanted - present:
        DecisionConvention.objects.create(decision=decision, convention_id=pk, territory_id=decision.territory_id)


@transaction.atomic
def remove_decision(*, deliberation: Deliberation, position: int, by: Actor) -> None:
    """Take an article out; the journal keeps it. Removing what is gone changes nothing."""
    by.require("convention.edit")
    Decision.objects.filter(deliberation=deliberation, position=position).delete()


@transaction.atomic
def attach_file(*, deliberation: Deliberation, content: bytes, filename: str, by: Actor) -> DeliberationFile:
    """Keep the deliberation's PDF, as ``core.uploads`` accepted it. The former ones stay; the same one is kept once."""
    by.require("convention.edit")
    digest = hashlib.sha256(content).hexdigest()
    last = deliberation.files.order_by("-pk").first()
    if last is not None and last.sha256 == digest:
        return last
    FILES.keep(content)
    return DeliberationFile.objects.create(
        deliberation=deliberation,
        filename=filename[:160],
        sha256=digest,
        size=len(content),
        by=by.user,
        by_label=by.label,
    )


def attached_bytes(file: DeliberationFile) -> bytes:
    """What was attached; BusinessError when the storage no longer has it, or not as it was."""
    content = FILES.read(file.sha256)
    if content is None:
        raise BusinessError("Le fichier de cette délibération est absent ou abîmé : prévenez l'exploitation.")
    return content
