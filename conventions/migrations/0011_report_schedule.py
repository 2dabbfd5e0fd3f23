"""How often each convention asks for a report, and for which day, when its words do not say it all."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core import rls
from core.journal import journalled

SEES = f"{rls.IS_STAFF} OR convention_id IN (SELECT cosigne_visible_conventions())"


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0010_commission"),
        ("parties", "0010_own_finance"),
    ]

    operations = [
        migrations.AlterField(
            model_name="calendarrule",
            name="kind",
            field=models.CharField(
                choices=[
                    ("fipd_day", "Demande de FIPD (jour et mois de l'année financée)"),
                    ("quarter_1", "Chiffres du premier trimestre (jour et mois)"),
                    ("quarter_2", "Chiffres du deuxième trimestre (jour et mois)"),
                    ("quarter_3", "Chiffres du troisième trimestre (jour et mois)"),
                    ("year_day", "Chiffres de l'année (jour et mois de l'année suivante)"),
                    ("committee_day", "Réunion du comité (jour et mois de l'année suivante)"),
                    ("titre_day", "Émission des titres (jour et mois de l'année financée)"),
                    ("signature_days", "Délai de signature (jours après l'approbation)"),
                    ("report_days", "Compte rendu sans date fixée (jours après la fin de la période)"),
                ],
                max_length=24,
                verbose_name="règle",
            ),
        ),
        migrations.CreateModel(
            name="ReportSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "every",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Mensuel"),
                            (2, "Bimestriel"),
                            (3, "Trimestriel"),
                            (4, "Quadrimestriel"),
                            (6, "Semestriel"),
                            (12, "Annuel"),
                        ],
                        verbose_name="périodicité",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="pour les périodes qui commencent à partir du")),
                ("asked", models.BooleanField(default=True, verbose_name="demandé")),
                (
                    "anchored",
                    models.BooleanField(default=False, verbose_name="périodes comptées depuis la prise d'effet"),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("mois", "Un jour d'un mois qui suit la période"),
                            ("jours", "Tant de jours après la fin de la période"),
                            ("dates", "Des dates données une à une"),
                        ],
                        default="mois",
                        max_length=5,
                        verbose_name="échéance",
                    ),
                ),
                ("day", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="jour du mois")),
                (
                    "after",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="mois ou jours après la période"
                    ),
                ),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="dates",
                    ),
                ),
                ("note_asked", models.BooleanField(default=False, verbose_name="note qualitative demandée")),
                ("source", models.CharField(max_length=240, verbose_name="origine")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report_schedules",
                        to="conventions.convention",
                        verbose_name="convention",
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
                "verbose_name": "calendrier de comptes rendus",
                "verbose_name_plural": "calendriers de comptes rendus",
                "ordering": ["every", "valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("convention", "every", "valid_from"), name="conventions_reportschedule_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("every__in", [1, 2, 3, 4, 6, 12])), name="conventions_reportschedule_every"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("after__gte", 1),
                                ("after__lte", 12),
                                ("day__gte", 1),
                                ("day__lte", 31),
                                ("mode", "mois"),
                            ),
                            models.Q(("after__gte", 0), ("after__lte", 365), ("mode", "jours")),
                            models.Q(("mode", "dates"), models.Q(("days", []), _negated=True)),
                            ("asked", False),
                            _connector="OR",
                        ),
                        name="conventions_reportschedule_due",
                    ),
                ],
            },
        ),
        *rls.protect("conventions_reportschedule", read=SEES),
        *rls.same_territory("conventions_reportschedule", convention_id="conventions_convention"),
        *journalled("conventions_reportschedule", root="conventions_convention", column="convention_id"),
    ]
