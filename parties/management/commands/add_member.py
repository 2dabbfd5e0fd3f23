"""``add_member --territory 62 --organisation SIREN --role gestionnaire --email A --name N``: opens a real account.

The roles outside any territory, ``national`` and ``plateforme``, take neither a territory nor an organisation.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from core import commands, rls
from core.errors import BusinessError
from parties import services
from parties.actors import Actor, PlatformActor
from parties.enums import PlatformRole, Role
from parties.models import Organisation, Territory


class Command(commands.Command):
    help = (
        "Ouvre à une personne un rôle dans une organisation. Un compte nouveau reçoit un premier mot de passe, affiché "
        "une seule fois : la personne le change dans « Mon compte »."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--territory", metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument(
            "--organisation", metavar="SIREN", help="SIREN de l'organisation, ou sa clé dans le dossier"
        )
        parser.add_argument(
            "--role",
            required=True,
            choices=[*Role.values, *PlatformRole.values],
            help="ce que la personne y fait ; national et plateforme valent hors de tout territoire",
        )
        parser.add_argument("--email", required=True, metavar="ADRESSE", help="adresse électronique de connexion")
        parser.add_argument("--name", required=True, metavar="NOM", help="prénom et nom")

    def handle(self, *args: Any, **options: Any) -> None:
        outside = options["role"] in PlatformRole.values
        given = [name for name in ("territory", "organisation") if options[name]]
        if outside and given:
            raise CommandError(
                f"Le rôle {options['role']} vaut hors de tout territoire : retirez --{given[0]}.",
                returncode=commands.BAD_USAGE,
            )
        if outside:
            self.appoint(options)
            return
        if len(given) < 2:
            missing = [f"--{name}" for name in ("territory", "organisation") if name not in given]
            raise CommandError(f"Il manque : {', '.join(missing)}.", returncode=commands.BAD_USAGE)
        self.add(options)

    def appoint(self, options: dict[str, Any]) -> None:
        try:
            membership, password = services.appoint(
                email=options["email"],
                name=options["name"],
                role=PlatformRole(options["role"]),
                by=PlatformActor.system(),
            )
        except BusinessError as error:
            raise CommandError(error.message) from error
        self.told(options["email"], str(membership), password)

    def told(self, email: str, opened: str, password: str | None) -> None:
        self.stdout.write(f"{email} : {opened}.")
        if password:
            self.stdout.write(f"Premier mot de passe, à changer à la première connexion : {password}")

    def add(self, options: dict[str, Any]) -> None:
        territory = Territory.objects.filter(code=options["territory"]).first()
        if territory is None:
            raise CommandError(
                f"Territoire {options['territory']} inconnu : importez d'abord son dossier.",
                returncode=commands.BAD_USAGE,
            )
        by = Actor.system(territory)
        with rls.acting(by.context):
            found = options["organisation"].replace(" ", "")
            wanted = Q(siren=found) if found.isdigit() else Q(key=found)
            organisation = Organisation.objects.filter(wanted, territory=territory).first()
            if organisation is None:
                raise CommandError(
                    f"Aucune organisation du territoire {territory.code} ne répond à « {found} ».",
                    returncode=commands.BAD_USAGE,
                )
            try:
                membership, password = services.add_member(
                    email=options["email"],
                    name=options["name"],
                    organisation=organisation,
                    role=Role(options["role"]),
                    by=by,
                )
            except BusinessError as error:
                raise CommandError(error.message) from error
            opened = str(membership)
        self.told(options["email"], opened, password)
