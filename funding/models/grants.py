"""Grants paid to an association that employs: one per share of its plans, with its schedule and its payments.

An association recovers nothing by titre: its financers pay it a grant. The amount is the share's and is never typed
again. Payments are written once; a wrong one is undone by a linked line with its reason.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from core import rls
from funding.enums_grants import COMMITTED, OPEN, FundStatus, GrantStatus, PaymentKind, RuleKind
from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord, User

from .plan import MONEY, FundingPlan

if TYPE_CHECKING:
    from parties.actors import Actor

ZERO = Decimal(0)


def own_side(actor: Actor, *, beneficiary: str, financer: str) -> Q:
    """Which rows a member of an organisation works on: those it receives, and those it pays if money is its business.

    The database shows both sides to every member; an employer's head of service has no use of what is paid elsewhere.
    """
    if actor.context.scope != rls.ORGANISATION:
        return Q()
    mine = Q(**{beneficiary: actor.organisation})
    return mine | Q(**{financer: actor.organisation}) if actor.can("titre.view") else mine


class GrantRule(TerritoryRecord):
    """A value set by a text or by practice, from a date on; it replaces the national one of ``fixtures/rules``."""

    kind = models.CharField("règle", max_length=24, choices=RuleKind)
    value = models.CharField("valeur", max_length=20)
    valid_from = models.DateField("à partir du")
    source = models.CharField("source", max_length=240)

    class Meta:
        verbose_name = "règle des subventions"
        verbose_name_plural = "règles des subventions"
        ordering = ["kind", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "kind", "valid_from"],
                name="funding_grantrule_once",
                violation_error_message="Cette règle a déjà une valeur à cette date.",
            ),
            models.CheckConstraint(
                condition=~Q(source=""),
                name="funding_grantrule_source",
                violation_error_message="Indiquez le texte ou la décision qui fixe cette valeur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.value}"


class GrantQuerySet(TerritoryQuerySet):
    def visible_to(self, actor: Actor) -> GrantQuerySet:
        return super().visible_to(actor).filter(own_side(actor, beneficiary="beneficiary", financer="financer"))

    def for_list(self) -> GrantQuerySet:
        payments = GrantPayment.objects.select_related("reverses")
        return self.select_related("financer", "beneficiary", "plan").prefetch_related(
            "instalments", models.Prefetch("payments", queryset=payments)
        )

    def alive(self) -> GrantQuerySet:
        return self.exclude(status=GrantStatus.SANS_OBJET)

    def committed(self) -> GrantQuerySet:
        return self.filter(status__in=COMMITTED)


class Grant(TerritoryRecord):
    """What one financer gives an association for one plan. Euros. ``share_ref`` is the share the amount comes from."""

    territory_from = "plan"

    plan = models.ForeignKey(FundingPlan, on_delete=models.PROTECT, related_name="grants", verbose_name="plan")
    share_ref = models.CharField("part", max_length=40)
    financer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grants_given", verbose_name="financeur"
    )
    beneficiary = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grants_received", verbose_name="association"
    )
    year = models.PositiveSmallIntegerField("exercice")
    amount = models.DecimalField("montant", **MONEY, validators=[MinValueValidator(0)])
    status = models.CharField("état", max_length=12, choices=GrantStatus, default=GrantStatus.A_DEMANDER)
    request_deadline = models.DateField("demande au plus tard le", null=True, blank=True)
    budget_deadline = models.DateField("budget au plus tard le", null=True, blank=True)
    requested_on = models.DateField("demandée le", null=True, blank=True)
    awarded_on = models.DateField("attribuée le", null=True, blank=True)
    decision = models.CharField("décision d'attribution", max_length=160, blank=True)
    reference = models.CharField("convention", max_length=80, blank=True)
    signed_on = models.DateField("convention signée le", null=True, blank=True)
    published_on = models.DateField("données publiées le", null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = "subvention"
        verbose_name_plural = "subventions"
        ordering = ["-year", "plan__label", "share_ref"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "share_ref"], name="funding_grant_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="funding_grant_amount_positive"),
            models.CheckConstraint(
                condition=~Q(financer=F("beneficiary")),
                name="funding_grant_two_bodies",
                violation_error_message="Le financeur et l'association sont le même organisme.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financer} → {self.beneficiary} ({self.year})"

    def get_absolute_url(self) -> str:
        return reverse("grant", args=[self.uuid])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_committed(self) -> bool:
        return self.status in COMMITTED

    # The sums below read prefetched rows: see ``for_list``.

    @property
    def paid(self) -> Decimal:
        """Paid by the financer, wrong entries deducted."""
        return sum((p.net for p in self.payments.all() if p.effect == PaymentKind.VERSEMENT), ZERO)

    @property
    def repaid(self) -> Decimal:
        """Given back by the association."""
        return sum((p.net for p in self.payments.all() if p.effect == PaymentKind.REVERSEMENT), ZERO)

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.paid


class GrantInstalment(TerritoryRecord):
    """One payment to come: when, how much, on what condition. ``percent`` when it is a part of the grant."""

    territory_from = "grant"

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="instalments", verbose_name="subvention")
    position = models.PositiveSmallIntegerField("rang", default=1)
    percent = models.DecimalField(
        "pourcentage", max_digits=7, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    amount = models.DecimalField("montant", **MONEY, validators=[MinValueValidator(0)])
    due_on = models.DateField("au plus tard le")
    condition = models.CharField("condition", max_length=200, blank=True)

    class Meta:
        verbose_name = "échéance de subvention"
        verbose_name_plural = "échéances de subvention"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "position"], name="funding_instalment_position"),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="funding_instalment_positive",
                violation_error_message="Une échéance n'est pas négative.",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="funding_instalment_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
        ]

    def __str__(self) -> str:
        return f"Échéance {self.position} du {self.due_on:%d/%m/%Y}"

    @property
    def paid(self) -> Decimal:
        """Paid on this instalment; reads the grant's prefetched payments."""
        lines = (p for p in self.grant.payments.all() if p.instalment_id == self.pk)
        return sum((line.net for line in lines if line.effect == PaymentKind.VERSEMENT), ZERO)

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.paid

    def is_late(self, day: dt.date) -> bool:
        """Due before ``day`` and not wholly paid."""
        return self.remaining > 0 and self.due_on < day


