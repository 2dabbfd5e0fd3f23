"""The bilan as files: PDF with its data inside, CSV and XLSX."""

from __future__ import annotations

from core import sheets
from reporting.bilan.present import chart, present, sheet_columns
from reporting.bilan.service import TerritoryBilan
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/bilan.html"


def bilan_filename(territory_bilan: TerritoryBilan, extension: str) -> str:
    return f"bilan-{territory_bilan.code}-{territory_bilan.bilan.year}.{extension}"


def bilan_sheet(territory_bilan: TerritoryBilan, *, file_format: str) -> bytes:
    """The table as "csv" or "xlsx"; the same data give the same bytes."""
    columns = sheet_columns()
    rows = sheets.values(columns, territory_bilan.bilan.rows)
    return sheets.write_sheet(file_format, columns, rows, title=territory_bilan.title, created=territory_bilan.data_at)


def bilan_pdf(territory_bilan: TerritoryBilan) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by its data, with the table as CSV and XLSX inside. Errors: see ``render_pdf``."""
    attachments = [
        PdfAttachment(
            name=bilan_filename(territory_bilan, file_format),
            content=bilan_sheet(territory_bilan, file_format=file_format),
            description=f"Données du tableau ({file_format.upper()})",
            moment=territory_bilan.data_at,
        )
        for file_format in (sheets.CSV, sheets.XLSX)
    ]
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
        attachments=attachments,
    )
