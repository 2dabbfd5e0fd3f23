"""A workbook of the grid read back: what it writes in the cells, what changes, what cannot be read and where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import InvalidInput
from funding.grid.cells import clean
from funding.grid.sheet import COST, SHARE
from funding.grid.state import NEW, CellState, CostRow, Grid, Row
from parties.models import Organisation
from parties.models.reference import searchable
from posts.reading import Table


@dataclass(frozen=True)
class CellChange:
    """One cell the file changes, as text: what was written, what will be."""

    title: str
    year: int
    before: str
    after: str
    note: bool = False


@dataclass
class Imported:
    """``errors`` name the sheet's line and column."""

    changes: list[CellChange] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unchanged: int = 0


def read_into(grid: Grid, table: Table, *, editable: set[int], organisations: Mapping[str, Organisation]) -> Imported:
    """Write the file's cells into ``grid`` (in place); a year without a column, or a row without a line, stays.

    Raises :class:`InvalidInput` when the first line is not the grid's.
    """
    years = _years(table, grid)
    found = Imported()
    columns = {name: rank for rank, name in enumerate(table.headers)}
    by_name = {searchable(name): key for key, org in organisations.items() for name in (org.name, org.label)}
    for line, values in zip(table.lines, table.rows, strict=True):
        kind = searchable(values[columns["ligne"]])
        if kind in (searchable(COST), searchable(SHARE)):
            row = _row(grid, kind, values[columns["repere"]], values[columns["libelle"]], by_name, organisations)
            if row is None:
                found.errors.append(
                    f"Ligne {line}, colonne libellé : « {values[columns['libelle']]} » n'est ni une ligne du tableau, "
                    "ni un organisme de l'annuaire. Reprenez le nom de l'annuaire."
                )
                continue
            for year in years:
                text = values[columns[str(year)]]
                note = values[columns[f"{year}_note"]] if f"{year}_note" in columns and isinstance(row, Row) else None
                _write(found, row, line, year, text, note, editable)
    return found


def _years(table: Table, grid: Grid) -> list[int]:
    lacking = [name for name in ("ligne", "repere", "libelle") if name not in table.headers]
    years = [int(name) for name in table.headers if re.fullmatch(r"20\d\d", name)]
    if lacking or not years:
        raise InvalidInput("Ce fichier n'a pas les colonnes du tableau : partez du fichier XLSX de cette page.")
    strange = [year for year in years if year not in grid.years]
    if strange:
        raise InvalidInput(
            f"Le fichier porte l'année {strange[0]}, absente du tableau : ajoutez d'abord cette année, puis importez."
        )
    return years


def _row(
    grid: Grid, kind: str, key: str, title: str, by_name: Mapping[str, str], organisations: Mapping[str, Organisation]
) -> Row | CostRow | None:
    rows: list[Row] | list[CostRow] = grid.costs if kind == searchable(COST) else grid.rows
    wanted = searchable(title)
    for row in rows:
        if row.key == key and key:
            return row
    if key:
        return None
    for row in rows:
        name = row.title if isinstance(row, CostRow) else row.label
        if searchable(name) == wanted:
            return row
    financer = by_name.get(wanted)
    if kind == searchable(SHARE) and financer:
        grid.rows.append(Row(NEW, organisations[financer].label, financer=financer))
        return grid.rows[-1]
    return None


def _write(
    found: Imported, row: Row | CostRow, line: int, year: int, text: str, note: str | None, editable: set[int]
) -> None:
    cell = row.cells.get(year) or CellState()
    title = row.title if isinstance(row, CostRow) else row.label
    given = _bare(text)
    changes = []
    if not _same(cell.text, given):
        changes.append(CellChange(title, year, cell.text, given))
    if note is not None and clean(note) != clean(cell.note):
        changes.append(CellChange(title, year, cell.note, _bare(note), note=True))
    if not changes:
        found.unchanged += 1
        return
    if year not in editable:
        found.errors.append(
            f"Ligne {line}, colonne {year} : le plan {year} est arrêté ou engagé, ses montants ne changent plus. "
            f"Remettez « {cell.text or '(vide)'} »."
        )
        return
    found.changes += changes
    row.cells[year] = CellState(given, _bare(note) if note is not None else cell.note)


def _bare(text: str) -> str:
    """Without the apostrophe our files put before what a spreadsheet would take for a formula."""
    return clean(text[1:] if text.startswith("'") else text)


def _same(before: str, after: str) -> bool:
    """« 17 500 » and the number 17500 a spreadsheet made of it are the same."""

    def plain(text: str) -> str:
        squeezed = clean(text).replace(" ", "").replace(".", ",")
        return re.sub(r",(\d)$", r",\g<1>0", squeezed).removesuffix(",00")

    return clean(before) == clean(after) or plain(before) == plain(after)
