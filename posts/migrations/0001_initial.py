import uuid
from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import core.models
import posts.models.post
from core import rls

#: Posts an organisation employs or hosts (funders are added by funding's migration).
VISIBLE_POSTS = """
CREATE OR REPLACE FUNCTION cosigne_employed_posts() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM posts_post p
  WHERE p.territory_id = cosigne_territory() AND p.employer_id = cosigne_organisation()
$$;
CREATE OR REPLACE FUNCTION cosigne_visible_posts() RETURNS SETOF bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.id FROM posts_post p
  WHERE p.territory_id = cosigne_territory() AND (
    p.employer_id = cosigne_organisation()
    OR EXISTS (
      SELECT 1 FROM posts_postunit pu JOIN posts_serviceunit u ON u.id = pu.unit_id
      WHERE pu.post_id = p.id AND u.organisation_id = cosigne_organisation()
    ))
$$;
"""
SEES = f"{rls.IS_STAFF} OR {rls.IS_PREFECTURE} OR {{}} IN (SELECT cosigne_visible_posts())"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Post",
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
                ("label", models.CharField(max_length=120, verbose_name="libellé")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ISC", "ISC – en commissariat"),
                            ("ISG", "ISG – en gendarmerie"),
                            ("ISCG", "ISCG – en commissariat et gendarmerie"),
                            ("PSY", "Psychologue"),
                        ],
                        max_length=5,
                        verbose_name="type de poste",
                    ),
                ),
                (
                    "etp",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("1"),
                        max_digits=4,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0.05")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                        verbose_name="équivalent temps plein",
                    ),
                ),
                (
                    "weekly_hours",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=4, null=True, verbose_name="heures hebdomadaires"
                    ),
                ),
                ("residence", models.CharField(blank=True, max_length=240, verbose_name="résidence administrative")),
                (
                    "hierarchical_authority",
                    models.CharField(blank=True, max_length=240, verbose_name="autorité hiérarchique"),
                ),
                (
                    "functional_authority",
                    models.CharField(blank=True, max_length=240, verbose_name="autorité fonctionnelle"),
                ),
                ("created_on", models.DateField(blank=True, null=True, verbose_name="créé le")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="fermé le")),
                ("note", models.TextField(blank=True, verbose_name="note interne")),
                (
                    "employer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posts",
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
                "verbose_name": "poste",
                "verbose_name_plural": "postes",
                "ordering": ["label"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PostCoverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverage",
                        to="parties.organisation",
                        verbose_name="EPCI",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coverage",
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
                "verbose_name": "EPCI couvert",
                "verbose_name_plural": "EPCI couverts",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="epcis",
            field=models.ManyToManyField(
                related_name="covering_posts",
                through="posts.PostCoverage",
                to="parties.organisation",
                verbose_name="EPCI couverts",
            ),
        ),
        migrations.CreateModel(
            name="ServiceUnit",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commissariat", "Commissariat"),
                            ("circonscription", "Circonscription de police nationale"),
                            ("compagnie", "Compagnie de gendarmerie"),
                            ("cob", "Communauté de brigades"),
                            ("brigade", "Brigade de gendarmerie"),
                        ],
                        max_length=20,
                        verbose_name="type d'unité",
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        choices=[("police", "Zone police"), ("gendarmerie", "Zone gendarmerie")],
                        max_length=12,
                        verbose_name="zone",
                    ),
                ),
                ("name", models.CharField(max_length=160, verbose_name="nom")),
                (
                    "communes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=5),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="communes (codes INSEE)",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="units",
                        to="parties.organisation",
                        verbose_name="direction ou groupement",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="posts.serviceunit",
                        verbose_name="unité supérieure",
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
                "verbose_name": "unité",
                "verbose_name_plural": "unités",
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PostUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "percent",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=5, null=True, verbose_name="part du temps (%)"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="post_units",
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
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="post_units",
                        to="posts.serviceunit",
                        verbose_name="unité",
                    ),
                ),
            ],
            options={
                "verbose_name": "unité d'un poste",
                "verbose_name_plural": "unités des postes",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="units",
            field=models.ManyToManyField(
                related_name="posts", through="posts.PostUnit", to="posts.serviceunit", verbose_name="unités"
            ),
        ),
        migrations.CreateModel(
            name="Occupancy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("start", models.DateField(verbose_name="pourvu du")),
                ("end", models.DateField(blank=True, null=True, verbose_name="au")),
                (
                    "working_time",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("1"),
                        help_text="1 pour un temps plein du poste.",
                        max_digits=4,
                        verbose_name="quotité de travail",
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, help_text="Ne nommez jamais l'agent.", max_length=240, verbose_name="précision"
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
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="occupancies",
                        to="posts.post",
                        verbose_name="poste",
                    ),
                ),
            ],
            options={
                "verbose_name": "occupation",
                "verbose_name_plural": "occupations",
                "ordering": ["post", "start"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="posts_occupancy_dates",
                        violation_error_message="La fin de l'occupation précède son début.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("working_time__gt", 0), ("working_time__lte", 1)),
                        name="posts_occupancy_time",
                        violation_error_message="La quotité est comprise entre 0 et 1.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("post"), models.F("post"), models.Value("[]"), function="int8range"
                                ),
                                "&&",
                            ),
                            (posts.models.post.DateRange(models.F("start"), models.F("end"), models.Value("[]")), "&&"),
                        ],
                        name="posts_occupancy_no_overlap",
                        violation_error_message="Le poste est déjà pourvu sur une partie de cette période.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityReturn",
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
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="mois",
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        blank=True,
                        choices=[("police", "Zone police"), ("gendarmerie", "Zone gendarmerie")],
                        max_length=12,
                        verbose_name="zone",
                    ),
                ),
                ("women", models.PositiveIntegerField(blank=True, null=True, verbose_name="femmes")),
                ("men", models.PositiveIntegerField(blank=True, null=True, verbose_name="hommes")),
                ("children", models.PositiveIntegerField(blank=True, null=True, verbose_name="enfants")),
                (
                    "interviews_in_person",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="entretiens physiques"),
                ),
                (
                    "interviews_phone",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="entretiens téléphoniques"),
                ),
                (
                    "interviews_partners",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="dont téléphoniques avec des partenaires"
                    ),
                ),
                (
                    "interviews_total",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="entretiens (total non détaillé)"),
                ),
                (
                    "vif_count",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="situations de violences intrafamiliales"
                    ),
                ),
                (
                    "vif_base",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="situations comptées pour ce pourcentage"
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, help_text="Aucune donnée nominative.", max_length=400, verbose_name="observation"
                    ),
                ),
                (
                    "missing_reason",
                    models.CharField(blank=True, max_length=240, verbose_name="raison de l'absence de chiffres"),
                ),
                ("stated", models.JSONField(blank=True, default=dict, verbose_name="chiffres publiés")),
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
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activity",
                        to="posts.post",
                        verbose_name="poste",
                    ),
                ),
            ],
            options={
                "verbose_name": "relevé d'activité",
                "verbose_name_plural": "relevés d'activité",
                "ordering": ["post", "year", "month", "zone"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("post", "year", "month", "zone"),
                        name="posts_activity_once",
                        nulls_distinct=False,
                        violation_error_message="Un relevé existe déjà pour ce poste et cette période.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("month__isnull", True), models.Q(("month__gte", 1), ("month__lte", 12)), _connector="OR"
                        ),
                        name="posts_activity_month",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("vif_count__isnull", True),
                            ("vif_base__isnull", True),
                            ("vif_count__lte", models.F("vif_base")),
                            _connector="OR",
                        ),
                        name="posts_activity_vif",
                        violation_error_message="Les violences intrafamiliales dépassent le nombre de situations.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("interviews_partners__isnull", True),
                            ("interviews_phone__isnull", True),
                            ("interviews_partners__lte", models.F("interviews_phone")),
                            _connector="OR",
                        ),
                        name="posts_activity_partners",
                        violation_error_message="Les entretiens avec des partenaires dépassent les entretiens téléphoniques.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="postcoverage",
            constraint=models.UniqueConstraint(fields=("post", "organisation"), name="posts_postcoverage_once"),
        ),
        migrations.AddConstraint(
            model_name="serviceunit",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="posts_serviceunit_key"),
        ),
        migrations.AddConstraint(
            model_name="postunit",
            constraint=models.UniqueConstraint(fields=("post", "unit"), name="posts_postunit_once"),
        ),
        migrations.AddConstraint(
            model_name="postunit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__isnull", True), models.Q(("percent__gt", 0), ("percent__lte", 100)), _connector="OR"
                ),
                name="posts_postunit_percent",
                violation_error_message="La part du temps est comprise entre 0 et 100 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="posts_post_key"),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(("etp__gt", 0), ("etp__lte", 1)),
                name="posts_post_etp",
                violation_error_message="L'équivalent temps plein est compris entre 0,05 et 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("weekly_hours__isnull", True),
                    models.Q(("weekly_hours__gt", 0), ("weekly_hours__lte", 48)),
                    _connector="OR",
                ),
                name="posts_post_hours",
                violation_error_message="La durée hebdomadaire est comprise entre 0 et 48 heures.",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("created_on__isnull", True),
                    ("closed_on__isnull", True),
                    ("closed_on__gte", models.F("created_on")),
                    _connector="OR",
                ),
                name="posts_post_dates",
                violation_error_message="La fermeture du poste précède sa création.",
            ),
        ),
        migrations.RunSQL(VISIBLE_POSTS, migrations.RunSQL.noop),
        *rls.territory_key("posts_serviceunit", "posts_post"),
        *rls.protect("posts_serviceunit"),
        *rls.same_territory("posts_serviceunit", organisation_id="parties_organisation", parent_id="posts_serviceunit"),
        *rls.protect("posts_post", read=SEES.format("id")),
        *rls.same_territory("posts_post", employer_id="parties_organisation"),
        *rls.protect("posts_postunit", read=SEES.format("post_id")),
        *rls.same_territory("posts_postunit", post_id="posts_post", unit_id="posts_serviceunit"),
        *rls.protect("posts_postcoverage", read=SEES.format("post_id")),
        *rls.same_territory("posts_postcoverage", post_id="posts_post", organisation_id="parties_organisation"),
        *rls.protect("posts_occupancy", read=SEES.format("post_id")),
        *rls.same_territory("posts_occupancy", post_id="posts_post"),
        *rls.protect(
            "posts_activityreturn",
            read=SEES.format("post_id"),
            write=f"{rls.IS_STAFF} OR post_id IN (SELECT cosigne_employed_posts())",
        ),
        *rls.same_territory("posts_activityreturn", post_id="posts_post"),
    ]
