"""What happens to a titre after it is prepared: corrections, receipts, returns, cancelled batches, dated rules."""

import uuid
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

BY_ISSUER = f"{rls.IS_STAFF} OR issuer_id = (SELECT cosigne_organisation())"
#: The debtor reads what was received on its titres; only the issuer writes it.
OF_TITRE = "titre_id IN (SELECT t.id FROM funding_titre t)"
OF_ISSUED_TITRE = (
    f"{rls.IS_STAFF} OR titre_id IN (SELECT t.id FROM funding_titre t"
    " WHERE t.issuer_id = (SELECT cosigne_organisation()))"
)
#: A batch is its issuer's alone, whoever else sees a titre it held.
OF_BATCH = "batch_id IN (SELECT b.id FROM funding_exportbatch b)"
OF_PLAN = f"{rls.IS_STAFF} OR plan_id IN (SELECT cosigne_visible_plans())"
OF_OWN_PLAN = (
    f"{rls.IS_STAFF} OR plan_id IN (SELECT p.id FROM funding_fundingplan p"
    " WHERE p.employer_id = (SELECT cosigne_organisation()))"
)

#: As before, but a titre leaves a cancelled batch, and a correction's reason and what it corrects stay too.
EXPORTED_TITRES_STAY = """
CREATE OR REPLACE FUNCTION funding_titre_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.batch_id IS NOT NULL AND TG_OP = 'UPDATE' AND NEW.batch_id IS NULL AND NEW.status = 'pret'
     AND OLD.status = 'exporte' AND OLD.number = ''
     AND EXISTS (SELECT 1 FROM funding_batchcancellation c WHERE c.batch_id = OLD.batch_id) THEN
    -- Only its batch: what it says changes afterwards, once it is free.
    IF (NEW.territory_id, NEW.kind, NEW.entry_id, NEW.plan_id, NEW.share_ref, NEW.issuer_id, NEW.debtor_id, NEW.year,
        NEW.base, NEW.due, NEW.planned, NEW.amount, NEW.subject, NEW.statement)
      IS NOT DISTINCT FROM
       (OLD.territory_id, OLD.kind, OLD.entry_id, OLD.plan_id, OLD.share_ref, OLD.issuer_id, OLD.debtor_id, OLD.year,
        OLD.base, OLD.due, OLD.planned, OLD.amount, OLD.subject, OLD.statement) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF OLD.batch_id IS NOT NULL AND (
    TG_OP = 'DELETE'
    OR (NEW.territory_id, NEW.kind, NEW.entry_id, NEW.plan_id, NEW.share_ref, NEW.issuer_id, NEW.debtor_id, NEW.year,
        NEW.base, NEW.due, NEW.planned, NEW.amount, NEW.advances, NEW.subject, NEW.statement, NEW.batch_id,
        NEW.original_id, NEW.reason)
      IS DISTINCT FROM
       (OLD.territory_id, OLD.kind, OLD.entry_id, OLD.plan_id, OLD.share_ref, OLD.issuer_id, OLD.debtor_id, OLD.year,
        OLD.base, OLD.due, OLD.planned, OLD.amount, OLD.advances, OLD.subject, OLD.statement, OLD.batch_id,
        OLD.original_id, OLD.reason)
  ) THEN
    RAISE EXCEPTION 'Un titre exporté ne se modifie ni ne se supprime : corrigez-le par une réduction ou une annulation.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

#: The corrections of a titre never exceed it, whoever writes them; its row is locked so that two at once are added up.
CORRECTIONS_FIT = """
CREATE FUNCTION funding_correction_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE claimed numeric; taken numeric;
BEGIN
  SELECT t.amount INTO claimed FROM funding_titre t WHERE t.id = NEW.original_id AND t.kind = 'titre' FOR UPDATE;
  IF claimed IS NULL THEN
    RAISE EXCEPTION 'Une réduction ou une annulation corrige un titre de recettes.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT coalesce(sum(c.amount), 0) INTO taken FROM funding_titre c
    WHERE c.original_id = NEW.original_id AND c.kind <> 'titre' AND c.status <> 'abandonne' AND c.id <> NEW.id;
  IF taken + NEW.amount > claimed THEN
    RAISE EXCEPTION 'Les réductions et annulations dépassent le montant du titre.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_correction_fits BEFORE INSERT OR UPDATE OF amount, status, original_id ON funding_titre
  FOR EACH ROW WHEN (NEW.kind <> 'titre' AND NEW.status <> 'abandonne') EXECUTE FUNCTION funding_correction_fits();
