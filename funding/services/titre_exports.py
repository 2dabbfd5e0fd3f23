"""Exporting an organisation's titres: once, in a file kept as it left."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from core.errors import BusinessError
from core.findings import Severity
from core.french import date_long, plural
from core.money import euros
from funding import titre_workflow
from funding.enums import TitreKind
from funding.exports.base import BatchHead, ExportFormat, Part
from funding.exports.columns import Entry
from funding.exports.registry import get_format
from funding.models import ExportBatch, Titre
from funding.models.titre import TitreQuerySet
from funding.services import titre_numbers
from funding.services.titres import check_issuer, lock, outdated
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


def exportable(issuer: Organisation, year: int) -> TitreQuerySet:
    return Titre.objects.issued_by(issuer).filter(year=year).exportable()


def preview_export(*, issuer: Organisation, year: int) -> Preview:
    ready = exportable(issuer, year)
    total = ready.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    blocked = Titre.objects.issued_by(issuer).filter(year=year, status="a_preparer").count()
    return Preview(ready.count(), total, blocked)


@transaction.atomic
def export_titres(*, issuer: Organisation, year: int, file_format: str, by: Actor) -> ExportBatch:
    """Write the ready titres of ``issuer`` for ``year`` in one file, keep it, mark them exported: all or nothing.

    ``file_format``: a name of :mod:`funding.exports.registry`. Raises :class:`NothingToExport` when none is ready (no
    batch is made), so a second export never doubles a titre; two people exporting at once wait for each other. Raises
    :class:`BusinessError` when an amount no longer follows the posts' occupancy (prepare the titres again first), or
    with what the format finds blocking.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    layout = get_format(file_format)
    lock(f"issuer:{issuer.pk}")
    # The rows are locked too: a proposal running now must not refresh an amount after the file was written.
    ready = exportable(issuer, year).filter(kind__in=layout.kinds)
    titres = list(ready.select_for_update(of=("self",)).for_list())
    if not titres:
        raise _nothing(issuer, year)
    _check_up_to_date(titres)
    _check_layout(layout, titres, issuer)
    if layout.slip_size:
        titre_numbers.give(ready, layout=layout, issuer=issuer, year=year)
        titres = list(ready.for_list())
    total = sum((titre.amount for titre in titres), Decimal(0))
    number = (ExportBatch.objects.filter(issuer=issuer, year=year).aggregate(last=Max("number"))["last"] or 0) + 1
    head = BatchHead(issuer, year, number, timezone.now(), (Part(TitreKind.TITRE, len(titres), total),))
    day = timezone.localdate(head.moment)
    file = io.BytesIO()
    layout.write(file, (Entry(titre, day) for titre in titres), head)
    content = file.getvalue()
    batch = ExportBatch.objects.create(
        issuer=issuer,
        year=year,
        number=number,
        file_format=layout.name,
        filename=layout.filename(head),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        count=head.count,
        total=total,
        by=by.user,
        by_label=by.label,
    )
    titre_workflow.advance(titres, act="exporter", by=by, reason=f"Lot n° {number}", batch=batch)
    return batch


def latest_batch(*, issuer: Organisation, year: int, file_format: str = "") -> ExportBatch | None:
    """The last file made for that year (in that format)."""
    batches = ExportBatch.objects.filter(issuer=issuer, year=year)
    if file_format:
        batches = batches.filter(file_format=file_format)
    return batches.order_by("-number").first()


def _check_layout(layout: ExportFormat, titres: list[Titre], issuer: Organisation) -> None:
    """What the format cannot carry stops the export: the software would refuse the file."""
    found = {each.fingerprint: each for each in layout.check(titres, issuer.finance)}
    blocking = [each for each in found.values() if each.severity == Severity.BLOCKING]
    if blocking:
        others = len(blocking) - 1
        more = f" Et {others} {plural(others, 'autre point', 'autres points')} à corriger." if others else ""
        raise BusinessError(blocking[0].message + more)


def _check_up_to_date(titres: list[Titre]) -> None:
    changed = outdated(titres)
    if changed:
        titre, amount = changed[0]
        raise BusinessError(
            f"Les périodes d'occupation ont changé depuis la préparation de {len(changed)} "
            f"{plural(len(changed), 'titre')} (le premier : {titre.entry_id}, {euros(titre.amount)} qui devient "
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
