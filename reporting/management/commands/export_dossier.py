"""`bin/manage export_dossier --territory 62 [--output F]`; with `--schema`, the format's JSON Schema instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands, rls
from parties.actors import Actor
from parties.models import Territory
from reporting.dossier.exporter import dumps, export_territory
from reporting.dossier.schema import schema_text


class Command(commands.Command):
    help = "Exporte le dossier d'un territoire (docs/dossier.md), ou le schéma du format."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--territory", metavar="CODE", help="code INSEE du département, par exemple 62")
        what.add_argument("--schema", action="store_true", help="écrit le schéma JSON du format")
        parser.add_argument("--output", type=Path, metavar="FICHIER", help="par défaut : la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        text = schema_text() if options["schema"] else self._dossier(options["territory"])
        output: Path | None = options["output"]
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Impossible d'écrire {output} : {error.strerror}.", returncode=2) from error

    def _dossier(self, code: str) -> str:
        territory = Territory.objects.filter(code=code).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Le territoire {code} n'existe pas ici. Territoires connus : {known}.", returncode=2)
        with rls.acting(Actor.system(territory).context):
            return dumps(export_territory(territory))
