"""The compte rendu financier of a funded post: what was planned, what happened, why they differ."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse

from core import rls
from funding.enums_grants import AccountStatus
from parties.models import Mandate, Organisation, TerritoryQuerySet, TerritoryRecord, User

from .plan import MONEY, FundingPlan

if TYPE_CHECKING:
    from parties.actors import Actor

EDITABLE = (AccountStatus.A_ETABLIR, AccountStatus.RENVOYE)


class AccountQuerySet(TerritoryQuerySet):
    def visible_to(self, actor: Actor) -> AccountQuerySet:
        """Staff: all; the préfecture and the plan's financers: once submitted; the association: its own."""
        rows = super().visible_to(actor)
        if actor.context.scope not in (rls.PREFECTURE, rls.ORGANISATION):
            return rows
        submitted = Q(submission__gt=0)
        if actor.context.scope == rls.PREFECTURE:
            return rows.filter(submitted)
        mine = Q(beneficiary=actor.organisation)
        return rows.filter(mine | submitted if actor.can("titre.view") else mine)


class GrantAccount(TerritoryRecord):
    """One per plan. ``submission`` counts how often it was handed in; an accepted one never changes."""

    territory_from = "plan"

    plan = models.OneToOneField(
        FundingPlan, on_delete=models.PROTECT, related_name="grant_account", verbose_name="plan"
    )
    beneficiary = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grant_accounts", verbose_name="association"
    )
    year = models.PositiveSmallIntegerField("exercice")
    status = models.CharField("état", max_length=10, choices=AccountStatus, default=AccountStatus.A_ETABLIR)
    narrative = models.TextField("compte rendu qualitatif", blank=True)
    submission = models.PositiveSmallIntegerField("remise n°", default=0)
    certified_by = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="certifié par"
    )
    certified_as = models.CharField("qualité du signataire", max_length=330, blank=True)
    certified_on = models.DateField("certifié le", null=True, blank=True)
    submitted_on = models.DateField("remis le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "compte rendu financier"
        verbose_name_plural = "comptes rendus financiers"
        ordering = ["-year", "plan__label"]

    def __str__(self) -> str:
        return f"Compte rendu financier, {self.plan}"

    def get_absolute_url(self) -> str:
        return reverse("grant-account", args=[self.uuid])

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE


class GrantAccountLine(TerritoryRecord):
    """A line of the plan comptable: planned from the plan, realised typed by the association. Euros."""

    territory_from = "account"

    account = models.ForeignKey(
        GrantAccount, on_delete=models.CASCADE, related_name="lines", verbose_name="compte rendu"
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)
    code = models.CharField("compte", max_length=2)
    label = models.CharField("libellé", max_length=200)
    financer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="financeur"
    )
    planned = models.DecimalField("prévu", **MONEY, default=0)
    realised = models.DecimalField("réalisé", **MONEY, null=True, blank=True)
    explanation = models.CharField("explication de l'écart", max_length=500, blank=True)

    class Meta:
        verbose_name = "ligne de compte rendu"
        verbose_name_plural = "lignes de compte rendu"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code", "financer"], name="funding_accountline_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(planned__gte=0) & (Q(realised__isnull=True) | Q(realised__gte=0)),
                name="funding_accountline_positive",
                violation_error_message="Un montant du compte rendu n'est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def gap(self) -> Decimal | None:
        """Realised minus planned."""
        return None if self.realised is None else self.realised - self.planned


class GrantAccountEvent(TerritoryRecord):
    """The append-only log of a compte rendu: handed in, accepted, sent back; ``organisation`` is whose decision."""

    territory_from = "account"

    account = models.ForeignKey(
        GrantAccount, on_delete=models.CASCADE, related_name="events", verbose_name="compte rendu"
    )
    act = models.CharField("acte", max_length=16)
    submission = models.PositiveSmallIntegerField("remise n°", default=0)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="organisation"
    )
    from_status = models.CharField("de", max_length=10, blank=True)
    to_status = models.CharField("à", max_length=10)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte sur un compte rendu financier"
        verbose_name_plural = "actes sur les comptes rendus financiers"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.account} {self.to_status}"
