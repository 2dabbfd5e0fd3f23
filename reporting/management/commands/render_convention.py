"""``render_convention 62-A03 --output F.pdf [--territory 62]``: a convention's PDF as it stands today."""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from conventions.models import Convention
from core import commands, rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Territory
from reporting.services_documents import convention_pdf

#: Exit codes: 1 when the document cannot be made, 2 for arguments that mean nothing here.
FAILED, BAD_ARGUMENT = 1, 2


class Command(commands.Command):
    help = "Écrit le PDF d'une convention : la version approuvée s'il y en a une, sinon le projet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", metavar="REFERENCE", help="référence de la convention, par exemple 62-A03")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="fichier .pdf à écrire")
        parser.add_argument("--territory", metavar="CODE", help="code du département, s'il y en a plusieurs")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        if output.suffix.lower() != ".pdf":
            raise CommandError(f"--output {output} : le nom doit finir par .pdf.", returncode=BAD_ARGUMENT)
        data, name = self.render(options["reference"], territory_of(options["territory"]))
        write_file(output, data)
        kind = "projet" if name.endswith("-projet.pdf") else "version approuvée"
        self.stdout.write(f"{output} : convention {options['reference']} ({kind}), {len(data)} octets.")

    def render(self, reference: str, territory: Territory) -> tuple[bytes, str]:
        with rls.acting(Actor.system(territory).context):
            convention = Convention.objects.filter(territory=territory, reference=reference).first()
            if convention is None:
                known = ", ".join(Convention.objects.filter(territory=territory).values_list("reference", flat=True))
                raise CommandError(
                    f"Convention {reference} inconnue dans le territoire {territory.code}"
                    f" (conventions : {known or 'aucune'}).",
                    returncode=BAD_ARGUMENT,
                )
            try:
                return convention_pdf(convention)
            except BusinessError as error:
                raise CommandError(error.message, returncode=FAILED) from error


def territory_of(code: str | None) -> Territory:
    """The territory of this code, or the only one there is."""
    territories = {territory.code: territory for territory in Territory.objects.all()}
    if code is None and len(territories) == 1:
        return next(iter(territories.values()))
    if code in territories:
        return territories[code]
    known = ", ".join(territories) or "aucun"
    problem = f"Territoire {code} inconnu" if code else "Précisez --territory"
    raise CommandError(f"{problem} (territoires connus : {known}).", returncode=BAD_ARGUMENT)


def write_file(output: Path, data: bytes) -> None:
    """Written aside then renamed: an interrupted command leaves no half document."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(draft).chmod(0o644)
            Path(draft).replace(output)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"{output} ne peut pas être écrit : {error.strerror}.", returncode=FAILED) from error
