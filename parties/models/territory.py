"""The tenant, and the bases of every row that belongs to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models

from core.models import Record, new_key

if TYPE_CHECKING:
    from parties.actors import Actor


class Territory(Record):
    """A département that runs its scheme here. Holds public facts only: the register of tenants, not their data."""

    code = models.CharField("code INSEE", max_length=3, unique=True, validators=[RegexValidator(r"^[0-9AB]{2,3}$")])
    name = models.CharField("nom", max_length=80)
    administrative_court = models.CharField("tribunal administratif", max_length=120, blank=True)
    # Changed by the platform's administrators only: a trigger sees to it (migration 0007).
    suspended_at = models.DateTimeField("suspendu le", null=True, blank=True)
    suspended_reason = models.CharField("raison de la suspension", max_length=400, blank=True)

    class Meta:
        verbose_name = "territoire"
        verbose_name_plural = "territoires"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class TerritoryQuerySet(models.QuerySet):
    """Reads start from what the person may see.

    The database narrows further by itself (row-level security: territory, then the person's organisation); the filter
    here makes the intent readable and lets PostgreSQL use the territory's index.
    """

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(territory_id=actor.territory_id)


class TerritoryRecord(Record):
    """A row of one territory. A child without a territory takes its parent's (``territory_from``)."""

    territory_from: ClassVar[str] = ""

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+", verbose_name="territoire")

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        if not self.territory_id and self.territory_from:
            self.territory_id = getattr(self, self.territory_from).territory_id
        super().save(*args, **kwargs)


class KeyedRecord(TerritoryRecord):
    """A row with a natural key, stable through export and import (domain.md §8)."""

    key = models.CharField(
        "clé",
        max_length=80,
        default=new_key,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "Lettres sans accent, chiffres, point, tiret et souligné seulement."
            )
        ],
    )

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["territory", "key"], name="%(app_label)s_%(class)s_key")]
