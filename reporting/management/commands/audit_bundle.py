"""``audit_bundle --convention 62-A03 --output F.zip [--territory 62]``, or ``audit_bundle --verify F.zip``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from conventions.models import Convention
from core import commands, rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Territory
from reporting.audit import Bundle, build_bundle, check_bundle

from .render_convention import BAD_ARGUMENT, FAILED, territory_of, write_file


class Command(commands.Command):
    help = "Écrit le dossier de preuves d'une convention, ou vérifie un dossier reçu."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--convention", metavar="REFERENCE", help="référence de la convention, par exemple 62-A03")
        what.add_argument("--verify", type=Path, metavar="FICHIER", help="dossier de preuves à vérifier")
        parser.add_argument("--territory", metavar="CODE", help="code du département, s'il y en a plusieurs")
        parser.add_argument("--output", type=Path, metavar="FICHIER", help="fichier .zip à écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verify"]:
            self.verify(options["verify"])
            return
        output: Path | None = options["output"]
        if output is None or output.suffix.lower() != ".zip":
            raise CommandError("--output : donnez le nom d'un fichier .zip.", returncode=BAD_ARGUMENT)
        made = self.build(options["convention"], territory_of(options["territory"]))
        write_file(output, made.data)
        self.stdout.write(f"{output} : {len(made.paths)} fichiers, {len(made.data)} octets.")
        for missing in made.missing:
            self.stderr.write(f"Manque : {missing}")

    def build(self, reference: str, territory: Territory) -> Bundle:
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            convention = Convention.objects.filter(territory=territory, reference=reference).first()
            if convention is None:
                raise CommandError(
                    f"Convention {reference} inconnue dans le territoire {territory.code}.", returncode=BAD_ARGUMENT
                )
            return build_bundle(convention=convention, by=actor)

    def verify(self, path: Path) -> None:
        try:
            found = check_bundle(path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path} ne se lit pas : {error.strerror}.", returncode=BAD_ARGUMENT) from error
        except BusinessError as error:
            raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
        if found.problems:
            raise CommandError("\n".join([f"{path} : altéré.", *found.problems]), returncode=FAILED)
        self.stdout.write(f"{path} : {found.files} fichiers intacts, liste signée par « {found.signer} ».")
