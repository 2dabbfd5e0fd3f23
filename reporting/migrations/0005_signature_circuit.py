"""Signature circuits, the links and codes sent for them, what proves each signature, and the paper that came back."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from core import rls

#: Whoever sees the version sees how its signatures go.
VERSION = f"{rls.IS_STAFF} OR version_id IN (SELECT v.id FROM conventions_conventionversion v)"
CIRCUIT = f"{rls.IS_STAFF} OR circuit_id IN (SELECT c.id FROM reporting_signaturecircuit c)"
#: Addresses, refusals and proofs are between the staff and the organisation that signs.
OWN_STEP = (
    f"{rls.IS_STAFF} OR step_id IN (SELECT s.id FROM reporting_signaturestep s"
    " WHERE s.organisation_id = (SELECT cosigne_organisation()))"
)
#: Whoever holds a link reads that one row, without any account (reporting.circuit.links).
LINK = f"token_hash = (SELECT cosigne_link()) OR ({rls.IN_TERRITORY} AND ({OWN_STEP}))"


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0009_signature_mandate"),
        ("parties", "0010_own_finance"),
        ("reporting", "0004_verification"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ScanBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("filename", models.CharField(max_length=160, verbose_name="fichier")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("size", models.PositiveIntegerField(verbose_name="taille")),
                (
                    "pages_count",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="nombre de pages"),
                ),
                ("by_label", models.CharField(max_length=200, verbose_name="déposé par")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="déposé par",
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
                "verbose_name": "numérisation",
                "verbose_name_plural": "numérisations",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PaperCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("filename", models.CharField(max_length=160, verbose_name="fichier")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("size", models.PositiveIntegerField(verbose_name="taille")),
                ("by_label", models.CharField(max_length=200, verbose_name="enregistré par")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="enregistré par",
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
                        related_name="paper_copies",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="reporting.scanbatch",
                        verbose_name="numérisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "exemplaire papier",
                "verbose_name_plural": "exemplaires papier",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ScanPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("number", models.PositiveSmallIntegerField(verbose_name="page du fichier")),
                ("rotation", models.PositiveSmallIntegerField(default=0, verbose_name="rotation")),
                ("page", models.PositiveSmallIntegerField(null=True, verbose_name="page du document")),
                ("pages", models.PositiveSmallIntegerField(null=True, verbose_name="pages du document")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("reconnue", "Reconnue"),
                            ("rattachee", "Rattachée à la main"),
                            ("illisible", "Code illisible"),
                            ("remplacee", "Version remplacée"),
                            ("etrangere", "Document inconnu ici"),
                            ("double", "Page en double"),
                            ("ecartee", "Écartée"),
                        ],
                        max_length=10,
                        verbose_name="lecture",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=240, verbose_name="précision")),
                ("decided_by_label", models.CharField(blank=True, max_length=200, verbose_name="rattachée par")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="reporting.scanbatch",
                        verbose_name="numérisation",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scans",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "page numérisée",
                "verbose_name_plural": "pages numérisées",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="SignatureCircuit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("in_sequence", models.BooleanField(default=False, verbose_name="l'un après l'autre")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ouvert", "En cours"),
                            ("suspendu", "Suspendu"),
                            ("annule", "Annulé"),
                            ("termine", "Terminé"),
                        ],
                        default="ouvert",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("remind_days", models.PositiveSmallIntegerField(default=7, verbose_name="jours entre deux relances")),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="ouvert le")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="fermé le")),
                ("site", models.CharField(max_length=200, verbose_name="adresse du site")),
                ("held_since", models.DateTimeField(blank=True, null=True, verbose_name="au parapheur depuis")),
                ("held_by_label", models.CharField(blank=True, max_length=200, verbose_name="confié par")),
                ("by_label", models.CharField(max_length=200, verbose_name="ouvert par")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ouvert par",
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
                        related_name="circuits",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "circuit de signature",
                "verbose_name_plural": "circuits de signature",
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SignatureStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("field", models.CharField(max_length=20, verbose_name="champ du document")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("code", "Code à usage unique"),
                            ("certificat", "Certificat personnel"),
                            ("papier", "Papier"),
                            ("parapheur", "Parapheur extérieur"),
                        ],
                        default="code",
                        max_length=12,
                        verbose_name="façon de signer",
                    ),
                ),
                ("awaited_since", models.DateTimeField(blank=True, null=True, verbose_name="attendue depuis")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="dernière relance")),
                ("signed_at", models.DateTimeField(blank=True, null=True, verbose_name="signée le")),
                ("refused_at", models.DateTimeField(blank=True, null=True, verbose_name="refusée le")),
                (
                    "circuit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="reporting.signaturecircuit",
                        verbose_name="circuit",
                    ),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="mandat",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "signatory",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="steps",
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
            ],
            options={
                "verbose_name": "signature attendue",
                "verbose_name_plural": "signatures attendues",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SignatureEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("code", "Code à usage unique"),
                            ("certificat", "Certificat personnel"),
                            ("papier", "Papier"),
                            ("parapheur", "Parapheur extérieur"),
                        ],
                        max_length=12,
                        verbose_name="façon de signer",
                    ),
                ),
                ("content", models.JSONField(verbose_name="contenu")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
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
                        related_name="evidence",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="reporting.signaturestep",
                        verbose_name="signature",
                    ),
                ),
            ],
            options={
                "verbose_name": "preuve de signature",
                "verbose_name_plural": "preuves de signature",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse électronique")),
                ("code_hash", models.CharField(editable=False, max_length=64, verbose_name="empreinte du code")),
                ("sent_at", models.DateTimeField(verbose_name="envoyé le")),
                ("expires_at", models.DateTimeField(verbose_name="expire le")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="essais")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="utilisé le")),
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
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="reporting.signaturestep",
                        verbose_name="signature",
                    ),
                ),
            ],
            options={
                "verbose_name": "code de signature",
                "verbose_name_plural": "codes de signature",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse du délégataire")),
                ("reason", models.CharField(blank=True, max_length=400, verbose_name="motif")),
                ("asked_by_label", models.CharField(max_length=200, verbose_name="demandée par")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="décidée le")),
                ("accepted", models.BooleanField(null=True, verbose_name="confirmée")),
                (
                    "from_mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="de",
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
                    "to_mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.mandate",
                        verbose_name="à",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="reporting.signaturestep",
                        verbose_name="signature",
                    ),
                ),
            ],
            options={
                "verbose_name": "délégation de signature",
                "verbose_name_plural": "délégations de signature",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CircuitEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("opened", "Circuit ouvert"),
                            ("sent", "Lien envoyé"),
                            ("resent", "Lien renvoyé"),
                            ("revoked", "Lien révoqué"),
                            ("reminded", "Relance envoyée"),
                            ("code_sent", "Code envoyé"),
                            ("code_wrong", "Code refusé"),
                            ("signed", "Signature enregistrée"),
                            ("file_kept", "Fichier signé reçu"),
                            ("held", "Fichier confié au parapheur"),
                            ("released", "Fichier repris du parapheur"),
                            ("refused", "Refus de signer"),
                            ("resumed", "Circuit repris"),
                            ("delegation_asked", "Délégation demandée"),
                            ("delegated", "Délégation confirmée"),
                            ("delegation_refused", "Délégation écartée"),
                            ("changed", "Façon de signer modifiée"),
                            ("cancelled", "Circuit annulé"),
                            ("done", "Circuit terminé"),
                        ],
                        max_length=20,
                        verbose_name="acte",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=600, verbose_name="détail")),
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
                    "circuit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="reporting.signaturecircuit",
                        verbose_name="circuit",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="reporting.signaturestep",
                        verbose_name="signature",
                    ),
                ),
            ],
            options={
                "verbose_name": "acte du circuit",
                "verbose_name_plural": "actes du circuit",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="SignedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("sequence", models.PositiveSmallIntegerField(verbose_name="rang")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("code", "Code à usage unique"),
                            ("certificat", "Certificat personnel"),
                            ("papier", "Papier"),
                            ("parapheur", "Parapheur extérieur"),
                        ],
                        max_length=12,
                        verbose_name="origine",
                    ),
                ),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="champs signés"
                    ),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("size", models.PositiveIntegerField(verbose_name="taille")),
                ("by_label", models.CharField(max_length=200, verbose_name="déposé par")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="déposé par",
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
                        related_name="signed_files",
                        to="conventions.conventionversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "fichier signé",
                "verbose_name_plural": "fichiers signés",
                "ordering": ["version", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="SigningLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse électronique")),
                (
                    "token_hash",
                    models.CharField(editable=False, max_length=64, unique=True, verbose_name="empreinte du lien"),
                ),
                ("sent_at", models.DateTimeField(verbose_name="envoyé le")),
                ("expires_at", models.DateTimeField(verbose_name="expire le")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoqué le")),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="reporting.signaturestep",
                        verbose_name="signature",
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
                "verbose_name": "lien de signature",
                "verbose_name_plural": "liens de signature",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="scanbatch",
            constraint=models.UniqueConstraint(
                fields=("territory", "sha256"),
                name="reporting_scanbatch_once",
                violation_error_message="Ce fichier a déjà été déposé.",
            ),
        ),
        migrations.AddConstraint(
            model_name="papercopy",
            constraint=models.UniqueConstraint(fields=("version", "sha256"), name="reporting_papercopy_once"),
        ),
        migrations.AddConstraint(
            model_name="scanpage",
            constraint=models.UniqueConstraint(fields=("batch", "number"), name="reporting_scanpage_number"),
        ),
        migrations.AddConstraint(
            model_name="signaturecircuit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("ouvert", "suspendu"))),
                fields=("version",),
                name="reporting_circuit_one_live_per_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="signaturestep",
            constraint=models.UniqueConstraint(fields=("circuit", "field"), name="reporting_step_field"),
        ),
        migrations.AddConstraint(
            model_name="signatureevidence",
            constraint=models.UniqueConstraint(fields=("step",), name="reporting_evidence_once"),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)),
                fields=("step",),
                name="reporting_delegation_one_pending",
            ),
        ),
        migrations.AddConstraint(
            model_name="signedfile",
            constraint=models.UniqueConstraint(fields=("version", "sequence"), name="reporting_signedfile_sequence"),
        ),
        *rls.territory_key(
            "reporting_signaturecircuit", "reporting_signaturestep", "reporting_scanbatch", "reporting_scanpage"
        ),
        *rls.protect("reporting_signaturecircuit", read=VERSION, remove="false"),
        *rls.same_territory("reporting_signaturecircuit", version_id="conventions_conventionversion"),
        *rls.protect("reporting_signaturestep", read=CIRCUIT, remove="false"),
        *rls.same_territory(
            "reporting_signaturestep",
            circuit_id="reporting_signaturecircuit",
            signatory_id="conventions_signatory",
            organisation_id="parties_organisation",
            mandate_id="parties_mandate",
        ),
        *rls.protect(
            "reporting_signinglink",
            in_territory="true",
            read=LINK,
            write=f"{rls.IN_TERRITORY} AND ({rls.IS_STAFF})",
            remove="false",
        ),
        *rls.same_territory("reporting_signinglink", step_id="reporting_signaturestep"),
        *rls.protect("reporting_onetimecode", read=rls.IS_STAFF, remove="false"),
        *rls.same_territory("reporting_onetimecode", step_id="reporting_signaturestep"),
        *rls.protect("reporting_signatureevidence", read=OWN_STEP, remove="false"),
        *rls.same_territory(
            "reporting_signatureevidence",
            step_id="reporting_signaturestep",
            version_id="conventions_conventionversion",
        ),
        *rls.append_only("reporting_signatureevidence", "Une preuve de signature ne se modifie pas."),
        *rls.protect("reporting_signedfile", read=VERSION, remove="false"),
        *rls.same_territory("reporting_signedfile", version_id="conventions_conventionversion"),
        *rls.append_only("reporting_signedfile", "Un fichier signé ne se modifie pas."),
        *rls.protect("reporting_delegation", read=OWN_STEP, remove="false"),
        *rls.same_territory(
            "reporting_delegation",
            step_id="reporting_signaturestep",
            from_mandate_id="parties_mandate",
            to_mandate_id="parties_mandate",
        ),
        *rls.protect(
            "reporting_circuitevent", read=f"{OWN_STEP} OR ({rls.IS_PREFECTURE} AND ({CIRCUIT}))", remove="false"
        ),
        *rls.same_territory(
            "reporting_circuitevent", circuit_id="reporting_signaturecircuit", step_id="reporting_signaturestep"
        ),
        *rls.append_only("reporting_circuitevent", "L'historique d'un circuit ne se modifie pas."),
        # A scan may hold pages of many conventions: the staff's alone. The copy made from it follows its version.
        *rls.protect("reporting_scanbatch", read=rls.IS_STAFF, remove="false"),
        *rls.protect("reporting_scanpage", read=rls.IS_STAFF, remove="false"),
        *rls.same_territory(
            "reporting_scanpage", batch_id="reporting_scanbatch", version_id="conventions_conventionversion"
        ),
        *rls.protect("reporting_papercopy", read=VERSION, remove="false"),
        *rls.same_territory(
            "reporting_papercopy", batch_id="reporting_scanbatch", version_id="conventions_conventionversion"
        ),
        *rls.append_only("reporting_papercopy", "Un exemplaire papier conservé ne se modifie pas."),
    ]
