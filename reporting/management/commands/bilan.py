"""``bilan --territory 62 --year 2022 --output F.pdf``: the yearly bilan as a file, PDF, CSV or XLSX by its name."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands, rls, sheets
from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Territory
from reporting.bilan.documents import bilan_pdf, bilan_sheet
from reporting.bilan.service import territory_bilan

#: Exit codes: 1 for a request that cannot be met, 2 for arguments that mean nothing here.
NO_DATA, BAD_ARGUMENT = 1, 2


class Command(commands.Command):
    help = "Produit le bilan d'activité d'un territoire pour une année (PDF, CSV ou XLSX selon l'extension du fichier)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="fichier .pdf, .csv ou .xlsx")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        extension = output.suffix.lower().lstrip(".")
        if extension not in ("pdf", sheets.CSV, sheets.XLSX):
            raise CommandError(
                f"--output {output} : le nom doit finir par .pdf, .csv ou .xlsx.", returncode=BAD_ARGUMENT
            )
        content, rows = self.content(options["territory"], options["year"], extension)
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{output} ne peut pas être écrit : {error.strerror}.", returncode=NO_DATA) from error
        self.stdout.write(f"{output} : bilan {options['year']}, {rows} lignes.")

    def content(self, code: str, year: int, extension: str) -> tuple[bytes, int]:
        territory = Territory.objects.filter(code=code).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Territoire {code} inconnu (territoires connus : {known}).", returncode=BAD_ARGUMENT)
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            try:
                found = territory_bilan(year=year, by=actor)
            except BusinessError as error:
                raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
            if not any(row.reports or row.reason for row in found.bilan.rows) and found.bilan.is_empty:
                raise CommandError(f"Aucune activité pour {year} dans le territoire {code}.", returncode=NO_DATA)
            try:
                content = bilan_pdf(found) if extension == "pdf" else bilan_sheet(found, file_format=extension)
            except BusinessError as error:
                raise CommandError(error.message, returncode=NO_DATA) from error
            return content, len(found.bilan.rows)
