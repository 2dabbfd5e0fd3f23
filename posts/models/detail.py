"""The detail of a monthly return: closed lists kept by the platform, cells of counts, and who validated each month."""

from __future__ import annotations

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from core.models import Record
from parties.models import TerritoryQuerySet, TerritoryRecord, User
from posts.enums import MonthAct
from posts.indicators import LISTS

from .activity import ActivityReturn
from .post import Post


class ListItemQuerySet(models.QuerySet["ListItem"]):
    def in_force_on(self, day: dt.date) -> ListItemQuerySet:
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day)


class ListItem(Record):
    """One line of a closed list, the same for every territory. Dated: a count keeps the words it was asked with."""

    list = models.CharField("liste", max_length=12, choices=list(LISTS.items()))
    code = models.CharField("code", max_length=24, validators=[RegexValidator(r"^[a-z0-9_]+$")])
    label = models.CharField("libellé", max_length=120)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    since = models.DateField("à partir du")
    until = models.DateField("jusqu'au", null=True, blank=True)

    objects = ListItemQuerySet.as_manager()

    class Meta:
        verbose_name = "item de liste"
        verbose_name_plural = "items de liste"
        ordering = ["list", "position", "pk"]
        constraints = [
            # The same code has one row per wording, one after the other; one of them at most goes on.
            models.UniqueConstraint(
                fields=["list", "code", "since"],
                name="posts_listitem_since",
                violation_error_message="Ce code a déjà un libellé à partir de ce jour.",
            ),
            models.UniqueConstraint(
                fields=["list", "code"],
                condition=Q(until__isnull=True),
                name="posts_listitem_going_on",
                violation_error_message="Ce code existe déjà.",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="posts_listitem_dates",
                violation_error_message="La fin précède le début.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ActivityCell(TerritoryRecord):
    """One count of one month: which table (``indicator``), which line and which column of it. Absent is unknown."""

    territory_from = "activity"

    activity = models.ForeignKey(
        ActivityReturn, on_delete=models.CASCADE, related_name="cells", verbose_name="relevé d'activité"
    )
    indicator = models.CharField("indicateur", max_length=4)
    row = models.CharField("ligne", max_length=24)
    column = models.CharField("colonne", max_length=24, blank=True)
    value = models.PositiveIntegerField("nombre")

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "détail d'activité"
        verbose_name_plural = "détails d'activité"
        ordering = ["indicator", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "indicator", "row", "column"], name="posts_activitycell_once")
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.row} {self.column}".strip()


class MonthStep(TerritoryRecord):
    """A month of a post validated, or reopened with a reason. Append-only: the last one tells the state."""

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="month_steps", verbose_name="poste")
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    month = models.PositiveSmallIntegerField("mois", validators=[MinValueValidator(1), MaxValueValidator(12)])
    act = models.CharField("acte", max_length=8, choices=MonthAct)
    reason = models.TextField("motif", blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "validation d'un mois"
        verbose_name_plural = "validations de mois"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="posts_monthstep_month"),
            models.CheckConstraint(
                condition=~Q(act="rouvert") | ~Q(reason=""),
                name="posts_monthstep_reason",
                violation_error_message="Dites pourquoi le mois est rouvert.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.month}/{self.year} {self.act}"
