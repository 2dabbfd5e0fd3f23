"""``open_territory --code 59 --siren 225900018 --admin-email A --site https://…``: what the platform's page does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from core import commands
from core.errors import BusinessError, InvalidInput
from core.french import plural
from parties import services
from parties.actors import PlatformActor


class Command(commands.Command):
    help = (
        "Ouvre un territoire : son Département, l'État et ses EPCI d'après le référentiel, et l'invitation de son "
        "premier gestionnaire. Peut être relancée : ce qui existe reste tel quel."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", required=True, metavar="CODE", help="code du département, par exemple 59")
        parser.add_argument(
            "--siren", required=True, metavar="SIREN", help="SIREN du Département, que le référentiel ne donne pas"
        )
        parser.add_argument(
            "--admin-email", required=True, metavar="ADRESSE", help="adresse du premier gestionnaire, qui est invité"
        )
        parser.add_argument(
            "--site", required=True, metavar="ADRESSE", help="adresse du site, par exemple https://cosigne.example.fr"
        )
        parser.add_argument("--preview", action="store_true", help="montre ce qui serait créé, sans rien écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        site = options["site"].rstrip("/")
        if not site.startswith(("https://", "http://")):
            raise CommandError("--site commence par https:// (ou http://).", returncode=commands.BAD_USAGE)
        try:
            if options["preview"]:
                self.preview(options)
                return
            opened = services.open_territory(
                code=options["code"],
                siren=options["siren"],
                admin_email=options["admin_email"],
                by=PlatformActor.system(),
                link=lambda token: f"{site}{reverse('invitation', args=[token])}",
            )
        except InvalidInput as error:
            raise CommandError(error.message, returncode=commands.BAD_USAGE) from error
        except BusinessError as error:
            raise CommandError(error.message) from error
        count = len(opened.created)
        self.stdout.write(f"{opened.territory} : {'ouvert' if opened.is_new else 'déjà ouvert'}.")
        self.stdout.write(f"{count} {plural(count, 'organisation créée', 'organisations créées')}.")
        if opened.invitation:
            self.stdout.write(f"Invitation envoyée à {opened.invitation.email}.")
        else:
            self.stdout.write("Aucune invitation : le territoire a un gestionnaire, ou cette adresse est déjà invitée.")

    def preview(self, options: dict[str, Any]) -> None:
        opening = services.plan_opening(code=options["code"], siren=options["siren"])
        self.stdout.write(f"{opening.name} ({opening.code}), millésime {opening.vintage or 'absent'} :")
        for row in opening.organisations:
            self.stdout.write(f"  {row.siren or 'SIREN à compléter':<17}  {row.kind_label}, {row.name}")
