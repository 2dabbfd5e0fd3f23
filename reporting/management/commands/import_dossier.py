"""`bin/manage import_dossier FILE [--check-only] [--json]`: exit 0 applied or valid, 1 refused, 2 wrong usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import commands
from core.findings import Finding, count_by_severity
from core.french import plural
from reporting.dossier.importer import Outcome
from reporting.dossier.reader import DossierError, DossierRefused
from reporting.dossier.territory import import_file

FIELDS = ("code", "severity", "place", "message", "stated", "computed")


class Command(commands.Command):
    help = "Importe un dossier (docs/dossier.md) : tout ou rien, et le même résultat si on recommence."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER", help="dossier au format JSON")
        parser.add_argument("--check-only", action="store_true", help="vérifie sans rien écrire")
        parser.add_argument("--json", action="store_true", help="sortie pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = "introuvable" if isinstance(error, FileNotFoundError) else "illisible"
            raise CommandError(f"Fichier {reason} : {path}", returncode=2) from error
        try:
            outcome = import_file(content, check_only=options["check_only"])
        except DossierRefused as refused:
            self._refused(refused.errors, options["json"])
            sys.exit(1)
        if options["json"]:
            self._json([], outcome.findings)
        else:
            self._accepted(outcome, options["check_only"])

    def _json(self, errors: Iterable[DossierError], findings: Iterable[Finding]) -> None:
        report = {
            "errors": [error.as_dict() for error in errors],
            "findings": [{name: finding.as_dict()[name] for name in FIELDS} for finding in findings],
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))

    def _refused(self, errors: list[DossierError], as_json: bool) -> None:
        if as_json:
            self._json(errors, [])
            return
        count = f"{len(errors)} erreurs" if len(errors) > 1 else "1 erreur"
        self.stdout.write(f"Dossier refusé : {count}, rien n'a été écrit.\n")
        for error in errors:
            self.stdout.write(f"  {error.path or '(fichier)'}\n      {error.message}")

    def _accepted(self, outcome: Outcome, check_only: bool) -> None:
        done = "Dossier valide, rien n'a été écrit" if check_only else "Dossier importé"
        self.stdout.write(
            f"{done} : {outcome.created} {plural(outcome.created, 'ligne créée', 'lignes créées')}, "
            f"{outcome.updated} {plural(outcome.updated, 'modifiée', 'modifiées')}, "
            f"{outcome.removed} {plural(outcome.removed, 'retirée', 'retirées')}."
        )
        if not outcome.findings:
            self.stdout.write("Aucun constat.")
            return
        counts = count_by_severity(outcome.findings)
        self.stdout.write(
            f"Constats : {counts['bloquant']} {plural(counts['bloquant'], 'bloquant')}, "
            f"{counts['a_expliquer']} à expliquer, {counts['vigilance']} de vigilance."
        )
        for label, findings in groupby(outcome.findings, key=lambda finding: finding.severity_label):
            self.stdout.write(f"\n{label}")
            for finding in findings:
                self.stdout.write(f"  {finding.code}  {finding.place}\n      {finding.message}")
