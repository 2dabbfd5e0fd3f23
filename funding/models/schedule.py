"""The State's share year by year, when it is announced to go down (M9): rows an administrator edits."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from funding.enums import RuleMark
from parties.models import KeyedRecord
from posts.models import Post


class StateRate(KeyedRecord):
    """What percentage of the cost the State pays in a year: for one post, or for the whole territory (no post).

    A post's own row wins over the territory's. ``mark`` says how sure the row is: an unverified one never blocks.
    """

    post = models.ForeignKey(
        Post, on_delete=models.PROTECT, null=True, blank=True, related_name="state_rates", verbose_name="poste"
    )
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    percent = models.DecimalField(
        "pourcentage du coût",
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    mark = models.CharField("fiabilité", max_length=1, choices=RuleMark, default=RuleMark.UNVERIFIED)
    source = models.CharField("source", max_length=200)

    class Meta(KeyedRecord.Meta):
        verbose_name = "taux de la part de l'État"
        verbose_name_plural = "barème de la part de l'État"
        ordering = ["post__label", "year"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory", "post", "year"],
                name="funding_staterate_once",
                nulls_distinct=False,
                violation_error_message="Un taux existe déjà pour ce poste et cette année.",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100),
                name="funding_staterate_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post or 'Territoire'} {self.year}"
