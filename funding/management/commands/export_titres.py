"""``export_titres``: an organisation's titres de recettes, in the file its finance software reads."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands, rls
from core.errors import BusinessError
from core.french import plural
from core.money import euros
from funding.exports.registry import FORMATS
from funding.models import ExportBatch
from funding.services.titre_exports import NothingToExport, export_titres, latest_batch
from funding.services.titres import propose_all
from parties.actors import Actor
from parties.models import Organisation, Territory


class Command(commands.Command):
    help = (
        "Prépare les titres des plans engagés d'une organisation pour une année, les exporte une seule fois, écrit le "
        "fichier. Relancée, la commande n'exporte que ce qui est nouveau ; --again réécrit le dernier fichier produit, "
        "à l'identique. Sortie : 0 si le fichier est écrit, 1 s'il n'y a rien à écrire ou en cas de refus, 2 si la "
        "commande est mal formée."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True, metavar="SIREN", help="SIREN de l'émetteur")
        parser.add_argument("--year", required=True, type=int, metavar="ANNÉE", help="exercice des titres")
        parser.add_argument("--format", required=True, choices=list(FORMATS), help="format du fichier")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="fichier à écrire")
        parser.add_argument(
            "--territory", default="", metavar="CODE", help="code INSEE, si plusieurs territoires la connaissent"
        )
        parser.add_argument(
            "--again", action="store_true", help="réécrire le dernier fichier déjà exporté, sans rien exporter"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        if output.is_dir() or not output.absolute().parent.is_dir():
            raise CommandError(f"Impossible d'écrire {output} : indiquez un fichier dans un dossier qui existe.")
        territory, issuer = self._find(options["organisation"].replace(" ", ""), options["territory"])
        actor = Actor.system(territory)
        try:
            # The file is written before the transaction ends: a full disk leaves the titres as they were.
            with written_whole(output) as draft, rls.acting(actor.context):
                batch = self._batch(issuer, actor, options)
                with batch.open() as kept, draft.open("wb") as copy:
                    shutil.copyfileobj(kept, copy)
        except BusinessError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"Impossible d'écrire {output} : {error.strerror}.") from error
        verb = "réécrits" if options["again"] else "exportés"
        self.stdout.write(
            f"{batch.count} {plural(batch.count, 'titre')} {plural(batch.count, verb[:-1], verb)} pour {batch.year} "
            f"({issuer}), total {euros(batch.total)} : lot n° {batch.number}, fichier {output}."
        )

    def _batch(self, issuer: Organisation, actor: Actor, options: dict[str, Any]) -> ExportBatch:
        year, file_format = options["year"], options["format"]
        if options["again"]:
            last = latest_batch(issuer=issuer, year=year, file_format=file_format)
            if last is None:
                raise BusinessError(f"{issuer} n'a encore exporté aucun fichier {file_format.upper()} pour {year}.")
            return last
        _, problems = propose_all(by=actor, year=year, issuer=issuer)
        for problem in problems:
            self.stderr.write(problem)
        try:
            return export_titres(issuer=issuer, year=year, file_format=file_format, by=actor)
        except NothingToExport as error:
            if latest_batch(issuer=issuer, year=year, file_format=file_format) is None:
                raise
            hint = " Ajoutez --again pour réécrire le dernier fichier à l'identique."
            raise BusinessError(error.message + hint) from error

    def _find(self, siren: str, code: str) -> tuple[Territory, Organisation]:
        """The issuer, looked for in every territory (or the one given)."""
        territories = Territory.objects.order_by("code")
        if code:
            territories = territories.filter(code=code)
        found = []
        for territory in territories:
            with rls.acting(Actor.system(territory).context):
                organisation = Organisation.objects.filter(siren=siren, territory=territory).first()
                if organisation is not None:
                    found.append((territory, organisation))
        if not found:
            where = f" dans le territoire {code}" if code else ""
            raise CommandError(f"Aucune organisation ne porte le SIREN {siren}{where}.")
        if len(found) > 1:
            codes = ", ".join(territory.code for territory, _ in found)
            raise CommandError(f"Plusieurs territoires connaissent le SIREN {siren} ({codes}) : ajoutez --territory.")
        return found[0]


@contextmanager
def written_whole(output: Path) -> Iterator[Path]:
    """A draft beside ``output`` that takes its place when the block succeeds: nobody reads a half-written file."""
    handle, name = tempfile.mkstemp(dir=output.absolute().parent, prefix=f".{output.name}.")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(0o644)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
