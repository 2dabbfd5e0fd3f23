"""The money at risk as a spreadsheet: one row per line, with its working."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core import sheets
from core.sheets import Kind, SheetColumn

from .costs import YearCosts
from .risk import RiskLine

RISK_COLUMNS = [
    SheetColumn("Raison", lambda line: str(line.reason.label), width=40),
    SheetColumn("Montant à risque", lambda line: line.amount, Kind.AMOUNT),
    SheetColumn("Compté", lambda line: "non (hypothèse)" if line.is_assumed else "oui"),
    SheetColumn("Financeur", lambda line: line.financer, width=30),
    SheetColumn("Employeur", lambda line: line.share.employer.label, width=30),
    SheetColumn("Postes", lambda line: line.posts, width=36),
    SheetColumn("Plan", lambda line: line.share.plan.label, width=36),
    SheetColumn("Part du plan", lambda line: line.share.amount, Kind.AMOUNT),
    SheetColumn("Part due", lambda line: line.share.due, Kind.AMOUNT),
    SheetColumn("Encaissé", lambda line: line.share.called.received, Kind.AMOUNT),
    SheetColumn("Calcul", lambda line: line.formula, width=60),
    SheetColumn("Pourquoi", lambda line: line.why, width=60),
    SheetColumn("Depuis", lambda line: line.since, Kind.DATE),
    SheetColumn("Autres raisons", lambda line: ", ".join(str(each.label) for each in line.others), width=50),
]


def risk_sheet(lines: Iterable[RiskLine], *, year: int, file_format: str, created: dt.datetime) -> bytes:
    """ "csv" or "xlsx"."""
    rows = sheets.values(RISK_COLUMNS, lines)
    return sheets.write_sheet(file_format, RISK_COLUMNS, rows, title=f"Argent à risque {year}", created=created)


def _ratio(name: str, label: str) -> list[SheetColumn]:
    return [
        SheetColumn(f"Coût par {label}", lambda row: getattr(row, name).value, Kind.AMOUNT),
        SheetColumn(f"Calcul par {label}", lambda row: getattr(row, name).words, width=40),
    ]


COST_COLUMNS = [
    SheetColumn("Année", lambda row: row.year, Kind.NUMBER, width=8),
    SheetColumn("Poste", lambda row: row.label, width=36),
    SheetColumn("Employeur", lambda row: row.employer, width=30),
    SheetColumn("Coût du plan", lambda row: row.planned.value, Kind.AMOUNT),
    SheetColumn("Coût retenu", lambda row: row.cost.value, Kind.AMOUNT),
    SheetColumn("Personnes reçues", lambda row: row.people.value, Kind.NUMBER),
    *_ratio("per_person", "personne reçue"),
    SheetColumn("Habitants couverts", lambda row: row.inhabitants.value, Kind.NUMBER),
    SheetColumn("Source des habitants", lambda row: row.inhabitants.source or row.inhabitants.reason, width=40),
    *_ratio("per_inhabitant", "habitant"),
    SheetColumn("ETP travaillés", lambda row: row.etp.value, Kind.NUMBER),
    *_ratio("per_etp", "ETP travaillé"),
]


def cost_sheet(years: Iterable[YearCosts], *, file_format: str, created: dt.datetime) -> bytes:
    """One row per post and year, numerators and denominators included."""
    rows = sheets.values(COST_COLUMNS, (post for year in years for post in year.posts))
    return sheets.write_sheet(file_format, COST_COLUMNS, rows, title="Coûts des postes", created=created)
