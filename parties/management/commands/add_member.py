"""``add_member --territory 62 --organisation SIREN --role gestionnaire --email A --name N``: opens a real account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from core import commands, rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.enums import Role
from parties.models import Organisation, Territory
from parties.services import add_member


class Command(commands.Command):
    help = (
        "Ouvre à une personne un rôle dans une organisation. Un compte nouveau reçoit un premier mot de passe, affiché "
        "une seule fois : la personne le change dans « Mon compte »."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument(
            "--organisation", required=True, metavar="SIREN", help="SIREN de l'organisation, ou sa clé dans le dossier"
        )
        parser.add_argument("--role", required=True, choices=Role.values, help="ce que la personne y fait")
        parser.add_argument("--email", required=True, metavar="ADRESSE", help="adresse électronique de connexion")
        parser.add_argument("--name", required=True, metavar="NOM", help="prénom et nom")

    def handle(self, *args: Any, **options: Any) -> None:
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
                membership, password = add_member(
                    email=options["email"],
                    name=options["name"],
                    organisation=organisation,
                    role=Role(options["role"]),
                    by=by,
                )
            except BusinessError as error:
                raise CommandError(error.message) from error
            opened = str(membership)
        self.stdout.write(f"{options['email']} : {opened}.")
        if password:
            self.stdout.write(f"Premier mot de passe, à changer à la première connexion : {password}")
