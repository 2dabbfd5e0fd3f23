"""``commission_dossier --deliberation 2023-332 --output F.pdf [--territory 62]``: a vote's dossier as one PDF."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q

from conventions.models import Deliberation
from core import commands, rls
from core.errors import BusinessError
from core.findings import Severity
from parties.actors import Actor
from parties.models import Territory
from reporting.commission import Commission, commission_findings, read_commission
from reporting.commission.document import commission_pdf
from reporting.management.commands.render_convention import BAD_ARGUMENT, FAILED, territory_of, write_file


class Command(commands.Command):
    help = "Écrit le dossier de séance d'une délibération : rapport, délibération et toutes les annexes, en un PDF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deliberation", required=True, metavar="NUMERO", help="numéro ou clé de la délibération")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help="fichier .pdf à écrire")
        parser.add_argument("--territory", metavar="CODE", help="code du département, s'il y en a plusieurs")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        if output.suffix.lower() != ".pdf":
            raise CommandError(f"--output {output} : le nom doit finir par .pdf.", returncode=BAD_ARGUMENT)
        territory = territory_of(options["territory"])
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            found = read_commission(self.find(options["deliberation"], territory), by=actor)
            try:
                data = commission_pdf(found)
            except BusinessError as error:
                raise CommandError(error.message, returncode=FAILED) from error
            self.tell(found)
        write_file(output, data)
        self.stdout.write(
            f"{output} : {len(found.decisions)} articles, {len(found.annexes)} annexes, {len(data)} octets."
        )

    def find(self, name: str, territory: Territory) -> Deliberation:
        votes = Deliberation.objects.filter(territory=territory).select_related("organisation", "budget_line")
        named = list(votes.filter(Q(number=name) | Q(key=name)))
        if len(named) == 1:
            return named[0]
        known = ", ".join(votes.values_list("key", flat=True)) or "aucune"
        what = "inconnue" if not named else "ambiguë : plusieurs portent ce numéro"
        raise CommandError(f"Délibération {name} {what} (clés connues : {known}).", returncode=BAD_ARGUMENT)

    def tell(self, found: Commission) -> None:
        """What does not agree in the dossier, on the error stream: the file is written all the same, to be read."""
        for finding in commission_findings(found):
            mark = "!" if finding.severity is Severity.BLOCKING else "-"
            self.stderr.write(f"{mark} {finding.code} {finding.message}")
