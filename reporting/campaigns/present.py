"""The board as pages and files show it: filters of the address, counters, the matrix, what closes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from conventions.enums import ReportEvery
from core import sheets
from core.french import plural
from core.french.dates import MONTHS
from reporting.enums import ReportState

from .report import Report


class ReportFilter(forms.Form):
    """``?annee=…&convention=…&employeur=…&nature=…&etat=…&retard=on``. Choices come from what is shown."""

    convention = forms.ChoiceField(label="Convention", required=False)
    employeur = forms.TypedChoiceField(label="Employeur", required=False, coerce=int, empty_value=None)
    nature = forms.TypedChoiceField(
        label="Périodicité",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Toutes"), *ReportEvery.choices],
    )
    etat = forms.ChoiceField(label="État", required=False, choices=[("", "Tous"), *ReportState.choices])
    retard = forms.BooleanField(label="En retard seulement", required=False)

    def __init__(self, *args: object, reports: Sequence[Report], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        known = sorted({report.convention for report in reports})
        names = sorted({(report.employer.pk, report.employer.label) for report in reports}, key=lambda pair: pair[1])
        self.fields["convention"].choices = [("", "Toutes"), *((name, name) for name in known)]  # type: ignore[attr-defined]
        self.fields["employeur"].choices = [("", "Tous"), *names]  # type: ignore[attr-defined]
        self.is_valid()  # an unknown value is left out of cleaned_data, and filters nothing

    def kept(self, reports: Sequence[Report]) -> list[Report]:
        asked = self.cleaned_data
        return [
            report
            for report in reports
            if (not asked.get("convention") or report.convention == asked["convention"])
            and (asked.get("employeur") is None or report.employer.pk == asked["employeur"])
            and (asked.get("nature") is None or report.every == asked["nature"])
            and (not asked.get("etat") or report.state == asked["etat"])
            and (not asked.get("retard") or report.late)
        ]

    @property
    def asks(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)


@dataclass(frozen=True)
class Counter:
    label: str
    value: int
    query: str
    hint: str = ""
    tone: str = ""


def counters(reports: Sequence[Report], year: int) -> list[Counter]:
    """Reports by what is to do about them; each leads to its list."""

    def count(*states: ReportState) -> int:
        return sum(report.state in states for report in reports)

    late = sum(report.late for report in reports)
    soon = sum(report.soon for report in reports)
    total = len(reports)
    validated = count(ReportState.VALIDATED, ReportState.KNOWN)
    return [
        Counter("En retard", late, f"?annee={year}&retard=on", tone="danger" if late else "success",
                hint="à relancer" if late else "aucun"),
        Counter("À remplir", count(ReportState.OPEN), f"?annee={year}&etat={ReportState.OPEN.value}",
                hint=f"{soon} sous deux semaines" if soon else ""),
        Counter("Prêts à remettre", count(ReportState.READY), f"?annee={year}&etat={ReportState.READY.value}"),
        Counter("À reprendre", count(ReportState.RETURNED, ReportState.CHANGED),
                f"?annee={year}&etat={ReportState.RETURNED.value}"),
        Counter("Remis, à valider", count(ReportState.SUBMITTED), f"?annee={year}&etat={ReportState.SUBMITTED.value}"),
        Counter("Validés ou repris", validated, f"?annee={year}&etat={ReportState.VALIDATED.value}",
                hint=f"sur {total}"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Closing:
    """What closes on one day."""

    due_on: dt.date
    reports: tuple[Report, ...]

    @property
    def words(self) -> str:
        count = len(self.reports)
        return f"{count} {plural(count, 'compte rendu', 'comptes rendus')} à remettre"


def next_closings(reports: Sequence[Report], today: dt.date, most: int = 3) -> list[Closing]:
    """The next days something is still due, nearest first."""
    days: dict[dt.date, list[Report]] = {}
    for report in reports:
        if report.due_on >= today and not report.is_handed and not report.outside:
            days.setdefault(report.due_on, []).append(report)
    return [Closing(day, tuple(days[day])) for day in sorted(days)[:most]]


@dataclass(frozen=True)
class Row:
    """One post of one convention: its reports by the month in which their period ends."""

    post: str
    employer: str
    convention: str
    convention_url: str
    cells: tuple[tuple[str, tuple[Report, ...]], ...]
    late: int


def matrix(reports: Sequence[Report]) -> tuple[list[str], list[Row]]:
    """Columns: the months of the year in which a period ends. Rows with a late report first."""
    months = sorted({report.end.month for report in reports})
    headers = [MONTHS[month - 1].capitalize() for month in months]
    places: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        places.setdefault((report.convention, report.link), []).append(report)
    rows = []
    for (convention, _link), mine in places.items():
        first = mine[0]
        cells = tuple(
            (header, tuple(sorted((r for r in mine if r.end.month == month), key=lambda r: r.every)))
            for header, month in zip(headers, months, strict=True)
        )
        late = sum(report.late for report in mine)
        rows.append(Row(first.post, first.employer.label, convention, first.convention_url, cells, late))
    return headers, sorted(rows, key=lambda row: (-row.late, row.convention, row.post))


def columns() -> list[sheets.SheetColumn]:
    """The list as a file."""
    column = sheets.SheetColumn
    return [
        column("Échéance", lambda report: report.due_on, sheets.Kind.DATE, 12),
        column("Périodicité", lambda report: report.kind, width=16),
        column("Période", lambda report: report.label, width=28),
        column("Premier jour", lambda report: report.start, sheets.Kind.DATE, 12),
        column("Dernier jour", lambda report: report.end, sheets.Kind.DATE, 12),
        column("Convention", lambda report: report.convention, width=14),
        column("Poste", lambda report: report.post, width=36),
        column("Employeur", lambda report: report.employer.label, width=30),
        column("État", lambda report: report.state.label, width=24),
        column("Jours de retard", lambda report: report.days_late, sheets.Kind.NUMBER, 14),
        column("Mois", lambda report: report.progress, width=26),
        column("Remis le", lambda report: report.handed_on, sheets.Kind.DATE, 12),
        column("À savoir", lambda report: " ".join(report.flags), width=60),
        column("Origine de l'échéance", lambda report: report.source, width=60),
    ]


def summary(reports: Sequence[Report]) -> str:
    """« 12 comptes rendus, dont 3 en retard »."""
    late = sum(report.late for report in reports)
    count = f"{len(reports)} {plural(len(reports), 'compte rendu', 'comptes rendus')}"
    return f"{count}, dont {late} en retard" if late else count
