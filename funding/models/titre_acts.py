"""Around a titre: what was paid, before or after it, what the finance software sent back, and the rules in force."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from parties.models import Organisation, TerritoryRecord, User

from .plan import MONEY, FundingPlan
from .titre import Titre


def author() -> models.ForeignKey:
    return models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")


class Advance(TerritoryRecord):
    """Money a financer paid before any titre, deducted from it. Written once; a wrong one is reversed by another row.

    ``amount`` in euros: above zero, or below for the row that reverses (``reverses``).
    """

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.PROTECT, related_name="advances", verbose_name="plan")
    share_ref = models.CharField("part", max_length=40)
    amount = models.DecimalField("montant", **MONEY)
    received_on = models.DateField("reçue le")
    reference = models.CharField("référence", max_length=80, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="contre-passe"
    )
    by = author()
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "avance reçue"
        verbose_name_plural = "avances reçues"
        ordering = ["received_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses__isnull=True) | Q(amount__lt=0, reverses__isnull=False),
                name="funding_advance_sign",
                violation_error_message="Une avance est supérieure à zéro ; une avance erronée se contre-passe.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.share_ref} {self.amount}"


class ReturnFile(TerritoryRecord):
    """A file the finance software gave back, as it was read: headings and cells, kept with its SHA-256."""

    territory_from = "issuer"

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="return_files", verbose_name="émetteur"
    )
    filename = models.CharField("fichier", max_length=160)
    sha256 = models.CharField("empreinte", max_length=64)
    source = models.CharField("format", max_length=8)
    headers = models.JSONField("colonnes", default=list)
    rows = models.JSONField("lignes", default=list)
    numbers = models.JSONField("numéros de ligne", default=list)
    by = author()
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "fichier de retour"
        verbose_name_plural = "fichiers de retour"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("return", args=[self.uuid])


class ReturnImport(TerritoryRecord):
    """A return applied: counts, what changed line by line, and the file's fingerprint. Written once."""

    territory_from = "issuer"

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="return_imports", verbose_name="émetteur"
    )
    file = models.ForeignKey(
        ReturnFile, on_delete=models.PROTECT, null=True, blank=True, related_name="imports", verbose_name="fichier"
    )
    source = models.CharField("format", max_length=8)
    filename = models.CharField("fichier", max_length=160, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    changed = models.PositiveIntegerField("titres changés", default=0)
    unchanged = models.PositiveIntegerField("titres inchangés", default=0)
    unmatched = models.PositiveIntegerField("lignes sans titre", default=0)
    changes = models.JSONField("changements", default=list)
    by = author()
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "retour appliqué"
        verbose_name_plural = "retours appliqués"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename or self.source


class Receipt(TerritoryRecord):
    """Money received on a titre. Written once; a wrong one is reversed by another row (``reverses``, amount < 0)."""

    territory_from = "titre"

    titre = models.ForeignKey(Titre, on_delete=models.PROTECT, related_name="receipts", verbose_name="titre")
    amount = models.DecimalField("montant", **MONEY)
    received_on = models.DateField("reçu le")
    reference = models.CharField("référence", max_length=80, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="contre-passe"
    )
    reason = models.CharField("motif", max_length=240, blank=True)
    source = models.ForeignKey(
        ReturnImport, on_delete=models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name="retour"
    )
    by = author()
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "encaissement"
        verbose_name_plural = "encaissements"
        ordering = ["received_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses__isnull=True) | Q(amount__lt=0, reverses__isnull=False),
                name="funding_receipt_sign",
                violation_error_message="Un encaissement est supérieur à zéro ; erroné, il se contre-passe.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.titre} {self.amount}"

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversal")


class TitrePolicy(TerritoryRecord):
    """How titres are computed and what they must have, from a day on: for one plan, one issuer, or the territory.

    The narrowest that exists wins, then the latest ``valid_from`` not after the day looked at. What is to be computed
    looks at the first day of the plan's period; what a titre must have, at the day it is checked.
    """

    BASES = (("", "Celle du plan"), ("months", "Mois entiers"), ("days", "Jours"))

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="émetteur"
    )
    plan = models.ForeignKey(
        FundingPlan, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="plan"
    )
    valid_from = models.DateField("à partir du")
    basis = models.CharField("unité du prorata", max_length=8, choices=BASES, blank=True)
    tolerated_days = models.PositiveSmallIntegerField(
        "absence tolérée (jours)",
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="Une absence continue de cette durée au plus est comptée comme du temps pourvu.",
    )
    month_threshold = models.PositiveSmallIntegerField(
        "mois dû à partir de (%)",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Part des jours du mois où le poste est pourvu pour que ce mois soit dû en entier.",
    )
    minimum = models.DecimalField(
        "seuil de recouvrement (euros)",
        **MONEY,
        default=Decimal(15),
        validators=[MinValueValidator(0)],
        help_text="En dessous, le titre n'est pas émis. 15 euros : décret 2017-509.",
    )
    needs_siret = models.BooleanField("exiger le SIRET du débiteur", default=False)
    needs_address = models.BooleanField("exiger l'adresse du débiteur", default=False)
    needs_code = models.BooleanField("exiger le code tiers du débiteur", default=False)
    needs_occupancy = models.BooleanField("exiger que l'occupation soit saisie", default=False)
    needs_settings = models.BooleanField("exiger les codes de l'émetteur (collectivité, budget)", default=False)
    needs_clean_plan = models.BooleanField("exiger un plan sans constat bloquant", default=False)
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "règle des titres"
        verbose_name_plural = "règles des titres"
        ordering = ["-valid_from", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "issuer", "plan", "valid_from"],
                nulls_distinct=False,
                name="funding_titrepolicy_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope_label} au {self.valid_from:%d/%m/%Y}"

    @property
    def scope_label(self) -> str:
        if self.plan is not None:
            return self.plan.label
        return self.issuer.label if self.issuer is not None else "Tout le territoire"


class ExerciseClosing(TerritoryRecord):
    """The day an issuer's exercice was closed: past it, a correction is a mandat 673."""

    territory_from = "issuer"

    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="exercise_closings", verbose_name="émetteur"
    )
    year = models.PositiveSmallIntegerField("exercice", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    closed_on = models.DateField("clos le")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "clôture d'exercice"
        verbose_name_plural = "clôtures d'exercice"
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["issuer", "year"], name="funding_exerciseclosing_once")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.year}"

    @staticmethod
    def usual(year: int) -> dt.date:
        """The last day of the "journée complémentaire": 31 January of the next year."""
        return dt.date(year + 1, 1, 31)
