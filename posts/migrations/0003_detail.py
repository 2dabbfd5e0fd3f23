"""Detailed monthly returns: closed lists, cells, and the months validated or reopened."""

import json
import uuid
from pathlib import Path

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls

LISTS = Path(__file__).resolve().parents[2] / "fixtures" / "reference" / "activity_lists.json"
SEES = "{0} IN (SELECT id FROM posts_activityreturn)"
#: The lists are the platform's: everybody reads them, its administrators keep them.
KEEPS = "(SELECT cosigne_scope()) IN ('administrator', 'platform')"


def load_lists(apps, schema_editor):  # type: ignore[no-untyped-def]
    """The lists shipped: later changes are made on screen, and this file is not read again."""
    shipped = json.loads(LISTS.read_text(encoding="utf-8"))
    item = apps.get_model("posts", "ListItem")
    item.objects.bulk_create(
        item(list=name, code=code, label=label, position=position, since=shipped["since"])
        for name, items in shipped["lists"].items()
        for position, (code, label) in enumerate(items, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0010_own_finance"),
        ("posts", "0002_journal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "list",
                    models.CharField(
                        choices=[
                            ("total", "Totaux du mois"),
                            ("mode", "Modes de saisine"),
                            ("refus", "Raisons de ne pas donner suite"),
                            ("delai", "Délais du premier contact"),
                            ("age", "Tranches d'âge"),
                            ("sexe", "Sexe"),
                            ("role", "Rôle de la personne"),
                            ("connu", "Connue des services sociaux"),
                            ("probleme", "Problématiques"),
                            ("rang", "Principale ou secondaire"),
                            ("cadre", "Cadre juridique"),
                            ("danger", "Danger évalué"),
                            ("lieu", "Lieu ou moyen de l'entretien"),
                            ("partenaire", "Types de partenaires"),
                            ("demarche", "Démarches accompagnées"),
                            ("service", "Services d'orientation"),
                            ("suite", "Suite de l'orientation"),
                            ("alerte", "Écrits d'alerte"),
                            ("cloture", "Motifs de clôture"),
                            ("collectif", "Actions collectives"),
                        ],
                        max_length=12,
                        verbose_name="liste",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        max_length=24,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9_]+$")],
                        verbose_name="code",
                    ),
                ),
                ("label", models.CharField(max_length=120, verbose_name="libellé")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                ("since", models.DateField(verbose_name="à partir du")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
            ],
            options={
                "verbose_name": "item de liste",
                "verbose_name_plural": "items de liste",
                "ordering": ["list", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("list", "code"),
                        name="posts_listitem_once",
                        violation_error_message="Ce code existe déjà.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                        name="posts_listitem_dates",
                        violation_error_message="La fin précède le début.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("indicator", models.CharField(max_length=4, verbose_name="indicateur")),
                ("row", models.CharField(max_length=24, verbose_name="ligne")),
                ("column", models.CharField(blank=True, max_length=24, verbose_name="colonne")),
                ("value", models.PositiveIntegerField(verbose_name="nombre")),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cells",
                        to="posts.activityreturn",
                        verbose_name="relevé d'activité",
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
                "verbose_name": "détail d'activité",
                "verbose_name_plural": "détails d'activité",
                "ordering": ["indicator", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("activity", "indicator", "row", "column"), name="posts_activitycell_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MonthStep",
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
                    "month",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="mois",
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[("valide", "Validé"), ("rouvert", "Rouvert")], max_length=8, verbose_name="acte"
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motif")),
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
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="month_steps",
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
                "verbose_name": "validation d'un mois",
                "verbose_name_plural": "validations de mois",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("month__gte", 1), ("month__lte", 12)), name="posts_monthstep_month"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "rouvert"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="posts_monthstep_reason",
                        violation_error_message="Dites pourquoi le mois est rouvert.",
                    ),
                ],
            },
        ),
        # Before the policies: the owner of the table writes the first rows.
        migrations.RunPython(load_lists, migrations.RunPython.noop),
        *rls.protect("posts_listitem", read="true", write=KEEPS, remove="false", in_territory="true"),
        *rls.protect(
            "posts_activitycell",
            read=SEES.format("activity_id"),
            write=f"{rls.IS_STAFF} OR activity_id IN (SELECT r.id FROM posts_activityreturn r"
            " WHERE r.post_id IN (SELECT cosigne_employed_posts()))",
        ),
        *rls.territory_key("posts_activityreturn"),
        *rls.same_territory("posts_activitycell", activity_id="posts_activityreturn"),
        *rls.protect(
            "posts_monthstep",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR post_id IN (SELECT cosigne_visible_posts())",
            write=f"{rls.IS_STAFF} OR post_id IN (SELECT cosigne_employed_posts())",
        ),
        *rls.same_territory("posts_monthstep", post_id="posts_post"),
        *rls.append_only("posts_monthstep", "La validation d'un mois ne se modifie pas : elle se rouvre."),
    ]
