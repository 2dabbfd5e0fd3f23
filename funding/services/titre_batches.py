"""Batches once made: what they replace, and cancelling one the finance software never took."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet

from core.errors import BusinessError, Conflict, InvalidInput
from core.french import plural
from funding import titre_workflow
from funding.enums import TitreStatus
from funding.models import BatchCancellation, BatchLine, ExportBatch, Titre
from funding.services.titres import check_issuer, lock
from parties.actors import Actor


@transaction.atomic
def cancel_batch(*, batch: ExportBatch, reason: str, by: Actor) -> BatchCancellation:
    """Declare that ``batch`` was not taken into the finance software: its titres may leave again, with the same key.

    Only while none of its lines came back as issued. The batch, its file and its lines stay. Raises
    :class:`InvalidInput` without a reason, :class:`Conflict` when a line was issued or the batch already cancelled.
    """
    by.require("titre.export")
    check_issuer(batch.issuer, by)
    reason = reason.strip()
    if not reason:
        raise InvalidInput("Écrivez pourquoi ce lot est annulé.", place="reason")
    lock(f"issuer:{batch.issuer_id}")
    if BatchCancellation.objects.filter(batch=batch).exists():
        raise Conflict(f"Le lot n° {batch.number} est déjà annulé.")
    rows = Titre.objects.filter(batch=batch)
    issued = rows.exclude(status=TitreStatus.EXPORTE).count()
    if issued:
        raise Conflict(
            f"{issued} {plural(issued, 'titre')} de ce lot {plural(issued, 'est déjà émis', 'sont déjà émis')} : le lot"
            " ne peut plus être annulé. Corrigez les titres un par un par une réduction ou une annulation."
        )
    cancellation = BatchCancellation.objects.create(batch=batch, reason=reason, by=by.user, by_label=by.label)
    pks = list(rows.values_list("pk", flat=True))
    freed = titre_workflow.advance_all(
        rows, act="liberer", by=by, reason=f"Lot n° {batch.number} annulé : {reason}", batch=None
    )
    if freed != len(pks):
        raise BusinessError("Ces titres ont changé entre-temps. Rechargez la page.")
    return cancellation


def keep_lines(batch: ExportBatch) -> None:
    """Remember for ever what ``batch`` holds: one row per titre, written in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO funding_batchline (uuid, created_at, updated_at, territory_id, batch_id, titre_id, amount)"
            " SELECT gen_random_uuid(), now(), now(), t.territory_id, t.batch_id, t.id, t.amount"
            " FROM funding_titre t WHERE t.batch_id = %s ORDER BY t.id",
            [batch.pk],
        )


def replaced_by(batch: ExportBatch) -> list[ExportBatch]:
    """The cancelled batches some of whose titres left again in ``batch``, oldest first."""
    found = _sharing(batch).filter(cancellation__isnull=False, pk__lt=batch.pk)
    return list(found.order_by("number"))


def replacements_of(batch: ExportBatch) -> list[ExportBatch]:
    """Where the titres of a cancelled batch left again, oldest first."""
    return list(_sharing(batch).filter(pk__gt=batch.pk).order_by("number"))


def _sharing(batch: ExportBatch) -> QuerySet[ExportBatch]:
    """Batches that held one of its titres."""
    lines = BatchLine.objects.filter(titre__in=batch.lines.values("titre"))
    return ExportBatch.objects.filter(pk__in=lines.values("batch")).defer("content")
