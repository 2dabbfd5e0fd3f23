"""``copil_pack --territory 62 --year 2023 [--convention REF] --output F.pdf``: the steering committee's pack."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from conventions.models import Convention
from core import commands, rls
from core.errors import BusinessError
from core.money import euros
from parties.actors import Actor
from parties.models import Territory
from reporting.management.commands.render_convention import BAD_ARGUMENT, FAILED, territory_of, write_file
from reporting.steering.copil import read_copil
from reporting.steering.copil_document import copil_pdf


class Command(commands.Command):
    help = "Écrit le dossier du comité de pilotage d'un territoire, ou d'une convention, pour une année (PDF)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", metavar="CODE", help="code du département, s'il y en a plusieurs")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--convention", metavar="REFERENCE", help="une seule convention, avec ses parties")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="fichier .pdf à écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        if output.suffix.lower() != ".pdf":
            raise CommandError(f"--output {output} : le nom doit finir par .pdf.", returncode=BAD_ARGUMENT)
        territory = territory_of(options["territory"])
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            convention = self.find(options["convention"], territory) if options["convention"] else None
            try:
                found = read_copil(actor, year=options["year"], today=timezone.localdate(), convention=convention)
            except BusinessError as error:
                raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
            try:
                data = copil_pdf(found)
            except BusinessError as error:
                raise CommandError(error.message, returncode=FAILED) from error
        write_file(output, data)
        said = f"{len(found.activity)} lignes d'activité, {euros(found.risk.total)} à risque, {len(data)} octets."
        self.stdout.write(f"{output} : {said}")

    def find(self, reference: str, territory: Territory) -> Convention:
        rows = Convention.objects.filter(territory=territory)
        found = rows.filter(reference=reference).first()
        if found is None:
            known = ", ".join(rows.order_by("reference").values_list("reference", flat=True)) or "aucune"
            message = f"Convention {reference} inconnue dans le territoire {territory.code} (conventions : {known})."
            raise CommandError(message, returncode=BAD_ARGUMENT)
        return found
