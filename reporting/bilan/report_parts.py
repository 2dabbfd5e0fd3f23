"""Reports received and late, convention by convention, as the campaigns count them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core import charts
from core.sheets import Kind
from reporting.bilan.parts import Column, Part, count, text
from reporting.campaigns.report import Report


def report_part(reports: Iterable[Report], *, year: int) -> Part:
    """One line per convention and employer: reports of periods that end in ``year``, by where they stand."""
    lines: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        lines.setdefault((report.convention, report.employer.label), []).append(report)
    columns = (
        Column("convention", "Convention"),
        Column("employeur", "Employeur"),
        Column("demandes", "Demandés", Kind.NUMBER, "comptes rendus"),
        Column("recus", "Reçus", Kind.NUMBER, "comptes rendus"),
        Column("recus_hors_delai", "dont après l'échéance", Kind.NUMBER, "comptes rendus"),
        Column("en_retard", "En retard", Kind.NUMBER, "comptes rendus"),
        Column("a_venir", "Pas encore dus", Kind.NUMBER, "comptes rendus"),
    )
    counted = {key: _counts(found) for key, found in sorted(lines.items())}
    totals = [sum(each) for each in zip(*counted.values(), strict=True)] if counted else []
    chart = charts.stacked_bars(
        chart_id="comptes-rendus",
        title=f"Comptes rendus {year} par convention : reçus, en retard, pas encore dus",
        categories=[reference for reference, _ in counted],
        series=[
            charts.Series("Reçus", [each[1] for each in counted.values()]),
            charts.Series("En retard", [each[3] for each in counted.values()]),
            charts.Series("Pas encore dus", [each[4] for each in counted.values()]),
        ],
    )
    return Part(
        key="comptes-rendus",
        title="Comptes rendus reçus et en retard",
        columns=columns,
        rows=tuple((text(key[0]), text(key[1]), *(count(each) for each in found)) for key, found in counted.items()),
        total=(text("Total"), text(""), *(count(each) for each in totals)) if totals else (),
        intro="" if counted else f"Aucune convention ne demande de compte rendu pour {year}.",
        notes=("Un compte rendu est reçu quand l'employeur l'a remis, validé ou non.",) if counted else (),
        chart=chart if counted else "",
    )


def _counts(reports: list[Report]) -> tuple[int, int, int, int, int]:
    """Asked, received, of which after the day, late, not due yet."""
    handed = [report for report in reports if report.is_handed]
    after = sum(1 for report in handed if _after(report.handed_on, report.due_on))
    late = sum(1 for report in reports if report.late)
    return len(reports), len(handed), after, late, len(reports) - len(handed) - late


def _after(day: dt.date | None, due: dt.date) -> bool:
    return day is not None and day > due
