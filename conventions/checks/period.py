"""R14: start, end and stated duration agree; a retroactive start is said."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.text.dossier import Draft
from core.findings import Finding, Severity
from core.french.dates import date_long, duration

from .places import place, tab


def r14_period(draft: Draft) -> Iterator[Finding]:
    convention = draft.convention
    start, end = convention.period_start, convention.period_end
    stated = convention.stated.get("duration_months")
    if stated is not None and draft.months != stated:
        yield Finding(
            code="R14",
            severity=Severity.BLOCKING,
            place=place(convention, ".stated.duration_months"),
            message=(
                f"Le texte annonce une durée de {stated} mois ; du {date_long(start)} au {date_long(end)},"
                f" la convention dure {duration(start, end)}."
            ),
            stated=f"{stated} mois",
            computed=duration(start, end),
            source="Contrôle R14 de Cosigne",
            url=tab(convention, "texte"),
        )
    votes = [party.deliberation.date for party in draft.parties if party.deliberation is not None]
    if votes and start < max(votes):
        days = (max(votes) - start).days
        yield Finding(
            code="R14",
            severity=Severity.EXPLAIN,
            place=place(convention, ".period.start"),
            message=(
                f"Prise d'effet rétroactive : la convention court depuis le {date_long(start)}, soit {days} jours"
                f" au moment du vote du {date_long(max(votes))}."
            ),
            stated=start.isoformat(),
            computed=max(votes).isoformat(),
            source="Contrôle R14 de Cosigne",
            url=tab(convention, "texte"),
        )
