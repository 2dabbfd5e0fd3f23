"""Roles outside the territories, their acts, exceptional accesses, suspended territories (docs/adr/0008)."""

import datetime
import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

TODAY = "(now() AT TIME ZONE 'Europe/Paris')::date"
#: Whether the account acting holds a role outside the territories: read from the rows, so that a context cannot claim it.
HOLDS = f"""
CREATE FUNCTION cosigne_holds(wanted text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM parties_platformmembership m JOIN parties_user u ON u.id = m.user_id
    WHERE m.user_id = cosigne_user() AND m.role = wanted AND u.is_active AND m.closed_at IS NULL
      AND (m.start IS NULL OR m.start <= {TODAY}) AND (m."end" IS NULL OR m."end" >= {TODAY})) $$;
"""
#: Under an exceptional access one reads as the staff does: in a transaction that PostgreSQL keeps read-only, and while
#: the access granted for this account and this territory lasts. Every policy asks cosigne_scope(): none has to know.
EXCEPTIONAL = """
CREATE FUNCTION cosigne_exceptional() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN current_setting('transaction_read_only') = 'on' AND cosigne_holds('plateforme')
      AND EXISTS (SELECT FROM parties_exceptionalaccess a
        WHERE a.territory_id = cosigne_territory() AND a.user_id = cosigne_user()
          AND a.granted_at <= clock_timestamp() AND a.expires_at > clock_timestamp() AND a.ended_at IS NULL)
    THEN 'staff' ELSE '' END $$;
CREATE OR REPLACE FUNCTION cosigne_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE current_setting('cosigne.scope', true) WHEN 'exceptional' THEN cosigne_exceptional()
    ELSE coalesce(current_setting('cosigne.scope', true), '') END $$;
"""
#: The territory a context may enter, as text; none when it is suspended, but for the system and for a granted access.
ENTER = """
CREATE FUNCTION cosigne_enter(wanted bigint, scope text, system boolean) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT t.id::text FROM public.parties_territory t
    WHERE t.id = wanted AND (t.suspended_at IS NULL OR system OR scope = 'exceptional')), '') $$;
"""
SUSPENSION = """
CREATE FUNCTION parties_territory_suspension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.suspended_at, NEW.suspended_reason) IS DISTINCT FROM (OLD.suspended_at, OLD.suspended_reason)
     AND NOT (cosigne_scope() = 'administrator' AND cosigne_holds('plateforme')) THEN
    RAISE EXCEPTION 'Un territoire se suspend et se rouvre par un administrateur de la plateforme.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parties_territory_suspension BEFORE UPDATE ON parties_territory
  FOR EACH ROW EXECUTE FUNCTION parties_territory_suspension();
"""
#: What was asked stays; each date is set once; nobody grants an access to themselves after the fact.
FROZEN = """
CREATE FUNCTION parties_exceptionalaccess_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moving text[] := '{granted_at,granted_by,expires_at,refused_at,refused_by,ended_at,ended_by,updated_at}';
BEGIN
  IF (to_jsonb(NEW) - moving) IS DISTINCT FROM (to_jsonb(OLD) - moving)
     OR (OLD.granted_at IS NOT NULL AND (NEW.granted_at, NEW.granted_by, NEW.expires_at)
         IS DISTINCT FROM (OLD.granted_at, OLD.granted_by, OLD.expires_at))
     OR (OLD.refused_at IS NOT NULL AND (NEW.refused_at, NEW.refused_by)
         IS DISTINCT FROM (OLD.refused_at, OLD.refused_by))
     OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by)) THEN
    RAISE EXCEPTION 'Un accès exceptionnel ne se modifie pas : il s''arrête, et un autre se demande.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.granted_at IS NULL AND NEW.granted_at IS NOT NULL
     AND (cosigne_user() IS NOT DISTINCT FROM OLD.user_id OR OLD.ended_at IS NOT NULL OR OLD.refused_at IS NOT NULL) THEN
    RAISE EXCEPTION 'Un accès exceptionnel s''accorde par le territoire, à quelqu''un d''autre que soi.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parties_exceptionalaccess_frozen BEFORE UPDATE ON parties_exceptionalaccess
  FOR EACH ROW EXECUTE FUNCTION parties_exceptionalaccess_frozen();
"""
IS_SYSTEM = "(SELECT cosigne_scope()) = 'platform'"
IS_ADMINISTRATOR = "(SELECT cosigne_scope()) = 'administrator' AND (SELECT cosigne_holds('plateforme'))"
MINE = "user_id = (SELECT cosigne_user())"
STAFF_HERE = f"{rls.IN_TERRITORY} AND {rls.IS_STAFF}"


