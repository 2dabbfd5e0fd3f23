"""What a body was told it would owe, on one day."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord, User


class ForecastStatement(TerritoryRecord):
    """« État prévisionnel des participations » of one body on one day: a document that can be cited.

    ``content`` is everything it prints; the PDF is made from it and from ``issued_at`` alone, kept under its SHA-256.
    ``data_sha256`` is the digest of the data attached to the PDF, which the document itself prints.
    """

    territory_from = "debtor"

    debtor = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="forecast_statements", verbose_name="débiteur"
    )
    number = models.CharField("référence", max_length=40)
    year = models.PositiveSmallIntegerField("année d'établissement")
    sequence = models.PositiveIntegerField("rang dans l'année")
    first_year = models.PositiveSmallIntegerField("première année")
    situation_on = models.DateField("situation au")
    issued_at = models.DateTimeField("établi le")
    content = models.JSONField("contenu")
    data_sha256 = models.CharField("empreinte des données", max_length=64)
    filename = models.CharField("fichier", max_length=160)
    sha256 = models.CharField("empreinte du document", max_length=64)
    size = models.PositiveIntegerField("taille")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "état prévisionnel"
        verbose_name_plural = "états prévisionnels"
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "year", "sequence"], name="reporting_forecast_sequence"),
            models.UniqueConstraint(fields=["territory", "number"], name="reporting_forecast_number"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("forecast-statement", args=[self.uuid])
