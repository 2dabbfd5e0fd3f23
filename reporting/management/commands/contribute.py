"""``contribute --territory 62 --year 2022 [--dry-run]``: the territory's protected aggregates to the observatoire."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core import commands, rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Territory
from reporting.contributions.services import Prepared, contribute, prepare

#: Exit codes: 1 for a request that cannot be met, 2 for arguments that mean nothing here.
NO_DATA, BAD_ARGUMENT = 1, 2


class Command(commands.Command):
    help = "Transmet à l'observatoire les agrégats protégés d'un territoire pour une année ; --dry-run les montre."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--dry-run", action="store_true", help="écrire ce qui partirait, et ne rien transmettre")

    def handle(self, *args: Any, **options: Any) -> None:
        code, year = options["territory"], options["year"]
        territory = Territory.objects.filter(code=code).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Territoire {code} inconnu (territoires connus : {known}).", returncode=BAD_ARGUMENT)
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            try:
                if options["dry_run"]:
                    self.show(prepare(year=year, by=actor))
                    return
                row, is_new = contribute(year=year, by=actor)
            except BusinessError as error:
                raise CommandError(error.message, returncode=NO_DATA) from error
        said = "transmise" if is_new else "déjà transmise, rien n'a changé"
        self.stdout.write(f"Contribution {year} du territoire {code} : {said} (empreinte {row.sha256[:12]}).")

    def show(self, prepared: Prepared) -> None:
        self.stdout.write(json.dumps(prepared.content, ensure_ascii=False, indent=1, sort_keys=True))
        self.stderr.write(f"{prepared.hidden} nombres masqués ; empreinte {prepared.sha256} ; rien n'est transmis.")
