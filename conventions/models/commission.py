"""What is written by hand for the session that votes: everything else of its dossier is generated."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from parties.models import TerritoryQuerySet, TerritoryRecord

from .deliberation import Deliberation


class CommissionFile(TerritoryRecord):
    """The typed part of a vote's dossier. ``visas``: one a line, after the usual ones; texts: a paragraph a line."""

    territory_from = "deliberation"

    deliberation = models.OneToOneField(
        Deliberation, on_delete=models.CASCADE, related_name="commission_file", verbose_name="délibération"
    )
    context = models.TextField("présentation", blank=True)
    points = models.TextField("points d'attention", blank=True)
    visas = models.TextField("visas particuliers", blank=True)
    bilan_year = models.PositiveSmallIntegerField(
        "bilan joint", null=True, blank=True, validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    #: A value of reporting.bilan.publication.Version; empty: the whole figures.
    bilan_version = models.CharField("version du bilan", max_length=12, blank=True, default="publique")
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier de séance"
        verbose_name_plural = "dossiers de séance"

    def __str__(self) -> str:
        return f"Dossier – {self.deliberation}"
