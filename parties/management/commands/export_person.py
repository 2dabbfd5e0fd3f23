"""`bin/manage export_person ADRESSE`: a copy of what the service holds about one person, as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands
from parties.models import User
from parties.personal_data import personal_data


class Command(commands.Command):
    help = "Écrit en JSON ce que le service détient sur une personne (droit d'accès)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="ADRESSE", help="adresse électronique du compte")
        parser.add_argument("--output", metavar="FICHIER", help="fichier à écrire ; sans lui, la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Aucun compte n'a l'adresse {options['email']}.")
        text = json.dumps(personal_data(user), ensure_ascii=False, indent=2)
        if not options["output"]:
            self.stdout.write(text)
            return
        try:
            Path(options["output"]).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Le fichier {options['output']} ne peut pas être écrit : {error.strerror}.") from error
        self.stdout.write(f"Écrit dans {options['output']}.")
