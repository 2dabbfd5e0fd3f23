"""What was done with each report a convention asks for: handed in, validated, sent back, chased up."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from conventions.models import Convention
from parties.models import TerritoryQuerySet, TerritoryRecord, User
from posts.models import Post
from reporting.enums import ReportAct


class ReportStep(TerritoryRecord):
    """One act on one report. Append-only: the last one that is not a reminder tells where the report stands.

    ``rank`` counts the acts on one report, from 1. ``period`` is the key the calendar gives the period
    (``conventions.calendar.schedule``); the days are those it had. ``digest`` is the SHA-256 of the figures handed in,
    with ``salt``: counts are small, a bare digest would be guessed.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.PROTECT, related_name="report_steps", verbose_name="convention"
    )
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="report_steps", verbose_name="poste")
    period = models.CharField("période", max_length=40)
    period_start = models.DateField("premier jour")
    period_end = models.DateField("dernier jour")
    rank = models.PositiveSmallIntegerField("rang", default=1)
    done_on = models.DateField("fait le", default=timezone.localdate)
    act = models.CharField("acte", max_length=8, choices=ReportAct)
    reason = models.TextField("motif", blank=True)
    note = models.TextField("note qualitative", blank=True)
    digest = models.CharField("empreinte des chiffres", max_length=64, blank=True)
    salt = models.CharField("sel de l'empreinte", max_length=32, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "étape d'un compte rendu"
        verbose_name_plural = "étapes des comptes rendus"
        ordering = ["convention", "post", "period", "rank"]
        indexes = [models.Index(fields=["convention", "post", "period"], name="reporting_reportstep_of")]
        constraints = [
            models.UniqueConstraint(fields=["convention", "post", "period", "rank"], name="reporting_reportstep_rank"),
            models.CheckConstraint(
                condition=~Q(act__in=("renvoye", "rouvert")) | ~Q(reason=""),
                name="reporting_reportstep_reason",
                violation_error_message="Dites pourquoi le compte rendu est renvoyé ou rouvert.",
            ),
            models.CheckConstraint(
                condition=~Q(act="remis") | (Q(digest__regex=r"^[0-9a-f]{64}$") & ~Q(salt="")),
                name="reporting_reportstep_digest",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="reporting_reportstep_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.get_act_display()}"
