"""How much a post (or a group of posts) costs in a year, and who pays which part of it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from funding.enums import (
    Breakdown,
    CostKind,
    KeyBasis,
    KeySource,
    PlanStatus,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)
from parties.models import KeyedRecord, Organisation, TerritoryQuerySet, TerritoryRecord, User
from posts.models import Post

MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}


#: The natural key of what a plan's block writes for itself (:mod:`funding.services.keys`).
OWN_KEY = r"^cle-[0-9a-f]{12}-"


class AllocationKeyQuerySet(TerritoryQuerySet):
    def shared(self) -> AllocationKeyQuerySet:
        """Keys kept for several plans: those one plan's block wrote for itself are left out."""
        return self.exclude(key__regex=OWN_KEY)

    def with_lines(self) -> AllocationKeyQuerySet:
        return self.prefetch_related("lines__organisation")


class AllocationKey(KeyedRecord):
    """Percentages among EPCI: typed from an act, or computed on official populations of a vintage.

    Once a plan that uses it is settled, a database trigger refuses any change of what it divides by.
    """

    label = models.CharField("libellé", max_length=160)
    basis = models.CharField("base", max_length=24, choices=KeyBasis)
    vintage = models.PositiveSmallIntegerField("millésime de population", null=True, blank=True)
    source = models.CharField("origine", max_length=12, choices=KeySource, default=KeySource.TYPED)

    objects = AllocationKeyQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "clé de répartition"
        verbose_name_plural = "clés de répartition"
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("allocation-key", args=[self.uuid])

    @property
    def is_shared(self) -> bool:
        """False for the key one plan's block wrote for itself: it is changed in that plan."""
        return re.match(OWN_KEY, self.key) is None


class AllocationKeyLine(TerritoryRecord):
    territory_from = "allocation_key"

    allocation_key = models.ForeignKey(
        AllocationKey, on_delete=models.CASCADE, related_name="lines", verbose_name="clé"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="EPCI")
    population = models.PositiveIntegerField("habitants", null=True, blank=True)
    percent = models.DecimalField(
        "pourcentage",
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    communes = models.JSONField("communes comptées", default=list, blank=True, help_text="Codes INSEE.")
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "ligne de clé"
        verbose_name_plural = "lignes de clé"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["allocation_key", "organisation"], name="funding_keyline_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="funding_keyline_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=False) | Q(population__isnull=False),
                name="funding_keyline_weight",
                violation_error_message="Indiquez un pourcentage ou une population.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.percent}"

    @property
    def weight(self) -> Decimal:
        """What the key divides by: the typed percentage, else the population."""
        return self.percent if self.percent is not None else Decimal(self.population or 0)


class PlanQuerySet(TerritoryQuerySet):
    def for_list(self) -> PlanQuerySet:
        return self.select_related("employer").prefetch_related("posts", "shares__financer", "costs")

    def matching(self, text: str) -> PlanQuerySet:
        return self.filter(
            Q(label__icontains=text) | Q(employer__name__icontains=text) | Q(posts__label__icontains=text)
        ).distinct()


class FundingPlan(KeyedRecord):
    """One post, or several merged, for one year. Costs and shares hang below; amounts in euros.

    ``span_start`` and ``span_end`` are the period agreed when it runs over several calendar years (M12): costs and
    shares are then those of the whole period, and the plan pays its year's days of it.

    ``version`` counts saves: a form gives back the one it was opened with, and a stale one is refused.
    """

    territory_from = "employer"

    label = models.CharField("libellé", max_length=160)
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    employer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="employed_plans", verbose_name="employeur"
    )
    posts = models.ManyToManyField(Post, through="PlanPost", related_name="plans", verbose_name="postes")
    status = models.CharField("état", max_length=10, choices=PlanStatus, default=PlanStatus.PROJET)
    period_start = models.DateField("du")
    period_end = models.DateField("au")
    prorata = models.CharField("prorata", max_length=8, choices=ProrataBasis, default=ProrataBasis.NONE)
    rounding_unit = models.CharField("arrondi", max_length=8, choices=RoundingUnit, default=RoundingUnit.CENT)
    rounding_method = models.CharField(
        "méthode d'arrondi", max_length=24, choices=RoundingMethod, default=RoundingMethod.LARGEST_REMAINDER
    )
    residue_ref = models.CharField("l'écart d'arrondi va à", max_length=40, blank=True)
    span_start = models.DateField("début de la période convenue", null=True, blank=True)
    span_end = models.DateField("fin de la période convenue", null=True, blank=True)
    breakdown = models.CharField(
        "répartition entre les postes", max_length=8, choices=Breakdown, default=Breakdown.EQUAL
    )
    stated = models.JSONField("chiffres publiés", default=dict, blank=True)
    legal_basis = models.JSONField("fondement juridique", default=dict, blank=True)
    version = models.PositiveIntegerField("version", default=1)
    note = models.TextField("note", blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "plan de financement"
        verbose_name_plural = "plans de financement"
        ordering = ["-year", "label"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="funding_plan_period",
                violation_error_message="La fin de la période précède son début.",
            ),
            models.CheckConstraint(
                condition=Q(period_start__year=F("year"), period_end__year=F("year")),
                name="funding_plan_one_year",
                violation_error_message="Un plan porte sur une seule année civile : faites un plan par année.",
            ),
            models.CheckConstraint(
                condition=Q(span_start__isnull=True, span_end__isnull=True)
                | Q(span_start__lte=F("period_start"), span_end__gte=F("period_end")),
                name="funding_plan_span",
                violation_error_message="La période convenue contient celle que le plan finance.",
            ),
            models.CheckConstraint(
                condition=~Q(prorata="span") | Q(span_start__isnull=False, span_end__isnull=False),
                name="funding_plan_span_given",
                violation_error_message="Indiquez le début et la fin de la période convenue.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("plan", args=[self.uuid])

    @property
    def is_editable(self) -> bool:
        return self.status == PlanStatus.PROJET

    @property
    def is_full_year(self) -> bool:
        return (self.period_start.month, self.period_start.day, self.period_end.month, self.period_end.day) == (
            1,
            1,
            12,
            31,
        )


class PlanPost(TerritoryRecord):
    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="plan_posts", verbose_name="plan")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="plan_posts", verbose_name="poste")
    #: What the plan's breakdown divides by: 1, the working time or the cost in euros, as known at the last save.
    weight = models.DecimalField("poids", max_digits=12, decimal_places=2, default=1, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = "poste financé"
        verbose_name_plural = "postes financés"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "post"], name="funding_planpost_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=0),
                name="funding_planpost_weight",
                violation_error_message="Le poids d'un poste n'est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.post)


