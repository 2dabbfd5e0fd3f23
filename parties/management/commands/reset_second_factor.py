"""`bin/manage reset_second_factor ADRESSE`: somebody lost every device, and nobody else can help them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands
from parties import services


class Command(commands.Command):
    help = (
        "Retire les seconds facteurs d'un compte, ferme ses sessions, l'écrit dans l'historique de ses accès et en "
        "prévient la personne. Assurez-vous d'abord de qui vous le demande."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="ADRESSE", help="adresse électronique du compte")

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.reset_factors_by_operator(email=options["email"])
        if done is None:
            raise CommandError(f"Aucun compte n'a l'adresse {options['email']}.")
        said = "est retiré" if done else "n'est pas à retirer : il n'en avait pas"
        self.stdout.write(f"Le second facteur de {options['email']} {said}.")
