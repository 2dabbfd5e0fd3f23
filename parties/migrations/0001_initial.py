import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.models
import parties.models.organisation
from core import rls


class Migration(migrations.Migration):
    initial = True

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="adresse électronique")),
                ("name", models.CharField(max_length=120, verbose_name="prénom et nom")),
                ("is_active", models.BooleanField(default=True, verbose_name="compte actif")),
            ],
            options={
                "verbose_name": "compte",
                "verbose_name_plural": "comptes",
            },
        ),
        migrations.CreateModel(
            name="RefDepartement",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                ("region", models.CharField(blank=True, max_length=3, verbose_name="code de la région")),
            ],
            options={
                "verbose_name": "département de référence",
                "verbose_name_plural": "départements de référence",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Territory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "code",
                    models.CharField(
                        max_length=3,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^[0-9AB]{2,3}$")],
                        verbose_name="code INSEE",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                (
                    "administrative_court",
                    models.CharField(blank=True, max_length=120, verbose_name="tribunal administratif"),
                ),
            ],
            options={
                "verbose_name": "territoire",
                "verbose_name_plural": "territoires",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
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
                            ("prefecture", "Préfecture (État)"),
                            ("departement", "Département"),
                            ("epci", "EPCI"),
                            ("commune", "Commune"),
                            ("ccas", "CCAS"),
                            ("cias", "CIAS"),
                            ("association", "Association"),
                            ("police", "Police nationale"),
                            ("gendarmerie", "Gendarmerie nationale"),
                            ("parquet", "Parquet"),
                            ("ars", "ARS"),
                            ("caf", "CAF"),
                            ("cpam", "CPAM"),
                            ("other", "Autre organisme"),
                        ],
                        max_length=20,
                        verbose_name="nature",
                    ),
                ),
                (
                    "legal_form",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CU", "Communauté urbaine"),
                            ("CA", "Communauté d'agglomération"),
                            ("CC", "Communauté de communes"),
                            ("ME", "Métropole"),
                        ],
                        max_length=2,
                        verbose_name="forme juridique",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="nom officiel")),
                ("short_name", models.CharField(blank=True, max_length=60, verbose_name="nom court")),
                (
                    "siren",
                    models.CharField(
                        blank=True,
                        max_length=9,
                        validators=[parties.models.organisation.validate_siren],
                        verbose_name="SIREN",
                    ),
                ),
                (
                    "siret",
                    models.CharField(
                        blank=True,
                        max_length=14,
                        validators=[parties.models.organisation.validate_siret],
                        verbose_name="SIRET",
                    ),
                ),
                (
                    "seat",
                    models.CharField(
                        blank=True,
                        help_text="Adresse telle qu'elle figure dans l'acte.",
                        max_length=240,
                        verbose_name="siège",
                    ),
                ),
                ("address1", models.CharField(blank=True, max_length=38, verbose_name="adresse")),
                ("address2", models.CharField(blank=True, max_length=38, verbose_name="complément d'adresse")),
                ("postal_code", models.CharField(blank=True, max_length=5, verbose_name="code postal")),
                ("city", models.CharField(blank=True, max_length=38, verbose_name="ville")),
                (
                    "finance",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Codes du logiciel de gestion financière : collectivité, budget, imputations.",
                        verbose_name="paramètres financiers",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        help_text="Pour un service sans personnalité morale (police, gendarmerie, parquet) : l'État.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="parties.organisation",
                        verbose_name="personne morale de rattachement",
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
                "verbose_name": "organisation",
                "verbose_name_plural": "organisations",
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RefCommune",
            fields=[
                ("code", models.CharField(max_length=5, primary_key=True, serialize=False, verbose_name="code INSEE")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                ("search_name", models.CharField(editable=False, max_length=80, verbose_name="nom pour la recherche")),
                ("siren", models.CharField(blank=True, max_length=9, verbose_name="SIREN")),
                (
                    "departement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="communes",
                        to="parties.refdepartement",
                        verbose_name="département",
                    ),
                ),
            ],
            options={
                "verbose_name": "commune de référence",
                "verbose_name_plural": "communes de référence",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="RefEpci",
            fields=[
                ("siren", models.CharField(max_length=9, primary_key=True, serialize=False, verbose_name="SIREN")),
                ("name", models.CharField(max_length=160, verbose_name="nom")),
                ("search_name", models.CharField(editable=False, max_length=160, verbose_name="nom pour la recherche")),
                (
                    "legal_form",
                    models.CharField(
                        choices=[
                            ("CU", "Communauté urbaine"),
                            ("CA", "Communauté d'agglomération"),
                            ("CC", "Communauté de communes"),
                            ("ME", "Métropole"),
                        ],
                        max_length=2,
                        verbose_name="forme juridique",
                    ),
                ),
                (
                    "departement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="epci",
                        to="parties.refdepartement",
                        verbose_name="département de rattachement",
                    ),
                ),
            ],
            options={
                "verbose_name": "EPCI de référence",
                "verbose_name_plural": "EPCI de référence",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
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
                ("start", models.DateField(blank=True, null=True, verbose_name="du")),
                ("end", models.DateField(blank=True, null=True, verbose_name="au")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
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
                "verbose_name": "appartenance",
                "verbose_name_plural": "appartenances",
                "ordering": ["organisation__name", "role"],
            },
        ),
        migrations.CreateModel(
            name="Mandate",
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
                ("person", models.CharField(max_length=120, verbose_name="prénom et nom")),
                (
                    "gender",
                    models.CharField(
                        choices=[("m", "Masculin"), ("f", "Féminin")], default="m", max_length=1, verbose_name="genre"
                    ),
                ),
                ("function", models.CharField(max_length=200, verbose_name="fonction")),
                ("rank", models.CharField(blank=True, max_length=60, verbose_name="grade")),
                (
                    "capacity",
                    models.CharField(
                        choices=[
                            ("elu", "Élu"),
                            ("administratif", "Administratif"),
                            ("etat", "Autorité de l'État"),
                            ("association", "Dirigeant associatif"),
                        ],
                        default="elu",
                        max_length=20,
                        verbose_name="qualité",
                    ),
                ),
                ("start", models.DateField(blank=True, null=True, verbose_name="début")),
                ("end", models.DateField(blank=True, null=True, verbose_name="fin")),
                (
                    "delegation",
                    models.CharField(
                        blank=True,
                        help_text="Référence de l'arrêté, s'il signe par délégation.",
                        max_length=200,
                        verbose_name="délégation de signature",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mandates",
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
                "verbose_name": "mandat",
                "verbose_name_plural": "mandats",
                "ordering": ["organisation__name", "person"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RefCommuneYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vintage", models.PositiveSmallIntegerField(verbose_name="millésime")),
                ("population", models.PositiveIntegerField(verbose_name="population municipale")),
                (
                    "commune",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="years",
                        to="parties.refcommune",
                        verbose_name="commune",
                    ),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="commune_years",
                        to="parties.refepci",
                        verbose_name="EPCI",
                    ),
                ),
            ],
            options={
                "verbose_name": "population d’une commune",
                "verbose_name_plural": "populations des communes",
                "ordering": ["commune_id", "vintage"],
                "indexes": [models.Index(fields=["epci", "vintage"], name="parties_refcommuneyear_epci")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("commune", "vintage"),
                        name="parties_refcommuneyear_once",
                        violation_error_message="Cette commune a déjà une population pour ce millésime.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RefEpciYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vintage", models.PositiveSmallIntegerField(verbose_name="millésime")),
                ("name", models.CharField(max_length=160, verbose_name="nom cette année-là")),
                (
                    "legal_form",
                    models.CharField(
                        choices=[
                            ("CU", "Communauté urbaine"),
                            ("CA", "Communauté d'agglomération"),
                            ("CC", "Communauté de communes"),
                            ("ME", "Métropole"),
                        ],
                        max_length=2,
                        verbose_name="forme juridique cette année-là",
                    ),
                ),
                ("source_form", models.CharField(max_length=8, verbose_name="forme écrite par la source")),
                ("population_municipale", models.PositiveIntegerField(verbose_name="population municipale")),
                ("population_totale", models.PositiveIntegerField(verbose_name="population totale")),
                ("members_count", models.PositiveSmallIntegerField(verbose_name="nombre de communes membres")),
                ("source_vintage", models.PositiveSmallIntegerField(verbose_name="millésime réel des chiffres")),
                (
                    "epci",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="years",
                        to="parties.refepci",
                        verbose_name="EPCI",
                    ),
                ),
            ],
            options={
                "verbose_name": "population d’un EPCI",
                "verbose_name_plural": "populations des EPCI",
                "ordering": ["epci_id", "vintage"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("epci", "vintage"),
                        name="parties_refepciyear_once",
                        violation_error_message="Cet EPCI a déjà une population pour ce millésime.",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="parties_organisation_key"),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("siren", ""), _negated=True),
                fields=("territory", "siren"),
                name="parties_organisation_siren",
                violation_error_message="Une organisation de ce territoire porte déjà ce SIREN.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("siren", ""), ("siren__regex", "^[0-9]{9}$"), _connector="OR"),
                name="parties_organisation_siren_form",
                violation_error_message="Le SIREN compte neuf chiffres.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "epci"), _negated=True),
                    models.Q(("legal_form", ""), _negated=True),
                    _connector="OR",
                ),
                name="parties_organisation_epci_form",
                violation_error_message="Indiquez la forme juridique de l'EPCI : CU, CA, CC ou métropole.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("user", "organisation", "role"),
                name="parties_membership_once",
                violation_error_message="Cette personne a déjà ce rôle dans cette organisation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start__isnull", True), ("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"
                ),
                name="parties_membership_dates",
                violation_error_message="La fin précède le début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="parties_mandate_key"),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start__isnull", True), ("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"
                ),
                name="parties_mandate_dates",
                violation_error_message="La fin du mandat précède son début.",
            ),
        ),
        *rls.territory_key("parties_organisation", "parties_mandate"),
        *rls.protect("parties_organisation"),
        *rls.protect("parties_mandate"),
        *rls.same_territory("parties_organisation", parent_id="parties_organisation"),
        *rls.same_territory("parties_mandate", organisation_id="parties_organisation"),
        # An account reads its own memberships before any territory is chosen: that is how one is chosen.
        *rls.protect(
            "parties_membership",
            in_territory="true",
            read=f"user_id = (SELECT cosigne_user()) OR ({rls.IN_TERRITORY} AND {rls.IS_STAFF})",
            write=f"{rls.IN_TERRITORY} AND {rls.IS_STAFF}",
        ),
        *rls.same_territory("parties_membership", organisation_id="parties_organisation"),
    ]
