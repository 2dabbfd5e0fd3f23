"""Who may sign for whom: delegations of signature, and organisations that sign twice."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from core.french import lower_first
from core.french.dates import date_long
from parties.models import Mandate, Organisation, TerritoryRecord


class SigningDelegation(TerritoryRecord):
    """A person lets another of the same organisation sign in their name: an arrêté, a scope, from a day to a day."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="signing_delegations", verbose_name="organisation"
    )
    delegator = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", verbose_name="délégant")
    delegate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", verbose_name="délégataire")
    number = models.CharField("numéro de l'arrêté", max_length=80)
    date = models.DateField("date de l'arrêté")
    scope = models.TextField("étendue", help_text="Les actes que la délégation couvre, dans les mots de l'arrêté.")
    start = models.DateField("à partir du")
    end = models.DateField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "délégation de signature"
        verbose_name_plural = "délégations de signature"
        ordering = ["-start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(delegator=F("delegate")),
                name="conventions_signingdelegation_two",
                violation_error_message="On ne se donne pas délégation à soi-même.",
            ),
            models.CheckConstraint(
                condition=Q(start__gte=F("date")) & (Q(end__isnull=True) | Q(end__gte=F("start"))),
                name="conventions_signingdelegation_dates",
                violation_error_message="La délégation commence au plus tôt le jour de l'arrêté, et finit après.",
            ),
        ]

    def __str__(self) -> str:
        return f"Arrêté {self.number} du {self.date:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("signing-delegation-edit", args=[self.uuid])

    def covers(self, day: dt.date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)

    @property
    def mention(self) -> str:
        """As it is printed over the signature: on whose behalf, by which act."""
        who = "la" if self.delegator.gender == "f" else "le"
        function = lower_first(self.delegator.function)
        return f"Pour {who} {function} et par délégation (arrêté {self.number} du {date_long(self.date)})"


class SigningPractice(TerritoryRecord):
    """What an organisation asks of those who sign for it."""

    territory_from = "organisation"

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, related_name="signing_practice", verbose_name="organisation"
    )
    double_signature = models.BooleanField(
        "deux signatures", default=False, help_text="Un élu et un responsable administratif signent tous les deux."
    )

    class Meta:
        verbose_name = "règle de signature"
        verbose_name_plural = "règles de signature"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.organisation} : {'deux signatures' if self.double_signature else 'une signature'}"
