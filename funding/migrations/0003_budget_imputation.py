"""Accounting codes of a budget line, part by part and dated; what the finance software knows of it; who may write."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core import rls
from core.journal import journalled

#: A body's own people keep its own lines; those of the scheme keep everybody's.
OWN = "(SELECT cosigne_scope()) = 'organisation' AND organisation_id = (SELECT cosigne_organisation())"
WRITES = f"{rls.IS_STAFF} OR ({OWN})"
OWN_LINE = (
    "(SELECT cosigne_scope()) = 'organisation' AND budget_line_id IN"
    " (SELECT l.id FROM funding_budgetline l WHERE l.organisation_id = (SELECT cosigne_organisation()))"
)
LINE_POLICIES = f"""
DROP POLICY funding_budgetline_insert ON funding_budgetline;
DROP POLICY funding_budgetline_update ON funding_budgetline;
CREATE POLICY funding_budgetline_insert ON funding_budgetline FOR INSERT
  WITH CHECK ({rls.IN_TERRITORY} AND ({WRITES}));
CREATE POLICY funding_budgetline_update ON funding_budgetline FOR UPDATE
  USING ({rls.IN_TERRITORY} AND ({WRITES})) WITH CHECK ({rls.IN_TERRITORY} AND ({WRITES}));
"""

#: Which line of its own budget a body pays a share from is its own affair: it may say so, on a frozen plan too, and can
#: touch nothing else of the share. A share of one's own posts is not an attribution. False: refused.
CHARGE = """
CREATE OR REPLACE FUNCTION cosigne_charge_share(share bigint, line bigint) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE funding_share s SET budget_line_id = line, updated_at = now()
  FROM funding_fundingplan p
  WHERE s.id = share AND p.id = s.plan_id AND s.territory_id = cosigne_territory()
    AND s.financer_id <> p.employer_id
    AND (cosigne_scope() = 'staff' OR (cosigne_scope() = 'organisation' AND s.financer_id = cosigne_organisation()))
    AND (line IS NULL OR EXISTS (
      SELECT 1 FROM funding_budgetline l
      WHERE l.id = line AND l.territory_id = s.territory_id AND l.organisation_id = s.financer_id AND l.year = p.year));
  RETURN FOUND;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0002_journal"),
        ("parties", "0004_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetImputation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("since", models.DateField(verbose_name="à compter du")),
                (
                    "nature",
                    models.CharField(
                        blank=True,
                        max_length=12,
                        validators=[django.core.validators.RegexValidator("^[0-9]+$", "Des chiffres seulement.")],
                        verbose_name="nature",
                    ),
                ),
                (
                    "function",
                    models.CharField(
                        blank=True,
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z][0-9A-Za-z ./-]*$",
                                "Lettres sans accent, chiffres, espace, point, tiret et barre.",
                            )
                        ],
                        verbose_name="fonction",
                    ),
                ),
                (
                    "chapter",
                    models.CharField(
                        blank=True,
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z][0-9A-Za-z ./-]*$",
                                "Lettres sans accent, chiffres, espace, point, tiret et barre.",
                            )
                        ],
                        verbose_name="chapitre",
                    ),
                ),
                (
                    "programme",
                    models.CharField(
                        blank=True,
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z][0-9A-Za-z ./-]*$",
                                "Lettres sans accent, chiffres, espace, point, tiret et barre.",
                            )
                        ],
                        verbose_name="programme",
                    ),
                ),
                (
                    "envelope",
                    models.CharField(
                        blank=True,
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z][0-9A-Za-z ./-]*$",
                                "Lettres sans accent, chiffres, espace, point, tiret et barre.",
                            )
                        ],
                        verbose_name="enveloppe",
                    ),
                ),
                (
                    "service",
                    models.CharField(
                        blank=True,
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9A-Za-z][0-9A-Za-z ./-]*$",
                                "Lettres sans accent, chiffres, espace, point, tiret et barre.",
                            )
                        ],
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "imputation d'une ligne",
                "verbose_name_plural": "imputations d'une ligne",
                "ordering": ["since", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="budgetline",
            name="funding_budgetline_positive",
        ),
        migrations.AddField(
            model_name="budgetline",
            name="engaged",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="engagé",
            ),
        ),
        migrations.AddField(
            model_name="budgetline",
            name="liquidated",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="liquidé",
            ),
        ),
        migrations.AddField(
            model_name="budgetline",
            name="paid",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="payé",
            ),
        ),
        migrations.AddField(
            model_name="budgetline",
            name="situation_on",
            field=models.DateField(blank=True, null=True, verbose_name="situation au"),
        ),
        migrations.AddField(
            model_name="budgetline",
            name="source",
            field=models.CharField(blank=True, max_length=200, verbose_name="origine des chiffres"),
        ),
        migrations.AlterField(
            model_name="budgetline",
            name="year",
            field=models.PositiveSmallIntegerField(
                validators=[
                    django.core.validators.MinValueValidator(2000),
                    django.core.validators.MaxValueValidator(2100),
                ],
                verbose_name="exercice",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("voted__isnull", True), ("voted__gte", 0), _connector="OR"),
                    models.Q(("available__isnull", True), ("available__gte", 0), _connector="OR"),
                    models.Q(("engaged__isnull", True), ("engaged__gte", 0), _connector="OR"),
                    models.Q(("liquidated__isnull", True), ("liquidated__gte", 0), _connector="OR"),
                    models.Q(("paid__isnull", True), ("paid__gte", 0), _connector="OR"),
                ),
                name="funding_budgetline_positive",
                violation_error_message="Un crédit n'est pas négatif.",
            ),
        ),
        migrations.AddField(
            model_name="budgetimputation",
            name="budget_line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="imputations",
                to="funding.budgetline",
                verbose_name="ligne budgétaire",
            ),
        ),
        migrations.AddField(
            model_name="budgetimputation",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetimputation",
            constraint=models.UniqueConstraint(
                fields=("budget_line", "since"),
                name="funding_budgetimputation_once",
                violation_error_message="Une imputation commence déjà ce jour-là.",
            ),
        ),
        migrations.RunSQL(LINE_POLICIES, migrations.RunSQL.noop),
        *rls.protect(
            "funding_budgetimputation",
            read=f"{rls.IS_STAFF} OR budget_line_id IN (SELECT l.id FROM funding_budgetline l)",
            write=f"{rls.IS_STAFF} OR ({OWN_LINE})",
        ),
        *rls.same_territory("funding_budgetimputation", budget_line_id="funding_budgetline"),
        *journalled("funding_budgetimputation", root="funding_budgetline", column="budget_line_id"),
        migrations.RunSQL(CHARGE, migrations.RunSQL.noop),
        # A line has a page of its own now: its changes are told there.
        migrations.RunSQL("DROP TRIGGER funding_budgetline_journal ON funding_budgetline;", migrations.RunSQL.noop),
        *journalled("funding_budgetline"),
    ]
