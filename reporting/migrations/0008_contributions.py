"""Contributions to the observatoire: what each territory gives, and the one function that shows them to that role.

The former function that summed the returns of every territory goes: figures of activity reach the national role by an
act of each territory, or not at all (docs/adr/0023).
"""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

#: The last act about a year is in force; what it replaced is nobody's business outside the territory. Runs as the owner
#: because the role reads no row of any territory, and tells nothing but what was given (reporting.contributions).
NATIONAL = """
CREATE FUNCTION cosigne_national_contributions()
RETURNS TABLE (code text, name text, year integer, content jsonb, sha256 text, given_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.code::text, t.name::text, c.year::integer, c.content, c.sha256::text, c.created_at
    FROM reporting_contribution c JOIN parties_territory t ON t.id = c.territory_id
   WHERE (SELECT cosigne_scope()) = 'national' AND (SELECT cosigne_holds('national'))
     AND c.act = 'contribution'
     AND NOT EXISTS (SELECT FROM reporting_contribution r WHERE r.replaces_id = c.id)
   ORDER BY c.year DESC, t.code
$$;
"""
ACTIVITY = "DROP FUNCTION cosigne_national_activity();"


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0010_own_finance"),
        ("reporting", "0007_bilan_text"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contribution",
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
                    "act",
                    models.CharField(
                        choices=[("contribution", "Contribution"), ("retrait", "Retrait")],
                        max_length=12,
                        verbose_name="acte",
                    ),
                ),
                ("content", models.JSONField(blank=True, default=dict, verbose_name="contenu")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="empreinte")),
                ("definitions", models.PositiveSmallIntegerField(verbose_name="version des définitions")),
                ("reason", models.CharField(blank=True, max_length=400, verbose_name="motif")),
                ("by_label", models.CharField(max_length=200, verbose_name="nom de l'auteur")),
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
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="reporting.contribution",
                        verbose_name="remplace",
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
                "verbose_name": "contribution à l'observatoire",
                "verbose_name_plural": "contributions à l'observatoire",
                "ordering": ["year", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaces__isnull", True)),
                        fields=("territory", "year"),
                        name="reporting_contribution_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "contribution"), models.Q(("sha256", ""), _negated=True)),
                            models.Q(("act", "retrait"), ("content", {}), ("sha256", "")),
                            _connector="OR",
                        ),
                        name="reporting_contribution_content",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "retrait"), _negated=True),
                            models.Q(("replaces__isnull", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="reporting_contribution_reason",
                        violation_error_message="Dites pourquoi la contribution est retirée.",
                    ),
                ],
            },
        ),
        *rls.territory_key("reporting_contribution"),
        *rls.protect("reporting_contribution", read=rls.IS_STAFF, remove="false"),
        *rls.same_territory("reporting_contribution", replaces_id="reporting_contribution"),
        *rls.append_only(
            "reporting_contribution", "Une contribution ne se modifie ni ne se supprime : corrigez-la ou retirez-la."
        ),
        *journalled("reporting_contribution", ignored=["content"]),
        migrations.RunSQL(NATIONAL, "DROP FUNCTION cosigne_national_contributions();"),
        migrations.RunSQL(ACTIVITY, migrations.RunSQL.noop),
    ]
