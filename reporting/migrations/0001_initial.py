import uuid

import django.db.models.deletion
from django.db import migrations, models

from core import rls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("conventions", "0001_initial"),
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("kind", models.CharField(max_length=24, verbose_name="nature")),
                ("title", models.CharField(max_length=240, verbose_name="titre")),
                ("filename", models.CharField(max_length=160, verbose_name="fichier")),
                ("media_type", models.CharField(default="application/pdf", max_length=80, verbose_name="type")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("size", models.PositiveIntegerField(verbose_name="taille")),
                (
                    "convention_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="conventions.conventionversion",
                        verbose_name="version",
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
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("convention_version", "kind"), name="reporting_document_once_per_version"
                    )
                ],
            },
        ),
        *rls.protect(
            "reporting_document",
            read=f"{rls.IS_STAFF} OR convention_version_id IN (SELECT v.id FROM conventions_conventionversion v)",
            write=rls.IS_STAFF,
        ),
        *rls.same_territory("reporting_document", convention_version_id="conventions_conventionversion"),
        *rls.append_only("reporting_document", "Un document conservé ne se modifie pas."),
    ]
