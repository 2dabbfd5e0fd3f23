"""Grants to associations: schedules, payments, dedicated funds, comptes rendus financiers, dated rules."""

import uuid
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

#: Both sides of a grant see it; the préfecture as it sees the plan.
ORGANISATION = "(SELECT cosigne_scope()) = 'organisation'"
ME = "(SELECT cosigne_organisation())"
VISIBLE = "plan_id IN (SELECT cosigne_visible_plans())"
SEES_GRANT = (
    f"{rls.IS_STAFF} OR ({rls.IS_PREFECTURE} AND {VISIBLE})"
    f" OR ({ORGANISATION} AND (financer_id = {ME} OR beneficiary_id = {ME}))"
)
ACTS_ON_GRANT = f"{rls.IS_STAFF} OR ({ORGANISATION} AND (financer_id = {ME} OR beneficiary_id = {ME}))"
OF_GRANT = "grant_id IN (SELECT g.id FROM funding_grant g)"
OF_OWN_GRANT = (
    f"{rls.IS_STAFF} OR ({ORGANISATION} AND grant_id IN (SELECT g.id FROM funding_grant g"
    f" WHERE g.financer_id = {ME} OR g.beneficiary_id = {ME}))"
)
OF_PAID_GRANT = (
    f"{rls.IS_STAFF} OR ({ORGANISATION} AND grant_id IN (SELECT g.id FROM funding_grant g WHERE g.financer_id = {ME}))"
)
SEES_FUND = (
    f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR ({ORGANISATION} AND (financer_id = {ME} OR beneficiary_id = {ME}))"
)
IS_BENEFICIARY = f"{rls.IS_STAFF} OR ({ORGANISATION} AND beneficiary_id = {ME})"
SEES_PLAN = f"{rls.IS_STAFF} OR {VISIBLE}"
ACTS_ON_ACCOUNT = f"{rls.IS_STAFF} OR ({ORGANISATION} AND {VISIBLE})"
OF_ACCOUNT = "account_id IN (SELECT a.id FROM funding_grantaccount a)"
OF_OWN_ACCOUNT = (
    f"{rls.IS_STAFF} OR ({ORGANISATION} AND account_id IN (SELECT a.id FROM funding_grantaccount a"
    f" WHERE a.beneficiary_id = {ME}))"
)
ACTS_OF_ACCOUNT = f"{rls.IS_STAFF} OR ({ORGANISATION} AND {OF_ACCOUNT})"

#: Only the managers bring grants into being; an association starts its own comptes rendus.
WHO_CREATES = f"""
CREATE POLICY funding_grant_created ON funding_grant AS RESTRICTIVE FOR INSERT WITH CHECK ({rls.IS_STAFF});
CREATE POLICY funding_grantaccount_created ON funding_grantaccount AS RESTRICTIVE FOR INSERT
  WITH CHECK ({IS_BENEFICIARY});
"""

