import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.models
from core import rls

#: Staff: all. Préfecture: once submitted. Other parties: their own, once the approved text circulates.
#: A plan of a convention the préfecture reads is readable with it.
VISIBLE_CONVENTIONS = """
CREATE OR REPLACE FUNCTION cosigne_visible_conventions() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.id FROM conventions_convention c
  WHERE c.territory_id = cosigne_territory() AND CASE cosigne_scope()
    WHEN 'staff' THEN true
    WHEN 'prefecture' THEN c.submitted_at IS NOT NULL
    WHEN 'organisation' THEN
      c.status IN ('approuvee', 'en_signature', 'signee', 'denoncee', 'resiliee')
      AND EXISTS (
        SELECT 1 FROM conventions_party p
        WHERE p.convention_id = c.id AND p.organisation_id = cosigne_organisation()
      )
    ELSE false END
$$;
CREATE OR REPLACE FUNCTION cosigne_visible_plans() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM funding_fundingplan p
  WHERE p.territory_id = cosigne_territory() AND (
    (cosigne_scope() = 'prefecture' AND (
      p.status <> 'projet'
      OR EXISTS (
        SELECT 1 FROM conventions_conventionplan cp JOIN conventions_convention c ON c.id = cp.convention_id
        WHERE cp.plan_id = p.id AND c.submitted_at IS NOT NULL
      )))
    OR (cosigne_scope() = 'organisation' AND (
      p.employer_id = cosigne_organisation()
      OR EXISTS (SELECT 1 FROM funding_share s WHERE s.plan_id = p.id AND s.financer_id = cosigne_organisation())
    )))
$$;
"""
SEES = f"{rls.IS_STAFF} OR {{}} IN (SELECT cosigne_visible_conventions())"
REVIEWS = f"{rls.IS_STAFF} OR ({rls.IS_PREFECTURE} AND {{}} IN (SELECT cosigne_visible_conventions()))"
#: Why a text was sent back or taken up again is said between staff and préfecture, like the remarks of the review.
LOGGED = (
    f"({SEES.format('convention_id')}) AND ({rls.IS_STAFF} OR {rls.IS_PREFECTURE}"
    " OR (to_status <> 'a_corriger' AND act <> 'set_aside'))"
)
#: National models have no territory: everyone reads them, only the platform writes them.
SHARED_MODEL = {
    "in_territory": f"(territory_id IS NULL OR {rls.IN_TERRITORY})",
    "read": f"{rls.IS_ANYONE} OR (territory_id IS NULL AND (SELECT cosigne_scope()) = 'platform')",
    "write": f"(territory_id IS NOT NULL AND {rls.IS_STAFF})"
    " OR (territory_id IS NULL AND (SELECT cosigne_scope()) = 'platform')",
}


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("funding", "0001_initial"),
        ("parties", "0001_initial"),
        ("posts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Convention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("reference", models.CharField(max_length=40, verbose_name="référence")),
                ("title", models.TextField(verbose_name="intitulé")),
                (
                    "family",
                    models.CharField(
                        choices=[
                            ("F1", "F1 – Agent du Département affecté en police ou gendarmerie"),
                            ("F2", "F2 – Employeur EPCI"),
                            ("F3", "F3 – Employeur association"),
                            ("F5", "F5 – Convention bipartite d'attribution"),
                        ],
                        max_length=2,
                        verbose_name="famille",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("brouillon", "Brouillon"),
                            ("soumise", "Soumise"),
                            ("a_corriger", "À corriger"),
                            ("approuvee", "Approuvée"),
                            ("en_signature", "En signature"),
                            ("signee", "Signée"),
                            ("denoncee", "Dénoncée"),
                            ("resiliee", "Résiliée"),
                            ("abandonnee", "Abandonnée"),
                        ],
                        default="brouillon",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="première soumission")),
                ("is_renewal", models.BooleanField(default=False, verbose_name="renouvellement")),
                ("period_start", models.DateField(verbose_name="prend effet le")),
                ("period_end", models.DateField(verbose_name="prend fin le")),
                (
                    "notice_months",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="préavis (mois)"),
                ),
                ("notice_form", models.CharField(blank=True, max_length=240, verbose_name="forme du préavis")),
                ("place", models.CharField(blank=True, max_length=80, verbose_name="fait à")),
                ("variables", models.JSONField(blank=True, default=dict, verbose_name="variables")),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="mentions publiées")),
                ("lock_version", models.PositiveIntegerField(default=1, verbose_name="version d'enregistrement")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signée le")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="conventions.convention",
                        verbose_name="convention mère",
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewals",
                        to="conventions.convention",
                        verbose_name="renouvelle",
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
                "verbose_name": "convention",
                "verbose_name_plural": "conventions",
                "ordering": ["reference"],
            },
        ),
        migrations.CreateModel(
            name="ConventionPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="convention_plans",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "only_financer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="seul financeur",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="convention_plans",
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
                "verbose_name": "plan conventionné",
                "verbose_name_plural": "plans conventionnés",
                "ordering": ["plan__year", "pk"],
            },
        ),
        migrations.AddField(
            model_name="convention",
            name="plans",
            field=models.ManyToManyField(
                related_name="conventions",
                through="conventions.ConventionPlan",
                to="funding.fundingplan",
                verbose_name="plans",
            ),
        ),
        migrations.CreateModel(
            name="ConventionPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="convention_posts",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="convention_posts",
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
                "verbose_name": "poste conventionné",
                "verbose_name_plural": "postes conventionnés",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="convention",
            name="posts",
            field=models.ManyToManyField(
                related_name="conventions", through="conventions.ConventionPost", to="posts.post", verbose_name="postes"
            ),
        ),
        migrations.CreateModel(
            name="ConventionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("number", models.PositiveSmallIntegerField(verbose_name="numéro")),
                ("content", models.JSONField(verbose_name="contenu")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("approved_by_label", models.CharField(max_length=200, verbose_name="approuvée par")),
                ("approved_at", models.DateTimeField(verbose_name="approuvée le")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
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
                "verbose_name": "version approuvée",
                "verbose_name_plural": "versions approuvées",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(verbose_name="article")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reconduction", "Reconduction"),
                            ("validation", "Validation"),
                            ("attribution", "Attribution"),
                            ("autorisation", "Autorisation de signer"),
                            ("imputation", "Imputation budgétaire"),
                        ],
                        max_length=16,
                        verbose_name="décision",
                    ),
                ),
                ("subject", models.TextField(blank=True, verbose_name="objet")),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="montant"),
                ),
                ("annex", models.CharField(blank=True, max_length=40, verbose_name="annexe")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="bénéficiaire",
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
                "verbose_name": "décision",
                "verbose_name_plural": "décisions",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="DecisionConvention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decision_links",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="conventions.decision",
                        verbose_name="décision",
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
                "verbose_name": "convention visée",
                "verbose_name_plural": "conventions visées",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="conventions",
            field=models.ManyToManyField(
                related_name="decisions",
                through="conventions.DecisionConvention",
                to="conventions.convention",
                verbose_name="conventions",
            ),
        ),
        migrations.CreateModel(
            name="Deliberation",
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
                ("body", models.CharField(blank=True, max_length=200, verbose_name="assemblée")),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="numéro")),
                ("date", models.DateField(verbose_name="date")),
                ("title", models.TextField(blank=True, verbose_name="objet")),
                ("transmitted_on", models.DateField(blank=True, null=True, verbose_name="transmise au préfet le")),
                ("published_on", models.DateField(blank=True, null=True, verbose_name="publiée le")),
                ("present", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="présents")),
                ("votes_for", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pour")),
                ("votes_against", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="contre")),
                ("abstentions", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="abstentions")),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="mentions publiées")),
                (
                    "budget_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="funding.budgetline",
                        verbose_name="ligne budgétaire",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliberations",
                        to="parties.organisation",
                        verbose_name="collectivité",
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
                "verbose_name": "délibération",
                "verbose_name_plural": "délibérations",
                "ordering": ["-date", "number"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="deliberation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="conventions.deliberation",
                verbose_name="délibération",
            ),
        ),
        migrations.CreateModel(
            name="Party",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("employeur", "Employeur"),
                                ("financeur", "Financeur"),
                                ("service_accueil", "Service d'accueil"),
                                ("autorite_fonctionnelle", "Autorité fonctionnelle"),
                                ("autorite_hierarchique", "Autorité hiérarchique"),
                                ("porteur", "Porteur"),
                                ("beneficiaire", "Bénéficiaire"),
                                ("associe", "Associé"),
                            ],
                            max_length=24,
                        ),
                        default=list,
                        size=None,
                        verbose_name="qualités",
                    ),
                ),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="mentions publiées")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parties",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "deliberation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="conventions.deliberation",
                        verbose_name="délibération",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parties",
                        to="parties.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "representative",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="représentant",
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
                "verbose_name": "partie",
                "verbose_name_plural": "parties",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Signatory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "channel",
                    models.CharField(
                        choices=[("papier", "Papier"), ("electronique", "Électronique")],
                        default="papier",
                        max_length=12,
                        verbose_name="circuit",
                    ),
                ),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="mentions publiées")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatories",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="mandat",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatories",
                        to="conventions.party",
                        verbose_name="partie",
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
                "verbose_name": "signataire",
                "verbose_name_plural": "signataires",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("signed_on", models.DateField(verbose_name="signé le")),
                (
                    "channel",
                    models.CharField(
                        choices=[("papier", "Papier"), ("electronique", "Électronique")],
                        default="papier",
                        max_length=12,
                        verbose_name="circuit",
                    ),
                ),
                ("by_label", models.CharField(max_length=200, verbose_name="enregistrée par")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="enregistrée par",
                    ),
                ),
                (
                    "signatory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="conventions.signatory",
                        verbose_name="signataire",
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
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
                "ordering": ["signed_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "family",
                    models.CharField(
                        choices=[
                            ("F1", "F1 – Agent du Département affecté en police ou gendarmerie"),
                            ("F2", "F2 – Employeur EPCI"),
                            ("F3", "F3 – Employeur association"),
                            ("F5", "F5 – Convention bipartite d'attribution"),
                        ],
                        max_length=2,
                        verbose_name="famille",
                    ),
                ),
                ("name", models.CharField(max_length=160, verbose_name="nom")),
                ("version", models.PositiveSmallIntegerField(default=1, verbose_name="version")),
                ("title", models.TextField(blank=True, verbose_name="intitulé")),
                (
                    "territory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "modèle",
                "verbose_name_plural": "modèles",
                "ordering": ["family", "-version"],
            },
        ),
        migrations.AddField(
            model_name="convention",
            name="template",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="conventions.template",
                verbose_name="modèle",
            ),
        ),
        migrations.CreateModel(
            name="Clause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(verbose_name="ordre")),
                ("kind", models.CharField(max_length=40, verbose_name="nature")),
                ("title", models.CharField(max_length=160, verbose_name="titre")),
                ("numbered", models.BooleanField(default=True, verbose_name="numérotée")),
                ("when", models.JSONField(blank=True, default=list, verbose_name="conditions d'emploi")),
                ("mandatory_when", models.JSONField(blank=True, default=list, verbose_name="obligatoire si")),
                ("variants", models.JSONField(default=list, verbose_name="variantes")),
                (
                    "territory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clauses",
                        to="conventions.template",
                        verbose_name="modèle",
                    ),
                ),
            ],
            options={
                "verbose_name": "clause",
                "verbose_name_plural": "clauses",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Transition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("act", models.CharField(max_length=24, verbose_name="acte")),
                (
                    "from_status",
                    models.CharField(
                        choices=[
                            ("brouillon", "Brouillon"),
                            ("soumise", "Soumise"),
                            ("a_corriger", "À corriger"),
                            ("approuvee", "Approuvée"),
                            ("en_signature", "En signature"),
                            ("signee", "Signée"),
                            ("denoncee", "Dénoncée"),
                            ("resiliee", "Résiliée"),
                            ("abandonnee", "Abandonnée"),
                        ],
                        max_length=12,
                        verbose_name="de",
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("brouillon", "Brouillon"),
                            ("soumise", "Soumise"),
                            ("a_corriger", "À corriger"),
                            ("approuvee", "Approuvée"),
                            ("en_signature", "En signature"),
                            ("signee", "Signée"),
                            ("denoncee", "Dénoncée"),
                            ("resiliee", "Résiliée"),
                            ("abandonnee", "Abandonnée"),
                        ],
                        max_length=12,
                        verbose_name="à",
                    ),
                ),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
                ("reason", models.TextField(blank=True, verbose_name="motif")),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transitions",
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
                "verbose_name": "acte",
                "verbose_name_plural": "actes",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "anchor",
                    models.CharField(
                        choices=[
                            ("convention", "La convention"),
                            ("clause", "Une clause"),
                            ("part", "Une ligne du plan"),
                            ("partie", "Une partie"),
                        ],
                        default="convention",
                        max_length=12,
                        verbose_name="porte sur",
                    ),
                ),
                ("target", models.CharField(blank=True, max_length=80, verbose_name="élément")),
                ("text", models.TextField(verbose_name="commentaire")),
                ("answer", models.TextField(blank=True, verbose_name="réponse")),
                ("resolved", models.BooleanField(default=False, verbose_name="traité")),
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
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire",
                    ),
                ),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
            ],
            options={
                "verbose_name": "commentaire",
                "verbose_name_plural": "commentaires",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="conventions_comment_text"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConventionClause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("kind", models.CharField(max_length=40, verbose_name="nature")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "variant",
                    models.CharField(
                        blank=True,
                        help_text="Vide : choisie par les conditions.",
                        max_length=40,
                        verbose_name="variante",
                    ),
                ),
                ("edited_title", models.CharField(blank=True, max_length=160, verbose_name="titre modifié")),
                ("edited_text", models.TextField(blank=True, verbose_name="texte modifié")),
                ("removed", models.BooleanField(default=False, verbose_name="retirée")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clauses",
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
                "verbose_name": "clause de la convention",
                "verbose_name_plural": "clauses de la convention",
                "ordering": ["position", "pk"],
                "constraints": [models.UniqueConstraint(fields=("convention", "kind"), name="conventions_clause_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="conventionplan",
            constraint=models.UniqueConstraint(fields=("convention", "plan"), name="conventions_plan_once"),
        ),
        migrations.AddConstraint(
            model_name="conventionpost",
            constraint=models.UniqueConstraint(fields=("convention", "post"), name="conventions_post_once"),
        ),
        migrations.AddConstraint(
            model_name="conventionversion",
            constraint=models.UniqueConstraint(fields=("convention", "number"), name="conventions_version_number"),
        ),
        migrations.AddConstraint(
            model_name="decisionconvention",
            constraint=models.UniqueConstraint(fields=("decision", "convention"), name="conventions_decision_once"),
        ),
        migrations.AddConstraint(
            model_name="deliberation",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="conventions_deliberation_key"),
        ),
        migrations.AddConstraint(
            model_name="deliberation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("transmitted_on__isnull", True), ("transmitted_on__gte", models.F("date")), _connector="OR"
                    ),
                    models.Q(("published_on__isnull", True), ("published_on__gte", models.F("date")), _connector="OR"),
                ),
                name="conventions_deliberation_dates",
                violation_error_message="La transmission et la publication suivent le vote.",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("deliberation", "position"), name="conventions_decision_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__isnull", True), ("amount__gte", 0), _connector="OR"),
                name="conventions_decision_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.UniqueConstraint(
                fields=("convention", "organisation"),
                name="conventions_party_once",
                violation_error_message="Cette organisation est déjà partie à la convention.",
            ),
        ),
        migrations.AddConstraint(
            model_name="signatory",
            constraint=models.UniqueConstraint(fields=("party", "mandate"), name="conventions_signatory_once"),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(
                fields=("version", "signatory"),
                name="conventions_signature_once",
                violation_error_message="Cette signature est déjà enregistrée.",
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                fields=("territory", "family", "version"), name="conventions_template_version", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(
                fields=("territory", "reference"),
                name="conventions_convention_reference",
                violation_error_message="Une convention de ce territoire porte déjà cette référence.",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="conventions_convention_period",
                violation_error_message="La fin de la convention précède sa prise d'effet.",
            ),
        ),
        migrations.AddConstraint(
            model_name="clause",
            constraint=models.UniqueConstraint(fields=("template", "kind"), name="conventions_clause_kind"),
        ),
        migrations.AddConstraint(
            model_name="clause",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", ""), _negated=True), name="conventions_clause_kind_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("to_status", "a_corriger"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="conventions_transition_reason",
                violation_error_message="Dites ce qui est à corriger.",
            ),
        ),
        migrations.RunSQL(VISIBLE_CONVENTIONS, migrations.RunSQL.noop),
        *rls.territory_key(
            "conventions_deliberation",
            "conventions_decision",
            "conventions_convention",
            "conventions_party",
            "conventions_signatory",
            "conventions_conventionversion",
        ),
        *rls.protect("conventions_template", **SHARED_MODEL),
        *rls.protect("conventions_clause", **SHARED_MODEL),
        *rls.protect(
            "conventions_deliberation",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR organisation_id = (SELECT cosigne_organisation())"
            " OR id IN (SELECT p.deliberation_id FROM conventions_party p WHERE p.deliberation_id IS NOT NULL)",
        ),
        *rls.same_territory(
            "conventions_deliberation", organisation_id="parties_organisation", budget_line_id="funding_budgetline"
        ),
        *rls.protect(
            "conventions_decision",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR beneficiary_id = (SELECT cosigne_organisation())"
            " OR id IN (SELECT l.decision_id FROM conventions_decisionconvention l)",
        ),
        *rls.same_territory(
            "conventions_decision", deliberation_id="conventions_deliberation", beneficiary_id="parties_organisation"
        ),
        *rls.protect("conventions_decisionconvention", read=SEES.format("convention_id")),
        *rls.same_territory(
            "conventions_decisionconvention",
            decision_id="conventions_decision",
            convention_id="conventions_convention",
        ),
        # Staff first: a row being inserted is not yet among the visible ones, and RETURNING reads it.
        # The préfecture changes the state of what it reviews; it removes nothing.
        *rls.protect("conventions_convention", read=SEES.format("id"), write=REVIEWS.format("id"), remove=rls.IS_STAFF),
        *rls.same_territory(
            "conventions_convention", parent_id="conventions_convention", previous_id="conventions_convention"
        ),
        *rls.protect("conventions_conventionpost", read=SEES.format("convention_id")),
        *rls.same_territory("conventions_conventionpost", convention_id="conventions_convention", post_id="posts_post"),
        *rls.protect("conventions_conventionplan", read=SEES.format("convention_id")),
        *rls.same_territory(
            "conventions_conventionplan",
            convention_id="conventions_convention",
            plan_id="funding_fundingplan",
            only_financer_id="parties_organisation",
        ),
        *rls.protect("conventions_party", read=SEES.format("convention_id")),
        *rls.same_territory(
            "conventions_party",
            convention_id="conventions_convention",
            organisation_id="parties_organisation",
            representative_id="parties_mandate",
            deliberation_id="conventions_deliberation",
        ),
        *rls.protect("conventions_signatory", read=SEES.format("convention_id")),
        *rls.same_territory(
            "conventions_signatory",
            convention_id="conventions_convention",
            party_id="conventions_party",
            mandate_id="parties_mandate",
        ),
        *rls.protect("conventions_conventionclause", read=SEES.format("convention_id")),
        *rls.same_territory("conventions_conventionclause", convention_id="conventions_convention"),
        *rls.protect("conventions_transition", read=LOGGED, write=REVIEWS.format("convention_id")),
        *rls.same_territory("conventions_transition", convention_id="conventions_convention"),
        *rls.append_only("conventions_transition", "Le journal d'une convention ne se modifie pas."),
        *rls.protect(
            "conventions_conventionversion", read=SEES.format("convention_id"), write=REVIEWS.format("convention_id")
        ),
        *rls.same_territory("conventions_conventionversion", convention_id="conventions_convention"),
        *rls.append_only("conventions_conventionversion", "Une version approuvée ne se modifie pas."),
        *rls.protect(
            "conventions_signature",
            read=f"{rls.IS_STAFF} OR version_id IN (SELECT v.id FROM conventions_conventionversion v)",
        ),
        *rls.same_territory(
            "conventions_signature",
            version_id="conventions_conventionversion",
            signatory_id="conventions_signatory",
        ),
        *rls.append_only("conventions_signature", "Une signature enregistrée ne se modifie pas."),
        # What staff and préfecture say to each other while reviewing is not for the other parties.
        *rls.protect(
            "conventions_comment",
            read=REVIEWS.format("convention_id"),
            write=REVIEWS.format("convention_id"),
            remove=rls.IS_STAFF,
        ),
        *rls.same_territory("conventions_comment", convention_id="conventions_convention"),
    ]
