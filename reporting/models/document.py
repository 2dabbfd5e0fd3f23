"""Documents produced and kept."""

from __future__ import annotations

from django.db import models

from parties.models import TerritoryRecord


class Document(TerritoryRecord):
    """A file produced once, addressed by its SHA-256, never overwritten.

    ``convention_version`` is set for a convention's approved text; access follows the convention's.
    """

    territory_from = "convention_version"

    kind = models.CharField("nature", max_length=24)
    title = models.CharField("titre", max_length=240)
    filename = models.CharField("fichier", max_length=160)
    media_type = models.CharField("type", max_length=80, default="application/pdf")
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    convention_version = models.ForeignKey(
        "conventions.ConventionVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name="version",
    )

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documents"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["convention_version", "kind"], name="reporting_document_once_per_version")
        ]

    def __str__(self) -> str:
        return self.filename
