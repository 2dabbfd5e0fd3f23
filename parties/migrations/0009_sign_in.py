"""Second factors, the rule of a territory about them, links to an identity provider: who sees which row.

allauth's tables are about accounts, not territories: a policy of theirs shows a row to its own account only.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls

FUNCTIONS = """
CREATE FUNCTION cosigne_signing_in() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.signing_in', true), '')::bigint $$;
CREATE FUNCTION cosigne_subject() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.subject', true), '') $$;
"""
OWN = "user_id = (SELECT cosigne_user())"
#: Who has given a right password and not yet the second factor uses the factors of that account, and adds none.
SIGNING_IN = "user_id = (SELECT cosigne_signing_in())"
#: Whom the identity provider has just vouched for, before any account is known.
SUBJECT = "provider || ':' || uid = (SELECT cosigne_subject())"


def per_account(table: str, *, read: str, insert: str, update: str, delete: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});"
        f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({insert});"
        f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({update}) WITH CHECK ({update});"
        f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({delete});",
        migrations.RunSQL.noop,
    )


def closed(*tables: str) -> migrations.RunSQL:
    """Tables of allauth that nothing here uses: row-level security without a policy shows and takes no row."""
    return migrations.RunSQL(
        "".join(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;" for table in tables), migrations.RunSQL.noop
    )


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0008_association_identity"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        migrations.AlterField(
            model_name="memberevent",
            name="act",
            field=models.CharField(
                choices=[
                    ("invited", "Invitation envoyée"),
                    ("resent", "Invitation renvoyée"),
                    ("revoked", "Invitation annulée"),
                    ("accepted", "Invitation acceptée"),
                    ("added", "Accès ouvert par l'exploitation"),
                    ("changed", "Accès modifié"),
                    ("closed", "Accès fermé"),
                    ("reopened", "Accès rouvert"),
                    ("mfa_reset", "Second facteur retiré"),
                    ("linked", "Compte relié à ProConnect"),
                    ("siret_gap", "Autre organisation annoncée par ProConnect"),
                ],
                max_length=10,
                verbose_name="acte",
            ),
        ),
        migrations.CreateModel(
            name="SignInRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("second_factor", models.BooleanField(verbose_name="second facteur obligatoire")),
                ("by_label", models.CharField(max_length=400, verbose_name="nom de l'auteur")),
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
                "verbose_name": "règle de connexion",
                "verbose_name_plural": "règles de connexion",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        # Everybody of the territory is bound by it, so everybody reads it: the way in does before any page.
        *rls.protect("parties_signinrule", remove="false"),
        *rls.append_only("parties_signinrule", "Une règle de connexion ne se modifie pas : écrivez la suivante."),
        per_account(
            "mfa_authenticator",
            read=f"{OWN} OR {SIGNING_IN}",
            insert=OWN,
            update=f"{OWN} OR {SIGNING_IN}",
            delete=OWN,
        ),
        per_account(
            "socialaccount_socialaccount",
            read=f"{OWN} OR {SIGNING_IN} OR {SUBJECT}",
            insert=f"{OWN} OR {SIGNING_IN}",
            update=f"{OWN} OR {SIGNING_IN}",
            delete=OWN,
        ),
        closed(
            "account_emailaddress",
            "account_emailconfirmation",
            "socialaccount_socialapp",
            "socialaccount_socialtoken",
        ),
    ]
