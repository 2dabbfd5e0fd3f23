"""What is typed for the session that votes on conventions: written by the managers, read by the body concerned."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core import rls
from core.journal import journalled


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0009_signature_mandate"),
        ("parties", "0010_own_finance"),
    ]

    operations = [
        migrations.CreateModel(
            name="CommissionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("context", models.TextField(blank=True, verbose_name="présentation")),
                ("points", models.TextField(blank=True, verbose_name="points d'attention")),
                ("visas", models.TextField(blank=True, verbose_name="visas particuliers")),
                (
                    "bilan_year",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(2000),
                            django.core.validators.MaxValueValidator(2100),
                        ],
                        verbose_name="bilan joint",
                    ),
                ),
                (
                    "bilan_version",
                    models.CharField(blank=True, default="publique", max_length=12, verbose_name="version du bilan"),
                ),
                ("lock_version", models.PositiveIntegerField(default=1, verbose_name="version d'enregistrement")),
                (
                    "deliberation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="commission_file",
                        to="conventions.deliberation",
                        verbose_name="délibération",
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
                "verbose_name": "dossier de séance",
                "verbose_name_plural": "dossiers de séance",
            },
        ),
        *rls.protect(
            "conventions_commissionfile",
            read=f"{rls.IS_STAFF} OR deliberation_id IN (SELECT d.id FROM conventions_deliberation d"
            " WHERE d.organisation_id = (SELECT cosigne_organisation()))",
            write=rls.IS_STAFF,
        ),
        *rls.same_territory("conventions_commissionfile", deliberation_id="conventions_deliberation"),
        *journalled(
            "conventions_commissionfile",
            root="conventions_deliberation",
            column="deliberation_id",
            ignored=["lock_version"],
        ),
    ]
