"""Exporting an organisation's titres: once, in a file kept as it left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Case, Count, IntegerField, Max, Sum, Value, When
from django.utils import timezone

from core.errors import BusinessError
from core.findings import Finding, Severity
from core.french import date_long, plural
from core.keeping import kept_file
from core.money import euros
from funding import titre_workflow
from funding.enums import TitreKind
from funding.exports.base import BatchHead, ExportFormat, Part
from funding.exports.columns import Entry
from funding.exports.registry import get_format
from funding.models import ExportBatch, Titre
from funding.models.titre import TitreQuerySet
from funding.services import titre_numbers
from funding.services.titre_batches import keep_lines
from funding.services.titre_checks import Verified, verify_titres
from funding.services.titres import check_issuer, lock
from parties.actors import Actor
from parties.models import Organisation


class NothingToExport(BusinessError):
    """No titre is ready; ``last_batch`` is the latest file of that year, if any."""

    def __init__(self, message: str, last_batch: ExportBatch | None) -> None:
        super().__init__(message)
        self.last_batch = last_batch


@dataclass(frozen=True)
class Preview:
    """What an export would take now, and what it would leave. Euros."""

    count: int
    total: Decimal
    blocked: int


#: In this order in a file: what is claimed, then what lowers it.
KIND_ORDER = Case(
    *[When(kind=kind, then=Value(rank)) for rank, kind in enumerate(TitreKind.values)], output_field=IntegerField()
)
CHUNK = 1000
#: Told how many titres are done, out of how many; it may raise to stop everything.
Progress = Callable[[int, int], None]


def exportable(issuer: Organisation, year: int) -> TitreQuerySet:
    return Titre.objects.issued_by(issuer).filter(year=year).exportable()


def preview_export(*, issuer: Organisation, year: int) -> Preview:
    ready = exportable(issuer, year)
    total = ready.claims().aggregate(total=Sum("amount"))["total"] or Decimal(0)
    blocked = Titre.objects.issued_by(issuer).filter(year=year, status="a_preparer").count()
    return Preview(ready.count(), total, blocked)


def export_titres(
    *,
    issuer: Organisation,
    year: int,
    file_format: str,
    by: Actor,
    progress: Progress | None = None,
    checked: Verified | None = None,
) -> ExportBatch:
    """Write the ready titres of ``issuer`` for ``year`` in one file, keep it, mark them exported: all or nothing.

    ``file_format``: a name of :mod:`funding.exports.registry`. Everything is checked again first, and what something
    now stops is left behind with the reason. Raises :class:`NothingToExport` when none is ready (no batch is made), so
    a second export never doubles a titre; two people exporting at once wait for each other. Raises
    :class:`BusinessError` when an amount no longer follows the posts' occupancy (prepare the titres again first), or
    with what the format finds blocking. Memory does not grow with the titres; ``progress`` is told as it goes.
    ``checked``: what :func:`verify_titres` just gave, when the caller keeps it in a transaction of its own.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    layout = get_format(file_format)
    # Kept even when nothing leaves: the reasons found are what the person needs.
    checked = checked or verify_titres(issuer=issuer, year=year, by=by, progress=progress)
    if checked.outdated:
        raise _changed(checked)
    return _export(issuer, year, layout, by, progress)


@transaction.atomic
def _export(issuer: Organisation, year: int, layout: ExportFormat, by: Actor, progress: Progress | None) -> ExportBatch:
    lock(f"issuer:{issuer.pk}")
    ready = exportable(issuer, year).filter(kind__in=layout.kinds)
    if not ready.exists():
        raise _nothing(issuer, year)
    number = (ExportBatch.objects.filter(issuer=issuer, year=year).aggregate(last=Max("number"))["last"] or 0) + 1
    batch = ExportBatch(issuer=issuer, territory_id=issuer.territory_id, year=year, number=number, pk=_next_pk())
    # Marked before they are written: from here on these rows and no other are the batch's, whoever works beside.
    titre_workflow.advance_all(ready, act="exporter", by=by, reason=f"Lot n° {number}", batch_id=batch.pk)
    rows = Titre.objects.filter(batch_id=batch.pk)
    head = BatchHead(issuer, year, number, timezone.now(), _parts(rows))
    # Without its batch, which does not exist yet.
    ordered = rows.select_related("issuer", "debtor", "plan", "original")
    ordered = ordered.order_by(KIND_ORDER, "debtor__name", "entry_id")
    _check_layout(layout, ordered, issuer)
    if layout.slip_size:
        titre_numbers.give(ordered, layout=layout, issuer=issuer, year=year)
    with kept_file() as draft:
        layout.write(draft.file, _entries(ordered, head, progress), head)
        batch.sha256, batch.size = draft.digest, draft.size
        batch.stored_as = draft.keep(f"lots/{batch.sha256[:2]}/{batch.sha256}.{layout.extension}")
    batch.file_format, batch.filename, batch.count = layout.name, layout.filename(head), head.count
    batch.total = sum((part.total if part.kind == TitreKind.TITRE else -part.total for part in head.parts), Decimal(0))
    batch.by, batch.by_label = by.user, by.label
    batch.save(force_insert=True)
    keep_lines(batch)
    return batch


