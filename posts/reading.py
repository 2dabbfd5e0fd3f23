"""A CSV or XLSX file as rows of text, whatever software wrote it. Knows no column by name."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.errors import InvalidInput
from parties.models.reference import searchable

LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 60 * 1024 * 1024  # bytes, a workbook is a compressed archive
MOST_ROWS = 5000
MOST_COLUMNS = 60


@dataclass(frozen=True)
class Table:
    """``rows`` are texts under ``headers``; ``lines`` are their line numbers in the file, blank lines left out."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    #: The headers as the file writes them.
    titles: tuple[str, ...] = ()


def header_name(text: str) -> str:
    """A header as it is compared: « Entretiens téléphoniques » gives ``entretiens_telephoniques``."""
    return searchable(text).replace(" ", "_")


def read_table(
    *,
    filename: str,
    content: bytes,
    most_rows: int = MOST_ROWS,
    largest: int = LARGEST_FILE,
    most_columns: int = MOST_COLUMNS,
) -> Table:
    """The first sheet of the file. Raises ``InvalidInput`` when it is not a CSV or XLSX file, or too big."""
    if len(content) > largest:
        raise InvalidInput(
            f"Le fichier dépasse {largest // 1024 // 1024} Mo : enregistrez-le sans image ni feuille superflue."
        )
    name = filename.lower()
    if name.endswith(".xlsx"):
        return _table(_xlsx_rows(content, most_rows, most_columns), most_rows)
    if name.endswith((".csv", ".txt")):
        return _table(_csv_rows(content), most_rows)
    raise InvalidInput(
        "Ce type de fichier n'est pas lu : enregistrez votre tableau au format CSV ou XLSX, puis choisissez-le."
    )


def _csv_rows(content: bytes) -> Iterable[Sequence[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what older spreadsheets write
    header = text.partition("\n")[0]
    delimiter = max(";,\t", key=header.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput(
            "Le fichier CSV est mal formé (guillemets ouverts et jamais refermés) : enregistrez-le de nouveau."
        ) from error


def _xlsx_rows(content: bytes, most_rows: int, most_columns: int) -> Iterable[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise InvalidInput("Le classeur est trop gros une fois décompressé : ne gardez que la feuille utile.")
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = list(workbook.worksheets[0].iter_rows(values_only=True, max_row=most_rows + 2, max_col=most_columns))
        workbook.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise InvalidInput(
            "Ce fichier n'est pas un classeur XLSX lisible : ouvrez-le et enregistrez-le de nouveau."
        ) from error
    return rows


def _table(raw: Iterable[Sequence[Any]], most_rows: int) -> Table:
    rows = [(line, [_text(cell) for cell in row]) for line, row in enumerate(raw, start=1)]
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise InvalidInput("Le fichier est vide.")
    if len(rows) - 1 > most_rows:
        raise InvalidInput(f"Le fichier compte plus de {most_rows} lignes : partagez-le en plusieurs.")
    headers = [header_name(cell) for cell in rows[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    width = len(headers)
    body = [(line, tuple((row + [""] * width)[:width])) for line, row in rows[1:]]
    titles = tuple(" ".join(cell.split()) for cell in rows[0][1][:width])
    return Table(tuple(headers), tuple(row for _, row in body), tuple(line for line, _ in body), titles)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a spreadsheet keeps every number as a float
    return str(cell).strip()
