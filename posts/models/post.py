"""Where intervenants sociaux work, the funded positions, and who filled them when (never by name)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse

from parties.models import KeyedRecord, Organisation, TerritoryQuerySet, TerritoryRecord
from posts.enums import PostKind, UnitKind, Zone


class ServiceUnit(KeyedRecord):
    """A police station, a company, a brigade: a tree, each node in one zone."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="units", verbose_name="direction ou groupement"
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="unité supérieure",
    )
    kind = models.CharField("type d'unité", max_length=20, choices=UnitKind)
    zone = models.CharField("zone", max_length=12, choices=Zone)
    name = models.CharField("nom", max_length=160)
    communes = ArrayField(
        models.CharField(max_length=5), verbose_name="communes (codes INSEE)", default=list, blank=True
    )

    class Meta(KeyedRecord.Meta):
        verbose_name = "unité"
        verbose_name_plural = "unités"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(TerritoryQuerySet):
    def matching(self, text: str) -> PostQuerySet:
        return self.filter(
            Q(label__icontains=text) | Q(employer__name__icontains=text) | Q(units__name__icontains=text)
        ).distinct()

    def open_on(self, day: dt.date) -> PostQuerySet:
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=day))

    def for_list(self) -> PostQuerySet:
        return self.select_related("employer").prefetch_related("post_units__unit", "occupancies")


class Post(KeyedRecord):
    """A funded position. The person holding it is never named."""

    territory_from = "employer"

    label = models.CharField("libellé", max_length=120)
    kind = models.CharField("type de poste", max_length=5, choices=PostKind)
    employer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts", verbose_name="employeur")
    etp = models.DecimalField(
        "équivalent temps plein",
        max_digits=4,
        decimal_places=2,
        default=Decimal("1"),
        validators=[MinValueValidator(Decimal("0.05")), MaxValueValidator(Decimal("1"))],
    )
    weekly_hours = models.DecimalField("heures hebdomadaires", max_digits=4, decimal_places=2, null=True, blank=True)
    units = models.ManyToManyField(ServiceUnit, through="PostUnit", related_name="posts", verbose_name="unités")
    epcis = models.ManyToManyField(
        Organisation, through="PostCoverage", related_name="covering_posts", verbose_name="EPCI couverts"
    )
    residence = models.CharField("résidence administrative", max_length=240, blank=True)
    hierarchical_authority = models.CharField("autorité hiérarchique", max_length=240, blank=True)
    functional_authority = models.CharField("autorité fonctionnelle", max_length=240, blank=True)
    created_on = models.DateField("créé le", null=True, blank=True)
    closed_on = models.DateField("fermé le", null=True, blank=True)
    note = models.TextField("note interne", blank=True)

    objects = PostQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "poste"
        verbose_name_plural = "postes"
        ordering = ["label"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(etp__gt=0, etp__lte=1),
                name="posts_post_etp",
                violation_error_message="L'équivalent temps plein est compris entre 0,05 et 1.",
            ),
            models.CheckConstraint(
                condition=Q(weekly_hours__isnull=True) | Q(weekly_hours__gt=0, weekly_hours__lte=48),
                name="posts_post_hours",
                violation_error_message="La durée hebdomadaire est comprise entre 0 et 48 heures.",
            ),
            models.CheckConstraint(
                condition=Q(created_on__isnull=True) | Q(closed_on__isnull=True) | Q(closed_on__gte=F("created_on")),
                name="posts_post_dates",
                violation_error_message="La fermeture du poste précède sa création.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("post", args=[self.uuid])

    @property
    def zones(self) -> set[str]:
        """Zones of the units it works in; from its kind when no unit is known."""
        zones = {link.unit.zone for link in self.post_units.all()}
        if zones:
            return zones
        return {
            PostKind.ISC: {Zone.POLICE.value},
            PostKind.ISG: {Zone.GENDARMERIE.value},
            PostKind.ISCG: {Zone.POLICE.value, Zone.GENDARMERIE.value},
        }.get(PostKind(self.kind), set())


class PostUnit(TerritoryRecord):
    """A unit where a post works, and for what part of its time (percent; unknown: null)."""

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="post_units", verbose_name="poste")
    unit = models.ForeignKey(ServiceUnit, on_delete=models.PROTECT, related_name="post_units", verbose_name="unité")
    percent = models.DecimalField("part du temps (%)", max_digits=5, decimal_places=2, null=True, blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "unité d'un poste"
        verbose_name_plural = "unités des postes"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["post", "unit"], name="posts_postunit_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100),
                name="posts_postunit_percent",
                violation_error_message="La part du temps est comprise entre 0 et 100 %.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} ({self.percent} %)" if self.percent else str(self.unit)


class PostCoverage(TerritoryRecord):
    """An EPCI whose inhabitants a post serves."""

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="coverage", verbose_name="poste")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="coverage", verbose_name="EPCI"
    )

    class Meta:
        verbose_name = "EPCI couvert"
        verbose_name_plural = "EPCI couverts"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["post", "organisation"], name="posts_postcoverage_once")]

    def __str__(self) -> str:
        return str(self.organisation)


class DateRange(Func):
    """``daterange(start, end, '[]')``; an open end is unbounded."""

    function = "daterange"


class Occupancy(TerritoryRecord):
    """A period during which a post was filled; what lies between two is a vacancy."""

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="occupancies", verbose_name="poste")
    start = models.DateField("pourvu du")
    end = models.DateField("au", null=True, blank=True)
    working_time = models.DecimalField(
        "quotité de travail",
        max_digits=4,
        decimal_places=2,
        default=Decimal("1"),
        help_text="1 pour un temps plein du poste.",
    )
    note = models.CharField("précision", max_length=240, blank=True, help_text="Ne nommez jamais l'agent.")

    class Meta:
        verbose_name = "occupation"
        verbose_name_plural = "occupations"
        ordering = ["post", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="posts_occupancy_dates",
                violation_error_message="La fin de l'occupation précède son début.",
            ),
            models.CheckConstraint(
                condition=Q(working_time__gt=0, working_time__lte=1),
                name="posts_occupancy_time",
                violation_error_message="La quotité est comprise entre 0 et 1.",
            ),
            ExclusionConstraint(
                name="posts_occupancy_no_overlap",
                expressions=[
                    # int8range stands for equality: a plain "=" in GiST needs the btree_gist module, absent here.
                    (Func(F("post"), F("post"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (DateRange(F("start"), F("end"), Value("[]")), RangeOperators.OVERLAPS),
                ],
                violation_error_message="Le poste est déjà pourvu sur une partie de cette période.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start} – {self.end or '…'}"
