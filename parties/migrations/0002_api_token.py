import datetime
import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from core import rls

OWN = "organisation_id = (SELECT cosigne_organisation())"

#: Who presents a secret may read its row before any territory is known: that is how one is.
READ = f"""
digest = (SELECT nullif(current_setting('cosigne.token', true), ''))
OR ({rls.IN_TERRITORY} AND ({rls.IS_STAFF} OR ({rls.IS_ANYONE} AND {OWN})))
"""
#: An organisation writes its own, and never one that would act beyond an organisation's scope.
WRITE = f"""
{rls.IN_TERRITORY} AND ({rls.IS_STAFF}
  OR ((SELECT cosigne_scope()) = 'organisation' AND {OWN} AND role NOT IN ('gestionnaire', 'instructeur')))
"""
FROZEN = """
CREATE FUNCTION parties_apitoken_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - '{last_used_on,revoked_at,updated_at}'::text[])
     IS DISTINCT FROM (to_jsonb(OLD) - '{last_used_on,revoked_at,updated_at}'::text[])
     OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
    RAISE EXCEPTION 'Un jeton ne se modifie pas : il se révoque, et un autre se crée.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parties_apitoken_frozen BEFORE UPDATE ON parties_apitoken
  FOR EACH ROW EXECUTE FUNCTION parties_apitoken_frozen();
"""
UNFROZEN = "DROP TRIGGER parties_apitoken_frozen ON parties_apitoken; DROP FUNCTION parties_apitoken_frozen();"


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("name", models.CharField(help_text="Le logiciel qui l'emploie.", max_length=80, verbose_name="nom")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("gestionnaire", "Gestionnaire du dispositif"),
                            ("instructeur", "Instructeur en préfecture"),
                            ("finances", "Responsable financier"),
                            ("partenaire", "Partenaire signataire"),
                            ("employeur", "Responsable de service (employeur)"),
                        ],
                        max_length=20,
                        verbose_name="rôle",
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="droits",
                    ),
                ),
                ("prefix", models.CharField(max_length=8, unique=True, verbose_name="début")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="empreinte SHA-256 du secret")),
                ("expires_at", models.DateTimeField(verbose_name="expire le")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoqué le")),
                ("last_used_on", models.DateField(blank=True, null=True, verbose_name="dernier usage")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="créé par",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
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
                "verbose_name": "jeton d'API",
                "verbose_name_plural": "jetons d'API",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("organisation", "name"),
                        name="parties_apitoken_name",
                        violation_error_message="Un jeton non révoqué de cette organisation porte déjà ce nom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__gt", models.F("created_at")),
                            (
                                "expires_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("created_at"), "+", models.Value(datetime.timedelta(days=367))
                                ),
                            ),
                        ),
                        name="parties_apitoken_year",
                        violation_error_message="Un jeton vaut un an au plus.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="parties_apitoken_digest"
                    ),
                ],
            },
        ),
        # A token is kept after its end: what it did names it.
        *rls.protect("parties_apitoken", in_territory="true", read=READ, write=WRITE, remove="false"),
        *rls.same_territory("parties_apitoken", organisation_id="parties_organisation"),
        migrations.RunSQL(FROZEN, UNFROZEN),
    ]
