"""Exporting an organisation's titres: once, in a file kept as it left."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from core.french import date_long, plural
from core.money import euros
from core.sheets import MEDIA_TYPES
from funding import titre_workflow
from funding.exports.resource import titres_file
from funding.models import ExportBatch, Titre
from funding.models.titre import TitreQuerySet
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

    ``file_format``: "csv" or "xlsx". Raises :class:`NothingToExport` when none is ready (no batch is made), so a
    second export never doubles a titre; two people exporting at once wait for each other. Raises
    :class:`BusinessError` when an amount no longer follows the posts' occupancy: prepare the titres again first.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    if file_format not in MEDIA_TYPES:
        raise InvalidInput("Choisissez le format CSV ou XLSX.", place="file_format")
    lock(f"issuer:{issuer.pk}")
    # The rows are locked too: a proposal running now must not refresh an amount after the file was written.
    titres = list(exportable(issuer, year).select_for_update(of=("self",)).for_list())
    if not titres:
        raise _nothing(issuer, year)
    _check_up_to_date(titres)
    moment = timezone.now()
    content = titres_file(titres, file_format=file_format, year=year, moment=moment)
    number = (ExportBatch.objects.filter(issuer=issuer, year=year).aggregate(last=Max("number"))["last"] or 0) + 1
    batch = ExportBatch.objects.create(
        issuer=issuer,
        year=year,
        number=number,
        file_format=file_format,
        filename=f"titres-{issuer.siren or issuer.key}-{year}-lot{number}.{file_format}",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        count=len(titres),
        total=sum((titre.amount for titre in titres), Decimal(0)),
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
