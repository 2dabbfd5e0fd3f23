"""What keeps a report from being handed in, line by line, each with the address of the exact place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from core.french import date_long
from posts import relations
from posts.indicators import Cell
from posts.models import ActivityReturn
from posts.relations import Breach

from .report import Entry, MonthLine, Report


@dataclass(frozen=True)
class Missing:
    """One thing to do. ``url`` "": on this very page. ``kind`` names the family: mois, validation, relation…"""

    kind: str
    message: str
    url: str = ""


def missing_of(report: Report, *, note: str | None = None) -> list[Missing]:
    """Everything, in the order of the months. ``note`` is what is being handed in, None: not written yet.

    Three queries: the returns of the period, of the same months a year before, and their cells.
    """
    if report.hidden:
        return []
    rows = _rows(report)
    found = [each for line in report.months for each in _month(report, line, rows)]
    if report.outside:
        found.append(Missing("hors_vie", report.outside, report.convention_url))
    if report.note_asked and not (note or "").strip():
        found.append(Missing("note", "La convention demande une note qualitative : écrivez-la ci-dessous.", "#note"))
    return found


def _rows(report: Report) -> Mapping[tuple[int, int], list[ActivityReturn]]:
    wanted = Q(pk=None)
    for line in report.months:
        wanted |= Q(year__in=(line.year, line.year - 1), month=line.month)
    found: dict[tuple[int, int], list[ActivityReturn]] = defaultdict(list)
    rows = ActivityReturn.objects.filter(wanted, post_id=report.post_id).order_by("zone").prefetch_related("cells")
    for row in rows:
        found[row.year, row.month or 0].append(row)
    return found


def _month(report: Report, line: MonthLine, rows: Mapping[tuple[int, int], list[ActivityReturn]]) -> Iterator[Missing]:
    url = reverse("activity-detail", args=[report.post_uuid, line.year, line.month]) if report.post_uuid else ""
    when = line.label
    if line.entry is Entry.MISSING:
        yield Missing("mois", f"{when.capitalize()} n'est pas saisi.", url)
    elif line.entry is Entry.FUTURE:
        yield Missing("avenir", f"{when.capitalize()} n'est pas terminé.")
    elif line.entry is Entry.ENTERED:
        yield from _entered(line, url, rows)


def _entered(line: MonthLine, url: str, rows: Mapping[tuple[int, int], list[ActivityReturn]]) -> Iterator[Missing]:
    when = line.label.capitalize()
    before = {row.zone: _cells(row) for row in rows.get((line.year - 1, line.month), ())}
    for row in rows.get((line.year, line.month), ()):
        cells = _cells(row)
        place = f"{url}?zone={row.zone}" if row.zone else url
        surprises: list[Breach] = relations.outliers(cells, before.get(row.zone, {}))
        for breach in [*relations.breaches(cells), *surprises]:
            if breach.blocking:
                yield Missing("relation", f"{when} : {breach.message}", place)
            elif not row.note.strip():
                yield Missing("observation", f"{when}, observation attendue : {breach.message}", f"{place}#note")
    yield Missing("validation", f"{when} est saisi, il reste à le valider.", url)


def _cells(row: ActivityReturn) -> dict[Cell, int]:
    return {(cell.indicator, cell.row, cell.column): cell.value for cell in row.cells.all()}


def sentence(found: list[Missing], most: int = 3) -> str:
    """The first of them as one sentence, for a refusal."""
    words = " ".join(each.message for each in found[:most])
    rest = len(found) - most
    return f"{words} Et {rest} autre{'s' if rest > 1 else ''}." if rest > 0 else words


def due_words(report: Report) -> str:
    return f"attendu le {date_long(report.due_on)}"
