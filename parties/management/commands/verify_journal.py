"""`bin/manage verify_journal`: has anybody changed, removed or inserted an entry of the journal?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core import commands
from parties.journal import verify_journal
from parties.models import Territory

#: A renumbered journal is wrong from end to end: the first places are enough to know where to look.
SHOWN = 20


class Command(commands.Command):
    help = "Vérifie la chaîne du journal : nomme chaque écriture modifiée, retirée ou insérée."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", help="code du département, par exemple 62 ; sans lui, tout le journal")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for territory in self.chains(options["territory"]):
            found = verify_journal(territory)
            broken += len(found.problems)
            state = "intact" if not found.problems else f"altéré, {len(found.problems)} anomalie(s)"
            self.stdout.write(f"Journal {found.label} : {found.count} écriture(s), {state}.")
            if found.last_hash:
                self.stdout.write(f"  dernière empreinte {found.last_hash}")
            for problem in found.problems[:SHOWN]:
                self.stderr.write(f"  {problem}")
            if len(found.problems) > SHOWN:
                self.stderr.write(f"  … et {len(found.problems) - SHOWN} autre(s).")
        if broken:
            raise CommandError("Le journal a été altéré. Comparez-le à une sauvegarde avant toute correction.")

    def chains(self, code: str | None) -> list[Territory | None]:
        if code is None:
            return [*Territory.objects.order_by("code"), None]
        territory = Territory.objects.filter(code=code).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Le territoire {code} n'existe pas ici. Territoires ouverts : {known}.")
        return [territory]