"""

#: What a batch already held, and what was already received, as rows.
KEEP_THE_PAST = """
INSERT INTO funding_batchline (uuid, created_at, updated_at, territory_id, batch_id, titre_id, amount)
  SELECT gen_random_uuid(), b.created_at, b.created_at, t.territory_id, b.id, t.id, t.amount
  FROM funding_titre t JOIN funding_exportbatch b ON b.id = t.batch_id ORDER BY t.id;
INSERT INTO funding_receipt (uuid, created_at, updated_at, territory_id, titre_id, amount, received_on, reference,
                             reason, by_label)
  SELECT gen_random_uuid(), t.updated_at, t.updated_at, t.territory_id, t.id, t.received,
         coalesce(t.received_on, t.issued_on, t.updated_at::date), '', 'Total connu à la mise à jour', 'Mise à jour'
  FROM funding_titre t WHERE t.received > 0 ORDER BY t.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0007_sent_numbers"),
        ("parties", "0004_journal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Advance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("share_ref", models.CharField(max_length=40, verbose_name="part")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="montant")),
                ("received_on", models.DateField(verbose_name="reçue le")),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="référence")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "avance reçue",
                "verbose_name_plural": "avances reçues",
                "ordering": ["received_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="BatchCancellation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("reason", models.TextField(verbose_name="motif")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "annulation d'un lot",
                "verbose_name_plural": "annulations de lots",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="BatchLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="montant")),
            ],
            options={
                "verbose_name": "ligne d'un lot",
                "verbose_name_plural": "lignes des lots",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ExerciseClosing",
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
                        verbose_name="exercice",
                    ),
                ),
                ("closed_on", models.DateField(verbose_name="clos le")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "clôture d'exercice",
                "verbose_name_plural": "clôtures d'exercice",
                "ordering": ["-year"],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="montant")),
                ("received_on", models.DateField(verbose_name="reçu le")),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="référence")),
                ("reason", models.CharField(blank=True, max_length=240, verbose_name="motif")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "encaissement",
                "verbose_name_plural": "encaissements",
                "ordering": ["received_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ReturnFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("filename", models.CharField(max_length=160, verbose_name="fichier")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("source", models.CharField(max_length=8, verbose_name="format")),
                ("headers", models.JSONField(default=list, verbose_name="colonnes")),
                ("rows", models.JSONField(default=list, verbose_name="lignes")),
                ("numbers", models.JSONField(default=list, verbose_name="numéros de ligne")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "fichier de retour",
                "verbose_name_plural": "fichiers de retour",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ReturnImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("source", models.CharField(max_length=8, verbose_name="format")),
                ("filename", models.CharField(blank=True, max_length=160, verbose_name="fichier")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="empreinte")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="titres changés")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="titres inchangés")),
                ("unmatched", models.PositiveIntegerField(default=0, verbose_name="lignes sans titre")),
                ("changes", models.JSONField(default=list, verbose_name="changements")),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "retour appliqué",
                "verbose_name_plural": "retours appliqués",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="TitrePolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("valid_from", models.DateField(verbose_name="à partir du")),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[("", "Celle du plan"), ("months", "Mois entiers"), ("days", "Jours")],
                        max_length=8,
                        verbose_name="unité du prorata",
                    ),
                ),
                (
                    "tolerated_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Une absence continue de cette durée au plus est comptée comme du temps pourvu.",
                        validators=[django.core.validators.MaxValueValidator(365)],
                        verbose_name="absence tolérée (jours)",
                    ),
                ),
                (
                    "month_threshold",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="Part des jours du mois où le poste est pourvu pour que ce mois soit dû en entier.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="mois dû à partir de (%)",
                    ),
                ),
                (
                    "minimum",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("15"),
                        help_text="En dessous, le titre n'est pas émis. 15 euros : décret 2017-509.",
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="seuil de recouvrement (euros)",
                    ),
                ),
                ("needs_siret", models.BooleanField(default=False, verbose_name="exiger le SIRET du débiteur")),
                ("needs_address", models.BooleanField(default=False, verbose_name="exiger l'adresse du débiteur")),
                ("needs_code", models.BooleanField(default=False, verbose_name="exiger le code tiers du débiteur")),
                (
                    "needs_occupancy",
                    models.BooleanField(default=False, verbose_name="exiger que l'occupation soit saisie"),
                ),
                (
                    "needs_settings",
                    models.BooleanField(
                        default=False, verbose_name="exiger les codes de l'émetteur (collectivité, budget)"
                    ),
                ),
                (
                    "needs_clean_plan",
                    models.BooleanField(default=False, verbose_name="exiger un plan sans constat bloquant"),
                ),
                ("by_label", models.CharField(max_length=200, verbose_name="auteur")),
            ],
            options={
                "verbose_name": "règle des titres",
                "verbose_name_plural": "règles des titres",
                "ordering": ["-valid_from", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="titre",
            name="funding_titre_batch_when_exported",
        ),
        migrations.AddField(
            model_name="exportbatch",
            name="size",
            field=models.PositiveBigIntegerField(default=0, verbose_name="taille (octets)"),
        ),
        migrations.AddField(
            model_name="exportbatch",
            name="stored_as",
            field=models.CharField(blank=True, max_length=120, verbose_name="nom dans le stockage"),
        ),
        migrations.AddField(
            model_name="titre",
            name="advances",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="avances déduites"),
        ),
        migrations.AddField(
            model_name="titre",
            name="blockers",
            field=models.JSONField(blank=True, default=list, verbose_name="points à régler"),
        ),
        migrations.AddField(
            model_name="titre",
            name="corrected",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name="corrigé"),
        ),
        migrations.AddField(
            model_name="titre",
            name="reason",
            field=models.TextField(blank=True, verbose_name="motif"),
        ),
        migrations.AlterField(
            model_name="exportbatch",
            name="content",
            field=models.BinaryField(blank=True, null=True, verbose_name="contenu"),
        ),
        migrations.AlterField(
            model_name="titre",
            name="kind",
            field=models.CharField(
                choices=[
                    ("titre", "Titre de recettes"),
                    ("reduction", "Réduction"),
                    ("annulation", "Annulation"),
                    ("mandat_673", "Mandat 673 à émettre"),
                ],
                default="titre",
                max_length=12,
                verbose_name="nature",
            ),
        ),
        migrations.AlterField(
            model_name="titre",
            name="status",
            field=models.CharField(
                choices=[
                    ("a_preparer", "À préparer"),
                    ("pret", "Prêt"),
                    ("exporte", "Exporté"),
                    ("emis", "Émis"),
                    ("encaisse", "Encaissé"),
                    ("abandonne", "Abandonné"),
                ],
                default="a_preparer",
                max_length=12,
                verbose_name="état",
            ),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("batch__isnull", True), ("status__in", ["a_preparer", "pret", "abandonne"])),
                    models.Q(("batch__isnull", False), ("status__in", ["exporte", "emis", "encaisse"])),
                    _connector="OR",
                ),
                name="funding_titre_batch_when_exported",
            ),
        ),
        migrations.AddConstraint(
            model_name="titre",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "titre"), ("original__isnull", False), _connector="OR"),
                name="funding_titre_corrects_another",
                violation_error_message="Une réduction ou une annulation désigne le titre qu'elle corrige.",
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="advances",
                to="funding.fundingplan",
                verbose_name="plan",
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="reverses",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversal",
                to="funding.advance",
                verbose_name="contre-passe",
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="batchcancellation",
            name="batch",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancellation",
                to="funding.exportbatch",
                verbose_name="lot annulé",
            ),
        ),
        migrations.AddField(
            model_name="batchcancellation",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="batchcancellation",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="batchline",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="funding.exportbatch",
                verbose_name="lot",
            ),
        ),
        migrations.AddField(
            model_name="batchline",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="batchline",
            name="titre",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batch_lines",
                to="funding.titre",
                verbose_name="titre",
            ),
        ),
        migrations.AddField(
            model_name="exerciseclosing",
            name="issuer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exercise_closings",
                to="parties.organisation",
                verbose_name="émetteur",
            ),
        ),
        migrations.AddField(
            model_name="exerciseclosing",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="reverses",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversal",
                to="funding.receipt",
                verbose_name="contre-passe",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="titre",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="funding.titre",
                verbose_name="titre",
            ),
        ),
        migrations.AddField(
            model_name="returnfile",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="returnfile",
            name="issuer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="return_files",
                to="parties.organisation",
                verbose_name="émetteur",
            ),
        ),
        migrations.AddField(
            model_name="returnfile",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="returnimport",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="returnimport",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imports",
                to="funding.returnfile",
                verbose_name="fichier",
            ),
        ),
        migrations.AddField(
            model_name="returnimport",
            name="issuer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="return_imports",
                to="parties.organisation",
                verbose_name="émetteur",
            ),
        ),
        migrations.AddField(
            model_name="returnimport",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="funding.returnimport",
                verbose_name="retour",
            ),
        ),
        migrations.AddField(
            model_name="titrepolicy",
            name="issuer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.organisation",
                verbose_name="émetteur",
            ),
        ),
        migrations.AddField(
            model_name="titrepolicy",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="funding.fundingplan",
                verbose_name="plan",
            ),
        ),
        migrations.AddField(
            model_name="titrepolicy",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddConstraint(
            model_name="advance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("reverses__isnull", True)),
                    models.Q(("amount__lt", 0), ("reverses__isnull", False)),
                    _connector="OR",
                ),
                name="funding_advance_sign",
                violation_error_message="Une avance est supérieure à zéro ; une avance erronée se contre-passe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchline",
            constraint=models.UniqueConstraint(fields=("batch", "titre"), name="funding_batchline_once"),
        ),
        migrations.AddConstraint(
            model_name="exerciseclosing",
            constraint=models.UniqueConstraint(fields=("issuer", "year"), name="funding_exerciseclosing_once"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("reverses__isnull", True)),
                    models.Q(("amount__lt", 0), ("reverses__isnull", False)),
                    _connector="OR",
                ),
                name="funding_receipt_sign",
                violation_error_message="Un encaissement est supérieur à zéro ; erroné, il se contre-passe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="titrepolicy",
            constraint=models.UniqueConstraint(
                fields=("territory", "issuer", "plan", "valid_from"),
                name="funding_titrepolicy_once",
                nulls_distinct=False,
            ),
        ),
        *rls.territory_key("funding_receipt", "funding_advance", "funding_returnfile", "funding_returnimport"),
        *rls.protect("funding_batchcancellation", read=OF_BATCH, write=OF_BATCH),
        *rls.same_territory("funding_batchcancellation", batch_id="funding_exportbatch"),
        *rls.append_only("funding_batchcancellation", "L'annulation d'un lot ne se modifie pas."),
        *rls.protect("funding_batchline", read=OF_BATCH, write=OF_BATCH),
        *rls.same_territory("funding_batchline", batch_id="funding_exportbatch", titre_id="funding_titre"),
        *rls.append_only("funding_batchline", "Les lignes d'un lot exporté ne se modifient pas."),
        *rls.protect("funding_receipt", read=OF_TITRE, write=OF_ISSUED_TITRE),
        *rls.same_territory(
            "funding_receipt",
            titre_id="funding_titre",
            reverses_id="funding_receipt",
            source_id="funding_returnimport",
        ),
        *rls.append_only("funding_receipt", "Un encaissement ne se modifie pas : contre-passez-le."),
        *rls.protect("funding_advance", read=OF_PLAN, write=OF_OWN_PLAN),
        *rls.same_territory("funding_advance", plan_id="funding_fundingplan", reverses_id="funding_advance"),
        *rls.append_only("funding_advance", "Une avance reçue ne se modifie pas : contre-passez-la."),
        *rls.protect("funding_returnfile", read=BY_ISSUER, write=BY_ISSUER),
        *rls.same_territory("funding_returnfile", issuer_id="parties_organisation"),
        *rls.append_only("funding_returnfile", "Un fichier de retour ne se modifie pas."),
        *rls.protect("funding_returnimport", read=BY_ISSUER, write=BY_ISSUER),
        *rls.same_territory("funding_returnimport", issuer_id="parties_organisation", file_id="funding_returnfile"),
        *rls.append_only("funding_returnimport", "Un retour appliqué ne se modifie pas."),
        # Everyone may read the rules that made the amounts; an issuer sets its own, the managers set everybody's.
        *rls.protect(
            "funding_titrepolicy",
            read=f"{rls.IS_STAFF} OR issuer_id IS NULL OR issuer_id = (SELECT cosigne_organisation())",
            write=f"{rls.IS_STAFF} OR issuer_id = (SELECT cosigne_organisation())",
        ),
        *rls.same_territory("funding_titrepolicy", issuer_id="parties_organisation", plan_id="funding_fundingplan"),
        *rls.protect("funding_exerciseclosing", read=BY_ISSUER, write=BY_ISSUER),
        *rls.same_territory("funding_exerciseclosing", issuer_id="parties_organisation"),
        migrations.RunSQL(EXPORTED_TITRES_STAY, migrations.RunSQL.noop),
        migrations.RunSQL(CORRECTIONS_FIT, migrations.RunSQL.noop),
        *journalled("funding_titrepolicy", root="parties_organisation", column="issuer_id"),
        *journalled("funding_exerciseclosing", root="parties_organisation", column="issuer_id"),
        migrations.RunSQL(KEEP_THE_PAST, migrations.RunSQL.noop),
    ]