def policies(table: str, *, read: str, insert: str, update: str = "false") -> list:
    """Row-level security of a table of the platform; nothing is ever removed from one."""
    sql = f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});
    CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({insert});
    CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({update}) WITH CHECK ({update});
    CREATE POLICY {table}_delete ON {table} FOR DELETE USING (false);
    """
    return [migrations.RunSQL(sql, migrations.RunSQL.noop)]


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0006_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="territory",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="suspendu le"),
        ),
        migrations.AddField(
            model_name="territory",
            name="suspended_reason",
            field=models.CharField(blank=True, max_length=400, verbose_name="raison de la suspension"),
        ),
        migrations.CreateModel(
            name="ExceptionalAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("user_label", models.CharField(max_length=200, verbose_name="nom du demandeur")),
                ("justification", models.CharField(max_length=600, verbose_name="justification")),
                ("incident", models.CharField(max_length=80, verbose_name="référence de l'incident")),
                (
                    "hours",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(24),
                        ],
                        verbose_name="durée (heures)",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("accord", "Sur accord d'un gestionnaire du territoire"),
                            ("immediat", "D'office, les gestionnaires étant avertis aussitôt"),
                        ],
                        max_length=10,
                        verbose_name="ouverture",
                    ),
                ),
                ("granted_at", models.DateTimeField(blank=True, null=True, verbose_name="ouvert le")),
                ("granted_by", models.CharField(blank=True, max_length=400, verbose_name="ouvert par")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="prend fin le")),
                ("refused_at", models.DateTimeField(blank=True, null=True, verbose_name="refusé le")),
                ("refused_by", models.CharField(blank=True, max_length=400, verbose_name="refusé par")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="arrêté le")),
                ("ended_by", models.CharField(blank=True, max_length=400, verbose_name="arrêté par")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="demandé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "accès exceptionnel",
                "verbose_name_plural": "accès exceptionnels",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="AccessUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("method", models.CharField(max_length=7, verbose_name="méthode")),
                ("route", models.CharField(blank=True, max_length=80, verbose_name="page")),
                ("path", models.CharField(max_length=300, verbose_name="adresse")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
                (
                    "access",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="parties.exceptionalaccess",
                        verbose_name="accès exceptionnel",
                    ),
                ),
            ],
            options={
                "verbose_name": "consultation sous accès exceptionnel",
                "verbose_name_plural": "consultations sous accès exceptionnel",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PlatformEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("appointed", "Rôle donné"),
                            ("withdrawn", "Rôle retiré"),
                            ("opened", "Territoire ouvert"),
                            ("completed", "Annuaire complété"),
                            ("invited", "Premier gestionnaire invité"),
                            ("suspended", "Territoire suspendu"),
                            ("reopened", "Territoire rouvert"),
                            ("asked", "Accès exceptionnel demandé"),
                            ("started", "Accès exceptionnel ouvert d'office"),
                            ("ended", "Accès exceptionnel arrêté"),
                        ],
                        max_length=10,
                        verbose_name="acte",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=600, verbose_name="détail")),
                ("by_label", models.CharField(max_length=400, verbose_name="nom de l'auteur")),
                (
                    "about",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                        verbose_name="territoire concerné",
                    ),
                ),
                (
                    "by_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
            ],
            options={
                "verbose_name": "acte de la plateforme",
                "verbose_name_plural": "actes de la plateforme",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PlatformMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("national", "Observatoire national"),
                            ("plateforme", "Administrateur de la plateforme"),
                        ],
                        max_length=20,
                        verbose_name="rôle",
                    ),
                ),
                ("start", models.DateField(blank=True, null=True, verbose_name="du")),
                ("end", models.DateField(blank=True, null=True, verbose_name="au")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="accès fermé le")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="platform_memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "rôle hors territoire",
                "verbose_name_plural": "rôles hors territoire",
                "ordering": ["role", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="exceptionalaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(("hours__gte", 1), ("hours__lte", 24)), name="parties_exceptionalaccess_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="exceptionalaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expires_at__isnull", True), ("granted_at__isnull", True)),
                    models.Q(
                        ("expires_at__isnull", False),
                        (
                            "expires_at__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("granted_at"),
                                "+",
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(datetime.timedelta(seconds=3600)), "*", models.F("hours")
                                ),
                            ),
                        ),
                        ("granted_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="parties_exceptionalaccess_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="exceptionalaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(("granted_at__isnull", True), ("refused_at__isnull", True), _connector="OR"),
                name="parties_exceptionalaccess_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformmembership",
            constraint=models.UniqueConstraint(
                fields=("user", "role"),
                name="parties_platformmembership_once",
                violation_error_message="Cette personne a déjà ce rôle.",
            ),
        ),
        migrations.AddConstraint(
            model_name="platformmembership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start__isnull", True), ("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"
                ),
                name="parties_platformmembership_dates",
                violation_error_message="La fin précède le début.",
            ),
        ),
        migrations.RunSQL(HOLDS + EXCEPTIONAL + ENTER + SUSPENSION + FROZEN, migrations.RunSQL.noop),
        *rls.territory_key("parties_exceptionalaccess"),
        *policies(
            "parties_platformmembership",
            read=f"{MINE} OR {IS_SYSTEM} OR ({IS_ADMINISTRATOR})",
            insert=IS_SYSTEM,
            update=IS_SYSTEM,
        ),
        *policies(
            "parties_platformevent",
            # One's own acts are also one's own data.
            read=f"{IS_SYSTEM} OR ({IS_ADMINISTRATOR}) OR by_user_id = (SELECT cosigne_user())",
            insert=f"({IS_SYSTEM} AND by_user_id IS NULL)"
            f" OR ({IS_ADMINISTRATOR} AND by_user_id = (SELECT cosigne_user()))",
        ),
        *rls.append_only("parties_platformevent", "Le journal de la plateforme ne se modifie pas."),
        # Its holder reads it before any context is chosen: that is how one is.
        *policies(
            "parties_exceptionalaccess",
            read=f"{MINE} OR ({STAFF_HERE})",
            insert=f"{IS_ADMINISTRATOR} AND {MINE} AND (granted_at IS NULL OR mode = 'immediat')",
            update=f"({STAFF_HERE}) OR ({IS_ADMINISTRATOR} AND {MINE})",
        ),
        *policies(
            "parties_accessuse",
            read=f"{MINE} OR ({STAFF_HERE})",
            insert=f"{MINE} AND access_id IN (SELECT a.id FROM parties_exceptionalaccess a"
            " WHERE a.user_id = (SELECT cosigne_user()) AND a.ended_at IS NULL AND a.expires_at > clock_timestamp())",
        ),
        *rls.same_territory("parties_accessuse", access_id="parties_exceptionalaccess"),
        *rls.append_only("parties_accessuse", "Le relevé des consultations ne se modifie pas."),
        # What the platform does is chained with what belongs to no territory; what is lent of a territory, with its own.
        *journalled("parties_platformmembership"),
        *journalled("parties_platformevent"),
        *journalled("parties_exceptionalaccess"),
        *journalled("parties_accessuse", root="parties_exceptionalaccess", column="access_id"),
    ]
