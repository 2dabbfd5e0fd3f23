"""R32: a local executive signs only after an enforceable deliberation (CGCT L.2131-1, L.3131-1: V)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from conventions.models import Party
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.dates import date_long

from .around import around
from .places import place, tab


def authorisation_problem(party: Party, signing_day: dt.date) -> str:
    """Why the party's executive cannot sign on ``signing_day``; empty when nothing stands in the way."""
    if not party.organisation.is_local_authority:
        return ""
    name = party.organisation.french.le()
    deliberation = party.deliberation
    if deliberation is None:
        return f"Aucune délibération n'autorise {name} à signer."
    if deliberation.organisation_id != party.organisation_id:
        whose = party.organisation.french.de()
        return f"La délibération du {date_long(deliberation.date)} n'est pas celle de l'assemblée {whose}."
    if deliberation.transmitted_on is None or deliberation.published_on is None:
        missing = [
            label
            for label, value in (
                ("transmission au préfet", deliberation.transmitted_on),
                ("publication", deliberation.published_on),
            )
            if value is None
        ]
        return (
            f"La délibération du {date_long(deliberation.date)} qui autorise {name} n'est pas exécutoire :"
            f" {' et '.join(missing)} non renseignée{'s' if len(missing) > 1 else ''}."
        )
    if not deliberation.enforceable_on(signing_day):
        day = max(deliberation.date, deliberation.transmitted_on, deliberation.published_on)
        return f"La délibération qui autorise {name} n'est exécutoire que le {date_long(day)}."
    return ""


def r32_votes(draft: Draft) -> Iterator[Finding]:
    convention = draft.convention
    day = convention.signed_on or timezone.localdate()
    for party in draft.parties:
        problem = authorisation_problem(party, day)
        # The vote may be known without being the party's: what is missing is to say it is.
        known = around(draft).deliberations.get(party.organisation_id) if party.deliberation is None else None
        if problem and known is not None:
            problem = (
                f"{known} nomme cette convention et n'est pas rattachée à la partie"
                f" {party.organisation.label} : choisissez-la."
            )
        if problem:
            yield Finding(
                code="R32",
                severity=Severity.BLOCKING,
                place=place(convention, f".parties[{party.organisation.key}].deliberation"),
                message=problem,
                stated=str(party.stated.get("authorisation") or ""),
                source="CGCT L.2131-1 et L.3131-1",
                mark=Mark.VERIFIED,
                url=tab(convention, "parties", f"partie-{party.uuid}"),
                blocks_signature_only=True,
            )
