"""What if: plans as they stood on a day, and the assumptions changed. Never money anyone owes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from parties.models import TerritoryQuerySet, TerritoryRecord, User

from .plan import FundingPlan


class ScenarioQuerySet(TerritoryQuerySet):
    def for_list(self) -> ScenarioQuerySet:
        counted = self.annotate(plan_count=models.Count("plans", filter=Q(plans__added=False)))
        return counted.order_by("-created_at", "-pk")


class Scenario(TerritoryRecord):
    """A study of some plans: what they would come to if ``assumptions`` (applied in order) held.

    Nothing outside this table and :class:`ScenarioPlan` knows a scenario: no total, check, forecast or titre counts it.
    """

    label = models.CharField("libellé", max_length=160)
    note = models.TextField("note", blank=True)
    assumptions = models.JSONField("hypothèses", default=list, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    adopted_at = models.DateTimeField("retenu le", null=True, blank=True)
    adopted_by = models.CharField("retenu par", max_length=200, blank=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = "scénario"
        verbose_name_plural = "scénarios"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("scenario", args=[self.uuid])


class ScenarioPlan(TerritoryRecord):
    """A plan of a scenario as it stood (``content``, ``source_version``), or one the adoption created (``added``).

    ``adopted_version`` is the version the adoption gave to the plan.
    """

    territory_from = "scenario"

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="plans", verbose_name="scénario")
    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="+", verbose_name="plan")
    source_version = models.PositiveIntegerField("version étudiée")
    adopted_version = models.PositiveIntegerField("version retenue", null=True, blank=True)
    added = models.BooleanField("créé par le scénario", default=False)
    content = models.JSONField("contenu")

    class Meta:
        verbose_name = "plan d'un scénario"
        verbose_name_plural = "plans des scénarios"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["scenario", "plan"], name="funding_scenarioplan_once")]

    def __str__(self) -> str:
        return f"{self.scenario} – {self.plan}"
