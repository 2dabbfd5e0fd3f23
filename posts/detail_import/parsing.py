"""The rows of a file as counts of months, each with the line and the column it comes from. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.french import enumerate_fr
from parties.models.reference import searchable
from posts.detail_import.columns import ColumnMap, Vocabulary
from posts.indicators import INDICATORS, Cell
from posts.models import Post
from posts.reading import Table
from posts.sheets import CellError, CountWidget, MonthWidget, NoteWidget, PostWidget, YearWidget, ZoneWidget

#: 2024-02, 2024-02-01 00:00:00 (a date of a workbook), 02/2024, 01/02/2024.
_ISO = re.compile(r"^(\d{4})[-/](\d{1,2})(?:[-/]\d{1,2})?(?:[ T].*)?$")
_FRENCH = re.compile(r"^(?:\d{1,2}/)?(\d{1,2})/(\d{4})$")
_NAMED = re.compile(r"^(\S+)\s+(\d{4})$")

#: Post id, year, month, zone.
Period = tuple[int, int, int, str]


@dataclass(frozen=True)
class Defaults:
    """What the page says for the whole file, where no column does."""

    post: Post | None = None
    year: int | None = None
    month: int | None = None


@dataclass
class Entry:
    """What the file says of one month of one post: cell → (count, line, title of the column)."""

    post: Post
    year: int
    month: int
    zone: str
    line: int
    cells: dict[Cell, tuple[int | None, int, str]] = field(default_factory=dict)
    note: str | None = None


class Reader:
    """Reads a table by its mapping; mistakes go to ``errors``, located by line and column."""

    def __init__(
        self, table: Table, columns: ColumnMap, vocabulary: Vocabulary, posts: Mapping[str, list[Post]], said: Defaults
    ) -> None:
        self.table, self.columns, self.vocabulary, self.said = table, columns, vocabulary, said
        self.errors: list[CellError] = []
        self.entries: dict[Period, Entry] = {}
        self.post_widget = PostWidget(posts)
        self.counts = {
            position: vocabulary.cells[target] for position, target in enumerate(columns.targets) if ":" in target
        }

    def read(self) -> list[Entry]:
        for line, row in zip(self.table.lines, self.table.rows, strict=True):
            if self._says_something(row):
                self._row(line, row)
        return list(self.entries.values())

    def _says_something(self, row: tuple[str, ...]) -> bool:
        """A line without any count nor remark says nothing: it empties nothing either."""
        told = [*self.counts, *(self.columns.position(name) for name in ("nombre", "observation"))]
        return any(row[position] for position in told if position is not None)

    def _row(self, line: int, row: tuple[str, ...]) -> None:
        before = len(self.errors)
        entry = self._entry(line, row)
        if entry is None or len(self.errors) > before:
            return
        note = self._clean(NoteWidget(), "observation", line, row)
        if note:
            entry.note = note
        if self.columns.is_long:
            self._long(entry, line, row)
            return
        if entry.line != line:
            self._wrong(line, "mois", f"Ce mois figure déjà à la ligne {entry.line} : n'en gardez qu'une.")
            return
        for position, cell in self.counts.items():
            title = self.table.titles[position]
            try:
                entry.cells[cell] = (CountWidget().clean(row[position]), line, title)
            except ValueError as error:
                self.errors.append(CellError(line, title, str(error)))

    # --- Which month of which post ------------------------------------------------------------------------------------

    def _entry(self, line: int, row: tuple[str, ...]) -> Entry | None:
        post = self._clean(self.post_widget, "poste", line, row) if self._has("poste") else self.said.post
        zone = self._clean(ZoneWidget(), "zone", line, row) if self._has("zone") else ""
        period = self._period(line, row)
        if post is None or zone is None or period is None:
            return None
        year, month = period
        return self.entries.setdefault((post.pk, year, month, zone), Entry(post, year, month, zone, line))

    def _period(self, line: int, row: tuple[str, ...]) -> tuple[int, int] | None:
        """(year, month), whichever column says them: « février 2024 » says both."""
        text, year = "", self.said.year
        if self._has("mois"):
            text = row[self._at("mois")].strip()
        found = _whole(text)
        if found is not None and 1 <= found[1] <= 12:
            return found
        if self._has("annee"):
            year = self._clean(YearWidget(), "annee", line, row)
            if year is None:
                return None
        named = _NAMED.match(text)
        if named:
            text, year = named[1], int(named[2])
        if year is None:
            self._wrong(line, "mois", "L'année n'est dite nulle part : ajoutez une colonne, ou choisissez-la.")
            return None
        if not self._has("mois"):
            return (year, self.said.month) if self.said.month else None
        try:
            month = MonthWidget().clean(text)
        except ValueError as error:
            self._wrong(line, "mois", str(error))
            return None
        if month is None:
            self._wrong(line, "mois", "Le détail se saisit par mois : indiquez lequel.")
            return None
        return year, month

    # --- One count a line ---------------------------------------------------------------------------------------------

    def _long(self, entry: Entry, line: int, row: tuple[str, ...]) -> None:
        if not row[self._at("nombre")]:
            return
        cell = self._cell(line, row)
        try:
            value = CountWidget().clean(row[self._at("nombre")])
        except ValueError as error:
            self._wrong(line, "nombre", str(error))
            return
        if cell is None:
            return
        if cell in entry.cells:
            self._wrong(line, "ligne", f"Ce nombre figure déjà à la ligne {entry.cells[cell][1]} : n'en gardez qu'un.")
            return
        entry.cells[cell] = (value, line, self._title("nombre"))

    def _cell(self, line: int, row: tuple[str, ...]) -> Cell | None:
        text = row[self._at("ligne")]
        tables = list(INDICATORS.values())
        if self._has("indicateur"):
            wanted = row[self._at("indicateur")]
            tables = [one for one in tables if _same(wanted, one.code) or _same(wanted, one.label)]
            if not tables:
                known = enumerate_fr([one.label for one in INDICATORS.values()])
                self._wrong(line, "indicateur", f"« {wanted} » n'est pas un tableau : {known}.")
                return None
        held = [(one, code) for one in tables if (code := self.vocabulary.find(one.rows, text))]
        if len(held) != 1:
            self._wrong(line, "ligne", self._which_line(text, tables, [one.label for one, _code in held]))
            return None
        (table, code) = held[0]
        if not table.columns:
            return (table.code, code, "")
        asked = row[self._at("colonne")] if self._has("colonne") else ""
        column = self.vocabulary.find(table.columns, asked)
        if not column:
            known = enumerate_fr([item.label for item in self.vocabulary.latest[table.columns]])
            place = "colonne" if self._has("colonne") else "ligne"
            self._wrong(line, place, f"« {table.label} » a des colonnes ({known}) : « {asked} » n'en est pas une.")
            return None
        return (table.code, code, column)

    def _which_line(self, text: str, tables: list[Any], held: list[str]) -> str:
        if held:
            return f"« {text} » est une ligne de plusieurs tableaux ({enumerate_fr(held)}) : dites lequel."
        if len(tables) > 1:
            return f"« {text} » n'est une ligne d'aucun tableau : reprenez les libellés du modèle."
        known = enumerate_fr([item.label for item in self.vocabulary.latest[tables[0].rows]])
        return f"« {text} » n'est pas une ligne de « {tables[0].label} » : {known}."

    # --- Small things -------------------------------------------------------------------------------------------------

    def _has(self, target: str) -> bool:
        return target in self.columns.targets

    def _at(self, target: str) -> int:
        return self.columns.targets.index(target)

    def _title(self, target: str) -> str:
        return self.table.titles[self._at(target)] if self._has(target) else ""

    def _clean(self, widget: Any, target: str, line: int, row: tuple[str, ...]) -> Any:
        if not self._has(target):
            return None
        try:
            return widget.clean(row[self._at(target)])
        except ValueError as error:
            self._wrong(line, target, str(error))
            return None

    def _wrong(self, line: int, target: str, message: str) -> None:
        self.errors.append(CellError(line, self._title(target), message))


def _whole(text: str) -> tuple[int, int] | None:
    """(year, month) of a date that says both in figures."""
    iso, french = _ISO.match(text), _FRENCH.match(text)
    if iso:
        return int(iso[1]), int(iso[2])
    return (int(french[2]), int(french[1])) if french else None


def _same(text: str, other: str) -> bool:
    return searchable(text) == searchable(other)
