"""The states of a titre: one table, one function that writes them, an append-only log.

à préparer → prêt → exporté → émis → encaissé. Nothing leads back: an exported titre is corrected by another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.errors import Conflict
from funding.enums import TitreStatus
from funding.models import Titre, TitreEvent
from parties.actors import Actor


@dataclass(frozen=True)
class Act:
    label: str
    sources: frozenset[str]
    target: str


def _act(label: str, sources: Sequence[str], target: str) -> Act:
    return Act(label, frozenset(sources), target)


ACTS: dict[str, Act] = {
    "bloquer": _act("Mis en attente", [TitreStatus.A_PREPARER, TitreStatus.PRET], TitreStatus.A_PREPARER),
    "preparer": _act("Préparé", [TitreStatus.A_PREPARER, TitreStatus.PRET], TitreStatus.PRET),
    "exporter": _act("Exporté", [TitreStatus.PRET], TitreStatus.EXPORTE),
    "emettre": _act("Émis", [TitreStatus.EXPORTE], TitreStatus.EMIS),
    "encaisser_partie": _act("Encaissé en partie", [TitreStatus.EMIS], TitreStatus.EMIS),
    "encaisser": _act("Encaissé", [TitreStatus.EMIS], TitreStatus.ENCAISSE),
}


def advance(titres: Sequence[Titre], *, act: str, by: Actor, reason: str = "", **changes: Any) -> None:
    """Do ``act`` on the titres, with the other fields it changes, and log it: all of them or none.

    Raises :class:`Conflict` when one is no longer in a state the act starts from.
    """
    rule = ACTS[act]
    stale = [titre for titre in titres if titre.status not in rule.sources]
    if stale:
        raise Conflict(
            f"Le titre {stale[0].entry_id} est « {stale[0].get_status_display()} » : cet acte n'est plus possible."
        )
    rows = Titre.objects.filter(pk__in=[titre.pk for titre in titres], status__in=rule.sources)
    if rows.update(status=rule.target, updated_at=timezone.now(), **changes) != len(titres):
        raise Conflict("Ces titres ont changé entre-temps. Rechargez la page.")
    events = []
    for titre in titres:
        events.append(
            TitreEvent(
                territory_id=titre.territory_id,
                titre=titre,
                act=act,
                from_status=titre.status,
                to_status=rule.target,
                by=by.user,
                by_label=by.label,
                reason=reason,
            )
        )
        titre.status = rule.target
        for name, value in changes.items():
            setattr(titre, name, value)
    TitreEvent.objects.bulk_create(events)
