"""`bin/manage apply_retention`: erase now what was kept long enough (a job does it every night)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from core import commands
from parties.retention import rules
from parties.services import apply_retention


class Command(commands.Command):
    help = "Applique les durées de conservation : sessions, invitations, comptes, travaux, journal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="compte seulement, n'efface rien")

    def handle(self, *args: Any, **options: Any) -> None:
        done = apply_retention(dry_run=options["dry_run"])
        for code, rule in rules().items():
            self.stdout.write(f"{rule.what} (durée : {rule.length}) : {done[code]}")
        if options["dry_run"]:
            self.stdout.write("Essai seulement : rien n'a été effacé.")
