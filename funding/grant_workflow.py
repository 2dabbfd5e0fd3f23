"""The states of a grant: one table, one function that writes them, an append-only log.

à demander → demandée → attribuée → versée partiellement → versée, and à reverser when a financer asks money back. From
« attribuée » on the state follows the payments: :func:`state_of` computes it, whatever was undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.errors import Conflict
from funding.enums_grants import COMMITTED, OPEN, GrantStatus
from funding.models import Grant, GrantEvent
from parties.actors import Actor


@dataclass(frozen=True)
class Act:
    """``target`` None: the act leaves the state where it is, or the payments decide."""

    label: str
    sources: frozenset[str]
    target: str | None
    tone: str = "neutral"


ALIVE = (*OPEN, *COMMITTED)

ACTS: dict[str, Act] = {
    "preparer": Act("Préparée d'après le plan", frozenset({GrantStatus.A_DEMANDER}), GrantStatus.A_DEMANDER),
    "recalculer": Act("Montant repris du plan", frozenset(OPEN), None),
    "echeancier": Act("Échéancier modifié", frozenset(OPEN), None),
    "demander": Act("Demandée", frozenset({GrantStatus.A_DEMANDER}), GrantStatus.DEMANDEE, "info"),
    "attribuer": Act("Attribuée", frozenset(OPEN), GrantStatus.ATTRIBUEE, "success"),
    "rouvrir": Act("Attribution reprise", frozenset({GrantStatus.ATTRIBUEE}), GrantStatus.DEMANDEE, "warning"),
    "signer": Act("Convention signée", frozenset(COMMITTED), None, "success"),
    "verser": Act("Versement enregistré", frozenset(COMMITTED), None, "success"),
    "annuler": Act("Écriture annulée", frozenset(COMMITTED), None, "warning"),
    "reclamer": Act("Reversement demandé", frozenset(COMMITTED), None, "warning"),
    "retirer": Act("Demande de reversement retirée", frozenset(COMMITTED), None),
    "reverser": Act("Reversement reçu", frozenset(COMMITTED), None, "success"),
    "publier": Act("Données essentielles publiées", frozenset(COMMITTED), None, "success"),
    "ecarter": Act("Sans objet : la part a quitté le plan", frozenset(OPEN), GrantStatus.SANS_OBJET, "warning"),
    "reprendre": Act("Reprise : la part est de retour", frozenset({GrantStatus.SANS_OBJET}), GrantStatus.A_DEMANDER),
}

TONES = {
    GrantStatus.A_DEMANDER: "neutral",
    GrantStatus.DEMANDEE: "info",
    GrantStatus.ATTRIBUEE: "info",
    GrantStatus.PARTIELLE: "warning",
    GrantStatus.VERSEE: "success",
    GrantStatus.A_REVERSER: "warning",
    GrantStatus.SANS_OBJET: "neutral",
}


def state_of(*, amount: Decimal, paid: Decimal, owed_back: Decimal) -> str:
    """The state of a promised grant from its sums (euros)."""
    if owed_back > 0:
        return GrantStatus.A_REVERSER
    if paid >= amount:
        return GrantStatus.VERSEE
    return GrantStatus.PARTIELLE if paid > 0 else GrantStatus.ATTRIBUEE


def advance(grant: Grant, *, act: str, by: Actor, reason: str = "", target: str | None = None, **changes: Any) -> Grant:
    """Do ``act`` on a locked grant, with the other fields it changes, and log it.

    ``target`` overrides the act's own for those the payments decide. Raises :class:`Conflict` when the grant is in no
    state the act starts from.
    """
    rule = ACTS[act]
    if grant.status not in rule.sources:
        raise Conflict(f"Cette subvention est « {grant.get_status_display()} » : cet acte n'est pas possible.")
    source, grant.status = grant.status, target or rule.target or grant.status
    for name, value in changes.items():
        setattr(grant, name, value)
    grant.updated_at = timezone.now()
    Grant.objects.filter(pk=grant.pk).update(status=grant.status, updated_at=grant.updated_at, **changes)
    log(grant, act=act, source=source, by=by, reason=reason)
    return grant


def log(grant: Grant, *, act: str, source: str, by: Actor, reason: str = "") -> GrantEvent:
    return GrantEvent.objects.create(
        territory_id=grant.territory_id,
        grant=grant,
        act=act,
        from_status=source,
        to_status=grant.status,
        by=by.user,
        by_label=by.label,
        reason=reason.strip(),
    )
