"""Financing modes over several years and posts: degressive rates, periods over two years, breakdown by post."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import core.models
from core import rls
from core.journal import journalled


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0005_grants"),
        ("parties", "0004_journal"),
        ("posts", "0002_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="StateRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "key",
                    models.CharField(
                        default=core.models.new_key,
                        max_length=80,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._-]*$",
                                "Lettres sans accent, chiffres, point, tiret et souligné seulement.",
                            )
                        ],
                        verbose_name="clé",
                    ),
                ),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(2000),
                            django.core.validators.MaxValueValidator(2100),
                        ],
                        verbose_name="année",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="pourcentage du coût",
                    ),
                ),
                (
                    "mark",
                    models.CharField(
                        choices=[
                            ("V", "Vérifié dans une source publique"),
                            ("S", "Lu dans un acte publié"),
                            ("U", "Non vérifié"),
                        ],
                        default="U",
                        max_length=1,
                        verbose_name="fiabilité",
                    ),
                ),
                ("source", models.CharField(max_length=200, verbose_name="source")),
            ],
            options={
                "verbose_name": "taux de la part de l'État",
                "verbose_name_plural": "barème de la part de l'État",
                "ordering": ["post__label", "year"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="allocationkeyline",
            name="communes",
            field=models.JSONField(
                blank=True, default=list, help_text="Codes INSEE.", verbose_name="communes comptées"
            ),
        ),
        migrations.AddField(
            model_name="fundingplan",
            name="breakdown",
            field=models.CharField(
                choices=[
                    ("equal", "À parts égales"),
                    ("etp", "Selon le temps de travail (ETP)"),
                    ("cost", "Selon le coût de chaque poste"),
                ],
                default="equal",
                max_length=8,
                verbose_name="répartition entre les postes",
            ),
        ),
        migrations.AddField(
            model_name="fundingplan",
            name="span_end",
            field=models.DateField(blank=True, null=True, verbose_name="fin de la période convenue"),
        ),
        migrations.AddField(
            model_name="fundingplan",
            name="span_start",
            field=models.DateField(blank=True, null=True, verbose_name="début de la période convenue"),
        ),
        migrations.AddField(
            model_name="planpost",
            name="weight",
            field=models.DecimalField(
                decimal_places=2,
                default=1,
                max_digits=12,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="poids",
            ),
        ),
        migrations.AddField(
            model_name="share",
            name="percent_note",
            field=models.CharField(blank=True, max_length=400, verbose_name="origine du pourcentage"),
        ),
        migrations.AlterField(
            model_name="fundingplan",
            name="prorata",
            field=models.CharField(
                choices=[
                    ("none", "Année pleine"),
                    ("months", "Au prorata des mois"),
                    ("days", "Au prorata des jours"),
                    ("span", "Période à cheval sur plusieurs années, au prorata des jours"),
                ],
                default="none",
                max_length=8,
                verbose_name="prorata",
            ),
        ),
        migrations.AlterField(
            model_name="share",
            name="mode",
            field=models.CharField(
                choices=[
                    ("equal", "À parts égales"),
                    ("fixed", "Montant fixe"),
                    ("percentage", "Pourcentage"),
                    ("key", "Selon la clé de répartition"),
                    ("remainder", "Reste à charge"),
                    ("schedule", "Barème dégressif de l'État"),
                ],
                default="equal",
                max_length=12,
                verbose_name="mode de calcul",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("span_end__isnull", True), ("span_start__isnull", True)),
                    models.Q(("span_end__gte", models.F("period_end")), ("span_start__lte", models.F("period_start"))),
                    _connector="OR",
                ),
                name="funding_plan_span",
                violation_error_message="La période convenue contient celle que le plan finance.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("prorata", "span"), _negated=True),
                    models.Q(("span_end__isnull", False), ("span_start__isnull", False)),
                    _connector="OR",
                ),
                name="funding_plan_span_given",
                violation_error_message="Indiquez le début et la fin de la période convenue.",
            ),
        ),
        migrations.AddConstraint(
            model_name="planpost",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 0)),
                name="funding_planpost_weight",
                violation_error_message="Le poids d'un poste n'est pas négatif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mode", "schedule"), _negated=True), ("percent__isnull", False), _connector="OR"
                ),
                name="funding_share_schedule_given",
                violation_error_message="Le barème n'a pas de taux pour cette année.",
            ),
        ),
        migrations.AddField(
            model_name="staterate",
            name="post",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="state_rates",
                to="posts.post",
                verbose_name="poste",
            ),
        ),
        migrations.AddField(
            model_name="staterate",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddConstraint(
            model_name="staterate",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="funding_staterate_key"),
        ),
        migrations.AddConstraint(
            model_name="staterate",
            constraint=models.UniqueConstraint(
                fields=("territory", "post", "year"),
                name="funding_staterate_once",
                nulls_distinct=False,
                violation_error_message="Un taux existe déjà pour ce poste et cette année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="staterate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__gte", 0), ("percent__lte", 100)),
                name="funding_staterate_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
        ),
        migrations.AddField(
            model_name="share",
            name="parts",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)],
                verbose_name="une part sur",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parts__isnull", True), models.Q(("parts__gte", 1), ("parts__lte", 100)), _connector="OR"
                ),
                name="funding_share_parts",
                violation_error_message="Une part se prend sur 1 à 100 parts.",
            ),
        ),
        *rls.protect("funding_staterate", read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE}"),
        *rls.same_territory("funding_staterate", post_id="posts_post"),
        *journalled("funding_staterate"),
    ]
