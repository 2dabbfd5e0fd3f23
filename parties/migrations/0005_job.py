import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls

#: What an organisation asked for is its own business; the territory's staff runs them.
OWN = f"{rls.IS_STAFF} OR ({rls.IS_ANYONE} AND organisation_id = (SELECT cosigne_organisation()))"


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("kind", models.CharField(editable=False, max_length=40, verbose_name="nature")),
                ("label", models.CharField(max_length=200, verbose_name="libellé")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "En attente"),
                            ("running", "En cours"),
                            ("done", "Terminé"),
                            ("failed", "Échoué"),
                            ("cancelled", "Annulé"),
                            ("interrupted", "Interrompu"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("gestionnaire", "Gestionnaire du dispositif"),
                            ("instructeur", "Instructeur en préfecture"),
                            ("finances", "Responsable financier"),
                            ("partenaire", "Partenaire signataire"),
                            ("employeur", "Responsable de service (employeur)"),
                        ],
                        max_length=20,
                        verbose_name="rôle",
                    ),
                ),
                ("params", models.JSONField(blank=True, default=dict, verbose_name="paramètres")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="fichier reçu")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="fait")),
                ("total", models.PositiveIntegerField(blank=True, null=True, verbose_name="à faire")),
                ("message", models.CharField(blank=True, max_length=500, verbose_name="message")),
                ("checkpoint", models.JSONField(blank=True, default=dict, verbose_name="point de reprise")),
                ("result", models.JSONField(blank=True, default=dict, verbose_name="résultat")),
                ("result_file", models.CharField(blank=True, max_length=200, verbose_name="fichier produit")),
                ("result_name", models.CharField(blank=True, max_length=120, verbose_name="nom du fichier produit")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="essais")),
                (
                    "queue_id",
                    models.BigIntegerField(blank=True, editable=False, null=True, verbose_name="numéro dans la file"),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="commencé le")),
                ("beat_at", models.DateTimeField(blank=True, null=True, verbose_name="dernier signe")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="terminé le")),
                ("cancel_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="annulation demandée le")),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="organisation",
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
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.apitoken",
                        verbose_name="jeton",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="demandé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "travail",
                "verbose_name_plural": "travaux",
                "ordering": ["-created_at", "-pk"],
                "indexes": [models.Index(fields=["territory", "state"], name="parties_job_state")],
            },
        ),
        *rls.protect("parties_job", read=OWN, write=OWN, remove="false"),
        *rls.territory_key("parties_apitoken"),
        *rls.same_territory("parties_job", organisation_id="parties_organisation", token_id="parties_apitoken"),
    ]
