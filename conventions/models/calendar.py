"""What people choose about the calendar: dated rules of a territory, reminders, secret addresses."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from conventions.calendar.due import Due
from conventions.enums import CalendarRuleKind, DueMode, ReminderStage, ReportEvery
from parties.models import Membership, TerritoryQuerySet, TerritoryRecord, User

from .agreement import Convention


class CalendarRule(TerritoryRecord):
    """A territory's own value of a dated rule (see ``conventions.calendar.rules``): "MM-DD", or a number of days."""

    kind = models.CharField("règle", max_length=24, choices=CalendarRuleKind)
    valid_from = models.DateField("à partir du")
    value = models.CharField("valeur", max_length=8)
    source = models.CharField("origine", max_length=240)

    class Meta:
        verbose_name = "règle du calendrier"
        verbose_name_plural = "règles du calendrier"
        ordering = ["kind", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "kind", "valid_from"], name="conventions_calendarrule_once"),
            models.CheckConstraint(
                condition=Q(value__regex=r"^([0-9]{2}-[0-9]{2}|[0-9]{1,3})$"), name="conventions_calendarrule_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.value}"


class ReportSchedule(TerritoryRecord):
    """How often one convention asks for a report and for which day, from a day on, when its words do not say it all.

    Read by ``conventions.calendar.schedule``. ``mode`` "mois": day ``day`` (31: the last) of the ``after``-th month
    after the period; "jours": ``after`` days after it; "dates": ``days``, each "MM-DD" or ISO.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="report_schedules", verbose_name="convention"
    )
    every = models.PositiveSmallIntegerField("périodicité", choices=ReportEvery)
    valid_from = models.DateField("pour les périodes qui commencent à partir du")
    asked = models.BooleanField("demandé", default=True)
    anchored = models.BooleanField("périodes comptées depuis la prise d'effet", default=False)
    mode = models.CharField("échéance", max_length=5, choices=DueMode, default=DueMode.MONTH)
    day = models.PositiveSmallIntegerField("jour du mois", null=True, blank=True)
    after = models.PositiveSmallIntegerField("mois ou jours après la période", null=True, blank=True)
    days = ArrayField(models.CharField(max_length=10), verbose_name="dates", default=list, blank=True)
    note_asked = models.BooleanField("note qualitative demandée", default=False)
    source = models.CharField("origine", max_length=240)

    class Meta:
        verbose_name = "calendrier de comptes rendus"
        verbose_name_plural = "calendriers de comptes rendus"
        ordering = ["every", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "every", "valid_from"], name="conventions_reportschedule_once"
            ),
            models.CheckConstraint(condition=Q(every__in=ReportEvery.values), name="conventions_reportschedule_every"),
            models.CheckConstraint(
                condition=Q(mode="mois", day__gte=1, day__lte=31, after__gte=1, after__lte=12)
                | Q(mode="jours", after__gte=0, after__lte=365)
                | (Q(mode="dates") & ~Q(days=[]))
                | Q(asked=False),
                name="conventions_reportschedule_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_every_display()}, {self.convention}"

    @property
    def due_words(self) -> str:
        """« le 20 du mois suivant la période »."""
        return Due(DueMode(self.mode), self.day or 0, self.after or 0, tuple(self.days)).words


class CalendarPreference(TerritoryRecord):
    """Which mails a person wants, in one membership. Without a row: what is due soon, no weekly summary."""

    territory_from = "membership"

    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, related_name="calendar_preference", verbose_name="appartenance"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name="compte")
    due_soon = models.BooleanField("échéances proches et dépassées", default=True)
    weekly = models.BooleanField("résumé chaque lundi", default=False)

    class Meta:
        verbose_name = "préférence de rappel"
        verbose_name_plural = "préférences de rappel"
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.membership)


class FeedQuerySet(TerritoryQuerySet):
    def usable(self) -> FeedQuerySet:
        return self.filter(revoked_at=None)


class CalendarFeed(TerritoryRecord):
    """The secret address of a person's calendar, in one membership. The secret itself is never stored.

    One in use at a time; renewing revokes the former. A revoked one is kept: it says when it stopped.
    """

    territory_from = "membership"

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="calendar_feeds", verbose_name="appartenance"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name="compte")
    digest = models.CharField("empreinte SHA-256 du secret", max_length=64, unique=True)
    revoked_at = models.DateTimeField("révoquée le", null=True, blank=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = "adresse de calendrier"
        verbose_name_plural = "adresses de calendrier"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=Q(revoked_at=None), name="conventions_calendarfeed_one"
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="conventions_calendarfeed_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"Calendrier de {self.membership}"


class CalendarReminder(TerritoryRecord):
    """A mail that left: never twice for the same obligation and stage. Append-only."""

    territory_from = "membership"

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name="appartenance")
    obligation = models.CharField("échéance", max_length=160)
    stage = models.CharField("étape", max_length=12, choices=ReminderStage)
    due_on = models.DateField("pour le")

    class Meta:
        verbose_name = "rappel envoyé"
        verbose_name_plural = "rappels envoyés"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "obligation", "stage", "due_on"], name="conventions_calendarreminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.obligation} ({self.get_stage_display()})"
