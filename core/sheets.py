"""Spreadsheets for other software and for people: the same columns written as CSV or XLSX.

CSV: UTF-8 with its byte order mark, ``;``, decimal comma, JJ/MM/AAAA, CRLF: what a French Excel opens by itself.
XLSX: codes are text cells (a postal code keeps its zero), amounts and dates are numbers of their own kind.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

CSV = "csv"
XLSX = "xlsx"
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

#: A cell that begins so is a formula for a spreadsheet, whoever typed it.
_FORMULA = re.compile(r"^[\s\u00a0\u202f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_HEADER_FONT = Font(bold=True)
_HEADER_FILL = PatternFill("solid", fgColor="E8EDF3")
_HEADER_ALIGNMENT = Alignment(vertical="top")


class Kind(StrEnum):
    """What a column holds, hence how each format writes it."""

    TEXT = "text"
    AMOUNT = "amount"  # Decimal, euros, two decimals
    NUMBER = "number"  # Decimal or int, as many decimals as it has
    DATE = "date"


@dataclass(frozen=True)
class SheetOf:
    """One sheet of a workbook: its name (31 characters kept), its columns and its rows of values."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class SheetColumn:
    """A column: its header, what it holds, how its value is read from an object, its width in characters (XLSX)."""

    header: str
    read: Callable[[Any], Any]
    kind: Kind = Kind.TEXT
    width: int = 16


def neutralise(text: str) -> str:
    """``text`` made harmless in a spreadsheet: what would be taken for a formula is preceded by an apostrophe.

    Tabs, line ends and other control characters become spaces: a cell is one line.
    """
    cleaned = _CONTROL.sub(" ", text)
    # Both are looked at: a control character turned into a space may uncover a sign.
    formula = _FORMULA.match(text) or _FORMULA.match(cleaned)
    return f"'{cleaned.lstrip()}" if formula else cleaned


def values(columns: Sequence[SheetColumn], objects: Iterable[Any]) -> list[list[Any]]:
    """One row per object, one value per column."""
    return [[column.read(thing) for column in columns] for thing in objects]


def write_csv(columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]]) -> bytes:
    """The CSV file; raises ``TypeError`` for a value that does not suit its column (a float, say)."""
    buffer = io.BytesIO()
    stream_csv(buffer, columns, rows)
    return buffer.getvalue()


def stream_csv(stream: IO[bytes], columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]]) -> None:
    """Write the CSV file to ``stream`` row by row: memory does not grow with the rows. Errors as ``write_csv``."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.header for column in columns])
    for row in rows:
        writer.writerow([_as_text(column, value) for column, value in zip(columns, row, strict=True)])
    text.flush()
    # The stream is the caller's: it stays open.
    text.detach()


def write_xlsx(
    columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]], *, title: str, created: dt.datetime
) -> bytes:
    """The XLSX file: one sheet named ``title`` (31 characters kept), dated ``created``, header frozen, filters."""
    buffer = io.BytesIO()
    stream_xlsx(buffer, columns, rows, title=title, created=created)
    return buffer.getvalue()


def stream_xlsx(
    stream: IO[bytes],
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    *,
    title: str,
    created: dt.datetime,
) -> None:
    """Write the XLSX file to ``stream``; rows go to a temporary file on the way, so memory does not grow with them."""
    workbook = _workbook(created)
    _add_sheet(workbook, columns, rows, title)
    workbook.save(stream)


def write_workbook(sheets: Iterable[SheetOf], *, created: dt.datetime) -> bytes:
    """An XLSX file of several sheets, each as ``write_xlsx`` makes its own; names alike are numbered."""
    workbook = _workbook(created)
    taken: set[str] = set()
    for sheet in sheets:
        stem = name = _sheet_name(sheet.title)
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{stem[:28]} {number}"
        taken.add(name.lower())
        _add_sheet(workbook, sheet.columns, sheet.rows, name)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _workbook(created: dt.datetime) -> Workbook:
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "Cosigne"
    workbook.properties.created = workbook.properties.modified = created.astimezone(dt.UTC).replace(tzinfo=None)
    return workbook


def _sheet_name(title: str) -> str:
    """As spreadsheets allow it: some characters less, 31 at most."""
    return re.sub(r"[\[\]:*?/\\]", "-", title)[:31]


def _add_sheet(workbook: Workbook, columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]], title: str) -> None:
    sheet = workbook.create_sheet(_sheet_name(title))
    for position, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = column.width
    sheet.freeze_panes = "B2"
    sheet.append([_header(sheet, column) for column in columns])
    last = 1
    for row in rows:
        sheet.append([_filled(sheet, column, value) for column, value in zip(columns, row, strict=True)])
        last += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"


def write_sheet(
    file_format: str,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    *,
    title: str,
    created: dt.datetime,
) -> bytes:
    """The file in ``file_format`` ("csv" or "xlsx"); ``ValueError`` for another."""
    if file_format == CSV:
        return write_csv(columns, rows)
    if file_format == XLSX:
        return write_xlsx(columns, rows, title=title, created=created)
    raise ValueError(f"unknown sheet format {file_format}")


def _checked(column: SheetColumn, value: Any) -> Any:
    if value is None or value == "":
        return None
    if column.kind in (Kind.AMOUNT, Kind.NUMBER):
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise TypeError(f"column {column.header} holds numbers, not {type(value).__name__}")
        return Decimal(value)
    if column.kind is Kind.DATE:
        if not isinstance(value, dt.date):
            raise TypeError(f"column {column.header} holds dates, not {type(value).__name__}")
        return value
    return neutralise(str(value))


def _as_text(column: SheetColumn, value: Any) -> str:
    value = _checked(column, value)
    if value is None:
        return ""
    if column.kind is Kind.AMOUNT:
        return f"{value:.2f}".replace(".", ",")
    if column.kind is Kind.NUMBER:
        return _plain(value).replace(".", ",")
    if column.kind is Kind.DATE:
        return f"{value:%d/%m/%Y}"
    return str(value)


def _plain(value: Decimal) -> str:
    """12.0000 gives 12, 9.5000 gives 9.5, never an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _header(sheet: Any, column: SheetColumn) -> Cell:
    cell = WriteOnlyCell(sheet, value=column.header)
    cell.font = _HEADER_FONT
    cell.fill = _HEADER_FILL
    cell.alignment = _HEADER_ALIGNMENT
    return cell


def _filled(sheet: Any, column: SheetColumn, value: Any) -> Cell:
    value = _checked(column, value)
    cell = WriteOnlyCell(sheet)
    if column.kind is Kind.TEXT:
        # Also when empty: a code typed there later stays a text.
        cell.number_format = "@"
    if value is None:
        return cell
    if column.kind is Kind.AMOUNT:
        cell.value, cell.number_format = value, "#,##0.00"
    elif column.kind is Kind.NUMBER:
        cell.value, cell.number_format = Decimal(_plain(value)), "General"
    elif column.kind is Kind.DATE:
        cell.value, cell.number_format = value, "DD/MM/YYYY"
    else:
        cell.value = value
        cell.data_type = "s"
    return cell
