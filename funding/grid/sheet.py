"""The grid as a workbook: one sheet to read and fill in, financers in rows, years in columns."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from core import sheets
from core.sheets import Kind, SheetColumn
from funding.grid.table import GridView

#: First column of a row: what the row is. The rows of a financer start with its key, which the import reads.
COST, SHARE, TOTAL, NOTE = "coût", "part", "total", "note"
HEAD = ("ligne", "repère", "libellé")


def columns_of(view: GridView) -> list[SheetColumn]:
    """« ligne | repère | libellé | 2024 | 2024 montant | … »: what is written, then what it comes to."""
    columns = [
        SheetColumn("ligne", lambda row: row["line"], width=8),
        SheetColumn("repère", lambda row: row["key"], width=14),
        SheetColumn("libellé", lambda row: row["title"], width=36),
    ]
    for year in view.years:
        columns.append(SheetColumn(str(year.year), _read("text", year.year), width=16))
        columns.append(SheetColumn(f"{year.year} montant", _read("amount", year.year), Kind.AMOUNT, 16))
        columns.append(SheetColumn(f"{year.year} note", _read("note", year.year), width=24))
    return [*columns, SheetColumn("total", lambda row: row["total"], Kind.AMOUNT, 16)]


def _read(what: str, year: int) -> Any:
    return lambda row: row["cells"].get(year, {}).get(what)


def rows_of(view: GridView) -> list[dict[str, Any]]:
    rows = []
    for line, group in ((COST, view.costs), (SHARE, view.rows)):
        for row in group:
            cells = {c.year: {"text": c.text, "amount": c.amount, "note": c.note} for c in row.cells}
            rows.append({"line": line, "key": row.key, "title": row.title, "cells": cells, "total": row.total})
    for title, name, whole in (
        ("Coût total", "cost", view.cost),
        ("Total des parts", "covered", view.covered),
        ("Écart (coût moins parts)", "imbalance", view.imbalance),
    ):
        cells = {year.year: {"amount": getattr(year, name)} for year in view.years}
        rows.append({"line": TOTAL, "key": "", "title": title, "cells": cells, "total": whole})
    return rows


def workbook_response(view: GridView, filename: str, employer: str) -> HttpResponse:
    columns = columns_of(view)
    values = sheets.values(columns, rows_of(view))
    content = sheets.write_xlsx(columns, values, title=f"Tableau {employer}", created=timezone.localtime())
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[sheets.XLSX], headers=headers)
