"""The bilan of a post as files: PDF with its data inside, workbook, CSV and JSON. All write the same tables."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from core import sheets
from core.errors import InvalidInput
from reporting.bilan_post.grid import Box, DataTable, Kind
from reporting.bilan_post.present import chapters, words
from reporting.bilan_post.service import PostBilan
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/bilan_post.html"
JSON = "json"
#: Format → media type.
FORMATS = {**sheets.MEDIA_TYPES, JSON: "application/json; charset=utf-8"}
_KINDS = {Kind.EUROS: sheets.Kind.AMOUNT, Kind.TEXT: sheets.Kind.TEXT}


def filename(bilan: PostBilan, extension: str, table: str = "") -> str:
    version = f"-{bilan.version.value}" if bilan.version else ""
    part = f"-{table.lower()}" if table else ""
    return f"bilan-{bilan.code}-{bilan.year}-{bilan.post.key}{part}{version}.{extension}"


def bilan_file(bilan: PostBilan, *, file_format: str, table: str = "") -> bytes:
    """The tables as "xlsx" (a sheet each), "csv" (one of them, or all of them one figure a line) or "json".

    Raises ``InvalidInput`` for a table this bilan does not have, ``ValueError`` for another format.
    """
    if table and bilan.table(table) is None:
        known = ", ".join(each.key for each in bilan.tables)
        raise InvalidInput(f"Le tableau « {table} » n'est pas dans ce bilan. Tableaux : {known}.", place="tableau")
    if file_format == JSON:
        return (json.dumps(as_data(bilan), ensure_ascii=False, indent=1) + "\n").encode()
    if file_format == sheets.XLSX:
        return sheets.write_workbook(_pages(bilan), created=bilan.data_at)
    if file_format != sheets.CSV:
        raise ValueError(f"unknown format {file_format}")
    chosen = bilan.table(table) if table else None
    if chosen is not None:
        return sheets.write_csv(_columns(chosen), _rows(chosen))
    return sheets.write_csv(_LONG, [row for each in bilan.tables for row in _long(each)])


def bilan_pdf(bilan: PostBilan) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by its data, with its tables as CSV and JSON inside. Errors: see ``render_pdf``."""
    attached = [
        PdfAttachment(filename(bilan, form), bilan_file(bilan, file_format=form), description, bilan.data_at)
        for form, description in ((sheets.CSV, "Tous les tableaux, un chiffre par ligne"), (JSON, "Tous les tableaux"))
    ]
    return render_pdf(
        template=TEMPLATE,
        context={"bilan": bilan, "chapters": chapters(bilan), "words": words(bilan)},
        title=bilan.title,
        created=bilan.data_at,
        attachments=attached,
    )


def as_data(bilan: PostBilan) -> dict[str, Any]:
    """What the JSON file holds."""
    return {
        "titre": bilan.title,
        "territoire": bilan.territory,
        "poste": bilan.post.key,
        "annee": bilan.year,
        "version": bilan.version.value if bilan.version else "complete",
        "donnees_au": bilan.data_at.date().isoformat(),
        "avertissement": bilan.notice,
        "fiche": {fact.label: fact.text for fact in bilan.facts},
        "notes": list(bilan.notes),
        "tableaux": [
            {
                "cle": table.key,
                "titre": table.title,
                "colonnes": [column.label for column in table.columns],
                "lignes": [
                    {
                        "libelle": line.label,
                        "valeurs": [_plain(box) for box in line.boxes],
                        "masques": [
                            column.label for column, box in zip(table.columns, line.boxes, strict=True) if box.hidden
                        ],
                    }
                    for line in table.lines
                ],
                "notes": list(table.said),
            }
            for table in bilan.tables
        ],
        "textes": [{"rubrique": each.label, "texte": each.text.text} for each in words(bilan) if each.text is not None],
    }


def _plain(box: Box) -> Any:
    # A percentage or an amount is written as text, exactly: a JSON number would be read back as a float.
    return str(box.value) if isinstance(box.value, Decimal) else box.value


def _columns(table: DataTable) -> list[sheets.SheetColumn]:
    def reader(rank: int) -> Any:
        return lambda line: line.boxes[rank].value

    return [
        sheets.SheetColumn(table.head, lambda line: line.label, width=40),
        *(
            sheets.SheetColumn(column.label, reader(rank), _KINDS.get(column.kind, sheets.Kind.NUMBER), 16)
            for rank, column in enumerate(table.columns)
        ),
        # An empty cell says nothing of why it is: this column names those that secrecy emptied.
        sheets.SheetColumn("Masqués", lambda line: _hidden(table, line), width=24),
    ]


def _hidden(table: DataTable, line: Any) -> str:
    return ", ".join(c.label for c, box in zip(table.columns, line.boxes, strict=True) if box.hidden)


def _rows(table: DataTable) -> list[list[Any]]:
    return sheets.values(_columns(table), table.lines)


def _pages(bilan: PostBilan) -> list[sheets.SheetOf]:
    sheet = [
        sheets.SheetColumn("Rubrique", lambda pair: pair[0], width=30),
        sheets.SheetColumn("Contenu", lambda pair: pair[1], width=90),
    ]
    said = [(fact.label, fact.text) for fact in bilan.facts]
    said += [("À savoir", note) for note in (*bilan.notes, bilan.notice) if note]
    said += [(f"Note, {table.title}", note) for table in bilan.tables for note in table.said]
    said += [(each.label, each.text.text) for each in words(bilan) if each.text is not None]
    first = sheets.SheetOf("Fiche", sheet, sheets.values(sheet, [("Bilan", bilan.title), *said]))
    return [first, *(sheets.SheetOf(table.title, _columns(table), _rows(table)) for table in bilan.tables)]


_LONG = [
    sheets.SheetColumn("tableau", lambda row: row[0]),
    sheets.SheetColumn("ligne", lambda row: row[1], width=40),
    sheets.SheetColumn("colonne", lambda row: row[2]),
    sheets.SheetColumn("valeur", lambda row: row[3], sheets.Kind.NUMBER),
    sheets.SheetColumn("masque", lambda row: row[4]),
]


def _long(table: DataTable) -> list[list[Any]]:
    return [
        [table.key, line.label, column.label, box.value, "oui" if box.hidden else ""]
        for line in table.lines
        for column, box in zip(table.columns, line.boxes, strict=True)
    ]
