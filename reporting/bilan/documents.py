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
    """The table as "csv" or "xlsx"."""
    columns = sheet_columns()
    rows = sheets.values(columns, territory_bilan.bilan.rows)
    return sheets.write_sheet(file_format, columns, rows, title=territory_bilan.title, created=territory_bilan.data_at)


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
