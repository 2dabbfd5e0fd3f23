"""What a territory gives to the observatoire: protected aggregates of one year, frozen; each act is a row."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from parties.models import TerritoryQuerySet, TerritoryRecord, User


class ContributionAct(models.TextChoices):
    GIVEN = "contribution", "Contribution"
    WITHDRAWN = "retrait", "Retrait"


class Contribution(TerritoryRecord):
    """One act: aggregates given for a year, or withdrawn. Append-only: a correction is a new row that ``replaces``.

    ``content`` is what left, and nothing else did: canonical JSON whose SHA-256 is ``sha256``
    (reporting.contributions.content). A withdrawal has no content and says why in ``reason``.
    """

    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    act = models.CharField("acte", max_length=12, choices=ContributionAct)
    content = models.JSONField("contenu", default=dict, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    definitions = models.PositiveSmallIntegerField("version des définitions")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name="remplace"
    )
    reason = models.CharField("motif", max_length=400, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("nom de l'auteur", max_length=200)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "contribution à l'observatoire"
        verbose_name_plural = "contributions à l'observatoire"
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "year"], condition=Q(replaces__isnull=True), name="reporting_contribution_first"
            ),
            models.CheckConstraint(
                condition=Q(act="contribution") & ~Q(sha256="") | Q(act="retrait", sha256="", content={}),
                name="reporting_contribution_content",
            ),
            models.CheckConstraint(
                condition=~Q(act="retrait") | (Q(replaces__isnull=False) & ~Q(reason="")),
                name="reporting_contribution_reason",
                violation_error_message="Dites pourquoi la contribution est retirée.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.year}"

    @property
    def is_given(self) -> bool:
        return self.act == ContributionAct.GIVEN
