"""`bin/manage load_reference`: load fixtures/reference/ into the tables; see docs/reference-data.md."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands
from parties.reference.files import DEFAULT_DIRECTORY, ReferenceDataError
from parties.reference.load import load_reference, missing_vintages


class Command(commands.Command):
    help = "Charge les données de référence de la France : départements, EPCI, communes, populations par millésime."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="ne fait rien si ces millésimes sont déjà chargés")
        parser.add_argument("--vintages", default="", help="par exemple 2021,2024 ; tous par défaut")
        parser.add_argument("--directory", type=Path, default=DEFAULT_DIRECTORY, help="dossier des fichiers")

    def handle(self, *args: Any, **options: Any) -> None:
        directory, vintages = options["directory"], _years(options["vintages"])
        try:
            if options["if_empty"] and not missing_vintages(vintages=vintages, directory=directory):
                self.stdout.write("Données de référence déjà chargées.")
                return
            report = load_reference(vintages=vintages, directory=directory)
        except ReferenceDataError as error:
            raise CommandError(str(error)) from error
        years = ", ".join(str(vintage.year) for vintage in report.vintages)
        self.stdout.write(
            f"Données de référence chargées, millésimes {years} : {report.departements} départements, "
            f"{report.epci} EPCI ({report.epci_years} populations), "
            f"{report.communes} communes ({report.commune_years} populations)."
        )
        self.stdout.write(f"Lignes écrites : {report.written}. Lignes retirées : {report.removed}.")
        for vintage in report.vintages:
            if vintage.figures_of != vintage.year:
                self.stdout.write(
                    f"Millésime {vintage.year} : la source reprend pour les EPCI les chiffres de {vintage.figures_of}."
                )


def _years(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not (part.isdigit() and len(part) == 4):
            raise CommandError(f"« {part} » n’est pas un millésime : écrivez par exemple 2021,2024.")
    return sorted({int(part) for part in parts})
