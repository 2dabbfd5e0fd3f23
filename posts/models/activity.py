"""What was done: counts only, by month, or for a whole year when no more is known. Never a file on a person."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from parties.models import TerritoryQuerySet, TerritoryRecord
from posts.enums import Zone

from .post import Post

COUNTS = (
    "women",
    "men",
    "children",
    "interviews_in_person",
    "interviews_phone",
    "interviews_partners",
    "interviews_total",
    "vif_count",
    "vif_base",
)


class ActivityQuerySet(TerritoryQuerySet):
    def of_year(self, year: int) -> ActivityQuerySet:
        return self.filter(year=year)

    def monthly(self) -> ActivityQuerySet:
        return self.filter(month__isnull=False)

    def telling(self) -> ActivityQuerySet:
        """Months, and the years of which some count is known: a year kept for its reason alone tells no figure."""
        counted = Q()
        for name in COUNTS:
            counted |= Q(**{f"{name}__isnull": False})
        return self.filter(Q(month__isnull=False) | counted)


class ActivityReturn(TerritoryRecord):
    """Counts of one post for one month (``month`` null: for the year as a whole), possibly for one zone.

    A count that is unknown is null, never zero. ``interviews_partners`` are among ``interviews_phone``;
    ``interviews_total`` is given only when in person and phone were not told apart.
    ``stated`` keeps what a published bilan prints (total, percentage, EPCI and communes counts).
    """

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="activity", verbose_name="poste")
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    month = models.PositiveSmallIntegerField(
        "mois", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    zone = models.CharField("zone", max_length=12, choices=Zone, blank=True)
    women = models.PositiveIntegerField("femmes", null=True, blank=True)
    men = models.PositiveIntegerField("hommes", null=True, blank=True)
    children = models.PositiveIntegerField("enfants", null=True, blank=True)
    interviews_in_person = models.PositiveIntegerField("entretiens physiques", null=True, blank=True)
    interviews_phone = models.PositiveIntegerField("entretiens téléphoniques", null=True, blank=True)
    interviews_partners = models.PositiveIntegerField("dont téléphoniques avec des partenaires", null=True, blank=True)
    interviews_total = models.PositiveIntegerField("entretiens (total non détaillé)", null=True, blank=True)
    vif_count = models.PositiveIntegerField("situations de violences intrafamiliales", null=True, blank=True)
    vif_base = models.PositiveIntegerField("situations comptées pour ce pourcentage", null=True, blank=True)
    note = models.CharField("observation", max_length=400, blank=True, help_text="Aucune donnée nominative.")
    missing_reason = models.CharField("raison de l'absence de chiffres", max_length=240, blank=True)
    stated = models.JSONField("chiffres publiés", default=dict, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "relevé d'activité"
        verbose_name_plural = "relevés d'activité"
        ordering = ["post", "year", "month", "zone"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "year", "month", "zone"],
                nulls_distinct=False,
                name="posts_activity_once",
                violation_error_message="Un relevé existe déjà pour ce poste et cette période.",
            ),
            models.CheckConstraint(
                condition=Q(month__isnull=True) | Q(month__gte=1, month__lte=12), name="posts_activity_month"
            ),
            models.CheckConstraint(
                condition=Q(vif_count__isnull=True) | Q(vif_base__isnull=True) | Q(vif_count__lte=models.F("vif_base")),
                name="posts_activity_vif",
                violation_error_message="Les violences intrafamiliales dépassent le nombre de situations.",
            ),
            models.CheckConstraint(
                condition=Q(interviews_partners__isnull=True)
                | Q(interviews_phone__isnull=True)
                | Q(interviews_partners__lte=models.F("interviews_phone")),
                name="posts_activity_partners",
                violation_error_message="Les entretiens avec des partenaires dépassent les entretiens téléphoniques.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.month or ''}/{self.year}"

    @property
    def has_counts(self) -> bool:
        return any(getattr(self, name) is not None for name in COUNTS)

    @property
    def people(self) -> int | None:
        """Women + men + children; None when one of them is unknown."""
        values = (self.women, self.men, self.children)
        return None if any(v is None for v in values) else sum(v for v in values if v is not None)

    @property
    def interviews(self) -> int | None:
        """In person + phone, or the undetailed total; None when nothing is known."""
        if self.interviews_in_person is not None or self.interviews_phone is not None:
            return (self.interviews_in_person or 0) + (self.interviews_phone or 0)
        return self.interviews_total
