"""Signing in: where one is signed in, and how many times it was tried."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from core.models import Record

from .people import User
from .territory import TerritoryRecord


class SignInQuerySet(models.QuerySet["SignIn"]):
    def open_now(self) -> SignInQuerySet:
        """Those whose session still exists and has not expired."""
        living = Session.objects.filter(expire_date__gt=timezone.now())
        return self.filter(session_key__in=living.values("session_key"))

    def ended(self) -> SignInQuerySet:
        living = Session.objects.filter(expire_date__gt=timezone.now())
        return self.exclude(session_key__in=living.values("session_key"))


class SignIn(Record):
    """One open session of an account, for the person to recognise and close. No network address is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins", verbose_name="compte")
    session_key = models.CharField("session", max_length=40, unique=True, editable=False)
    device = models.CharField("navigateur", max_length=80)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = "session ouverte"
        verbose_name_plural = "sessions ouvertes"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.device


class Throttle(models.Model):
    """How many attempts were made under one key (a keyed digest: no address is readable in it) until a moment."""

    key = models.CharField("clé", max_length=64, primary_key=True)
    count = models.PositiveIntegerField("essais")
    until = models.DateTimeField("jusqu'à", db_index=True)

    class Meta:
        verbose_name = "compteur d'essais"
        verbose_name_plural = "compteurs d'essais"

    def __str__(self) -> str:
        return f"{self.count} essais"


class SignInRule(TerritoryRecord):
    """What a territory asks of its people to sign in, from a moment on: the latest row is in force. Never changed."""

    second_factor = models.BooleanField("second facteur obligatoire")
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="par")
    by_label = models.CharField("nom de l'auteur", max_length=400)

    class Meta:
        verbose_name = "règle de connexion"
        verbose_name_plural = "règles de connexion"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return "Second facteur obligatoire" if self.second_factor else "Second facteur facultatif"
