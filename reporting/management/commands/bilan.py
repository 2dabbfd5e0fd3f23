"""``bilan --territory 62 --year 2022 --output F.pdf``: the yearly bilan as a file, PDF, CSV, XLSX or JSON by its name.

``--version publique`` gives the protected version, ``--table trimestres`` one table, ``--open-data DOSSIER`` the files
to put online.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands, rls
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor
from parties.models import Territory
from reporting.bilan.documents import BILAN_FORMATS, bilan_file, bilan_pdf
from reporting.bilan.full import FullBilan, full_bilan
from reporting.bilan.opendata import OPEN_DATA, open_data, open_data_name
from reporting.bilan.publication import Version

#: Exit codes: 1 for a request that cannot be met, 2 for arguments that mean nothing here.
NO_DATA, BAD_ARGUMENT = 1, 2


class Command(commands.Command):
    help = "Produit le bilan d'activité d'un territoire pour une année : PDF, CSV, XLSX, JSON, ou données ouvertes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--output", type=Path, metavar="FICHIER", help="fichier .pdf, .csv, .xlsx ou .json")
        parser.add_argument("--readers", choices=[one.value for one in Version], help="version à petits effectifs tus")
        parser.add_argument("--table", default="", metavar="TABLEAU", help="un seul tableau, par exemple trimestres")
        parser.add_argument("--open-data", type=Path, metavar="DOSSIER", help="y écrire les données ouvertes")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        folder: Path | None = options["open_data"]
        if (output is None) == (folder is None):
            raise CommandError("Donnez --output FICHIER ou --open-data DOSSIER.", returncode=BAD_ARGUMENT)
        extension = output.suffix.lower().lstrip(".") if output else ""
        if output and extension not in ("pdf", *BILAN_FORMATS):
            raise CommandError(
                f"--output {output} : le nom doit finir par .pdf, .csv, .xlsx ou .json.", returncode=BAD_ARGUMENT
            )
        version = Version.PUBLISHED if folder else Version(options["readers"]) if options["readers"] else None
        territory = self.territory(options["territory"])
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            full = self.bilan(actor, options["year"], version)
            if output:
                content = self.content(full, extension, options["table"])
                self.write(output, content)
            elif folder:
                for name in OPEN_DATA:
                    self.write(folder / open_data_name(full, name), open_data(full, name))
        self.stdout.write(f"{output or folder} : bilan {options['year']}, {len(full.bilan.rows)} lignes.")

    def territory(self, code: str) -> Territory:
        found = Territory.objects.filter(code=code).first()
        if found is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Territoire {code} inconnu (territoires connus : {known}).", returncode=BAD_ARGUMENT)
        return found

    def bilan(self, actor: Actor, year: int, version: Version | None) -> FullBilan:
        try:
            found = full_bilan(year=year, by=actor, version=version)
        except BusinessError as error:
            raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
        if not any(row.reports or row.reason for row in found.bilan.rows) and found.bilan.is_empty:
            code = actor.territory.code
            raise CommandError(f"Aucune activité pour {year} dans le territoire {code}.", returncode=NO_DATA)
        return found

    def content(self, full: FullBilan, extension: str, table: str) -> bytes:
        try:
            return bilan_pdf(full) if extension == "pdf" else bilan_file(full, file_format=extension, table=table)
        except InvalidInput as error:
            raise CommandError(f"--table {table} : {error.message}", returncode=BAD_ARGUMENT) from error
        except BusinessError as error:
            raise CommandError(error.message, returncode=NO_DATA) from error

    def write(self, output: Path, content: bytes) -> None:
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{output} ne peut pas être écrit : {error.strerror}.", returncode=NO_DATA) from error
