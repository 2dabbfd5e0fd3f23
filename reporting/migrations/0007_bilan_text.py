"""The words of a post's bilan: written by those who know the post, read outside only once somebody read them again."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls

#: Posts whose units belong to the organisation: its officers lead the work there.
HOSTED = (
    "post_id IN (SELECT pu.post_id FROM posts_postunit pu JOIN posts_serviceunit u ON u.id = pu.unit_id"
    " WHERE u.organisation_id = (SELECT cosigne_organisation()))"
)
EMPLOYED = "post_id IN (SELECT cosigne_employed_posts())"


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0010_own_finance"),
        ("posts", "0003_detail"),
        ("reporting", "0006_campaigns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BilanText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
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
                    "section",
                    models.CharField(
                        choices=[
                            ("partenariat", "Partenariat"),
                            ("difficultes", "Difficultés et propositions"),
                            ("faits", "Faits marquants"),
                            ("avis", "Avis de l'autorité fonctionnelle"),
                        ],
                        max_length=12,
                        verbose_name="rubrique",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="texte")),
                ("lock_version", models.PositiveIntegerField(default=1, verbose_name="version d'enregistrement")),
                ("written_by_label", models.CharField(max_length=200, verbose_name="auteur")),
                ("written_at", models.DateTimeField(verbose_name="écrit le")),
                ("reviewed_by_label", models.CharField(blank=True, max_length=200, verbose_name="relecteur")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="relu le")),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bilan_texts",
                        to="posts.post",
                        verbose_name="poste",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="relecteur",
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
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
            ],
            options={
                "verbose_name": "texte du bilan d'un poste",
                "verbose_name_plural": "textes des bilans des postes",
                "ordering": ["post", "year", "section"],
                "constraints": [
                    models.UniqueConstraint(fields=("post", "year", "section"), name="reporting_bilantext_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_at__isnull", True),
                            models.Q(
                                models.Q(("section", "avis"), _negated=True), models.Q(("text", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="reporting_bilantext_reviewed",
                        violation_error_message="Seul un texte destiné à sortir se relit.",
                    ),
                ],
            },
        ),
        *rls.protect(
            "reporting_bilantext",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR {EMPLOYED} OR (section = 'avis' AND {HOSTED})"
            " OR (section <> 'avis' AND reviewed_at IS NOT NULL AND post_id IN (SELECT cosigne_visible_posts()))",
            write=f"{rls.IS_STAFF} OR (section <> 'avis' AND {EMPLOYED})"
            f" OR (section = 'avis' AND ({rls.IS_PREFECTURE} OR {HOSTED}))",
        ),
        *rls.same_territory("reporting_bilantext", post_id="posts_post"),
    ]
