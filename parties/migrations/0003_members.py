import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core import rls

#: The organisation the account acts for, if it administers its people. It reads the memberships as their owner does:
#: the policies of that very table ask it.
FUNCTIONS = """
CREATE FUNCTION cosigne_administered() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
  SELECT m.organisation_id FROM parties_membership m JOIN parties_user u ON u.id = m.user_id
  WHERE m.user_id = cosigne_user() AND m.organisation_id = cosigne_organisation()
    AND m.territory_id = cosigne_territory() AND m.is_admin AND u.is_active AND m.closed_at IS NULL
    AND (m.start IS NULL OR m.start <= (now() AT TIME ZONE 'Europe/Paris')::date)
    AND (m."end" IS NULL OR m."end" >= (now() AT TIME ZONE 'Europe/Paris')::date) $$;
CREATE FUNCTION cosigne_link() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.link', true), '') $$;
"""
ADMINISTERS = "organisation_id IN (SELECT cosigne_administered())"
#: An organisation's administrator gives the roles that see that organisation only; the préfecture's, its own.
OWN_ROLES = (
    "role <> 'gestionnaire' AND (role <> 'instructeur' OR (SELECT cosigne_scope()) = 'prefecture') AND " + ADMINISTERS
)
MANAGES = f"{rls.IS_STAFF} OR ({ADMINISTERS})"
MAY_GIVE = f"{rls.IS_STAFF} OR ({OWN_ROLES})"
#: Nobody but the territory's staff touches a row of their own, even in raw SQL.
MAY_GIVE_OTHERS = f"{rls.IS_STAFF} OR ({OWN_ROLES} AND user_id <> (SELECT cosigne_user()))"


def protect_own_sign_ins() -> list:
    """A person's open sessions are theirs, in no territory."""
    own = "user_id = (SELECT cosigne_user())"
    return [
        migrations.RunSQL(
            "ALTER TABLE parties_signin ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY parties_signin_own ON parties_signin USING ({own}) WITH CHECK ({own});",
            migrations.RunSQL.noop,
        )
    ]


def replace_membership_policies() -> list:
    """Those of 0001 knew the staff only; a membership is closed, never removed."""
    dropped = ";".join(
        f"DROP POLICY parties_membership_{verb} ON parties_membership"
        for verb in ("read", "insert", "update", "delete")
    )
    return [
        migrations.RunSQL(dropped, migrations.RunSQL.noop),
        *rls.protect(
            "parties_membership",
            in_territory="true",
            read=f"user_id = (SELECT cosigne_user()) OR ({rls.IN_TERRITORY} AND ({MANAGES}))",
            write=f"{rls.IN_TERRITORY} AND ({MAY_GIVE_OTHERS})",
            remove="false",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0002_api_token"),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="clé")),
                ("count", models.PositiveIntegerField(verbose_name="essais")),
                ("until", models.DateTimeField(db_index=True, verbose_name="jusqu'à")),
            ],
            options={
                "verbose_name": "compteur d'essais",
                "verbose_name_plural": "compteurs d'essais",
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="accès fermé le"),
        ),
        migrations.AddField(
            model_name="membership",
            name="is_admin",
            field=models.BooleanField(default=False, verbose_name="administre les membres de son organisation"),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse électronique")),
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
                    "is_admin",
                    models.BooleanField(default=False, verbose_name="administre les membres de son organisation"),
                ),
                (
                    "token_hash",
                    models.CharField(editable=False, max_length=64, unique=True, verbose_name="empreinte du lien"),
                ),
                ("sent_at", models.DateTimeField(verbose_name="envoyée le")),
                ("expires_at", models.DateTimeField(verbose_name="expire le")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="acceptée le")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="annulée le")),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invitée par",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="parties.membership",
                        verbose_name="appartenance ouverte",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
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
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "ordering": ["-sent_at"],
            },
        ),
        migrations.CreateModel(
            name="MemberEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("invited", "Invitation envoyée"),
                            ("resent", "Invitation renvoyée"),
                            ("revoked", "Invitation annulée"),
                            ("accepted", "Invitation acceptée"),
                            ("added", "Accès ouvert par l'exploitation"),
                            ("changed", "Accès modifié"),
                            ("closed", "Accès fermé"),
                            ("reopened", "Accès rouvert"),
                        ],
                        max_length=10,
                        verbose_name="acte",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=400, verbose_name="détail")),
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
                    "invitation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="parties.invitation",
                        verbose_name="invitation",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="parties.membership",
                        verbose_name="appartenance",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                "verbose_name": "acte sur un accès",
                "verbose_name_plural": "actes sur les accès",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("session_key", models.CharField(editable=False, max_length=40, unique=True, verbose_name="session")),
                ("device", models.CharField(max_length=80, verbose_name="navigateur")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "session ouverte",
                "verbose_name_plural": "sessions ouvertes",
                "ordering": ["-created_at"],
            },
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        *replace_membership_policies(),
        *protect_own_sign_ins(),
        *rls.territory_key("parties_membership", "parties_invitation"),
        *rls.protect(
            "parties_invitation",
            in_territory="true",
            # Who holds the link of an invitation reads that one row, before having any account (parties.links).
            read=f"token_hash = (SELECT cosigne_link()) OR ({rls.IN_TERRITORY} AND ({MANAGES}))",
            write=f"{rls.IN_TERRITORY} AND ({MAY_GIVE})",
            remove="false",
        ),
        *rls.same_territory(
            "parties_invitation", organisation_id="parties_organisation", membership_id="parties_membership"
        ),
        *rls.protect("parties_memberevent", read=MANAGES, write=MANAGES, remove="false"),
        *rls.same_territory(
            "parties_memberevent",
            organisation_id="parties_organisation",
            membership_id="parties_membership",
            invitation_id="parties_invitation",
        ),
        *rls.append_only("parties_memberevent", "L'historique des accès ne se modifie pas."),
    ]
