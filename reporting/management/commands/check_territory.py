"""`bin/manage check_territory --territory 62 [--json]`: every finding on the territory's plans, votes, conventions."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands, rls
from core.findings import Finding, count_by_severity
from core.french import plural
from parties.actors import Actor
from parties.models import Territory
from reporting.territory_findings import territory_findings


class Command(commands.Command):
    help = "Liste les constats de tout un territoire. Code de sortie 1 quand un constat bloquant demeure."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code INSEE du département")
        parser.add_argument("--json", action="store_true", help="les constats en JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["territory"]
        territory = Territory.objects.filter(code=code).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Le territoire {code} n'existe pas ici. Territoires connus : {known}.", returncode=2)
        with rls.acting(Actor.system(territory).context):
            findings = territory_findings(territory)
        if options["json"]:
            self.stdout.write(json.dumps([_row(f) for f in findings], ensure_ascii=False, indent=2))
        else:
            self._words(findings)
        if count_by_severity(findings)["bloquant"]:
            raise SystemExit(1)

    def _words(self, findings: list[Finding]) -> None:
        if not findings:
            self.stdout.write("Aucun constat.")
            return
        counts = count_by_severity(findings)
        self.stdout.write(
            f"Constats : {counts['bloquant']} {plural(counts['bloquant'], 'bloquant')}, "
            f"{counts['a_expliquer']} à expliquer, {counts['vigilance']} de vigilance."
        )
        for label, group in groupby(findings, key=lambda finding: finding.severity.label):
            self.stdout.write(f"\n{label}")
            for finding in group:
                mark = f" [{finding.mark_label}]" if finding.mark.value == "U" else ""
                said = f"\n      Expliqué par {finding.answer.by} : {finding.answer.reason}" if finding.answer else ""
                self.stdout.write(f"  {finding.code}  {finding.place}{mark}\n      {finding.message}{said}")


def _row(finding: Finding) -> dict[str, Any]:
    answer = finding.answer
    return finding.as_dict() | {"answer": answer and {"by": answer.by, "reason": answer.reason}}
