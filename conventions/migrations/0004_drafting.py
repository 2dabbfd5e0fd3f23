"""Annexes, what is typed and not saved, and who saved a convention last."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

SEES = f"{rls.IS_STAFF} OR convention_id IN (SELECT cosigne_visible_conventions())"
#: Nobody reads what another person is typing, managers of the territory included.
MINE = "user_id = (SELECT cosigne_user())"
#: Every writer counts its saves (``lock_version``): the database notes there who it was told is acting.
SAVED_BY = """
CREATE FUNCTION cosigne_convention_saved_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.lock_version <> OLD.lock_version THEN
    NEW.saved_by_label := left(coalesce(current_setting('cosigne.actor', true), ''), 400);
  ELSE
    NEW.saved_by_label := OLD.saved_by_label;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER conventions_convention_saved_by BEFORE INSERT OR UPDATE ON conventions_convention
  FOR EACH ROW EXECUTE FUNCTION cosigne_convention_saved_by();
"""
NO_SAVED_BY = """
DROP TRIGGER conventions_convention_saved_by ON conventions_convention;
DROP FUNCTION cosigne_convention_saved_by();
"""
RESTORED = """
CREATE TRIGGER conventions_convention_journal AFTER INSERT OR UPDATE OR DELETE ON conventions_convention
  FOR EACH ROW EXECUTE FUNCTION cosigne_journal('', '', 'lock_version', '');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0003_territory_models"),
        ("parties", "0010_own_finance"),
        ("posts", "0002_journal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="convention",
            name="saved_by_label",
            field=models.CharField(blank=True, editable=False, max_length=400, verbose_name="enregistrée par"),
        ),
        migrations.CreateModel(
            name="Annex",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fiche_poste", "Fiche de poste"),
                            ("financement", "Tableau de financement"),
                            ("piece", "Pièce jointe"),
                        ],
                        max_length=12,
                        verbose_name="nature",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="titre")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="empreinte du fichier")),
                ("filename", models.CharField(blank=True, max_length=160, verbose_name="nom du fichier")),
                ("size", models.PositiveIntegerField(blank=True, null=True, verbose_name="taille (octets)")),
                ("pages", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pages")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="annexes",
                        to="conventions.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                "verbose_name": "annexe",
                "verbose_name_plural": "annexes",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "piece"), models.Q(("sha256", ""), _negated=True)),
                            models.Q(models.Q(("kind", "piece"), _negated=True), ("sha256", "")),
                            _connector="OR",
                        ),
                        name="conventions_annex_file",
                        violation_error_message="Une pièce jointe a un fichier ; une annexe établie par Cosigne n'en a pas.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "piece"), _negated=True),
                        fields=("convention", "kind", "post"),
                        name="conventions_annex_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("form", models.CharField(max_length=60, verbose_name="formulaire")),
                ("values", models.JSONField(default=dict, verbose_name="saisie")),
                ("seen", models.PositiveIntegerField(verbose_name="version lue")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
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
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "saisie en cours",
                "verbose_name_plural": "saisies en cours",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("convention", "user", "form"), name="conventions_formdraft_once")
                ],
            },
        ),
        *rls.protect("conventions_annex", read=SEES),
        *rls.same_territory("conventions_annex", convention_id="conventions_convention", post_id="posts_post"),
        *journalled("conventions_annex", root="conventions_convention", column="convention_id"),
        *rls.protect("conventions_formdraft", read=MINE, write=f"{rls.IS_STAFF} AND {MINE}"),
        *rls.same_territory("conventions_formdraft", convention_id="conventions_convention"),
        migrations.RunSQL(SAVED_BY, NO_SAVED_BY),
        # Who saved is in every line of the journal already.
        migrations.RunSQL("DROP TRIGGER conventions_convention_journal ON conventions_convention;", RESTORED),
        *journalled("conventions_convention", ignored=["lock_version", "saved_by_label"]),
    ]
