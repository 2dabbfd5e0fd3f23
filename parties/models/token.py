"""Keys with which another program acts for an organisation."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from parties.enums import Role

from .organisation import Organisation
from .people import User
from .territory import TerritoryQuerySet, TerritoryRecord

#: A token lives at most one year from the day it is made; the last day is whole, hence the day more.
LONGEST = dt.timedelta(days=367)


class ApiTokenQuerySet(TerritoryQuerySet):
    def usable(self) -> ApiTokenQuerySet:
        """Neither revoked nor past their date."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(TerritoryRecord):
    """What a program presents instead of a person's session (``Authorization: Bearer cosigne_<prefix>_<secret>``).

    The secret itself is never stored. Once made, a token changes in two ways only: the day it last served, and its
    revocation, which is final (a trigger sees to it). Its abilities are the role's that ``scopes`` also names.
    """

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="api_tokens", verbose_name="organisation"
    )
    name = models.CharField("nom", max_length=80, help_text="Le logiciel qui l'emploie.")
    role = models.CharField("rôle", max_length=20, choices=Role)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name="droits", default=list, blank=True)
    prefix = models.CharField("début", max_length=8, unique=True)
    digest = models.CharField("empreinte SHA-256 du secret", max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="créé par")
    expires_at = models.DateTimeField("expire le")
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)
    last_used_on = models.DateField("dernier usage", null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "jeton d'API"
        verbose_name_plural = "jetons d'API"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                condition=Q(revoked_at=None),
                name="parties_apitoken_name",
                violation_error_message="Un jeton non révoqué de cette organisation porte déjà ce nom.",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")) & Q(expires_at__lte=F("created_at") + LONGEST),
                name="parties_apitoken_year",
                violation_error_message="Un jeton vaut un an au plus.",
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="parties_apitoken_digest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_day(self) -> dt.date:
        """The last whole day it serves."""
        return timezone.localdate(self.expires_at - dt.timedelta(seconds=1))

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
