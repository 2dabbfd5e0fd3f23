"""A part of the bilan: one table, with its words and its chart, the same on the page, in the PDF and in the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core import money
from core.sheets import Kind, SheetColumn
from reporting.bilan.model import Figure, Total

ND = "n.d."
#: Statistical secrecy, as French statistics mark it.
SECRET = "s."
TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True)
class Column:
    """``name``: stable, in files; ``label``: printed; ``unit``: said in the data dictionary; ``band``: over columns."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    help: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind is not Kind.TEXT


@dataclass(frozen=True)
class Item:
    """A cell: ``raw`` for files (None: empty), ``text`` as printed, ``note``: why it is missing or hidden."""

    raw: Any
    text: str
    note: str = ""
    hidden: bool = False

    @property
    def missing(self) -> bool:
        return self.raw is None and bool(self.text)


@dataclass(frozen=True)
class Part:
    """``key``: anchor, sheet name and file name; ``rows``: one item per column; ``fold``: long, folded on the page."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Item, ...], ...]
    total: tuple[Item, ...] = ()
    intro: str = ""
    notes: tuple[str, ...] = ()
    chart: str = ""
    fold: bool = False
    #: Not printed in the document: its files hold it.
    files_only: bool = False

    @property
    def lines(self) -> list[list[tuple[Column, Item]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def total_line(self) -> list[tuple[Column, Item]]:
        return list(zip(self.columns, self.total, strict=True)) if self.total else []


def text(value: str) -> Item:
    return Item(value or None, value)


def unknown(reason: str = "", *, hidden: bool = False) -> Item:
    return Item(None, SECRET if hidden else ND, reason, hidden)


def count(value: int | None, reason: str = "") -> Item:
    return unknown(reason) if value is None else Item(value, money.number_fr(value, 0))


def figure(one: Figure) -> Item:
    return unknown(one.reason, hidden=one.hidden) if one.value is None else count(one.value)


def total_of(one: Total, reason: str = "") -> Item:
    return unknown(reason, hidden=one.hidden) if one.value is None else count(one.value)


def decimal(value: Decimal | None, step: Decimal = TENTH, reason: str = "") -> Item:
    if value is None:
        return unknown(reason)
    rounded = value.quantize(step, rounding=ROUND_HALF_UP)
    return Item(rounded, money.number_fr(rounded, -int(step.as_tuple().exponent)))


def amount(value: Decimal | None, reason: str = "") -> Item:
    return unknown(reason) if value is None else Item(value, money.euros(value))


# --- Files ------------------------------------------------------------------------------------------------------------


def sheet_columns(part: Part) -> list[SheetColumn]:
    """The part's columns, then why cells are empty: an empty cell says nothing of it."""
    columns = [
        SheetColumn(column.name, _reader(rank), column.kind, 36 if rank == 0 else 16)
        for rank, column in enumerate(part.columns)
    ]
    return [
        *columns,
        SheetColumn("masques", lambda row: " ".join(_names(part, row, hidden=True)), width=30),
        SheetColumn("precision", lambda row: precision(part, row), width=60),
    ]


def _reader(rank: int) -> Any:
    return lambda row: row[rank].raw


def _names(part: Part, row: Sequence[Item], *, hidden: bool) -> Iterable[str]:
    return (column.name for column, item in zip(part.columns, row, strict=True) if item.hidden is hidden)


def precision(part: Part, row: Sequence[Item]) -> str:
    """« epci : non communiqué ; … » for the cells that are empty without being secret."""
    notes = [
        f"{column.name} : {item.note}"
        for column, item in zip(part.columns, row, strict=True)
        if item.note and not item.hidden
    ]
    return " ; ".join(notes)
