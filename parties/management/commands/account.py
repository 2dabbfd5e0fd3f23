"""`bin/manage account --close ADRESSE`: close a whole account, or open it again. For the platform's operators."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands
from parties import services


class Command(commands.Command):
    help = "Ferme un compte (ses sessions s'arrêtent aussitôt, son historique reste) ou le rouvre."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--close", metavar="ADRESSE", help="ferme le compte de cette adresse")
        what.add_argument("--reopen", metavar="ADRESSE", help="rouvre le compte de cette adresse")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["close"] or options["reopen"]
        if not services.set_account_active(email=email, active=bool(options["reopen"])):
            raise CommandError(f"Aucun compte n'a l'adresse {email}.")
        self.stdout.write(f"Le compte {email} est {'rouvert' if options['reopen'] else 'fermé'}.")
