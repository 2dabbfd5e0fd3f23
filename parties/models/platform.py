"""What belongs to no territory: the roles outside them, what is done there, and the accesses it is lent (ADR 8)."""

from __future__ import annotations

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils import timezone

from core.models import Record
from parties.enums import AccessMode, PlatformAct, PlatformRole

from .people import User
from .territory import Territory, TerritoryQuerySet, TerritoryRecord

#: No access lasts longer, whatever the setting says (hours).
LONGEST_ACCESS = 24
#: A request nobody answered lapses: the incident it was for is over.
ANSWER_WITHIN = dt.timedelta(days=3)


class PlatformMembershipQuerySet(models.QuerySet["PlatformMembership"]):
    def in_force_on(self, day: dt.date) -> PlatformMembershipQuerySet:
        """Those that open something on ``day``."""
        return self.filter(
            Q(start__isnull=True) | Q(start__lte=day), Q(end__isnull=True) | Q(end__gte=day), closed_at__isnull=True
        )


class PlatformMembership(Record):
    """A role outside the territories. Given and withdrawn by the command line, never from a page."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="platform_memberships", verbose_name="compte")
    role = models.CharField("rôle", max_length=20, choices=PlatformRole)
    start = models.DateField("du", null=True, blank=True)
    end = models.DateField("au", null=True, blank=True)
    closed_at = models.DateTimeField("accès fermé le", null=True, blank=True)

    objects = PlatformMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "rôle hors territoire"
        verbose_name_plural = "rôles hors territoire"
        ordering = ["role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                name="parties_platformmembership_once",
                violation_error_message="Cette personne a déjà ce rôle.",
            ),
            models.CheckConstraint(
                condition=Q(start__isnull=True) | Q(end__isnull=True) | Q(end__gte=F("start")),
                name="parties_platformmembership_dates",
                violation_error_message="La fin précède le début.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class PlatformEvent(Record):
    """One act done outside the territories. Rows are only ever added, and the journal chains them."""

    # Not ``territory``: the row is the platform's, it belongs to no territory and its members do not read it.
    about = models.ForeignKey(
        Territory, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="territoire concerné"
    )
    act = models.CharField("acte", max_length=10, choices=PlatformAct)
    text = models.CharField("détail", max_length=600, blank=True)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="par")
    by_label = models.CharField("nom de l'auteur", max_length=400)

    class Meta:
        verbose_name = "acte de la plateforme"
        verbose_name_plural = "actes de la plateforme"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.text}".strip()


class ExceptionalAccessQuerySet(TerritoryQuerySet):
    def current(self) -> ExceptionalAccessQuerySet:
        """Those that let their holder read now."""
        return self.filter(granted_at__isnull=False, ended_at__isnull=True, expires_at__gt=timezone.now())

    def waiting(self) -> ExceptionalAccessQuerySet:
        """Those a manager of the territory may still answer."""
        return self.filter(
            granted_at__isnull=True, refused_at__isnull=True, ended_at__isnull=True,
            created_at__gt=timezone.now() - ANSWER_WITHIN,
        )  # fmt: skip


class ExceptionalAccess(TerritoryRecord):
    """The reading of one territory lent to a platform administrator, for hours, for a reason that is written down.

    Asked for, then granted, refused or left to lapse; once granted it ends by itself. What was asked never changes, and
    each date is set once (a trigger sees to it). PostgreSQL reads this very row to decide what its holder sees.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="demandé par")
    user_label = models.CharField("nom du demandeur", max_length=200)
    justification = models.CharField("justification", max_length=600)
    incident = models.CharField("référence de l'incident", max_length=80)
    hours = models.PositiveSmallIntegerField(
        "durée (heures)", validators=[MinValueValidator(1), MaxValueValidator(LONGEST_ACCESS)]
    )
    mode = models.CharField("ouverture", max_length=10, choices=AccessMode)
    granted_at = models.DateTimeField("ouvert le", null=True, blank=True)
    granted_by = models.CharField("ouvert par", max_length=400, blank=True)
    expires_at = models.DateTimeField("prend fin le", null=True, blank=True)
    refused_at = models.DateTimeField("refusé le", null=True, blank=True)
    refused_by = models.CharField("refusé par", max_length=400, blank=True)
    ended_at = models.DateTimeField("arrêté le", null=True, blank=True)
    ended_by = models.CharField("arrêté par", max_length=400, blank=True)

    objects = ExceptionalAccessQuerySet.as_manager()

    class Meta:
        verbose_name = "accès exceptionnel"
        verbose_name_plural = "accès exceptionnels"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gte=1, hours__lte=LONGEST_ACCESS), name="parties_exceptionalaccess_hours"
            ),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True, expires_at__isnull=True)
                | Q(
                    granted_at__isnull=False,
                    expires_at__isnull=False,
                    expires_at__lte=F("granted_at") + Value(dt.timedelta(hours=1)) * F("hours"),
                ),
                name="parties_exceptionalaccess_length",
            ),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True) | Q(refused_at__isnull=True),
                name="parties_exceptionalaccess_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_label}, incident {self.incident}"

    def get_absolute_url(self) -> str:
        return reverse("access", args=[self.uuid])

    @property
    def state(self) -> str:
        """« waiting », « lapsed », « refused », « current », « ended » (before its time) or « over »."""
        now = timezone.now()
        if self.refused_at:
            return "refused"
        if self.ended_at:
            return "ended"
        if self.granted_at is None:
            return "waiting" if self.created_at > now - ANSWER_WITHIN else "lapsed"
        return "current" if self.expires_at and self.expires_at > now else "over"


class AccessUse(TerritoryRecord):
    """One request made under an exceptional access: when and which page, never what was read there."""

    territory_from = "access"

    access = models.ForeignKey(
        ExceptionalAccess, on_delete=models.PROTECT, related_name="uses", verbose_name="accès exceptionnel"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="compte")
    method = models.CharField("méthode", max_length=7)
    route = models.CharField("page", max_length=80, blank=True)
    path = models.CharField("adresse", max_length=300)

    class Meta:
        verbose_name = "consultation sous accès exceptionnel"
        verbose_name_plural = "consultations sous accès exceptionnel"
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
