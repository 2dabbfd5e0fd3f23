"""People of quarters and years, remembered columns of files, dated wordings, and months kept as they were validated."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core import rls
from core.journal import journalled

OWN = "organisation_id = (SELECT cosigne_organisation())"

#: The functions run as whoever writes: they who may write a return see the steps of its post.
GUARDS = """
CREATE FUNCTION cosigne_validated_month(wanted_post bigint, wanted_year int, wanted_month int) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT s.act = 'valide' FROM public.posts_monthstep s
    WHERE s.post_id = wanted_post AND s.year = wanted_year AND s.month = wanted_month
    ORDER BY s.id DESC LIMIT 1), false)
$$;
CREATE FUNCTION cosigne_keep_return() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF (TG_OP <> 'INSERT' AND public.cosigne_validated_month(OLD.post_id, OLD.year, OLD.month))
     OR (TG_OP <> 'DELETE' AND public.cosigne_validated_month(NEW.post_id, NEW.year, NEW.month)) THEN
    RAISE EXCEPTION 'Ce mois est validé : rouvrez-le, en disant pourquoi, pour le corriger.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION cosigne_keep_cell() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  held bigint[] := ARRAY[]::bigint[];
BEGIN
  IF TG_OP <> 'INSERT' THEN held := held || OLD.activity_id; END IF;
  IF TG_OP <> 'DELETE' THEN held := held || NEW.activity_id; END IF;
  IF EXISTS (SELECT 1 FROM public.posts_activityreturn r WHERE r.id = ANY (held)
             AND public.cosigne_validated_month(r.post_id, r.year, r.month)) THEN
    RAISE EXCEPTION 'Ce mois est validé : rouvrez-le, en disant pourquoi, pour le corriger.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION cosigne_keep_people() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF public.cosigne_validated_month(OLD.post_id, OLD.year, coalesce(OLD.quarter * 3, 12)) THEN
    RAISE EXCEPTION 'Le dernier mois de cette période est validé : rouvrez-le, en disant pourquoi, pour la corriger.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER posts_activityreturn_validated BEFORE INSERT OR UPDATE OR DELETE ON posts_activityreturn
  FOR EACH ROW EXECUTE FUNCTION cosigne_keep_return();
CREATE TRIGGER posts_activitycell_validated BEFORE INSERT OR UPDATE OR DELETE ON posts_activitycell
  FOR EACH ROW EXECUTE FUNCTION cosigne_keep_cell();
CREATE TRIGGER posts_periodpeople_validated BEFORE UPDATE OR DELETE ON posts_periodpeople
  FOR EACH ROW EXECUTE FUNCTION cosigne_keep_people();
CREATE TRIGGER posts_listitem_words BEFORE UPDATE ON posts_listitem FOR EACH ROW
  WHEN (OLD.list <> NEW.list OR OLD.code <> NEW.code OR OLD.label <> NEW.label OR OLD.since <> NEW.since)
  EXECUTE FUNCTION cosigne_refuse('Un libellé ne se récrit pas : ajoutez-en un autre à partir d''un jour.');
"""
UNGUARD = """
DROP TRIGGER posts_listitem_words ON posts_listitem;
DROP TRIGGER posts_periodpeople_validated ON posts_periodpeople;
DROP TRIGGER posts_activitycell_validated ON posts_activitycell;
DROP TRIGGER posts_activityreturn_validated ON posts_activityreturn;
DROP FUNCTION cosigne_keep_people();
DROP FUNCTION cosigne_keep_cell();
DROP FUNCTION cosigne_keep_return();
DROP FUNCTION cosigne_validated_month(bigint, int, int);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0010_own_finance"),
        ("posts", "0003_detail"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodPeople",
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
                    "quarter",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(4),
                        ],
                        verbose_name="trimestre",
                    ),
                ),
                ("people", models.PositiveIntegerField(verbose_name="personnes")),
                ("women", models.PositiveIntegerField(blank=True, null=True, verbose_name="femmes")),
                ("men", models.PositiveIntegerField(blank=True, null=True, verbose_name="hommes")),
                ("children", models.PositiveIntegerField(blank=True, null=True, verbose_name="enfants")),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="period_people",
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
                "verbose_name": "personnes d'une période",
                "verbose_name_plural": "personnes des périodes",
                "ordering": ["post", "year", "quarter"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("post", "year", "quarter"), name="posts_periodpeople_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quarter__isnull", True),
                            models.Q(("quarter__gte", 1), ("quarter__lte", 4)),
                            _connector="OR",
                        ),
                        name="posts_periodpeople_quarter",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("women__isnull", True),
                            ("men__isnull", True),
                            ("children__isnull", True),
                            ("people", models.F("women") + models.F("men") + models.F("children")),
                            _connector="OR",
                        ),
                        name="posts_periodpeople_sum",
                        violation_error_message="Femmes, hommes et enfants ne font pas le nombre de personnes.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                (
                    "layout",
                    models.CharField(
                        choices=[
                            ("large", "Une ligne par poste et par mois, une colonne par nombre"),
                            ("long", "Une ligne par nombre"),
                        ],
                        max_length=6,
                        verbose_name="forme du fichier",
                    ),
                ),
                ("columns", models.JSONField(default=dict, verbose_name="colonnes")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_mappings",
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
                "verbose_name": "correspondance d'import",
                "verbose_name_plural": "correspondances d'import",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "name"),
                        name="posts_importmapping_once",
                        violation_error_message="Une correspondance porte déjà ce nom.",
                    )
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="listitem", name="posts_listitem_once"),
        migrations.AddConstraint(
            model_name="listitem",
            constraint=models.UniqueConstraint(
                fields=("list", "code", "since"),
                name="posts_listitem_since",
                violation_error_message="Ce code a déjà un libellé à partir de ce jour.",
            ),
        ),
        migrations.AddConstraint(
            model_name="listitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", True)),
                fields=("list", "code"),
                name="posts_listitem_going_on",
                violation_error_message="Ce code existe déjà.",
            ),
        ),
        *rls.protect(
            "posts_periodpeople",
            read=f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR post_id IN (SELECT cosigne_visible_posts())",
            write=f"{rls.IS_STAFF} OR post_id IN (SELECT cosigne_employed_posts())",
        ),
        *rls.same_territory("posts_periodpeople", post_id="posts_post"),
        *rls.protect("posts_importmapping", read=f"{rls.IS_STAFF} OR {OWN}", write=f"{rls.IS_STAFF} OR {OWN}"),
        *rls.same_territory("posts_importmapping", organisation_id="parties_organisation"),
        *journalled("posts_periodpeople", root="posts_post", column="post_id"),
        *journalled("posts_importmapping", root="parties_organisation", column="organisation_id"),
        migrations.RunSQL(GUARDS, UNGUARD),
    ]
