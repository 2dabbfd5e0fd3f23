"""Accounts and what they may act for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from core.models import Record
from parties.enums import Role

from .organisation import Organisation
from .territory import TerritoryQuerySet, TerritoryRecord


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(Record, AbstractBaseUser):
    """A person who signs in. Holds no right by itself: rights come from memberships."""

    email = models.EmailField("adresse électronique", unique=True)
    name = models.CharField("prénom et nom", max_length=120)
    is_active = models.BooleanField("compte actif", default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class MembershipQuerySet(TerritoryQuerySet):
    def in_force_on(self, day: dt.date) -> MembershipQuerySet:
        """Memberships that open something on ``day``; one that was closed opens nothing from that very moment."""
        return self.filter(
            Q(start__isnull=True) | Q(start__lte=day), Q(end__isnull=True) | Q(end__gte=day), closed_at__isnull=True
        )


class Membership(TerritoryRecord):
    """What one account may act for: an organisation, in one role, between two dates."""

    territory_from = "organisation"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", verbose_name="compte")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships", verbose_name="organisation"
    )
    role = models.CharField("rôle", max_length=20, choices=Role)
    start = models.DateField("du", null=True, blank=True)
    end = models.DateField("au", null=True, blank=True)
    is_admin = models.BooleanField("administre les membres de son organisation", default=False)
    closed_at = models.DateTimeField("accès fermé le", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance"
        verbose_name_plural = "appartenances"
        ordering = ["organisation__name", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                name="parties_membership_once",
                violation_error_message="Cette personne a déjà ce rôle dans cette organisation.",
            ),
            models.CheckConstraint(
                condition=Q(start__isnull=True) | Q(end__isnull=True) | Q(end__gte=F("start")),
                name="parties_membership_dates",
                violation_error_message="La fin précède le début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.get_role_display()}"
