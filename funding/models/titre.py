"""What an employer claims from a financer for a year, and the batches it left in."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import IO

from django.core.files.storage import default_storage
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from core.french import add_months
from funding.enums import CORRECTIONS, TitreKind, TitreStatus
from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord, User

from .plan import MONEY, FundingPlan

#: An accountant who does nothing for so long can no longer collect (L.1617-5 3° CGCT).
YEARS_TO_COLLECT = 4


class ExportBatch(TerritoryRecord):
    """Titres exported together, once. The file is kept in the storage, addressed by its SHA-256.

    ``content`` is where the first batches kept it; those made since leave it empty.
    """

    territory_from = "issuer"

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="export_batches", verbose_name="émetteur"
    )
    year = models.PositiveSmallIntegerField("exercice")
    number = models.PositiveIntegerField("numéro")
    file_format = models.CharField("format", max_length=8)
    filename = models.CharField("fichier", max_length=120)
    sha256 = models.CharField("empreinte", max_length=64)
    content = models.BinaryField("contenu", null=True, blank=True)
    stored_as = models.CharField("nom dans le stockage", max_length=120, blank=True)
    size = models.PositiveBigIntegerField("taille (octets)", default=0)
    count = models.PositiveIntegerField("lignes")
    total = models.DecimalField("total", **MONEY)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "lot d'export"
        verbose_name_plural = "lots d'export"
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["issuer", "year", "number"], name="funding_batch_number")]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.uuid])

    def open(self) -> IO[bytes]:
        """The file as it left, to be read piece by piece; the caller closes it."""
        if self.stored_as:
            file: IO[bytes] = default_storage.open(self.stored_as)
            return file
        return io.BytesIO(bytes(self.content or b""))

    @property
    def is_cancelled(self) -> bool:
        return hasattr(self, "cancellation")


class BatchCancellation(TerritoryRecord):
    """A batch that was never taken into the finance software: its titres may leave again. Written once."""

    territory_from = "batch"

    batch = models.OneToOneField(
        ExportBatch, on_delete=models.PROTECT, related_name="cancellation", verbose_name="lot annulé"
    )
    reason = models.TextField("motif")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "annulation d'un lot"
        verbose_name_plural = "annulations de lots"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.batch} : {self.reason}"


class TitreQuerySet(TerritoryQuerySet):
    def issued_by(self, organisation: Organisation) -> TitreQuerySet:
        return self.filter(issuer=organisation)

    def owed_by(self, organisation: Organisation) -> TitreQuerySet:
        return self.filter(debtor=organisation)

    def exportable(self) -> TitreQuerySet:
        return self.filter(status=TitreStatus.PRET, batch__isnull=True)

    def for_list(self) -> TitreQuerySet:
        return self.select_related("issuer", "debtor", "plan", "batch", "original")

    def claims(self) -> TitreQuerySet:
        """Titres proper, without the rows that correct them."""
        return self.filter(kind=TitreKind.TITRE)

    def with_balance(self) -> TitreQuerySet:
        """``left``: what is still to be received of each, in euros (negative: received too much)."""
        return self.annotate(left=F("amount") - F("corrected") - F("received"))

    def unpaid(self) -> TitreQuerySet:
        """Issued, and something still to be received."""
        return self.claims().filter(status=TitreStatus.EMIS).with_balance().filter(left__gt=0)


class Titre(TerritoryRecord):
    """A claim to issue: ``amount`` (euros) is ``base`` × ``due`` / ``planned`` (months or days due), less ``advances``.

    ``entry_id`` is the stable key the finance software gives back. Once in a batch a titre never changes but by what
    comes back from the finance software; it is corrected by another row pointing to it (``original``): a reduction, a
    cancellation or a mandat 673, whose ``amount`` (positive) lowers it. A titre with an ``original`` issues again what
    was cancelled. ``corrected`` and ``received`` are the sums of the corrections and of the receipts.
    """

    territory_from = "plan"

    kind = models.CharField("nature", max_length=12, choices=TitreKind, default=TitreKind.TITRE)
    status = models.CharField("état", max_length=12, choices=TitreStatus, default=TitreStatus.A_PREPARER)
    entry_id = models.CharField("identifiant d'écriture", max_length=120)
    plan = models.ForeignKey(FundingPlan, on_delete=models.PROTECT, related_name="titres", verbose_name="plan")
    share_ref = models.CharField("part", max_length=40)
    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="issued", verbose_name="émetteur")
    debtor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="owed", verbose_name="débiteur")
    year = models.PositiveSmallIntegerField("exercice")
    base = models.DecimalField("part annuelle", **MONEY, validators=[MinValueValidator(0)])
    due = models.DecimalField("dû", max_digits=8, decimal_places=4)
    planned = models.DecimalField("prévu", max_digits=8, decimal_places=4)
    unit = models.CharField("unité", max_length=8, default="months")
    amount = models.DecimalField("montant", **MONEY, validators=[MinValueValidator(0)])
    advances = models.DecimalField("avances déduites", **MONEY, default=0)
    corrected = models.DecimalField("corrigé", **MONEY, default=0)
    reason = models.TextField("motif", blank=True)
    subject = models.CharField("objet", max_length=160)
    statement = models.JSONField("décompte", default=dict)
    reference = models.CharField("convention", max_length=80, blank=True)
    blocked_reason = models.CharField("ce qui bloque", max_length=240, blank=True)
    blockers = models.JSONField("points à régler", default=list, blank=True)
    original = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name="titre corrigé",
    )
    batch = models.ForeignKey(
        ExportBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="titres", verbose_name="lot"
    )
    #: What a format that numbers titres itself (PES V2) put in the file; ``number`` is what the software then says.
    sent_slip = models.CharField("bordereau envoyé", max_length=20, blank=True)
    sent_number = models.CharField("numéro envoyé", max_length=20, blank=True)
    slip_number = models.CharField("bordereau", max_length=20, blank=True)
    number = models.CharField("numéro de titre", max_length=20, blank=True)
    issued_on = models.DateField("émis le", null=True, blank=True)
    received = models.DecimalField("encaissé", **MONEY, default=0)
    received_on = models.DateField("encaissé le", null=True, blank=True)

    objects = TitreQuerySet.as_manager()

    class Meta:
        verbose_name = "titre de recettes"
        verbose_name_plural = "titres de recettes"
        ordering = ["year", "issuer__name", "debtor__name", "entry_id"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "entry_id"], name="funding_titre_entry"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="funding_titre_amount_positive"),
            models.CheckConstraint(
                condition=~Q(issuer=models.F("debtor")),
                name="funding_titre_two_bodies",
                violation_error_message="L'émetteur et le débiteur sont le même organisme.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["a_preparer", "pret", "abandonne"], batch__isnull=True)
                | Q(status__in=["exporte", "emis", "encaisse"], batch__isnull=False),
                name="funding_titre_batch_when_exported",
            ),
            models.CheckConstraint(
                condition=Q(kind="titre") | Q(original__isnull=False),
                name="funding_titre_corrects_another",
                violation_error_message="Une réduction ou une annulation désigne le titre qu'elle corrige.",
            ),
        ]

    def __str__(self) -> str:
        return self.entry_id

    def get_absolute_url(self) -> str:
        return reverse("titre", args=[self.uuid])

    @property
    def is_correction(self) -> bool:
        return self.kind in CORRECTIONS

    @property
    def net(self) -> Decimal:
        """What it still claims once corrected, received or not."""
        return self.amount - self.corrected

    @property
    def balance(self) -> Decimal:
        """What is still to be received; negative when too much was."""
        return self.net - self.received

    @property
    def prescribed_on(self) -> dt.date | None:
        """When collecting is barred: four years after it was issued (L.1617-5 3° CGCT)."""
        if self.issued_on is None:
            return None
        return add_months(self.issued_on, 12 * YEARS_TO_COLLECT)


class TitreEvent(TerritoryRecord):
    """The append-only log of a titre's states."""

    territory_from = "titre"

    titre = models.ForeignKey(Titre, on_delete=models.CASCADE, related_name="events", verbose_name="titre")
    act = models.CharField("acte", max_length=20)
    from_status = models.CharField("de", max_length=12, blank=True)
    to_status = models.CharField("à", max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte sur un titre"
        verbose_name_plural = "actes sur les titres"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.titre} {self.to_status}"


class BatchLine(TerritoryRecord):
    """What a batch held, for ever: a cancelled batch loses its titres, not the memory of them."""

    territory_from = "batch"

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="lines", verbose_name="lot")
    titre = models.ForeignKey(Titre, on_delete=models.PROTECT, related_name="batch_lines", verbose_name="titre")
    amount = models.DecimalField("montant", **MONEY)

    class Meta:
        verbose_name = "ligne d'un lot"
        verbose_name_plural = "lignes des lots"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "titre"], name="funding_batchline_once")]

    def __str__(self) -> str:
        return f"{self.batch} {self.titre}"