class GrantEvent(TerritoryRecord):
    """The append-only log of a grant."""

    territory_from = "grant"

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="events", verbose_name="subvention")
    act = models.CharField("acte", max_length=24)
    from_status = models.CharField("de", max_length=12, blank=True)
    to_status = models.CharField("à", max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte sur une subvention"
        verbose_name_plural = "actes sur les subventions"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.grant} {self.to_status}"


class GrantRepayment(TerritoryRecord):
    """A financer asks for money back, or gives up an earlier request (``cancels``). Euros, written once."""

    territory_from = "grant"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="repayments", verbose_name="subvention")
    amount = models.DecimalField("montant", **MONEY, validators=[MinValueValidator(Decimal("0.01"))])
    asked_on = models.DateField("demandé le")
    due_on = models.DateField("au plus tard le", null=True, blank=True)
    reason = models.CharField("motif", max_length=300)
    cancels = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cancelled_by",
        verbose_name="demande retirée",
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "demande de reversement"
        verbose_name_plural = "demandes de reversement"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="funding_repayment_positive"),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="funding_repayment_reason",
                violation_error_message="Indiquez le motif du reversement.",
            ),
        ]

    def __str__(self) -> str:
        return f"Reversement demandé le {self.asked_on:%d/%m/%Y}"


class GrantPayment(TerritoryRecord):
    """A payment, a repayment, or the line that undoes one of them (``reverses``). Written once; euros."""

    territory_from = "grant"

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="payments", verbose_name="subvention")
    instalment = models.ForeignKey(
        GrantInstalment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name="échéance",
    )
    kind = models.CharField("nature", max_length=12, choices=PaymentKind, default=PaymentKind.VERSEMENT)
    amount = models.DecimalField("montant", **MONEY, validators=[MinValueValidator(Decimal("0.01"))])
    paid_on = models.DateField("date")
    number = models.CharField("numéro de mandat", max_length=40, blank=True)
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name="écriture annulée",
    )
    reason = models.CharField("motif", max_length=300, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "versement de subvention"
        verbose_name_plural = "versements de subvention"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="funding_payment_positive"),
            models.CheckConstraint(
                condition=(Q(kind="extourne", reverses__isnull=False) & ~Q(reason=""))
                | (~Q(kind="extourne") & Q(reverses__isnull=True)),
                name="funding_payment_reversal",
                violation_error_message="Une annulation désigne l'écriture annulée et dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} du {self.paid_on:%d/%m/%Y}"

    @property
    def effect(self) -> str:
        """What the line counts in: a reversal counts in what it undoes."""
        return self.reverses.kind if self.reverses_id and self.reverses else self.kind

    @property
    def net(self) -> Decimal:
        return -self.amount if self.kind == PaymentKind.EXTOURNE else self.amount


class FundQuerySet(TerritoryQuerySet):
    def visible_to(self, actor: Actor) -> FundQuerySet:
        return super().visible_to(actor).filter(own_side(actor, beneficiary="beneficiary", financer="financer"))


class DedicatedFund(TerritoryRecord):
    """Grants of one financer not yet used at the end of a year (plan comptable des associations, compte 19). Euros.

    ``received`` and ``repaid`` are the payments recorded when the row was last saved; once closed, they stay.
    """

    territory_from = "beneficiary"

    beneficiary = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="dedicated_funds", verbose_name="association"
    )
    financer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="financeur")
    year = models.PositiveSmallIntegerField("exercice")
    opening = models.DecimalField("report à l'ouverture", **MONEY, default=0, validators=[MinValueValidator(0)])
    received = models.DecimalField("reçu", **MONEY, default=0)
    used = models.DecimalField("utilisé", **MONEY, default=0, validators=[MinValueValidator(0)])
    repaid = models.DecimalField("reversé", **MONEY, default=0)
    status = models.CharField("état", max_length=8, choices=FundStatus, default=FundStatus.OUVERT)
    note = models.CharField("précision", max_length=300, blank=True)
    reason = models.CharField("motif de la réouverture", max_length=300, blank=True)

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = "fonds dédiés"
        verbose_name_plural = "fonds dédiés"
        ordering = ["-year", "financer__name"]
        constraints = [
            models.UniqueConstraint(fields=["beneficiary", "financer", "year"], name="funding_fund_once"),
            models.CheckConstraint(
                condition=Q(opening__gte=0) & Q(used__gte=0) & Q(received__gte=0) & Q(repaid__gte=0),
                name="funding_fund_positive",
                violation_error_message="Ces montants ne sont pas négatifs.",
            ),
            models.CheckConstraint(
                condition=Q(opening__gte=F("used") + F("repaid") - F("received")),
                name="funding_fund_closing",
                violation_error_message="On n'utilise pas plus que ce qui était reporté et reçu.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financer}, {self.year}"

    @property
    def closing(self) -> Decimal:
        """Carried to the next year."""
        return self.opening + self.received - self.used - self.repaid

    @property
    def is_closed(self) -> bool:
        return self.status == FundStatus.ARRETE