def _next_pk() -> int:
    """The id of the batch to come: its titres point to it before it is complete, and a batch is never changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('funding_exportbatch', 'id'))")
        return int(cursor.fetchone()[0])


def _parts(rows: TitreQuerySet) -> tuple[Part, ...]:
    found = {
        row["kind"]: Part(row["kind"], row["count"], row["total"])
        for row in rows.order_by().values("kind").annotate(count=Count("pk"), total=Sum("amount"))
    }
    return tuple(found[kind] for kind in TitreKind.values if kind in found)


def _entries(rows: TitreQuerySet, head: BatchHead, progress: Progress | None) -> Iterator[Entry]:
    """The batch's lines read through a server-side cursor, a thousand at a time."""
    day = timezone.localdate(head.moment)
    for done, titre in enumerate(rows.iterator(chunk_size=CHUNK), start=1):
        yield Entry(titre, day)
        if progress and done % CHUNK == 0:
            progress(done, head.count)


def latest_batch(*, issuer: Organisation, year: int, file_format: str = "") -> ExportBatch | None:
    """The last file made for that year (in that format)."""
    batches = ExportBatch.objects.filter(issuer=issuer, year=year)
    if file_format:
        batches = batches.filter(file_format=file_format)
    return batches.order_by("-number").first()


def _check_layout(layout: ExportFormat, rows: TitreQuerySet, issuer: Organisation) -> None:
    """What the format cannot carry stops the export: the software would refuse the file."""
    found: dict[str, Finding] = {}
    for each in layout.check(rows.iterator(chunk_size=CHUNK), issuer.finance):
        if each.severity == Severity.BLOCKING:
            found.setdefault(each.fingerprint, each)
    blocking = list(found.values())
    if blocking:
        others = len(blocking) - 1
        more = f" Et {others} {plural(others, 'autre point', 'autres points')} à corriger." if others else ""
        raise BusinessError(blocking[0].message + more)


def _changed(checked: Verified) -> BusinessError:
    titre, amount = checked.first_outdated
    return BusinessError(
        f"Les périodes d'occupation ou les avances ont changé depuis la préparation de {checked.outdated} "
        f"{plural(checked.outdated, 'titre')} (le premier : {titre.entry_id}, {euros(titre.amount)} qui devient "
        f"{euros(amount)}). Actualisez les titres, vérifiez-les, puis exportez."
    )


def _nothing(issuer: Organisation, year: int) -> NothingToExport:
    last = latest_batch(issuer=issuer, year=year)
    blocked = Titre.objects.issued_by(issuer).filter(year=year, status="a_preparer").count()
    waiting = ""
    if blocked:
        waiting = f" {blocked} {plural(blocked, 'titre')} {plural(blocked, 'attend', 'attendent')} d'être complétés."
    if last is None:
        return NothingToExport(
            f"Aucun titre de {issuer} n'est prêt pour {year} : préparez d'abord les titres des plans engagés.{waiting}",
            None,
        )
    day = date_long(timezone.localdate(last.created_at))
    return NothingToExport(
        f"Rien de nouveau à exporter pour {year} : les titres prêts sont déjà partis, les derniers dans le lot "
        f"n° {last.number} du {day}. Téléchargez ce lot de nouveau pour retrouver le même fichier.{waiting}",
        last,
    )
