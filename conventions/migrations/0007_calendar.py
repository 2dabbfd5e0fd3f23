"""The calendar of obligations: a territory's dated rules, each person's reminders and secret address."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls
from core.journal import journalled

MINE = f"{rls.IS_STAFF} OR ({rls.IS_ANYONE} AND user_id = (SELECT cosigne_user()))"
#: Who presents a secret may read its row before any territory is known: that is how one is.
READ = f"""
digest = (SELECT nullif(current_setting('cosigne.token', true), '')) OR ({rls.IN_TERRITORY} AND ({MINE}))
"""
FROZEN = """
CREATE FUNCTION conventions_calendarfeed_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - '{revoked_at,updated_at}'::text[]) IS DISTINCT FROM (to_jsonb(OLD) - '{revoked_at,updated_at}'::text[])
     OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
    RAISE EXCEPTION 'Une adresse de calendrier ne se modifie pas : elle se révoque, et une autre se crée.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER conventions_calendarfeed_frozen BEFORE UPDATE ON conventions_calendarfeed
  FOR EACH ROW EXECUTE FUNCTION conventions_calendarfeed_frozen();
"""
UNFROZEN = """
DROP TRIGGER conventions_calendarfeed_frozen ON conventions_calendarfeed;
DROP FUNCTION conventions_calendarfeed_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0006_avenants"),
        ("parties", "0010_own_finance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("due_soon", models.BooleanField(default=True, verbose_name="échéances proches et dépassées")),
                ("weekly", models.BooleanField(default=False, verbose_name="résumé chaque lundi")),
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_preference",
                        to="parties.membership",
                        verbose_name="appartenance",
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
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "préférence de rappel",
                "verbose_name_plural": "préférences de rappel",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="empreinte SHA-256 du secret")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoquée le")),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feeds",
                        to="parties.membership",
                        verbose_name="appartenance",
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
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "adresse de calendrier",
                "verbose_name_plural": "adresses de calendrier",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("membership",),
                        name="conventions_calendarfeed_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="conventions_calendarfeed_digest"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("obligation", models.CharField(max_length=160, verbose_name="échéance")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("bientot", "Échéance proche"),
                            ("retard", "Échéance dépassée"),
                            ("semaine", "Résumé de la semaine"),
                        ],
                        max_length=12,
                        verbose_name="étape",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="pour le")),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.membership",
                        verbose_name="appartenance",
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
                "verbose_name": "rappel envoyé",
                "verbose_name_plural": "rappels envoyés",
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("membership", "obligation", "stage", "due_on"), name="conventions_calendarreminder_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fipd_day", "Demande de FIPD (jour et mois de l'année financée)"),
                            ("quarter_1", "Chiffres du premier trimestre (jour et mois)"),
                            ("quarter_2", "Chiffres du deuxième trimestre (jour et mois)"),
                            ("quarter_3", "Chiffres du troisième trimestre (jour et mois)"),
                            ("year_day", "Chiffres de l'année (jour et mois de l'année suivante)"),
                            ("committee_day", "Réunion du comité (jour et mois de l'année suivante)"),
                            ("titre_day", "Émission des titres (jour et mois de l'année financée)"),
                            ("signature_days", "Délai de signature (jours après l'approbation)"),
                        ],
                        max_length=24,
                        verbose_name="règle",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="à partir du")),
                ("value", models.CharField(max_length=8, verbose_name="valeur")),
                ("source", models.CharField(max_length=240, verbose_name="origine")),
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
                "verbose_name": "règle du calendrier",
                "verbose_name_plural": "règles du calendrier",
                "ordering": ["kind", "valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("territory", "kind", "valid_from"), name="conventions_calendarrule_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__regex", "^([0-9]{2}-[0-9]{2}|[0-9]{1,3})$")),
                        name="conventions_calendarrule_value",
                    ),
                ],
            },
        ),
        *rls.protect("conventions_calendarrule"),
        *rls.protect("conventions_calendarpreference", read=MINE, write=MINE),
        *rls.protect(
            "conventions_calendarfeed",
            in_territory="true",
            read=READ,
            write=f"{rls.IN_TERRITORY} AND ({MINE})",
            remove="false",
        ),
        # What was sent is known to the one who sends.
        *rls.protect("conventions_calendarreminder", read=rls.IS_STAFF, write=rls.IS_STAFF),
        *rls.same_territory("conventions_calendarpreference", membership_id="parties_membership"),
        *rls.same_territory("conventions_calendarfeed", membership_id="parties_membership"),
        *rls.same_territory("conventions_calendarreminder", membership_id="parties_membership"),
        *rls.append_only("conventions_calendarreminder", "Un rappel envoyé ne se reprend pas."),
        migrations.RunSQL(FROZEN, UNFROZEN),
        *journalled("conventions_calendarrule"),
    ]
