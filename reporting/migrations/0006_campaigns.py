"""What was done with each report a convention asks for."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from core import rls

#: The parties of the convention read where its reports stand; the employer's people also read their own.
READ = (
    f"{rls.IS_STAFF} OR convention_id IN (SELECT cosigne_visible_conventions())"
    " OR post_id IN (SELECT cosigne_employed_posts())"
)
#: An employer hands in, and does nothing else; who runs the scheme answers.
WRITE = (
    f"{rls.IS_STAFF} OR (act = 'remis' AND post_id IN (SELECT cosigne_employed_posts())"
    " AND convention_id IN (SELECT cosigne_visible_conventions()))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0011_report_schedule"),
        ("parties", "0010_own_finance"),
        ("posts", "0003_detail"),
        ("reporting", "0005_signature_circuit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("period", models.CharField(max_length=40, verbose_name="période")),
                ("period_start", models.DateField(verbose_name="premier jour")),
                ("period_end", models.DateField(verbose_name="dernier jour")),
                ("rank", models.PositiveSmallIntegerField(default=1, verbose_name="rang")),
                ("done_on", models.DateField(default=django.utils.timezone.localdate, verbose_name="fait le")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("remis", "Remis par l'employeur"),
                            ("valide", "Validé"),
                            ("renvoye", "Renvoyé à l'employeur"),
                            ("rouvert", "Rouvert"),
                            ("relance", "Relance envoyée"),
                        ],
                        max_length=8,
                        verbose_name="acte",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motif")),
                ("note", models.TextField(blank=True, verbose_name="note qualitative")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="empreinte des chiffres")),
                ("salt", models.CharField(blank=True, max_length=32, verbose_name="sel de l'empreinte")),
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
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_steps",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_steps",
                        to="posts.post",
                        verbose_name="poste",
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
                "verbose_name": "étape d'un compte rendu",
                "verbose_name_plural": "étapes des comptes rendus",
                "ordering": ["convention", "post", "period", "rank"],
                "indexes": [models.Index(fields=["convention", "post", "period"], name="reporting_reportstep_of")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("convention", "post", "period", "rank"), name="reporting_reportstep_rank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act__in", ("renvoye", "rouvert")), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reporting_reportstep_reason",
                        violation_error_message="Dites pourquoi le compte rendu est renvoyé ou rouvert.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "remis"), _negated=True),
                            models.Q(("digest__regex", "^[0-9a-f]{64}$"), models.Q(("salt", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="reporting_reportstep_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_end__gte", models.F("period_start"))),
                        name="reporting_reportstep_days",
                    ),
                ],
            },
        ),
        *rls.protect("reporting_reportstep", read=READ, write=WRITE, remove="false"),
        *rls.same_territory("reporting_reportstep", convention_id="conventions_convention", post_id="posts_post"),
        *rls.append_only("reporting_reportstep", "L'étape d'un compte rendu ne se modifie pas : une autre la suit."),
    ]
