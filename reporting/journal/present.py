"""Entries of the journal in lines a person reads, and in rows of a spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from core.sheets import Kind, SheetColumn
from parties.enums import JournalAction
from parties.models import JournalEntry
from reporting.journal.words import EMPTY, column_name, known_models, table_name, target, value_text

#: Longer values are cut on the page, never in the export.
SHOWN_LENGTH = 160
#: Where a deleted row is named from, in this order.
NAMING = ("label", "name", "title", "person", "reference", "entry_id", "number", "ref", "kind")

Key = tuple[str, int]


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str

    @property
    def before_shown(self) -> str:
        return _cut(self.before)

    @property
    def after_shown(self) -> str:
        return _cut(self.after)


@dataclass(frozen=True)
class Line:
    """One entry. ``subject`` is the object it belongs to when it is not that object itself."""

    number: int | None
    at: dt.datetime
    actor: str
    action: str
    action_label: str
    kind: str
    label: str
    subject: str
    subject_url: str
    changes: tuple[Change, ...]
    hash: str


def lines_of(entries: Sequence[JournalEntry]) -> list[Line]:
    """The entries in order; the rows they name are read once per table, whatever the number of entries."""
    known = _Known(entries)
    return [known.line(entry) for entry in entries]


class _Known:
    """The rows that a page of entries names: the changed ones, their objects, what foreign keys point to."""

    def __init__(self, entries: Sequence[JournalEntry]) -> None:
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            wanted.setdefault(entry.table_name, set()).add(entry.row_id)
            wanted.setdefault(entry.root_table, set()).add(entry.root_id)
            for column, pair in entry.changes.items():
                model = target(entry.table_name, column)
                if model is not None:
                    wanted.setdefault(model._meta.db_table, set()).update(pk for pk in pair if isinstance(pk, int))
        self.rows: dict[Key, models.Model] = {}
        for table, keys in wanted.items():
            self.rows |= {(table, row.pk): row for row in _rows(table, keys)}

    def line(self, entry: JournalEntry) -> Line:
        root = self.rows.get((entry.root_table, entry.root_id))
        itself = (entry.root_table, entry.root_id) == (entry.table_name, entry.row_id)
        described = root if root is not None and not itself else None
        row = self.rows.get((entry.table_name, entry.row_id))
        linked = described if described is not None else (row if itself else None)
        url = linked.get_absolute_url() if linked is not None and hasattr(linked, "get_absolute_url") else ""
        return Line(
            number=entry.seq,
            at=timezone.localtime(entry.at),
            actor=entry.actor,
            action=entry.action,
            action_label=str(JournalAction(entry.action).label),
            kind=table_name(entry.table_name),
            label=str(row) if row is not None else _deleted(entry),
            subject=f"{table_name(entry.root_table)} : {described}" if described is not None else "",
            subject_url=url,
            changes=tuple(self.changes(entry)),
            hash=entry.hash or "",
        )

    def changes(self, entry: JournalEntry) -> Iterable[Change]:
        """In the order of the model's fields; a creation or a deletion tells only what had a value."""
        for column, (before, after) in sorted(entry.changes.items(), key=lambda item: _rank(entry.table_name, item[0])):
            if entry.action == JournalAction.UPDATE or before not in EMPTY or after not in EMPTY:
                told = [self.text(entry.table_name, column, value) for value in (before, after)]
                yield Change(column_name(entry.table_name, column), *told)

    def text(self, table: str, column: str, value: Any) -> str:
        model = target(table, column)
        if model is None or value is None:
            return value_text(table, column, value)
        row = self.rows.get((model._meta.db_table, value))
        return str(row) if row is not None else f"n° {value}, supprimé depuis"


def _rows(table: str, keys: set[int]) -> Iterable[models.Model]:
    model = known_models().get(table)
    if model is None:
        return []
    # What __str__ of most models needs: the row directly above.
    parents = [field.name for field in model._meta.fields if isinstance(field, models.ForeignKey)]
    return model._default_manager.filter(pk__in=keys).select_related(*parents)


def _rank(table: str, column: str) -> int:
    model = known_models().get(table)
    order = [field.column for field in model._meta.concrete_fields] if model else []
    return order.index(column) if column in order else len(order)


def _deleted(entry: JournalEntry) -> str:
    """A row that is no longer there: its name if this entry has it, else its number."""
    for column in NAMING:
        pair = entry.changes.get(column)
        if pair and (text := value_text(entry.table_name, column, pair[0] or pair[1])):
            return text
    return f"n° {entry.row_id}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH].rstrip()}…"


# --- Spreadsheet: one row per field -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetRow:
    line: Line
    change: Change


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("Numéro", lambda row: row.line.number, Kind.NUMBER, 10),
    SheetColumn("Date", lambda row: row.line.at.date(), Kind.DATE, 12),
    SheetColumn("Heure", lambda row: f"{row.line.at:%H:%M:%S}", width=10),
    SheetColumn("Personne", lambda row: row.line.actor, width=32),
    SheetColumn("Acte", lambda row: row.line.action_label, width=14),
    SheetColumn("Objet", lambda row: row.line.kind, width=24),
    SheetColumn("Désignation", lambda row: row.line.label, width=32),
    SheetColumn("Rattaché à", lambda row: row.line.subject, width=36),
    SheetColumn("Champ", lambda row: row.change.field, width=24),
    SheetColumn("Avant", lambda row: row.change.before, width=32),
    SheetColumn("Après", lambda row: row.change.after, width=32),
    SheetColumn("Empreinte", lambda row: row.line.hash, width=20),
)


def sheet_rows(lines: Iterable[Line]) -> list[SheetRow]:
    """An entry without any field told (a deletion of an empty row) still has its row."""
    nothing = Change("", "", "")
    return [SheetRow(line, change) for line in lines for change in line.changes or (nothing,)]
