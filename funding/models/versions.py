"""What a plan was before a save, so that the save can be undone."""

from __future__ import annotations

from typing import cast

from django.db import models

from parties.models import TerritoryQuerySet, TerritoryRecord, User

from .plan import FundingPlan


class PlanVersionQuerySet(TerritoryQuerySet):
    def last_of(self, plans: list[FundingPlan]) -> PlanVersion | None:
        """The latest save of any of these plans."""
        return cast("PlanVersion | None", self.filter(plan__in=plans).order_by("-pk").first())


class PlanVersion(TerritoryRecord):
    """The content of a plan just before one save of the grid. ``save_ref`` is the same for all the plans of one save.

    ``before`` is the version the content had, ``after`` the one the save gave. Written once.
    """

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="former_versions", verbose_name="plan")
    save_ref = models.UUIDField("enregistrement")
    before = models.PositiveIntegerField("version d'avant")
    after = models.PositiveIntegerField("version d'après")
    content = models.JSONField("contenu")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "version antérieure d'un plan"
        verbose_name_plural = "versions antérieures des plans"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.plan} v{self.before}"
