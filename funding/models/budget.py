"""Lines of a budget that attributions draw on, and their accounting codes as they stood on each date."""

from __future__ import annotations

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from parties.models import KeyedRecord, Organisation, TerritoryQuerySet, TerritoryRecord

from .plan import MONEY

#: Figures of a line that may be unknown, and never negative.
FIGURES = ("voted", "available", "engaged", "liquidated", "paid")


def _positive() -> Q:
    condition = Q()
    for name in FIGURES:
        condition &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})
    return condition


def _figure(label: str) -> models.DecimalField:
    return models.DecimalField(label, **MONEY, null=True, blank=True, validators=[MinValueValidator(0)])


class BudgetLine(KeyedRecord):
    """A line of an organisation's budget that attributions draw on. Amounts in euros.

    What is proposed on it is never kept here: it is the sum of the attributions that name it (``conventions.budget``).
    ``voted`` to ``paid`` are what the finance software says on ``situation_on``; null when unknown. ``operation`` and
    ``imputation`` are the codes as acts write them; ``imputations`` are their typed parts.
    """

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="budget_lines", verbose_name="organisation"
    )
    year = models.PositiveSmallIntegerField("exercice", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    operation = models.CharField("code opération", max_length=40, blank=True)
    imputation = models.CharField("imputation", max_length=40, blank=True)
    label = models.CharField("libellé", max_length=200)
    voted = _figure("crédits votés")
    available = _figure("disponible")
    engaged = _figure("engagé")
    liquidated = _figure("liquidé")
    paid = _figure("payé")
    situation_on = models.DateField("situation au", null=True, blank=True)
    source = models.CharField("origine des chiffres", max_length=200, blank=True)
    stated = models.JSONField("chiffres publiés", default=dict, blank=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "ligne budgétaire"
        verbose_name_plural = "lignes budgétaires"
        ordering = ["year", "operation"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=_positive(),
                name="funding_budgetline_positive",
                violation_error_message="Un crédit n'est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.year})"

    def get_absolute_url(self) -> str:
        return reverse("budget-line", args=[self.uuid])

    def imputation_on(self, day: dt.date | None = None) -> BudgetImputation | None:
        """The codes in force on ``day`` (the last known ones when None). Reads the prefetched rows."""
        known = [row for row in self.imputations.all() if day is None or row.since <= day]
        return max(known, key=lambda row: row.since, default=None)


CODE = RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z ./-]*$", "Lettres sans accent, chiffres, espace, point, tiret et barre.")
DIGITS = RegexValidator(r"^[0-9]+$", "Des chiffres seulement.")


class BudgetImputation(TerritoryRecord):
    """The accounting codes of a line from a date on: each part apart, as the finance software keeps them.

    ``nature`` is the account by nature (6568), ``function`` the functional code (4213), ``chapter`` the budget chapter
    (934). ``programme``, ``envelope`` and ``service`` are the body's own codes.
    """

    territory_from = "budget_line"

    budget_line = models.ForeignKey(
        BudgetLine, on_delete=models.CASCADE, related_name="imputations", verbose_name="ligne budgétaire"
    )
    since = models.DateField("à compter du")
    nature = models.CharField("nature", max_length=12, blank=True, validators=[DIGITS])
    function = models.CharField("fonction", max_length=10, blank=True, validators=[CODE])
    chapter = models.CharField("chapitre", max_length=10, blank=True, validators=[CODE])
    programme = models.CharField("programme", max_length=40, blank=True, validators=[CODE])
    envelope = models.CharField("enveloppe", max_length=40, blank=True, validators=[CODE])
    service = models.CharField("service", max_length=40, blank=True, validators=[CODE])

    class Meta:
        verbose_name = "imputation d'une ligne"
        verbose_name_plural = "imputations d'une ligne"
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget_line", "since"],
                name="funding_budgetimputation_once",
                violation_error_message="Une imputation commence déjà ce jour-là.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.nature} {self.chapter} {self.function}".strip()
