"""The states of a titre: one table, one function that writes them, an append-only log.

à préparer → prêt → exporté → émis → encaissé. An exported titre never goes back but when its whole batch is cancelled
before the finance software took it; once issued it is corrected by another row. A receipt reversed takes it back from
encaissé to émis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
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
    "encaisser": _act("Encaissé", [TitreStatus.EMIS, TitreStatus.ENCAISSE], TitreStatus.ENCAISSE),
    "contre_passer": _act("Encaissement contre-passé", [TitreStatus.EMIS, TitreStatus.ENCAISSE], TitreStatus.EMIS),
    "corriger": _act("Corrigé", [TitreStatus.EMIS], TitreStatus.EMIS),
    "corriger_solde": _act("Corrigé, soldé", [TitreStatus.EMIS, TitreStatus.ENCAISSE], TitreStatus.ENCAISSE),
    "decorriger": _act("Correction abandonnée", [TitreStatus.EMIS, TitreStatus.ENCAISSE], TitreStatus.EMIS),
    "decorriger_solde": _act("Correction abandonnée", [TitreStatus.EMIS, TitreStatus.ENCAISSE], TitreStatus.ENCAISSE),
    "abandonner": _act("Abandonné", [TitreStatus.A_PREPARER, TitreStatus.PRET], TitreStatus.ABANDONNE),
    "liberer": _act("Lot annulé, de nouveau prêt", [TitreStatus.EXPORTE], TitreStatus.PRET),
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
    # One statement for all: a thousand titres leave as one.
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


def advance_all(titres: QuerySet[Titre], *, act: str, by: Actor, reason: str = "", **changes: Any) -> int:
    """Do ``act`` on every titre of the query that is in a state it starts from, and log each; returns how many.

    Two statements whatever their number: nothing is loaded. ``changes`` must tell these rows apart afterwards (they
    are found again by them to be logged), a new batch for instance.
    """
    rule = ACTS[act]
    # The log says where each came from: an act done this way starts from one state only.
    [source] = rule.sources
    moment = timezone.now()
    count = titres.filter(status=source).order_by().update(status=rule.target, updated_at=moment, **changes)
    marked = Titre.objects.filter(status=rule.target, updated_at=moment, **changes)
    log = marked.order_by("pk").values_list("territory_id", "pk")
    query, params = log.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO funding_titreevent (uuid, created_at, updated_at, territory_id, titre_id, act, from_status,"
            f" to_status, by_id, by_label, reason) SELECT gen_random_uuid(), %s, %s, t.*, %s, %s, %s, %s, %s, %s"
            f" FROM ({query}) AS t",
            [moment, moment, act, source, rule.target, by.user.pk if by.user else None, by.label, reason, *params],
        )
    return count
