import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.models
from core import rls

#: Plans an organisation funds or employs under; the préfecture reads them once they leave the drafting table
#: (conventions' migration adds those of submitted conventions). Funders see the posts they pay for.
VISIBLE_PLANS = """
CREATE OR REPLACE FUNCTION cosigne_visible_plans() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM funding_fundingplan p
  WHERE p.territory_id = cosigne_territory() AND (
    (cosigne_scope() = 'prefecture' AND p.status <> 'projet')
    OR (cosigne_scope() = 'organisation' AND (
      p.employer_id = cosigne_organisation()
      OR EXISTS (SELECT 1 FROM funding_share s WHERE s.plan_id = p.id AND s.financer_id = cosigne_organisation())
    )))
$$;
CREATE OR REPLACE FUNCTION cosigne_visible_posts() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM posts_post p
  WHERE p.territory_id = cosigne_territory() AND (
    p.employer_id = cosigne_organisation()
    OR EXISTS (
      SELECT 1 FROM posts_postunit pu JOIN posts_serviceunit u ON u.id = pu.unit_id
      WHERE pu.post_id = p.id AND u.organisation_id = cosigne_organisation()
    )
    OR EXISTS (
      SELECT 1 FROM funding_planpost pp JOIN funding_share s ON s.plan_id = pp.plan_id
      WHERE pp.post_id = p.id AND s.financer_id = cosigne_organisation()
    ))
$$;
"""
SEES = f"{rls.IS_STAFF} OR {{}} IN (SELECT cosigne_visible_plans())"
ISSUES = f"{rls.IS_STAFF} OR issuer_id = (SELECT cosigne_organisation())"
#: A titre recovers a share of a plan its issuer employs under: it never hangs on somebody else's plan.
ISSUES_TITRE = (
    f"{rls.IS_STAFF} OR (issuer_id = (SELECT cosigne_organisation()) AND plan_id IN"
    " (SELECT p.id FROM funding_fundingplan p WHERE p.employer_id = (SELECT cosigne_organisation())))"
)
OF_TITRE = "titre_id IN (SELECT t.id FROM funding_titre t)"
#: The debtor reads the log of what it owes; only the issuer writes in it.
OF_ISSUED_TITRE = (
    f"{rls.IS_STAFF} OR titre_id IN (SELECT t.id FROM funding_titre t"
    " WHERE t.issuer_id = (SELECT cosigne_organisation()))"
)

