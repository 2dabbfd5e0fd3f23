"""`bin/manage build_reference`: rebuild fixtures/reference/ from the public npm package (docs/reference-data.md)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands
from parties.reference.build import VERSIONS, build_reference, parse_vintages
from parties.reference.files import DEFAULT_DIRECTORY, ReferenceDataError, write_reference


class Command(commands.Command):
    help = "Construit les données de référence (départements, EPCI, communes) depuis le paquet npm public."
    # Building needs no database: a release can be prepared on a machine that has none.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = ",".join(map(str, VERSIONS))
        parser.add_argument(
            "--vintages",
            default=default,
            help=f"millésimes, par défaut {default} ; 2027=7.0.0 nomme une version du paquet",
        )
        parser.add_argument("--packages", type=Path, help="dossier d’archives déjà téléchargées ; npm n’est pas appelé")
        parser.add_argument("--output", type=Path, default=DEFAULT_DIRECTORY, help="dossier où écrire les fichiers")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reference = build_reference(parse_vintages(options["vintages"]), packages=options["packages"])
        except ReferenceDataError as error:
            raise CommandError(str(error)) from error
        sizes = write_reference(reference, options["output"])
        for vintage in reference.vintages:
            epci = sum(1 for row in reference.epci_years if row.vintage == vintage.year)
            communes = sum(1 for row in reference.commune_years if row.vintage == vintage.year)
            self.stdout.write(f"{vintage.year} ({vintage.package}) : {epci} EPCI, {communes} communes")
            if vintage.figures_of != vintage.year:
                self.stderr.write(
                    f"Attention : la source republie pour {vintage.year} les chiffres des EPCI de {vintage.figures_of}."
                )
        for name, size in sizes.items():
            self.stdout.write(f"{options['output'] / name} : {size} octets")
