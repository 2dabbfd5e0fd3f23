"""A territory's own models: drafts it writes, published versions nobody changes, and which one new conventions follow."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from core import rls
from core.journal import journalled

#: Drafts are for the staff who write them; what is published is read by everyone of the territory.
READ_TEMPLATE = (
    f"({rls.IS_STAFF}) OR (published_at IS NOT NULL AND {rls.IS_ANYONE})"
    " OR (territory_id IS NULL AND (SELECT cosigne_scope()) = 'platform')"
)
#: A clause is read with its model.
READ_CLAUSE = "template_id IN (SELECT t.id FROM conventions_template t)"
NATIONAL_OR_OURS = f"(territory_id IS NULL OR {rls.IN_TERRITORY})"


def read_policy(table: str, condition: str) -> migrations.RunSQL:
    """Replaces who may read the rows of ``table``."""
    return migrations.RunSQL(
        f"DROP POLICY {table}_read ON {table};"
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({NATIONAL_OR_OURS} AND ({condition}));",
        migrations.RunSQL.noop,
    )


#: Run as whoever writes: a model they may not see does not exist for them. After the row, so that row-level security
#: has its say first.
GUARDS = """
CREATE FUNCTION cosigne_model_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'Un modèle publié ne se modifie pas.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' AND NEW.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'Un modèle naît brouillon.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.based_on_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM conventions_template t WHERE t.id = NEW.based_on_id AND t.published_at IS NOT NULL
      AND (t.territory_id IS NULL OR t.territory_id = NEW.territory_id)
  ) THEN
    RAISE EXCEPTION 'Un modèle part d''une version publiée de son territoire ou du modèle national.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER conventions_template_guard AFTER INSERT OR UPDATE OR DELETE ON conventions_template
  FOR EACH ROW EXECUTE FUNCTION cosigne_model_guard();

CREATE FUNCTION cosigne_model_clause_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent record;
BEGIN
  IF TG_OP <> 'INSERT' AND EXISTS (
    SELECT 1 FROM conventions_template t WHERE t.id = OLD.template_id AND t.published_at IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'Un modèle publié ne se modifie pas.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;
  SELECT t.territory_id, t.published_at INTO parent FROM conventions_template t WHERE t.id = NEW.template_id;
  IF NOT FOUND OR parent.territory_id IS DISTINCT FROM NEW.territory_id THEN
    RAISE EXCEPTION 'Une clause est du territoire de son modèle.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF parent.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'Un modèle publié ne se modifie pas.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER conventions_clause_guard AFTER INSERT OR UPDATE OR DELETE ON conventions_clause
  FOR EACH ROW EXECUTE FUNCTION cosigne_model_clause_guard();

CREATE FUNCTION cosigne_model_choice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.template_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM conventions_template t WHERE t.id = NEW.template_id AND t.published_at IS NOT NULL
      AND t.family = NEW.family AND (t.territory_id IS NULL OR t.territory_id = NEW.territory_id)
  ) THEN
    RAISE EXCEPTION 'Les nouvelles conventions suivent un modèle publié de leur famille.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER conventions_modelchoice_guard AFTER INSERT OR UPDATE ON conventions_modelchoice
  FOR EACH ROW EXECUTE FUNCTION cosigne_model_choice_guard();
"""
#: The count of saves is no change anybody made: the journal leaves it out.
UNFOLLOW = (
    "DROP TRIGGER conventions_template_journal ON conventions_template;"
    "DROP TRIGGER conventions_clause_journal ON conventions_clause;"
)


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0002_journal"),
        ("parties", "0010_own_finance"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "family",
                    models.CharField(
                        choices=[
                            ("F0", "F0 – Modèle national triennal, à compléter"),
                            ("F1", "F1 – Agent du Département affecté en police ou gendarmerie"),
                            ("F2", "F2 – Employeur EPCI"),
                            ("F3", "F3 – Employeur association"),
                            ("F4", "F4 – Dispositif départemental, tous postes et tous financeurs"),
                            ("F5", "F5 – Convention bipartite d'attribution"),
                            ("F6", "F6 – Partenariat national avec une tête de réseau"),
                        ],
                        max_length=2,
                        verbose_name="famille",
                    ),
                ),
            ],
            options={
                "verbose_name": "modèle des nouvelles conventions",
                "verbose_name_plural": "modèles des nouvelles conventions",
            },
        ),
        migrations.AddField(
            model_name="clause",
            name="lock_version",
            field=models.PositiveIntegerField(default=1, verbose_name="version d'enregistrement"),
        ),
        migrations.AddField(
            model_name="template",
            name="based_on",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="conventions.template",
                verbose_name="repris de",
            ),
        ),
        migrations.AddField(
            model_name="template",
            name="lock_version",
            field=models.PositiveIntegerField(default=1, verbose_name="version d'enregistrement"),
        ),
        migrations.AddField(
            model_name="template",
            name="note",
            field=models.TextField(blank=True, verbose_name="ce qui change"),
        ),
        migrations.AddField(
            model_name="template",
            name="published_at",
            # Those already there were published: dated without an UPDATE, which their triggers would log.
            field=models.DateTimeField(
                blank=True, null=True, default=django.utils.timezone.now, verbose_name="publié le"
            ),
        ),
        migrations.AlterField(
            model_name="template",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="publié le"),
        ),
        migrations.AddField(
            model_name="template",
            name="published_by_label",
            field=models.CharField(blank=True, max_length=240, verbose_name="publié par"),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                condition=models.Q(("published_at__isnull", True)),
                fields=("territory", "family"),
                name="conventions_template_one_draft",
                violation_error_message="Cette famille a déjà un brouillon de modèle.",
            ),
        ),
        migrations.AddField(
            model_name="modelchoice",
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
        migrations.AddField(
            model_name="modelchoice",
            name="territory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.territory",
                verbose_name="territoire",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelchoice",
            constraint=models.UniqueConstraint(fields=("territory", "family"), name="conventions_modelchoice_once"),
        ),
        read_policy("conventions_template", READ_TEMPLATE),
        read_policy("conventions_clause", READ_CLAUSE),
        *rls.protect("conventions_modelchoice"),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(UNFOLLOW, migrations.RunSQL.noop),
        *journalled("conventions_template", ignored=["lock_version"]),
        *journalled("conventions_clause", root="conventions_template", column="template_id", ignored=["lock_version"]),
        *journalled("conventions_modelchoice"),
    ]