#: What left in a batch keeps its figures: only what the finance software sends back may still change.
EXPORTED_TITRES_STAY = """
CREATE OR REPLACE FUNCTION funding_titre_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.batch_id IS NOT NULL AND (
    TG_OP = 'DELETE'
    OR (NEW.territory_id, NEW.kind, NEW.entry_id, NEW.plan_id, NEW.share_ref, NEW.issuer_id, NEW.debtor_id, NEW.year,
        NEW.base, NEW.due, NEW.planned, NEW.amount, NEW.subject, NEW.statement, NEW.batch_id)
      IS DISTINCT FROM
       (OLD.territory_id, OLD.kind, OLD.entry_id, OLD.plan_id, OLD.share_ref, OLD.issuer_id, OLD.debtor_id, OLD.year,
        OLD.base, OLD.due, OLD.planned, OLD.amount, OLD.subject, OLD.statement, OLD.batch_id)
  ) THEN
    RAISE EXCEPTION 'Un titre exporté ne se modifie ni ne se supprime : corrigez-le par une réduction ou une annulation.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER funding_titre_frozen BEFORE UPDATE OR DELETE ON funding_titre
  FOR EACH ROW EXECUTE FUNCTION funding_titre_frozen();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("parties", "0001_initial"),
        ("posts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AllocationKey",
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
                ("label", models.CharField(max_length=160, verbose_name="libellé")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("population", "Population municipale"),
                            ("population_gendarmerie", "Population des communes en zone gendarmerie"),
                        ],
                        max_length=24,
                        verbose_name="base",
                    ),
                ),
                (
                    "vintage",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="millésime de population"),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("saisie", "Pourcentages saisis"),
                            ("officielle", "Calculée sur les populations officielles"),
                        ],
                        default="saisie",
                        max_length=12,
                        verbose_name="origine",
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
                "verbose_name": "clé de répartition",
                "verbose_name_plural": "clés de répartition",
                "ordering": ["label"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AllocationKeyLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("population", models.PositiveIntegerField(blank=True, null=True, verbose_name="habitants")),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="pourcentage",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "allocation_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="funding.allocationkey",
                        verbose_name="clé",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="EPCI",
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
                "verbose_name": "ligne de clé",
                "verbose_name_plural": "lignes de clé",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="BudgetLine",
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
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                ("operation", models.CharField(blank=True, max_length=40, verbose_name="code opération")),
                ("imputation", models.CharField(blank=True, max_length=40, verbose_name="imputation")),
                ("label", models.CharField(max_length=200, verbose_name="libellé")),
                (
                    "voted",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="crédits votés",
                    ),
                ),
                (
                    "available",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="disponible",
                    ),
                ),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="chiffres publiés")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="budget_lines",
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
            ],
            options={
                "verbose_name": "ligne budgétaire",
                "verbose_name_plural": "lignes budgétaires",
                "ordering": ["year", "operation"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ExportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("file_format", models.CharField(max_length=8, verbose_name="format")),
                ("filename", models.CharField(max_length=120, verbose_name="fichier")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("content", models.BinaryField(verbose_name="contenu")),
                ("count", models.PositiveIntegerField(verbose_name="lignes")),
                ("total", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="total")),
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
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="export_batches",
                        to="parties.organisation",
                        verbose_name="émetteur",
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
                "verbose_name": "lot d'export",
                "verbose_name_plural": "lots d'export",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="FindingAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("code", models.CharField(max_length=5, verbose_name="contrôle")),
                ("place", models.CharField(max_length=240, verbose_name="endroit")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="empreinte des chiffres")),
                ("reason", models.TextField(verbose_name="explication")),
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
            ],
            options={
                "verbose_name": "explication d'un constat",
                "verbose_name_plural": "explications de constats",
            },
        ),
        migrations.CreateModel(
            name="FundingPlan",
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
                ("label", models.CharField(max_length=160, verbose_name="libellé")),
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
                    "status",
                    models.CharField(
                        choices=[("projet", "Projet"), ("arrete", "Arrêté"), ("engage", "Engagé"), ("solde", "Soldé")],
                        default="projet",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("period_start", models.DateField(verbose_name="du")),
                ("period_end", models.DateField(verbose_name="au")),
                (
                    "prorata",
                    models.CharField(
                        choices=[
                            ("none", "Année pleine"),
                            ("months", "Au prorata des mois"),
                            ("days", "Au prorata des jours"),
                        ],
                        default="none",
                        max_length=8,
                        verbose_name="prorata",
                    ),
                ),
                (
                    "rounding_unit",
                    models.CharField(
                        choices=[("cent", "Au centime"), ("euro", "À l'euro")],
                        default="cent",
                        max_length=8,
                        verbose_name="arrondi",
                    ),
                ),
                (
                    "rounding_method",
                    models.CharField(
                        choices=[
                            ("largest_remainder", "Au plus fort reste"),
                            ("half_up_residue", "Au plus proche, l'écart à un financeur désigné"),
                            ("truncate_residue", "Par défaut, l'écart à un financeur désigné"),
                        ],
                        default="largest_remainder",
                        max_length=24,
                        verbose_name="méthode d'arrondi",
                    ),
                ),
                ("residue_ref", models.CharField(blank=True, max_length=40, verbose_name="l'écart d'arrondi va à")),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="chiffres publiés")),
                ("legal_basis", models.JSONField(blank=True, default=dict, verbose_name="fondement juridique")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "employer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="employed_plans",
                        to="parties.organisation",
                        verbose_name="employeur",
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
                "verbose_name": "plan de financement",
                "verbose_name_plural": "plans de financement",
                "ordering": ["-year", "label"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CostComponent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payroll", "Masse salariale"),
                            ("travel", "Frais de déplacement"),
                            ("equipment", "Équipement"),
                            ("training", "Formation"),
                            ("other", "Autres frais"),
                        ],
                        default="payroll",
                        max_length=12,
                        verbose_name="nature",
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=120, verbose_name="libellé")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant annuel",
                    ),
                ),
                ("borne_by", models.CharField(blank=True, max_length=40, verbose_name="supporté par")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="costs",
                        to="funding.fundingplan",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "composante du coût",
                "verbose_name_plural": "composantes du coût",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PlanEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("act", models.CharField(max_length=20, verbose_name="acte")),
                ("from_status", models.CharField(max_length=10, verbose_name="de")),
                ("to_status", models.CharField(max_length=10, verbose_name="à")),
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
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
                "verbose_name": "acte sur un plan",
                "verbose_name_plural": "actes sur les plans",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="PlanPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_posts",
                        to="funding.fundingplan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_posts",
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
                "verbose_name": "poste financé",
                "verbose_name_plural": "postes financés",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="fundingplan",
            name="posts",
            field=models.ManyToManyField(
                related_name="plans", through="funding.PlanPost", to="posts.post", verbose_name="postes"
            ),
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                ("ref", models.CharField(max_length=40, verbose_name="repère")),
                ("label", models.CharField(blank=True, max_length=160, verbose_name="libellé")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("fipd", "État (FIPD)"),
                            ("etat", "État (autre crédit)"),
                            ("departement", "Département"),
                            ("epci", "EPCI"),
                            ("commune", "Commune"),
                            ("caf", "CAF"),
                            ("other", "Autre"),
                        ],
                        default="other",
                        max_length=12,
                        verbose_name="crédit",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("equal", "À parts égales"),
                            ("fixed", "Montant fixe"),
                            ("percentage", "Pourcentage"),
                            ("key", "Selon la clé de répartition"),
                            ("remainder", "Reste à charge"),
                        ],
                        default="equal",
                        max_length=12,
                        verbose_name="mode de calcul",
                    ),
                ),
                (
                    "fixed_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant fixe",
                    ),
                ),
                (
                    "fixed_is_annual",
                    models.BooleanField(default=False, verbose_name="montant d'année pleine, à proratiser"),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="pourcentage",
                    ),
                ),
                (
                    "percent_of",
                    models.CharField(
                        blank=True, help_text="Vide : du coût partagé.", max_length=40, verbose_name="du montant de"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="montant"),
                ),
                ("explanation", models.JSONField(blank=True, default=dict, verbose_name="calcul")),
                ("footnote", models.CharField(blank=True, max_length=300, verbose_name="note de bas de tableau")),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="chiffres publiés")),
                (
                    "allocation_key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="funding.allocationkey",
                        verbose_name="clé",
                    ),
                ),
                (
                    "budget_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="funding.budgetline",
                        verbose_name="ligne",
                    ),
                ),
                (
                    "financer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="parties.organisation",
                        verbose_name="financeur",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="funding.share",
                        verbose_name="groupe",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
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
                "verbose_name": "part",
                "verbose_name_plural": "parts",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Titre",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("titre", "Titre de recettes"),
                            ("reduction", "Réduction"),
                            ("annulation", "Annulation"),
                        ],
                        default="titre",
                        max_length=12,
                        verbose_name="nature",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("a_preparer", "À préparer"),
                            ("pret", "Prêt"),
                            ("exporte", "Exporté"),
                            ("emis", "Émis"),
                            ("encaisse", "Encaissé"),
                        ],
                        default="a_preparer",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                ("entry_id", models.CharField(max_length=120, verbose_name="identifiant d'écriture")),
                ("share_ref", models.CharField(max_length=40, verbose_name="part")),
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                (
                    "base",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="part annuelle",
                    ),
                ),
                ("due", models.DecimalField(decimal_places=4, max_digits=8, verbose_name="dû")),
                ("planned", models.DecimalField(decimal_places=4, max_digits=8, verbose_name="prévu")),
                ("unit", models.CharField(default="months", max_length=8, verbose_name="unité")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant",
                    ),
                ),
                ("subject", models.CharField(max_length=160, verbose_name="objet")),
                ("statement", models.JSONField(default=dict, verbose_name="décompte")),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="convention")),
                ("blocked_reason", models.CharField(blank=True, max_length=240, verbose_name="ce qui bloque")),
                ("slip_number", models.CharField(blank=True, max_length=20, verbose_name="bordereau")),
                ("number", models.CharField(blank=True, max_length=20, verbose_name="numéro de titre")),
                ("issued_on", models.DateField(blank=True, null=True, verbose_name="émis le")),
                ("received", models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="encaissé")),
                ("received_on", models.DateField(blank=True, null=True, verbose_name="encaissé le")),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="titres",
                        to="funding.exportbatch",
                        verbose_name="lot",
                    ),
                ),
                (
                    "debtor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owed",
                        to="parties.organisation",
                        verbose_name="débiteur",
                    ),
                ),
                (
                    "issuer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issued",
                        to="parties.organisation",
                        verbose_name="émetteur",
                    ),
                ),
                (
                    "original",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="funding.titre",
                        verbose_name="titre corrigé",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="titres",
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
                "verbose_name": "titre de recettes",
                "verbose_name_plural": "titres de recettes",
                "ordering": ["year", "issuer__name", "debtor__name", "entry_id"],
            },
        ),
        migrations.CreateModel(
            name="TitreEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("act", models.CharField(max_length=20, verbose_name="acte")),
                ("from_status", models.CharField(blank=True, max_length=12, verbose_name="de")),
                ("to_status", models.CharField(max_length=12, verbose_name="à")),
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
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire",
                    ),
                ),
                (
                    "titre",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="funding.titre",
                        verbose_name="titre",
                    ),
                ),
            ],
            options={
                "verbose_name": "acte sur un titre",
                "verbose_name_plural": "actes sur les titres",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="allocationkey",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="funding_allocationkey_key"),
        ),
        migrations.AddConstraint(
            model_name="allocationkeyline",
            constraint=models.UniqueConstraint(fields=("allocation_key", "organisation"), name="funding_keyline_once"),
        ),
        migrations.AddConstraint(
            model_name="allocationkeyline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__isnull", True), models.Q(("percent__gte", 0), ("percent__lte", 100)), _connector="OR"
                ),
                name="funding_keyline_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocationkeyline",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__isnull", False), ("population__isnull", False), _connector="OR"),
                name="funding_keyline_weight",
                violation_error_message="Indiquez un pourcentage ou une population.",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetline",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="funding_budgetline_key"),
        ),
        migrations.AddConstraint(
            model_name="budgetline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("voted__isnull", True), ("voted__gte", 0), _connector="OR"),
                    models.Q(("available__isnull", True), ("available__gte", 0), _connector="OR"),
                ),
                name="funding_budgetline_positive",
                violation_error_message="Un crédit n'est pas négatif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exportbatch",
            constraint=models.UniqueConstraint(fields=("issuer", "year", "number"), name="funding_batch_number"),
        ),
        migrations.AddConstraint(
            model_name="findinganswer",
            constraint=models.UniqueConstraint(fields=("territory", "fingerprint"), name="funding_findinganswer_once"),
        ),
        migrations.AddConstraint(
            model_name="findinganswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="funding_findinganswer_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="costcomponent",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="funding_cost_positive",
                violation_error_message="Un coût n'est pas négatif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="planpost",
            constraint=models.UniqueConstraint(fields=("plan", "post"), name="funding_planpost_once"),
        ),
        migrations.AddConstraint(
            model_name="fundingplan",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="funding_fundingplan_key"),
        ),
        migrations.AddConstraint(
            model_name="fundingplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="funding_plan_period",
                violation_error_message="La fin de la période précède son début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__year", models.F("year")), ("period_start__year", models.F("year"))),
                name="funding_plan_one_year",
                violation_error_message="Un plan porte sur une seule année civile : faites un plan par année.",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.UniqueConstraint(fields=("plan", "ref"), name="funding_share_ref"),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_amount__isnull", True), ("fixed_amount__gte", 0), _connector="OR"),
                name="funding_share_fixed_positive",
                violation_error_message="Une part n'est pas négative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__isnull", True), models.Q(("percent__gte", 0), ("percent__lte", 100)), _connector="OR"
                ),
                name="funding_share_percent",
                violation_error_message="Une part ne dépasse pas 100 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__isnull", True), ("amount__gte", 0), _connector="OR"),
                name="funding_share_amount_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mode", "fixed"), _negated=True), ("fixed_amount__isnull", False), _connector="OR"
                ),
                name="funding_share_fixed_given",
                violation_error_message="Indiquez le montant fixe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mode", "percentage"), _negated=True), ("percent__isnull", False), _connector="OR"
                ),
                name="funding_share_percent_given",
                violation_error_message="Indiquez le pourcentage.",
            ),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.UniqueConstraint(fields=("territory", "entry_id"), name="funding_titre_entry"),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="funding_titre_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.CheckConstraint(
                condition=models.Q(("issuer", models.F("debtor")), _negated=True),
                name="funding_titre_two_bodies",
                violation_error_message="L'émetteur et le débiteur sont le même organisme.",
            ),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch__isnull", True), ("status__in", ["a_preparer", "pret"])),
                    models.Q(("batch__isnull", False), ("status__in", ["exporte", "emis", "encaisse"])),
                    _connector="OR",
                ),
                name="funding_titre_batch_when_exported",
            ),
        ),
        migrations.RunSQL(VISIBLE_PLANS, migrations.RunSQL.noop),
        *rls.territory_key(
            "funding_allocationkey",
            "funding_budgetline",
            "funding_fundingplan",
            "funding_share",
            "funding_exportbatch",
            "funding_titre",
        ),
        *rls.protect(
            "funding_allocationkey",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE}"
            " OR id IN (SELECT s.allocation_key_id FROM funding_share s WHERE s.allocation_key_id IS NOT NULL)",
        ),
        *rls.protect(
            "funding_allocationkeyline",
            read=f"{rls.IS_STAFF} OR allocation_key_id IN (SELECT k.id FROM funding_allocationkey k)",
        ),
        *rls.same_territory(
            "funding_allocationkeyline",
            allocation_key_id="funding_allocationkey",
            organisation_id="parties_organisation",
        ),
        *rls.protect(
            "funding_budgetline",
            read=f"{rls.IS_STAFF} OR organisation_id = (SELECT cosigne_organisation())",
        ),
        *rls.same_territory("funding_budgetline", organisation_id="parties_organisation"),
        *rls.protect("funding_fundingplan", read=SEES.format("id")),
        *rls.same_territory("funding_fundingplan", employer_id="parties_organisation"),
        *rls.protect("funding_planpost", read=SEES.format("plan_id")),
        *rls.same_territory("funding_planpost", plan_id="funding_fundingplan", post_id="posts_post"),
        *rls.protect("funding_costcomponent", read=SEES.format("plan_id")),
        *rls.same_territory("funding_costcomponent", plan_id="funding_fundingplan"),
        *rls.protect("funding_share", read=SEES.format("plan_id")),
        *rls.same_territory(
            "funding_share",
            plan_id="funding_fundingplan",
            parent_id="funding_share",
            financer_id="parties_organisation",
            allocation_key_id="funding_allocationkey",
            budget_line_id="funding_budgetline",
        ),
        *rls.protect("funding_planevent", read=SEES.format("plan_id")),
        *rls.same_territory("funding_planevent", plan_id="funding_fundingplan"),
        *rls.append_only("funding_planevent", "Le journal d'un plan ne se modifie pas."),
        *rls.protect("funding_findinganswer", read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE}"),
        *rls.append_only("funding_findinganswer", "Une explication donnée ne se modifie pas."),
        *rls.protect("funding_exportbatch", read=ISSUES, write=ISSUES),
        *rls.same_territory("funding_exportbatch", issuer_id="parties_organisation"),
        *rls.append_only("funding_exportbatch", "Un lot exporté ne se modifie pas."),
        *rls.protect(
            "funding_titre", read=f"{ISSUES} OR debtor_id = (SELECT cosigne_organisation())", write=ISSUES_TITRE
        ),
        *rls.same_territory(
            "funding_titre",
            plan_id="funding_fundingplan",
            issuer_id="parties_organisation",
            debtor_id="parties_organisation",
            original_id="funding_titre",
            batch_id="funding_exportbatch",
        ),
        migrations.RunSQL(EXPORTED_TITRES_STAY, migrations.RunSQL.noop),
        *rls.protect("funding_titreevent", read=OF_TITRE, write=OF_ISSUED_TITRE),
        *rls.same_territory("funding_titreevent", titre_id="funding_titre"),
        *rls.append_only("funding_titreevent", "Le journal d'un titre ne se modifie pas."),
    ]
