"""``reports_due --territory 62 --year 2024 [--late] [--on 2024-04-20] [--output F.csv]``: the reports of a campaign."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core import commands, rls, sheets
from parties.actors import Actor
from reporting.campaigns.present import columns
from reporting.campaigns.reading import Campaign, campaign_of

from .render_convention import BAD_ARGUMENT, territory_of, write_file


class Command(commands.Command):
    help = "Liste les comptes rendus que les conventions demandent pour une année, les retards d'abord."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", metavar="CODE", help="code du département, s'il y en a plusieurs")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--late", action="store_true", help="seulement les comptes rendus en retard")
        parser.add_argument("--on", metavar="AAAA-MM-JJ", help="jour où l'on regarde ; aujourd'hui si absent")
        parser.add_argument("--output", type=Path, metavar="FICHIER", help="fichier .csv ou .xlsx à écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        extension = output.suffix.lower().lstrip(".") if output else ""
        if output and extension not in sheets.MEDIA_TYPES:
            raise CommandError(f"--output {output} : le nom doit finir par .csv ou .xlsx.", returncode=BAD_ARGUMENT)
        if not 2000 <= options["year"] <= 2100:
            raise CommandError("--year : indiquez une année entre 2000 et 2100.", returncode=BAD_ARGUMENT)
        found = self.read(options["territory"], options["year"], self.day(options["on"]))
        reports = [report for report in found.reports if report.late or not options["late"]]
        if output:
            rows = sheets.values(columns(), reports)
            title = f"Comptes rendus {options['year']}"
            write_file(output, sheets.write_sheet(extension, columns(), rows, title=title, created=timezone.now()))
            self.stdout.write(f"{output} : {len(reports)} comptes rendus.")
            return
        for report in reports:
            line = f"{report.due_on:%d/%m/%Y}  {report.convention}  {report.post}  {report.kind}  {report.label}"
            self.stdout.write(f"{line}  {report.status}")
        late = sum(report.late for report in reports)
        self.stdout.write(f"{len(reports)} comptes rendus, dont {late} en retard.")
        for reference, _url, words in found.flags:
            self.stderr.write(f"{reference} : {words}")

    def read(self, code: str | None, year: int, day: dt.date) -> Campaign:
        actor = Actor.system(territory_of(code))
        with rls.acting(actor.context):
            return campaign_of(actor, year=year, today=day)

    def day(self, text: str | None) -> dt.date:
        if not text:
            return timezone.localdate()
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"--on : « {text} » n'est pas une date AAAA-MM-JJ.", returncode=BAD_ARGUMENT) from error
