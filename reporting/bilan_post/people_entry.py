"""The form of the people of a year: three tables of boxes, as held or as typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InvalidInput
from posts.indicators import INDICATORS, Cell, Item
from posts.models import Post
from posts.periods import FileActive, file_active
from reporting.bilan_post.counts import PEOPLE_TABLES
from reporting.bilan_post.people import held_people
from reporting.bilan_post.service import lists_of


@dataclass(frozen=True)
class EntryBox:
    name: str
    label: str
    value: str


@dataclass(frozen=True)
class EntryLine:
    label: str
    boxes: tuple[EntryBox, ...]


@dataclass(frozen=True)
class EntryTable:
    code: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[EntryLine, ...]


class PeopleEntry:
    """What the page shows; ``error`` is why nothing was saved."""

    def __init__(self, post: Post, year: int, typed: Mapping[str, str] | None) -> None:
        self.post, self.year, self.typed = post, year, typed
        self.lists = lists_of(year)
        self.held = held_people(post=post, year=year)
        self.error = ""

    @property
    def active(self) -> FileActive:
        """The people of the year entered beside, each counted once."""
        return file_active(self.post, year=self.year)

    @property
    def tables(self) -> list[EntryTable]:
        return [self._table(code) for code in PEOPLE_TABLES]

    def _table(self, code: str) -> EntryTable:
        indicator = INDICATORS[code]
        columns = self.lists.get(indicator.columns, []) if indicator.columns else [Item("", "Personnes")]
        lines = tuple(
            EntryLine(row.label, tuple(self._box((code, row.code, column.code), row, column) for column in columns))
            for row in self.lists.get(indicator.rows, [])
        )
        return EntryTable(code, indicator.label, tuple(column.label for column in columns), lines)

    def _box(self, cell: Cell, row: Item, column: Item) -> EntryBox:
        name, held = ":".join(cell), self.held.get(cell)
        value = self.typed.get(name, "") if self.typed is not None else "" if held is None else str(held)
        return EntryBox(name, f"{row.label}, {column.label}", value)

    def cells(self) -> dict[Cell, int | None]:
        """What was typed. Raises ``InvalidInput`` naming the box that is not a whole number."""
        found: dict[Cell, int | None] = {}
        for table in self.tables:
            for line in table.lines:
                for box in line.boxes:
                    text = box.value.replace("\u202f", "").replace(" ", "")
                    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
                        raise InvalidInput(
                            f"{table.title}, {box.label} : « {box.value} » n'est pas un nombre entier.", place=box.name
                        )
                    code, row, column = box.name.split(":")
                    found[code, row, column] = int(text) if text else None
        return found
