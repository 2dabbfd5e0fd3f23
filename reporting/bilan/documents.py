"""The bilan as files: PDF with its data inside, CSV and XLSX."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from core import sheets
from reporting.bilan.present import chart, present, sheet_columns
from reporting.bilan.service import TerritoryBilan
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/bilan.html"
JSON = "json"
#: Format → media type.
BILAN_FORMATS = {**sheets.MEDIA_TYPES, JSON: "application/json; charset=utf-8"}


def bilan_filename(territory_bilan: TerritoryBilan, extension: str) -> str:
    version = f"-{territory_bilan.version.value}" if territory_bilan.version else ""
    return f"bilan-{territory_bilan.code}-{territory_bilan.bilan.year}{version}.{extension}"


def bilan_sheet(territory_bilan: TerritoryBilan, *, file_format: str) -> bytes:
    """The table as "csv", "xlsx" or "json"."""
    columns = sheet_columns()
    rows = sheets.values(columns, territory_bilan.bilan.rows)
    if file_format == JSON:
        return _json(territory_bilan, columns, rows)
    return sheets.write_sheet(file_format, columns, rows, title=territory_bilan.title, created=territory_bilan.data_at)


def _json(territory_bilan: TerritoryBilan, columns: list[sheets.SheetColumn], rows: list[list[Any]]) -> bytes:
    """The same lines under the same names, with what must be known to read them."""
    document = {
        "titre": territory_bilan.title,
        "territoire": territory_bilan.territory,
        "annee": territory_bilan.bilan.year,
        "donnees_au": territory_bilan.data_at.date().isoformat(),
        "avertissement": territory_bilan.bilan.notice,
        "lignes": [{column.header: _plain(value) for column, value in zip(columns, row, strict=True)} for row in rows],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: Any) -> Any:
    # A percentage is written as text, exactly: a JSON number would be read back as a float.
    return str(value) if isinstance(value, Decimal) else value


def bilan_pdf(territory_bilan: TerritoryBilan) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by its data, with the table as CSV inside. Errors: see ``render_pdf``."""
    # Not the workbook: its archive bears the time of writing, and the same data must give the same document.
    data = PdfAttachment(
        name=bilan_filename(territory_bilan, sheets.CSV),
        content=bilan_sheet(territory_bilan, file_format=sheets.CSV),
        description="Données du tableau, une ligne par poste",
        moment=territory_bilan.data_at,
    )
    bilan = territory_bilan.bilan
    return render_pdf(
        template=TEMPLATE,
        context={
            "document": territory_bilan,
            "bilan": bilan,
            "shown": present(bilan),
            "chart": chart(bilan, chart_id="bilan"),
        },
        title=f"{territory_bilan.title} – {territory_bilan.territory}",
        created=territory_bilan.data_at,
        attachments=[data],
    )
