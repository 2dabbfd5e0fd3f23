"""`bin/manage load_demo [--if-empty]`: the act of the Pas-de-Calais (2023) as example data."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands
from core.errors import BusinessError
from core.french import plural
from reporting import demo
from reporting.dossier.reader import DossierRefused


class Command(commands.Command):
    help = "Charge un acte publié et, en mode démonstration, des comptes et deux conventions signées."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="ne fait rien si le territoire a déjà des données")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and not demo.is_empty():
            self.stdout.write("Les données d'exemple sont déjà là.")
            return
        try:
            outcome = demo.load_demo()
        except DossierRefused as error:
            raise CommandError(f"Le dossier d'exemple est refusé, rien n'a été écrit.\n{error}") from error
        except BusinessError as error:
            raise CommandError(f"Les données d'exemple ne passent pas le circuit : {error.message}") from error
        created = f"{outcome.created} {plural(outcome.created, 'ligne créée', 'lignes créées')}"
        updated = f"{outcome.updated} {plural(outcome.updated, 'modifiée', 'modifiées')}"
        self.stdout.write(f"Données d'exemple chargées : {created}, {updated}.")
