"""Exporting many titres aside: the same service, followed in « Mes travaux »."""

from __future__ import annotations

from funding.exports.registry import get_format
from funding.services.titres import check_issuer
from parties.actors import Actor
from parties.jobs import start_job
from parties.models import Job, Organisation

EXPORT = "titres.export"


def start_export(*, issuer: Organisation, year: int, file_format: str, by: Actor) -> Job:
    """Ask for an export of the ready titres of ``issuer`` for ``year``; refused at once when it cannot begin."""
    by.require("titre.export")
    check_issuer(issuer, by)
    layout = get_format(file_format)
    return start_job(
        kind=EXPORT,
        label=f"Exporter les titres {year} de {issuer.label}, {layout.label}",
        params={"issuer": issuer.pk, "year": year, "format": layout.name},
        by=by,
    )
