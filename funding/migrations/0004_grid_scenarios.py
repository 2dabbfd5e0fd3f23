import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0003_budget_imputation"),
        ("parties", "0005_job"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("save_ref", models.UUIDField(verbose_name="enregistrement")),
                ("before", models.PositiveIntegerField(verbose_name="version d'avant")),
                ("after", models.PositiveIntegerField(verbose_name="version d'après")),
                ("content", models.JSONField(verbose_name="contenu")),
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_versions",
                        to="funding.fundingplan",
                        verbose_name="plan",
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
                "verbose_name": "version antérieure d'un plan",
                "verbose_name_plural": "versions antérieures des plans",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Scenario",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("label", models.CharField(max_length=160, verbose_name="libellé")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("assumptions", models.JSONField(blank=True, default=list, verbose_name="hypothèses")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
                ("adopted_at", models.DateTimeField(blank=True, null=True, verbose_name="retenu le")),
                ("adopted_by", models.CharField(blank=True, max_length=200, verbose_name="retenu par")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
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
                "verbose_name": "scénario",
                "verbose_name_plural": "scénarios",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ScenarioPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("source_version", models.PositiveIntegerField(verbose_name="version étudiée")),
                ("adopted_version", models.PositiveIntegerField(blank=True, null=True, verbose_name="version retenue")),
                ("added", models.BooleanField(default=False, verbose_name="créé par le scénario")),
                ("content", models.JSONField(verbose_name="contenu")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="funding.fundingplan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "scenario",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plans",
                        to="funding.scenario",
                        verbose_name="scénario",
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
                "verbose_name": "plan d'un scénario",
                "verbose_name_plural": "plans des scénarios",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("scenario", "plan"), name="funding_scenarioplan_once")],
            },
        ),
        # A study and a former version are the work of the territory's staff, nobody else's.
        *rls.protect("funding_planversion", read=rls.IS_STAFF, remove="false"),
        *rls.same_territory("funding_planversion", plan_id="funding_fundingplan"),
        *rls.append_only("funding_planversion", "Une version antérieure d'un plan ne se modifie pas."),
        *rls.territory_key("funding_scenario"),
        *rls.protect("funding_scenario", read=rls.IS_STAFF),
        *rls.protect("funding_scenarioplan", read=rls.IS_STAFF),
        *rls.same_territory("funding_scenarioplan", scenario_id="funding_scenario", plan_id="funding_fundingplan"),
    ]
