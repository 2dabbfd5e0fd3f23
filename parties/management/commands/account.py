"""`bin/manage account --close ADRESSE`: close a whole account, or open it again; take back its platform roles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands
from parties import services
from parties.actors import PlatformActor


class Command(commands.Command):
    help = (
        "Ferme un compte (ses sessions s'arrêtent aussitôt, son historique reste), le rouvre, ou lui retire ses rôles "
        "hors territoire."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--close", metavar="ADRESSE", help="ferme le compte de cette adresse")
        what.add_argument("--reopen", metavar="ADRESSE", help="rouvre le compte de cette adresse")
        what.add_argument(
            "--withdraw", metavar="ADRESSE", help="retire ses rôles hors territoire ; ses accès aux territoires restent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["withdraw"]:
            self.withdraw(options["withdraw"])
            return
        email = options["close"] or options["reopen"]
        if not services.set_account_active(email=email, active=bool(options["reopen"])):
            raise CommandError(f"Aucun compte n'a l'adresse {email}.")
        self.stdout.write(f"Le compte {email} est {'rouvert' if options['reopen'] else 'fermé'}.")

    def withdraw(self, email: str) -> None:
        taken = services.withdraw(email=email, by=PlatformActor.system())
        if not taken:
            raise CommandError(f"Le compte {email} n'a aucun rôle hors territoire.")
        roles = ", ".join(row.get_role_display() for row in taken)
        self.stdout.write(f"{email} : retiré, {roles}.")
