"""What a signed act changes in a committed plan. Written once: the figures of the commitment stay readable."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from parties.models import TerritoryRecord, User

from .plan import MONEY, FundingPlan


class PlanAmendment(TerritoryRecord):
    """An act that changes a committed plan from ``effective_on``: its ``lines`` change shares.

    ``due_until``: nothing is due after that day (the convention ends). ``repeals``: an earlier amendment that no longer
    counts from ``effective_on``. ``source`` names the act once per plan, so that recording it again changes nothing.
    """

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.PROTECT, related_name="amendments", verbose_name="plan")
    source = models.CharField("acte", max_length=100)
    text = models.CharField("intitulé de l'acte", max_length=240)
    effective_on = models.DateField("prend effet le")
    due_until = models.DateField("rien n'est dû après le", null=True, blank=True)
    repeals = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="repealed_by", verbose_name="abroge"
    )
    legal_basis = models.JSONField("fondement juridique", default=dict)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "modification d'un plan engagé"
        verbose_name_plural = "modifications des plans engagés"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "source"], name="funding_planamendment_once"),
            models.CheckConstraint(condition=~Q(text=""), name="funding_planamendment_text"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} : {self.text}"


class ShareAmendment(TerritoryRecord):
    """A share's new figure, in euros. ``before``: in force until then; ``committed``: at the plan's commitment."""

    territory_from = "amendment"

    amendment = models.ForeignKey(
        PlanAmendment, on_delete=models.PROTECT, related_name="lines", verbose_name="modification"
    )
    share_ref = models.CharField("part", max_length=40)
    committed = models.DecimalField("montant d'origine", **MONEY, null=True, blank=True)
    before = models.DecimalField("ancien montant", **MONEY, null=True, blank=True)
    after = models.DecimalField("nouveau montant", **MONEY, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = "part modifiée"
        verbose_name_plural = "parts modifiées"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["amendment", "share_ref"], name="funding_shareamendment_once"),
            models.CheckConstraint(condition=Q(after__gte=0), name="funding_shareamendment_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.share_ref} {self.before} → {self.after}"
