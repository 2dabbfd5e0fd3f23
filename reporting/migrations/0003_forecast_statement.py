"""Statements of what a body will owe: written once, read by the managers and by that body."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0006_retention"),
        ("reporting", "0002_national"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ForecastStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("number", models.CharField(max_length=40, verbose_name="référence")),
                ("year", models.PositiveSmallIntegerField(verbose_name="année d'établissement")),
                ("sequence", models.PositiveIntegerField(verbose_name="rang dans l'année")),
                ("first_year", models.PositiveSmallIntegerField(verbose_name="première année")),
                ("situation_on", models.DateField(verbose_name="situation au")),
                ("issued_at", models.DateTimeField(verbose_name="établi le")),
                ("content", models.JSONField(verbose_name="contenu")),
                ("data_sha256", models.CharField(max_length=64, verbose_name="empreinte des données")),
                ("filename", models.CharField(max_length=160, verbose_name="fichier")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte du document")),
                ("size", models.PositiveIntegerField(verbose_name="taille")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
                (
                    "debtor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forecast_statements",
                        to="parties.organisation",
                        verbose_name="débiteur",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "état prévisionnel",
                "verbose_name_plural": "états prévisionnels",
                "ordering": ["-issued_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("territory", "year", "sequence"), name="reporting_forecast_sequence"
                    ),
                    models.UniqueConstraint(fields=("territory", "number"), name="reporting_forecast_number"),
                ],
            },
        ),
        *rls.protect(
            "reporting_forecaststatement",
            read=f"{rls.IS_STAFF} OR debtor_id = (SELECT cosigne_organisation())",
            write=rls.IS_STAFF,
        ),
        *rls.same_territory("reporting_forecaststatement", debtor_id="parties_organisation"),
        *rls.append_only("reporting_forecaststatement", "Un état établi ne se modifie ni ne se supprime."),
    ]
