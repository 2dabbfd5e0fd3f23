"""Who was asked to join, and what was done about people's access."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from parties.enums import MemberAct, Role

from .organisation import Organisation
from .people import Membership, User
from .territory import TerritoryQuerySet, TerritoryRecord


class InvitationQuerySet(TerritoryQuerySet):
    def waiting(self) -> InvitationQuerySet:
        """Neither accepted nor withdrawn; the date may have passed, and a new mail gives another."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def usable(self) -> InvitationQuerySet:
        return self.waiting().filter(expires_at__gt=timezone.now())


class Invitation(TerritoryRecord):
    """A mail that opens one membership, once, before a date. Only the digest of the link is kept."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invitations", verbose_name="organisation"
    )
    email = models.EmailField("adresse électronique")
    role = models.CharField("rôle", max_length=20, choices=Role)
    is_admin = models.BooleanField("administre les membres de son organisation", default=False)
    token_hash = models.CharField("empreinte du lien", max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("expire le")
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)
    revoked_at = models.DateTimeField("annulée le", null=True, blank=True)
    invited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="invitée par"
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name="appartenance ouverte",
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"{self.email}, {self.get_role_display()}"

    @property
    def state(self) -> str:
        """« waiting », « expired », « accepted » or « revoked »."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "waiting"


class MemberEvent(TerritoryRecord):
    """One act about somebody's access. Rows are only ever added (a trigger refuses anything else)."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="organisation"
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="events", verbose_name="appartenance"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, null=True, related_name="events", verbose_name="invitation"
    )
    act = models.CharField("acte", max_length=10, choices=MemberAct)
    text = models.CharField("détail", max_length=400, blank=True)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="par")
    by_label = models.CharField("nom de l'auteur", max_length=400)

    class Meta:
        verbose_name = "acte sur un accès"
        verbose_name_plural = "actes sur les accès"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.text}".strip()
