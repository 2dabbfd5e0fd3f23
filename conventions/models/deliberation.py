"""Votes of local bodies: what they decided, and whether the decision is enforceable."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from conventions.enums import DecisionKind
from funding.models import BudgetLine
from parties.models import KeyedRecord, Organisation, TerritoryQuerySet, TerritoryRecord, User


class Deliberation(KeyedRecord):
    """Enforceable once published and transmitted to the préfet (CGCT L.2131-1, L.3131-1)."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="deliberations", verbose_name="collectivité"
    )
    body = models.CharField("assemblée", max_length=200, blank=True)
    number = models.CharField("numéro", max_length=40, blank=True)
    date = models.DateField("date")
    title = models.TextField("objet", blank=True)
    transmitted_on = models.DateField("transmise au préfet le", null=True, blank=True)
    published_on = models.DateField("publiée le", null=True, blank=True)
    present = models.PositiveSmallIntegerField("présents", null=True, blank=True)
    delegations = models.PositiveSmallIntegerField(
        "pouvoirs", null=True, blank=True, help_text="Votes donnés par procuration."
    )
    votes_for = models.PositiveSmallIntegerField("pour", null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField("contre", null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField("abstentions", null=True, blank=True)
    budget_line = models.ForeignKey(
        BudgetLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ligne budgétaire"
    )
    stated = models.JSONField("mentions publiées", default=dict, blank=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "délibération"
        verbose_name_plural = "délibérations"
        ordering = ["-date", "number"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(transmitted_on__isnull=True) | Q(transmitted_on__gte=F("date")))
                & (Q(published_on__isnull=True) | Q(published_on__gte=F("date"))),
                name="conventions_deliberation_dates",
                violation_error_message="La transmission et la publication suivent le vote.",
            ),
        ]

    def __str__(self) -> str:
        number = f"n° {self.number} " if self.number else ""
        return f"Délibération {number}du {self.date:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("deliberation", args=[self.uuid])

    def enforceable_on(self, day: dt.date) -> bool:
        """Adopted, transmitted and published by ``day``."""
        since = self.enforceable_from
        return since is not None and since <= day

    @property
    def enforceable_from(self) -> dt.date | None:
        """The day it became enforceable: voted, transmitted to the préfet and published; None while a date misses."""
        if self.transmitted_on is None or self.published_on is None:
            return None
        return max(self.date, self.transmitted_on, self.published_on)


class DeliberationFile(TerritoryRecord):
    """The deliberation itself, as the assembly sent it: a PDF stored under its SHA-256. The latest row counts."""

    territory_from = "deliberation"

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.PROTECT, related_name="files", verbose_name="délibération"
    )
    filename = models.CharField("fichier", max_length=160)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "document d'une délibération"
        verbose_name_plural = "documents des délibérations"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.filename


class Decision(TerritoryRecord):
    """One article of a deliberation."""

    territory_from = "deliberation"

    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.CASCADE, related_name="decisions", verbose_name="délibération"
    )
    position = models.PositiveSmallIntegerField("article")
    kind = models.CharField("décision", max_length=16, choices=DecisionKind)
    subject = models.TextField("objet", blank=True)
    amount = models.DecimalField("montant", max_digits=12, decimal_places=2, null=True, blank=True)
    beneficiary = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="bénéficiaire"
    )
    annex = models.CharField("annexe", max_length=40, blank=True)
    conventions = models.ManyToManyField(
        "conventions.Convention", through="DecisionConvention", related_name="decisions", verbose_name="conventions"
    )

    class Meta:
        verbose_name = "décision"
        verbose_name_plural = "décisions"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["deliberation", "position"], name="conventions_decision_position"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="conventions_decision_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"Article {self.position}"


class DecisionConvention(TerritoryRecord):
    territory_from = "decision"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="links", verbose_name="décision")
    convention = models.ForeignKey(
        "conventions.Convention", on_delete=models.CASCADE, related_name="decision_links", verbose_name="convention"
    )

    class Meta:
        verbose_name = "convention visée"
        verbose_name_plural = "conventions visées"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "convention"], name="conventions_decision_once")]

    def __str__(self) -> str:
        return f"{self.decision} – {self.convention}"