class CostComponent(TerritoryRecord):
    """A part of the cost, in euros for a full year. ``borne_by`` is the share (its ref) that bears it alone."""

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="costs", verbose_name="plan")
    kind = models.CharField("nature", max_length=12, choices=CostKind, default=CostKind.PAYROLL)
    label = models.CharField("libellé", max_length=120, blank=True)
    amount = models.DecimalField("montant annuel", **MONEY, validators=[MinValueValidator(0)])
    borne_by = models.CharField("supporté par", max_length=40, blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "composante du coût"
        verbose_name_plural = "composantes du coût"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="funding_cost_positive",
                violation_error_message="Un coût n'est pas négatif.",
            )
        ]

    def __str__(self) -> str:
        return self.label or self.get_kind_display()


class Share(TerritoryRecord):
    """One line of a plan: a financer's part, or a group (no financer) whose part its children split.

    ``amount`` and ``explanation`` are what the allocation computed at the last save; ``stated`` keeps what a published
    act prints (``amount``, ``text``, ``percent``, ``includes_travel``). Euros.
    """

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="shares", verbose_name="plan")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children", verbose_name="groupe"
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)
    ref = models.CharField("repère", max_length=40)
    label = models.CharField("libellé", max_length=160, blank=True)
    financer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="shares", verbose_name="financeur"
    )
    source = models.CharField("crédit", max_length=12, choices=Source, default=Source.OTHER)
    mode = models.CharField("mode de calcul", max_length=12, choices=ShareMode, default=ShareMode.EQUAL)
    fixed_amount = models.DecimalField(
        "montant fixe", **MONEY, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    fixed_is_annual = models.BooleanField("montant d'année pleine, à proratiser", default=False)
    percent = models.DecimalField(
        "pourcentage",
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    parts = models.PositiveSmallIntegerField(
        "une part sur", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    percent_of = models.CharField("du montant de", max_length=40, blank=True, help_text="Vide : du coût partagé.")
    percent_note = models.CharField("origine du pourcentage", max_length=400, blank=True)
    allocation_key = models.ForeignKey(
        AllocationKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="clé"
    )
    budget_line = models.ForeignKey(
        "funding.BudgetLine", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ligne"
    )
    amount = models.DecimalField("montant", **MONEY, null=True, blank=True)
    explanation = models.JSONField("calcul", default=dict, blank=True)
    footnote = models.CharField("note de bas de tableau", max_length=300, blank=True)
    stated = models.JSONField("chiffres publiés", default=dict, blank=True)

    class Meta:
        verbose_name = "part"
        verbose_name_plural = "parts"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "ref"], name="funding_share_ref"),
            models.CheckConstraint(
                condition=Q(fixed_amount__isnull=True) | Q(fixed_amount__gte=0),
                name="funding_share_fixed_positive",
                violation_error_message="Une part n'est pas négative.",
            ),
            models.CheckConstraint(
                condition=Q(parts__isnull=True) | Q(parts__gte=1, parts__lte=100),
                name="funding_share_parts",
                violation_error_message="Une part se prend sur 1 à 100 parts.",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="funding_share_percent",
                violation_error_message="Une part ne dépasse pas 100 %.",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="funding_share_amount_positive"
            ),
            models.CheckConstraint(
                condition=~Q(mode="fixed") | Q(fixed_amount__isnull=False),
                name="funding_share_fixed_given",
                violation_error_message="Indiquez le montant fixe.",
            ),
            models.CheckConstraint(
                condition=~Q(mode="percentage") | Q(percent__isnull=False),
                name="funding_share_percent_given",
                violation_error_message="Indiquez le pourcentage.",
            ),
            models.CheckConstraint(
                condition=~Q(mode="schedule") | Q(percent__isnull=False),
                name="funding_share_schedule_given",
                violation_error_message="Le barème n'a pas de taux pour cette année.",
            ),
        ]

    def __str__(self) -> str:
        return self.label or str(self.financer)

    @property
    def is_group(self) -> bool:
        return self.financer_id is None

    @property
    def display_label(self) -> str:
        if self.label:
            return self.label
        return self.financer.label if self.financer else "Groupe"


class PlanEvent(TerritoryRecord):
    """The append-only log of a plan's states."""

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.CASCADE, related_name="events", verbose_name="plan")
    act = models.CharField("acte", max_length=20)
    from_status = models.CharField("de", max_length=10)
    to_status = models.CharField("à", max_length=10)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte sur un plan"
        verbose_name_plural = "actes sur les plans"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.plan} {self.to_status}"
