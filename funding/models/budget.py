from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from parties.models import KeyedRecord, Organisation


class BudgetLine(KeyedRecord):
    """A line of an organisation's budget that attributions draw on. Amounts in euros."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="budget_lines", verbose_name="organisation"
    )
    year = models.PositiveSmallIntegerField("exercice")
    operation = models.CharField("code opération", max_length=40, blank=True)
    imputation = models.CharField("imputation", max_length=40, blank=True)
    label = models.CharField("libellé", max_length=200)
    voted = models.DecimalField(
        "crédits votés", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    available = models.DecimalField(
        "disponible", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    stated = models.JSONField("chiffres publiés", default=dict, blank=True)

    class Meta(KeyedRecord.Meta):
        verbose_name = "ligne budgétaire"
        verbose_name_plural = "lignes budgétaires"
        ordering = ["year", "operation"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(voted__isnull=True) | Q(voted__gte=0)) & (Q(available__isnull=True) | Q(available__gte=0)),
                name="funding_budgetline_positive",
                violation_error_message="Un crédit n'est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.imputation} ({self.year})"
