"""`bin/manage renew_conventions --territory 62 --from-year 2023 --to-year 2024 [--dry-run]`.

A year's conventions carried on into the next, by the service the page uses.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from conventions.models import Convention
from conventions.presentation.renewal import STATES
from conventions.renewal import eligible_conventions
from conventions.services.renewal import Renewed, renew_into
from core import commands, rls
from core.french import plural
from parties.actors import Actor
from parties.models import Territory


class Command(commands.Command):
    help = "Prépare, pour une année, les conventions qui finissent l'année d'avant ; ne crée rien deux fois."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code INSEE du département")
        parser.add_argument("--from-year", required=True, type=int, metavar="ANNÉE", help="année qui finit")
        parser.add_argument("--to-year", required=True, type=int, metavar="ANNÉE", help="année à préparer")
        parser.add_argument(
            "--reference", action="append", default=[], metavar="RÉF", help="seulement celle-ci (peut se répéter)"
        )
        parser.add_argument("--no-copy", action="store_true", help="ne reconduit pas les plans manquants")
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui serait fait, n'écrit rien")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["to_year"] != options["from_year"] + 1:
            raise CommandError(
                "L'année à préparer suit celle qui finit : --to-year vaut --from-year plus un.",
                returncode=commands.BAD_USAGE,
            )
        territory = Territory.objects.filter(code=options["territory"]).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(
                f"Le territoire {options['territory']} n'existe pas ici. Territoires connus : {known}.", returncode=2
            )
        by = Actor.system(territory)
        with rls.acting(by.context), transaction.atomic():
            rows = [self._one(convention, by, options) for convention in self._chosen(by, options)]
            if options["dry_run"]:
                transaction.set_rollback(True)
        self._tell(rows, dry=options["dry_run"])
        if any(row.state == "refused" for row in rows):
            raise SystemExit(1)

    def _chosen(self, by: Actor, options: dict[str, Any]) -> list[Convention]:
        found = list(eligible_conventions(from_year=options["from_year"], by=by))
        wanted = options["reference"]
        missing = sorted(set(wanted) - {convention.reference for convention in found})
        if missing:
            raise CommandError(
                f"Aucune convention à renouveler ne porte la référence {', '.join(missing)}.", returncode=2
            )
        return [convention for convention in found if not wanted or convention.reference in wanted]

    def _one(self, convention: Convention, by: Actor, options: dict[str, Any]) -> Renewed:
        return renew_into(convention=convention, to_year=options["to_year"], copy_plans=not options["no_copy"], by=by)

    def _tell(self, rows: list[Renewed], *, dry: bool) -> None:
        for row in rows:
            label = STATES[row.state][0]
            made = f" → {row.reference}" if row.reference else ""
            known = "" if row.made or not row.reference else " (déjà faite)"
            self.stdout.write(f"{row.source_reference}{made}{known} : {label}")
            for change in row.changes:
                if not change["expected"]:
                    self.stdout.write(f"    {change['label']} : {change['before']} → {change['after']}")
            for problem in row.problems:
                self.stdout.write(f"    {problem['message']}")
        made_count = sum(1 for row in rows if row.made)
        words = f"{made_count} {plural(made_count, 'convention préparée', 'conventions préparées')}"
        self.stdout.write(f"{words}{', rien écrit (essai)' if dry else ''}.")
