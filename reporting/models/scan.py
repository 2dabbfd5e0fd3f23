"""Paper that came back: the scans of signed copies, page by page, and the copies put together from them."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from conventions.models import ConventionVersion
from parties.models import TerritoryRecord, User
from reporting.enums import PageVerdict


class ScanBatch(TerritoryRecord):
    """One PDF of scanned pages, of many conventions maybe. ``pages`` is null until a work has read it."""

    filename = models.CharField("fichier", max_length=160)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    pages_count = models.PositiveSmallIntegerField("nombre de pages", null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="déposé par")
    by_label = models.CharField("déposé par", max_length=200)

    class Meta:
        verbose_name = "numérisation"
        verbose_name_plural = "numérisations"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "sha256"],
                name="reporting_scanbatch_once",
                violation_error_message="Ce fichier a déjà été déposé.",
            )
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("scan", args=[self.uuid])


class ScanPage(TerritoryRecord):
    """One page of a scan: what its code says, hence the version and page it is. ``number`` counts from 1 in the file.

    ``rotation``: degrees clockwise to turn the page by, so that it reads upright.
    """

    territory_from = "batch"

    batch = models.ForeignKey(ScanBatch, on_delete=models.PROTECT, related_name="pages", verbose_name="numérisation")
    number = models.PositiveSmallIntegerField("page du fichier")
    rotation = models.PositiveSmallIntegerField("rotation", default=0)
    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, null=True, related_name="scans", verbose_name="version"
    )
    page = models.PositiveSmallIntegerField("page du document", null=True)
    pages = models.PositiveSmallIntegerField("pages du document", null=True)
    verdict = models.CharField("lecture", max_length=10, choices=PageVerdict)
    note = models.CharField("précision", max_length=240, blank=True)
    decided_by_label = models.CharField("rattachée par", max_length=200, blank=True)

    class Meta:
        verbose_name = "page numérisée"
        verbose_name_plural = "pages numérisées"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="reporting_scanpage_number")]

    def __str__(self) -> str:
        return f"{self.batch}, page {self.number}"


class PaperCopy(TerritoryRecord):
    """A copy signed on paper, whole and in order, as one PDF beside the sealed one. Written once."""

    territory_from = "version"

    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, related_name="paper_copies", verbose_name="version"
    )
    batch = models.ForeignKey(ScanBatch, on_delete=models.PROTECT, related_name="copies", verbose_name="numérisation")
    filename = models.CharField("fichier", max_length=160)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="enregistré par")
    by_label = models.CharField("enregistré par", max_length=200)

    class Meta:
        verbose_name = "exemplaire papier"
        verbose_name_plural = "exemplaires papier"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["version", "sha256"], name="reporting_papercopy_once")]

    def __str__(self) -> str:
        return self.filename
