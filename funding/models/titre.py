"""What an employer claims from a financer for a year, and the batches it left in."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from funding.enums import TitreKind, TitreStatus
from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord, User

from .plan import MONEY, FundingPlan


class ExportBatch(TerritoryRecord):
    """Titres exported together, once. The file's bytes are kept by their SHA-256."""

    territory_from = "issuer"

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="export_batches", verbose_name="émetteur"
    )
    year = models.PositiveSmallIntegerField("exercice")
    number = models.PositiveIntegerField("numéro")
    file_format = models.CharField("format", max_length=8)
    filename = models.CharField("fichier", max_length=120)
    sha256 = models.CharField("empreinte", max_length=64)
    content = models.BinaryField("contenu")
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


class TitreQuerySet(TerritoryQuerySet):
    def issued_by(self, organisation: Organisation) -> TitreQuerySet:
        return self.filter(issuer=organisation)

    def owed_by(self, organisation: Organisation) -> TitreQuerySet:
        return self.filter(debtor=organisation)

    def exportable(self) -> TitreQuerySet:
        return self.filter(status=TitreStatus.PRET, batch__isnull=True)

    def for_list(self) -> TitreQuerySet:
        return self.select_related("issuer", "debtor", "plan", "batch")


class Titre(TerritoryRecord):
    """A claim to issue: ``amount`` (euros) is ``base`` × ``due`` / ``planned`` (months or days due).

    ``entry_id`` is the stable key the finance software gives back. Once in a batch a titre never changes but by what
    comes back from the finance software; it is corrected by another row pointing to it (``original``).
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
    subject = models.CharField("objet", max_length=160)
    statement = models.JSONField("décompte", default=dict)
    reference = models.CharField("convention", max_length=80, blank=True)
    blocked_reason = models.CharField("ce qui bloque", max_length=240, blank=True)
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
                condition=Q(status__in=["a_preparer", "pret"], batch__isnull=True)
                | Q(status__in=["exporte", "emis", "encaisse"], batch__isnull=False),
                name="funding_titre_batch_when_exported",
            ),
        ]

    def __str__(self) -> str:
        return self.entry_id

    def get_absolute_url(self) -> str:
        return reverse("titre", args=[self.uuid])


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
