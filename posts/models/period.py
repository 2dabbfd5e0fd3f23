"""People of a quarter or of a year, counted once; and how an organisation's own files name what is counted."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord
from posts.enums import FileLayout

from .post import Post


class PeriodPeople(TerritoryRecord):
    """The people of one post over a quarter (``quarter`` null: over the year), each counted once (« file active »).

    Never the sum of the months: somebody met in January and in March is one person of the first quarter.
    ``women``, ``men`` and ``children`` are null when not told apart.
    """

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="period_people", verbose_name="poste")
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    quarter = models.PositiveSmallIntegerField(
        "trimestre", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    people = models.PositiveIntegerField("personnes")
    women = models.PositiveIntegerField("femmes", null=True, blank=True)
    men = models.PositiveIntegerField("hommes", null=True, blank=True)
    children = models.PositiveIntegerField("enfants", null=True, blank=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "personnes d'une période"
        verbose_name_plural = "personnes des périodes"
        ordering = ["post", "year", "quarter"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "year", "quarter"], nulls_distinct=False, name="posts_periodpeople_once"
            ),
            models.CheckConstraint(
                condition=Q(quarter__isnull=True) | Q(quarter__gte=1, quarter__lte=4), name="posts_periodpeople_quarter"
            ),
            models.CheckConstraint(
                condition=Q(women__isnull=True)
                | Q(men__isnull=True)
                | Q(children__isnull=True)
                | Q(people=F("women") + F("men") + F("children")),
                name="posts_periodpeople_sum",
                violation_error_message="Femmes, hommes et enfants ne font pas le nombre de personnes.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {f'T{self.quarter} ' if self.quarter else ''}{self.year}"


class ImportMapping(TerritoryRecord):
    """How the columns of one organisation's files are read, under a name: next month is one click.

    ``columns`` maps a header, as :func:`posts.reading.header_name` writes it, to what it holds; "" for ignored.
    """

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="import_mappings", verbose_name="organisation"
    )
    name = models.CharField("nom", max_length=80)
    layout = models.CharField("forme du fichier", max_length=6, choices=FileLayout)
    columns = models.JSONField("colonnes", default=dict)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "correspondance d'import"
        verbose_name_plural = "correspondances d'import"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="posts_importmapping_once",
                violation_error_message="Une correspondance porte déjà ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.name