#: What is promised, closed or accepted stays; each side changes only what is its own.
GUARDS = """
CREATE OR REPLACE FUNCTION funding_grant_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  promised boolean := OLD.status IN ('attribuee', 'partielle', 'versee', 'a_reverser');
  mine bigint := cosigne_organisation();
BEGIN
  IF (NEW.territory_id, NEW.plan_id, NEW.share_ref, NEW.financer_id, NEW.beneficiary_id, NEW.year)
      IS DISTINCT FROM (OLD.territory_id, OLD.plan_id, OLD.share_ref, OLD.financer_id, OLD.beneficiary_id, OLD.year)
     OR (promised AND NEW.amount IS DISTINCT FROM OLD.amount) THEN
    RAISE EXCEPTION 'Une subvention attribuée ne change ni de montant, ni de parties.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF cosigne_scope() = 'organisation' AND (
    (NEW.amount, NEW.request_deadline, NEW.budget_deadline, NEW.reference, NEW.signed_on)
      IS DISTINCT FROM (OLD.amount, OLD.request_deadline, OLD.budget_deadline, OLD.reference, OLD.signed_on)
    OR (mine IS DISTINCT FROM OLD.financer_id AND (NEW.awarded_on, NEW.decision, NEW.published_on)
      IS DISTINCT FROM (OLD.awarded_on, OLD.decision, OLD.published_on))
    OR (mine IS DISTINCT FROM OLD.financer_id AND NEW.status IS DISTINCT FROM OLD.status
      AND (OLD.status, NEW.status) IS DISTINCT FROM ('a_demander', 'demandee'))
  ) THEN
    RAISE EXCEPTION 'Cette partie de la subvention relève d''une autre organisation.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_grant_guard BEFORE UPDATE ON funding_grant
  FOR EACH ROW EXECUTE FUNCTION funding_grant_guard();

CREATE OR REPLACE FUNCTION funding_grantinstalment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.grant_id ELSE NEW.grant_id END;
BEGIN
  IF EXISTS (SELECT 1 FROM funding_grant g WHERE g.id = wanted
             AND g.status IN ('attribuee', 'partielle', 'versee', 'a_reverser')) THEN
    RAISE EXCEPTION 'L''échéancier d''une subvention attribuée ne change plus.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER funding_grantinstalment_guard BEFORE INSERT OR UPDATE OR DELETE ON funding_grantinstalment
  FOR EACH ROW EXECUTE FUNCTION funding_grantinstalment_guard();

CREATE OR REPLACE FUNCTION funding_dedicatedfund_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'arrete' AND NOT (
    NEW.status = 'ouvert' AND cosigne_scope() = 'staff' AND NEW.reason <> ''
    AND (NEW.beneficiary_id, NEW.financer_id, NEW.year, NEW.opening, NEW.received, NEW.used, NEW.repaid)
      IS NOT DISTINCT FROM
        (OLD.beneficiary_id, OLD.financer_id, OLD.year, OLD.opening, OLD.received, OLD.used, OLD.repaid)
  ) THEN
    RAISE EXCEPTION 'Des fonds dédiés arrêtés ne changent plus : le gestionnaire les rouvre avec un motif.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_dedicatedfund_guard BEFORE UPDATE ON funding_dedicatedfund
  FOR EACH ROW EXECUTE FUNCTION funding_dedicatedfund_guard();

CREATE OR REPLACE FUNCTION funding_grantaccount_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'accepte'
     OR (NEW.territory_id, NEW.plan_id, NEW.beneficiary_id, NEW.year)
        IS DISTINCT FROM (OLD.territory_id, OLD.plan_id, OLD.beneficiary_id, OLD.year)
     OR (OLD.status = 'soumis' AND (NEW.narrative, NEW.submission, NEW.certified_by_id, NEW.certified_as,
        NEW.certified_on, NEW.submitted_on) IS DISTINCT FROM (OLD.narrative, OLD.submission, OLD.certified_by_id,
        OLD.certified_as, OLD.certified_on, OLD.submitted_on)) THEN
    RAISE EXCEPTION 'Un compte rendu financier remis ou accepté ne se modifie pas.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF cosigne_scope() = 'organisation' AND cosigne_organisation() IS DISTINCT FROM OLD.beneficiary_id
     AND OLD.status <> 'soumis' THEN
    RAISE EXCEPTION 'Ce compte rendu financier n''est pas remis : l''association l''établit.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF cosigne_scope() = 'organisation' AND cosigne_organisation() = OLD.beneficiary_id
     AND NEW.status = 'accepte' THEN
    RAISE EXCEPTION 'Une association n''accepte pas son propre compte rendu.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_grantaccount_guard BEFORE UPDATE ON funding_grantaccount
  FOR EACH ROW EXECUTE FUNCTION funding_grantaccount_guard();

CREATE OR REPLACE FUNCTION funding_grantaccountline_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.account_id ELSE NEW.account_id END;
BEGIN
  IF EXISTS (SELECT 1 FROM funding_grantaccount a WHERE a.id = wanted AND a.status IN ('soumis', 'accepte')) THEN
    RAISE EXCEPTION 'Un compte rendu financier remis ou accepté ne se modifie pas.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER funding_grantaccountline_guard BEFORE INSERT OR UPDATE OR DELETE ON funding_grantaccountline
  FOR EACH ROW EXECUTE FUNCTION funding_grantaccountline_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0004_grid_scenarios"),
        ("parties", "0008_association_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("share_ref", models.CharField(max_length=40, verbose_name="part")),
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("a_demander", "À demander"),
                            ("demandee", "Demandée"),
                            ("attribuee", "Attribuée"),
                            ("partielle", "Versée partiellement"),
                            ("versee", "Versée"),
                            ("a_reverser", "À reverser"),
                            ("sans_objet", "Sans objet"),
                        ],
                        default="a_demander",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                ("request_deadline", models.DateField(blank=True, null=True, verbose_name="demande au plus tard le")),
                ("budget_deadline", models.DateField(blank=True, null=True, verbose_name="budget au plus tard le")),
                ("requested_on", models.DateField(blank=True, null=True, verbose_name="demandée le")),
                ("awarded_on", models.DateField(blank=True, null=True, verbose_name="attribuée le")),
                ("decision", models.CharField(blank=True, max_length=160, verbose_name="décision d'attribution")),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="convention")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="convention signée le")),
                ("published_on", models.DateField(blank=True, null=True, verbose_name="données publiées le")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants_received",
                        to="parties.organisation",
                        verbose_name="association",
                    ),
                ),
                (
                    "financer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants_given",
                        to="parties.organisation",
                        verbose_name="financeur",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
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
                "verbose_name": "subvention",
                "verbose_name_plural": "subventions",
                "ordering": ["-year", "plan__label", "share_ref"],
            },
        ),
        migrations.CreateModel(
            name="GrantAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("a_etablir", "À établir"),
                            ("soumis", "Soumis"),
                            ("renvoye", "Renvoyé"),
                            ("accepte", "Accepté"),
                        ],
                        default="a_etablir",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("narrative", models.TextField(blank=True, verbose_name="compte rendu qualitatif")),
                ("submission", models.PositiveSmallIntegerField(default=0, verbose_name="remise n°")),
                ("certified_as", models.CharField(blank=True, max_length=330, verbose_name="qualité du signataire")),
                ("certified_on", models.DateField(blank=True, null=True, verbose_name="certifié le")),
                ("submitted_on", models.DateField(blank=True, null=True, verbose_name="remis le")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grant_accounts",
                        to="parties.organisation",
                        verbose_name="association",
                    ),
                ),
                (
                    "certified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="certifié par",
                    ),
                ),
                (
                    "plan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grant_account",
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
                "verbose_name": "compte rendu financier",
                "verbose_name_plural": "comptes rendus financiers",
                "ordering": ["-year", "plan__label"],
            },
        ),
        migrations.CreateModel(
            name="GrantAccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("act", models.CharField(max_length=16, verbose_name="acte")),
                ("submission", models.PositiveSmallIntegerField(default=0, verbose_name="remise n°")),
                ("from_status", models.CharField(blank=True, max_length=10, verbose_name="de")),
                ("to_status", models.CharField(max_length=10, verbose_name="à")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
                ("reason", models.TextField(blank=True, verbose_name="motif")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="funding.grantaccount",
                        verbose_name="compte rendu",
                    ),
                ),
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
            ],
            options={
                "verbose_name": "acte sur un compte rendu financier",
                "verbose_name_plural": "actes sur les comptes rendus financiers",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantAccountLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                ("code", models.CharField(max_length=2, verbose_name="compte")),
                ("label", models.CharField(max_length=200, verbose_name="libellé")),
                ("planned", models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="prévu")),
                (
                    "realised",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="réalisé"),
                ),
                ("explanation", models.CharField(blank=True, max_length=500, verbose_name="explication de l'écart")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="funding.grantaccount",
                        verbose_name="compte rendu",
                    ),
                ),
                (
                    "financer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="financeur",
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
                "verbose_name": "ligne de compte rendu",
                "verbose_name_plural": "lignes de compte rendu",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("act", models.CharField(max_length=24, verbose_name="acte")),
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
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="funding.grant",
                        verbose_name="subvention",
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
                "verbose_name": "acte sur une subvention",
                "verbose_name_plural": "actes sur les subventions",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantInstalment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("position", models.PositiveSmallIntegerField(default=1, verbose_name="rang")),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="pourcentage",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="montant",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="au plus tard le")),
                ("condition", models.CharField(blank=True, max_length=200, verbose_name="condition")),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instalments",
                        to="funding.grant",
                        verbose_name="subvention",
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
                "verbose_name": "échéance de subvention",
                "verbose_name_plural": "échéances de subvention",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("versement", "Versement"),
                            ("reversement", "Reversement par l'association"),
                            ("extourne", "Annulation d'une écriture"),
                        ],
                        default="versement",
                        max_length=12,
                        verbose_name="nature",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                        verbose_name="montant",
                    ),
                ),
                ("paid_on", models.DateField(verbose_name="date")),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="numéro de mandat")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motif")),
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
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="funding.grant",
                        verbose_name="subvention",
                    ),
                ),
                (
                    "instalment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="funding.grantinstalment",
                        verbose_name="échéance",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="funding.grantpayment",
                        verbose_name="écriture annulée",
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
                "verbose_name": "versement de subvention",
                "verbose_name_plural": "versements de subvention",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantRepayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                        verbose_name="montant",
                    ),
                ),
                ("asked_on", models.DateField(verbose_name="demandé le")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="au plus tard le")),
                ("reason", models.CharField(max_length=300, verbose_name="motif")),
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
                    "cancels",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cancelled_by",
                        to="funding.grantrepayment",
                        verbose_name="demande retirée",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repayments",
                        to="funding.grant",
                        verbose_name="subvention",
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
                "verbose_name": "demande de reversement",
                "verbose_name_plural": "demandes de reversement",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="GrantRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("threshold", "Seuil de convention obligatoire (euros par an et par autorité)"),
                            ("account_months", "Délai du compte rendu financier (mois après l'exercice)"),
                            ("publication_months", "Délai de publication des données (mois après la signature)"),
                            ("request_day", "Date limite de demande (mois et jour)"),
                            ("payment_day", "Date limite de versement (mois et jour)"),
                            ("explanation_percent", "Écart à expliquer au compte rendu (en % du prévu)"),
                        ],
                        max_length=24,
                        verbose_name="règle",
                    ),
                ),
                ("value", models.CharField(max_length=20, verbose_name="valeur")),
                ("valid_from", models.DateField(verbose_name="à partir du")),
                ("source", models.CharField(max_length=240, verbose_name="source")),
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
                "verbose_name": "règle des subventions",
                "verbose_name_plural": "règles des subventions",
                "ordering": ["kind", "-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="DedicatedFund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                (
                    "opening",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="report à l'ouverture",
                    ),
                ),
                ("received", models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="reçu")),
                (
                    "used",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="utilisé",
                    ),
                ),
                ("repaid", models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="reversé")),
                (
                    "status",
                    models.CharField(
                        choices=[("ouvert", "En cours"), ("arrete", "Arrêté")],
                        default="ouvert",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="précision")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motif de la réouverture")),
                (
                    "beneficiary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dedicated_funds",
                        to="parties.organisation",
                        verbose_name="association",
                    ),
                ),
                (
                    "financer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="financeur",
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
                "verbose_name": "fonds dédiés",
                "verbose_name_plural": "fonds dédiés",
                "ordering": ["-year", "financer__name"],
                "constraints": [
                    models.UniqueConstraint(fields=("beneficiary", "financer", "year"), name="funding_fund_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opening__gte", 0), ("used__gte", 0), ("received__gte", 0), ("repaid__gte", 0)
                        ),
                        name="funding_fund_positive",
                        violation_error_message="Ces montants ne sont pas négatifs.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "opening__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("used"), "+", models.F("repaid")
                                    ),
                                    "-",
                                    models.F("received"),
                                ),
                            )
                        ),
                        name="funding_fund_closing",
                        violation_error_message="On n'utilise pas plus que ce qui était reporté et reçu.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(fields=("plan", "share_ref"), name="funding_grant_once"),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="funding_grant_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("financer", models.F("beneficiary")), _negated=True),
                name="funding_grant_two_bodies",
                violation_error_message="Le financeur et l'association sont le même organisme.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantaccountline",
            constraint=models.UniqueConstraint(
                fields=("account", "code", "financer"), name="funding_accountline_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="grantaccountline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("planned__gte", 0), models.Q(("realised__isnull", True), ("realised__gte", 0), _connector="OR")
                ),
                name="funding_accountline_positive",
                violation_error_message="Un montant du compte rendu n'est pas négatif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantinstalment",
            constraint=models.UniqueConstraint(fields=("grant", "position"), name="funding_instalment_position"),
        ),
        migrations.AddConstraint(
            model_name="grantinstalment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)),
                name="funding_instalment_positive",
                violation_error_message="Une échéance n'est pas négative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantinstalment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__isnull", True), models.Q(("percent__gte", 0), ("percent__lte", 100)), _connector="OR"
                ),
                name="funding_instalment_percent",
                violation_error_message="Un pourcentage est compris entre 0 et 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantpayment",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="funding_payment_positive"),
        ),
        migrations.AddConstraint(
            model_name="grantpayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "extourne"), ("reverses__isnull", False), models.Q(("reason", ""), _negated=True)
                    ),
                    models.Q(models.Q(("kind", "extourne"), _negated=True), ("reverses__isnull", True)),
                    _connector="OR",
                ),
                name="funding_payment_reversal",
                violation_error_message="Une annulation désigne l'écriture annulée et dit pourquoi.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantrepayment",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="funding_repayment_positive"),
        ),
        migrations.AddConstraint(
            model_name="grantrepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="funding_repayment_reason",
                violation_error_message="Indiquez le motif du reversement.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantrule",
            constraint=models.UniqueConstraint(
                fields=("territory", "kind", "valid_from"),
                name="funding_grantrule_once",
                violation_error_message="Cette règle a déjà une valeur à cette date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True),
                name="funding_grantrule_source",
                violation_error_message="Indiquez le texte ou la décision qui fixe cette valeur.",
            ),
        ),
        *rls.territory_key(
            "funding_grant",
            "funding_grantinstalment",
            "funding_grantpayment",
            "funding_grantrepayment",
            "funding_grantaccount",
        ),
        *rls.protect("funding_grantrule", remove="false"),
        *rls.protect("funding_grant", read=SEES_GRANT, write=ACTS_ON_GRANT, remove="false"),
        *rls.same_territory(
            "funding_grant",
            plan_id="funding_fundingplan",
            financer_id="parties_organisation",
            beneficiary_id="parties_organisation",
        ),
        *rls.protect("funding_grantinstalment", read=OF_GRANT),
        *rls.same_territory("funding_grantinstalment", grant_id="funding_grant"),
        *rls.protect("funding_grantevent", read=OF_GRANT, write=OF_OWN_GRANT, remove="false"),
        *rls.same_territory("funding_grantevent", grant_id="funding_grant"),
        *rls.append_only("funding_grantevent", "Le journal d'une subvention ne se modifie pas."),
        *rls.protect("funding_grantpayment", read=OF_GRANT, write=OF_PAID_GRANT, remove="false"),
        *rls.same_territory(
            "funding_grantpayment",
            grant_id="funding_grant",
            instalment_id="funding_grantinstalment",
            reverses_id="funding_grantpayment",
        ),
        *rls.append_only(
            "funding_grantpayment", "Un versement enregistré ne change pas : annulez-le par une écriture."
        ),
        *rls.protect("funding_grantrepayment", read=OF_GRANT, write=OF_PAID_GRANT, remove="false"),
        *rls.same_territory("funding_grantrepayment", grant_id="funding_grant", cancels_id="funding_grantrepayment"),
        *rls.append_only(
            "funding_grantrepayment", "Une demande de reversement ne change pas : retirez-la par une autre."
        ),
        *rls.protect("funding_dedicatedfund", read=SEES_FUND, write=IS_BENEFICIARY, remove="false"),
        *rls.same_territory(
            "funding_dedicatedfund", beneficiary_id="parties_organisation", financer_id="parties_organisation"
        ),
        *rls.protect("funding_grantaccount", read=SEES_PLAN, write=ACTS_ON_ACCOUNT, remove="false"),
        *rls.same_territory(
            "funding_grantaccount",
            plan_id="funding_fundingplan",
            beneficiary_id="parties_organisation",
            certified_by_id="parties_mandate",
        ),
        *rls.protect("funding_grantaccountline", read=OF_ACCOUNT, write=OF_OWN_ACCOUNT),
        *rls.same_territory(
            "funding_grantaccountline", account_id="funding_grantaccount", financer_id="parties_organisation"
        ),
        *rls.protect("funding_grantaccountevent", read=OF_ACCOUNT, write=ACTS_OF_ACCOUNT, remove="false"),
        *rls.same_territory(
            "funding_grantaccountevent", account_id="funding_grantaccount", organisation_id="parties_organisation"
        ),
        *rls.append_only("funding_grantaccountevent", "Le journal d'un compte rendu financier ne se modifie pas."),
        migrations.RunSQL(WHO_CREATES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        *journalled("funding_grantrule"),
        *journalled("funding_grant"),
        *journalled("funding_grantinstalment", root="funding_grant", column="grant_id"),
        *journalled("funding_dedicatedfund"),
        *journalled("funding_grantaccount", ignored=["version"]),
        *journalled("funding_grantaccountline", root="funding_grantaccount", column="account_id"),
    ]
