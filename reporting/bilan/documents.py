"""The bilan as files: PDF with its data inside, and every table as CSV, XLSX (a sheet each) and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core import sheets
from core.errors import InvalidInput
from core.french import enumerate_fr
from reporting.bilan.full import FullBilan
from reporting.bilan.parts import Part
from reporting.bilan.parts import sheet_columns as part_columns
from reporting.bilan.present import chart, comparisons, present, sheet_columns
from reporting.bilan.service import TerritoryBilan
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/bilan.html"
JSON = "json"
#: Format → media type.
BILAN_FORMATS = {**sheets.MEDIA_TYPES, JSON: "application/json; charset=utf-8"}
#: The table in the shape of the act, the one given when no other is asked for.
ACTIVITY = "activite"


def bilan_filename(document: TerritoryBilan, extension: str, table: str = "") -> str:
    version = f"-{document.version.value}" if document.version else ""
    part = f"-{table}" if table and table != ACTIVITY else ""
    return f"bilan-{document.code}-{document.bilan.year}{version}{part}.{extension}"


def tables(full: FullBilan) -> Iterator[sheets.SheetOf]:
    """Every table of the bilan under its stable name, the act's first."""
    columns = sheet_columns()
    yield sheets.SheetOf(ACTIVITY, columns, sheets.values(columns, full.bilan.rows))
    for part in full.parts:
        if part.columns:
            own = part_columns(part)
            yield sheets.SheetOf(part.key, own, sheets.values(own, [*part.rows, *_total(part)]))


def _total(part: Part) -> list[Any]:
    return [part.total] if part.total else []


def bilan_file(full: FullBilan, *, file_format: str, table: str = "") -> bytes:
    """Every table as "xlsx" or "json"; one of them (``table``, the act's by default) as "csv".

    Raises ``InvalidInput`` for a table the bilan does not have.
    """
    found = {one.title: one for one in tables(full)}
    if table and table not in found:
        raise InvalidInput(f"Tableaux disponibles : {enumerate_fr(list(found))}.", place="tableau")
    chosen = [found[table]] if table else list(found.values())
    document = full.document
    if file_format == JSON:
        return _json(document, chosen)
    if file_format == sheets.XLSX:
        return sheets.write_workbook(chosen, created=document.data_at)
    return sheets.write_csv(chosen[0].columns, chosen[0].rows)


def _json(document: TerritoryBilan, chosen: list[sheets.SheetOf]) -> bytes:
    """The same lines under the same names, with what must be known to read them."""
    found = {one.title: [_named(one, row) for row in one.rows] for one in chosen}
    content = {
        "titre": document.title,
        "territoire": document.territory,
        "annee": document.bilan.year,
        "donnees_au": document.data_at.date().isoformat(),
        "avertissement": document.bilan.notice,
        # The lines of the act's table keep the place they had when it was alone.
        "lignes": found.pop(ACTIVITY, []),
        "tableaux": found,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _named(one: sheets.SheetOf, row: Any) -> dict[str, Any]:
    return {column.header: _plain(value) for column, value in zip(one.columns, row, strict=True)}


def _plain(value: Any) -> Any:
    # A decimal is written as text, exactly: a JSON number would be read back as a float.
    return str(value) if isinstance(value, Decimal) else value


def bilan_pdf(full: FullBilan) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by its data, with its tables as CSV inside. Errors: see ``render_pdf``."""
    # Not the workbook: its archive bears the time of writing, and the same data must give the same document.
    document = full.document
    attachments = [
        PdfAttachment(
            name=bilan_filename(document, sheets.CSV, one.title),
            content=sheets.write_csv(one.columns, one.rows),
            description=f"Données du tableau « {one.title} »",
            moment=document.data_at,
        )
        for one in tables(full)
    ]
    return render_pdf(
        template=TEMPLATE,
        context={
            "document": document,
            "bilan": full.bilan,
            "shown": present(full.bilan, full.before),
            "chart": chart(full.bilan, chart_id="bilan"),
            "parts": [part for part in full.parts if not part.files_only],
            "comparisons": comparisons(full.bilan, full.before),
            "before": full.before,
            "checks": full.checks,
        },
        title=f"{document.title} – {document.territory}",
        created=document.data_at,
        attachments=attachments,
    )
