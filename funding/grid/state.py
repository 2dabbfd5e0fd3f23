"""What the grid holds, as text: its rows, its years, what is written in each cell, where it comes from.

A row is a financer (or a block of financers, or a member of one) over all years. Shares of different years are on the
same row when they have the same financer in the same block; a financer with two shares has two rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from core.errors import InvalidInput
from funding.adapter import CostData, PlanData, ShareData, data_of
from funding.enums import CostKind
from funding.grid.cells import amount_text, cell_text, clean, split_block
from funding.models import FundingPlan
from parties.models import Organisation
from parties.models.reference import searchable

NEW = "new"
MOST_ROWS = 200


@dataclass
class CellState:
    """What is written: the cell's text and its footnote."""

    text: str = ""
    note: str = ""


@dataclass
class Row:
    """One financer, block or member. ``key`` says which; a new one has ``financer`` (uuid) chosen in a list."""

    key: str
    label: str = ""
    financer: str = ""
    is_group: bool = False
    cells: dict[int, CellState] = field(default_factory=dict)

    @property
    def level(self) -> int:
        return self.key.count("/")

    @property
    def is_new(self) -> bool:
        return self.key == NEW

    def cell(self, year: int) -> CellState:
        return self.cells.setdefault(year, CellState())


@dataclass
class CostRow:
    """One component of the cost, euros for a full year, over all years."""

    key: str
    kind: str = CostKind.PAYROLL
    label: str = ""
    cells: dict[int, CellState] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.key == NEW

    @property
    def title(self) -> str:
        return self.label or str(CostKind(self.kind).label)

    def cell(self, year: int) -> CellState:
        return self.cells.setdefault(year, CellState())


@dataclass
class Grid:
    """Everything written. ``versions`` are those of the plans when the page was opened, ``opened`` their texts then."""

    years: list[int]
    costs: list[CostRow] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Every cell by its address, as it is compared: « 2024|f.…|note » → text."""
        found = {}
        lines: list[Row | CostRow] = [*self.costs, *self.rows]
        for row in lines:
            for year, cell in row.cells.items():
                found[f"{year}|{row.key}"] = clean(cell.text)
                if cell.note:
                    found[f"{year}|{row.key}|note"] = clean(cell.note)
        return {place: text for place, text in found.items() if text}


# --- Keys -------------------------------------------------------------------------------------------------------------


def share_keys(data: PlanData) -> Iterator[tuple[str, ShareData]]:
    """Each share of a plan with the key of its row, in the plan's order."""
    yield from _keys(data.shares, "")


def _keys(shares: Sequence[ShareData], prefix: str) -> Iterator[tuple[str, ShareData]]:
    counts: dict[str, int] = {}
    for share in shares:
        base = f"{prefix}{share_name(share)}"
        counts[base] = counts.get(base, 0) + 1
        key = f"{base}.{counts[base]}"
        yield key, share
        yield from _keys(share.children, f"{key}/")


def share_name(share: ShareData) -> str:
    if share.financer is not None:
        return f"f.{share.financer.uuid.hex}"
    return f"g.{searchable(share.title).replace(' ', '-')[:40]}"


def cost_keys(data: PlanData) -> Iterator[tuple[str, CostData]]:
    """Each component of the cost with the key of its row."""
    counts: dict[str, int] = {}
    for cost in data.costs:
        base = f"c.{cost.kind}.{searchable(cost.label).replace(' ', '-')[:40]}"
        counts[base] = counts.get(base, 0) + 1
        yield f"{base}.{counts[base]}", cost


# --- From plans -------------------------------------------------------------------------------------------------------


def stored_grid(plans: Sequence[FundingPlan], data: Mapping[int, PlanData] | None = None) -> Grid:
    """The grid of stored plans, one per year; ``data`` by year when it was read already."""
    data = data or {plan.year: data_of(plan) for plan in plans}
    grid = grid_of(data)
    grid.versions = {plan.year: plan.version for plan in plans}
    grid.opened = grid.texts()
    return grid


def grid_of(data: Mapping[int, PlanData]) -> Grid:
    """The grid of plans, one per year, stored or computed."""
    grid = Grid(years=sorted(data))
    rows: dict[str, Row] = {}
    costs: dict[str, CostRow] = {}
    for year in grid.years:
        for key, cost in cost_keys(data[year]):
            line = costs.setdefault(key, CostRow(key, cost.kind, cost.label))
            line.cells[year] = CellState("" if cost.amount is None else amount_text(cost.amount))
        for key, share in share_keys(data[year]):
            row = rows.setdefault(key, Row(key, share.title, is_group=share.financer is None))
            row.cells[year] = CellState(cell_text(share), share.footnote)
    grid.costs, grid.rows = list(costs.values()), _with_members_after(list(rows.values()))
    return grid


def _with_members_after(rows: list[Row]) -> list[Row]:
    """A member that only a later year has stands under its block, not at the end."""
    top = [row for row in rows if not row.level]
    return [line for row in top for line in (row, *(r for r in rows if r.key.startswith(f"{row.key}/")))]


# --- From a browser ---------------------------------------------------------------------------------------------------


def posted_grid(post: QueryDict, stored: Grid, organisations: Mapping[str, Organisation], editable: set[int]) -> Grid:
    """What a browser sent for the years one may write in; rows that no longer exist stay, as typed.

    What it sends of another year is not read: those cells are the stored ones.
    """
    grid = Grid(years=stored.years)
    grid.versions = {year: _number(post.get(f"v-{year}", "")) for year in stored.years}
    grid.opened = _opened(post.get("opened", ""))
    known = {row.key: row for row in stored.rows}
    known_costs = {row.key: row for row in stored.costs}
    for i, key in _numbered(post, "cost"):
        base = known_costs.get(key)
        kind = base.kind if base else post.get(f"kind-{i}", "")
        line = CostRow(key, kind if kind in CostKind.values else CostKind.OTHER, base.label if base else "")
        line.label = line.label or (post.get(f"label-{i}", "") if line.is_new else "")
        line.cells = {y: CellState(post.get(f"k-{i}-{y}", "")) for y in editable if f"k-{i}-{y}" in post}
        grid.costs.append(line)
    for i, key in _numbered(post, "row"):
        before = known.get(key)
        row = Row(key, before.label if before else _label(key, organisations), is_group=_is_group(key))
        if row.is_new:
            row.financer = post.get(f"fin-{i}", "")
            row.label = organisations[row.financer].label if row.financer in organisations else "Nouveau financeur"
        for year in editable:
            if f"c-{i}-{year}" in post:
                row.cells[year] = CellState(post.get(f"c-{i}-{year}", ""), post.get(f"n-{i}-{year}", ""))
        grid.rows.append(row)
    _complete_with_frozen(grid, stored)
    return grid


def _complete_with_frozen(grid: Grid, stored: Grid) -> None:
    """Cells without a field (frozen years, a year just added) are those of the stored plans; rows too."""
    for ours, theirs in ((grid.costs, stored.costs), (grid.rows, stored.rows)):
        mine: dict[str, Any] = {row.key: row for row in ours}
        for row in theirs:
            if row.key not in mine:
                ours.append(row)  # type: ignore[arg-type]
                continue
            for year, cell in row.cells.items():
                mine[row.key].cells.setdefault(year, cell)
    grid.rows = _with_members_after(grid.rows)


def _numbered(post: QueryDict, name: str) -> list[tuple[int, str]]:
    numbers = sorted(int(m[1]) for key in post for m in [re.fullmatch(rf"{name}-(\d{{1,4}})", key)] if m)[:MOST_ROWS]
    found: dict[str, int] = {}
    kept = []
    for i in numbers:
        key = post.get(f"{name}-{i}", "")
        # A key stands once: a page sent by anything but our form does not make two rows of one.
        if key == NEW or found.setdefault(key, i) == i:
            kept.append((i, key))
    return kept


def _opened(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _is_group(key: str) -> bool:
    return key.rpartition("/")[2].startswith("g.")


def _label(key: str, organisations: Mapping[str, Organisation]) -> str:
    found = re.search(r"f\.([0-9a-f]{32})\.\d+$", key)
    body = next((o for o in organisations.values() if found and o.uuid.hex == found[1]), None)
    return body.label if body else "Financeur retiré"


# --- Gestures ---------------------------------------------------------------------------------------------------------


def paste(grid: Grid, *, block: str, row: int, year: int, editable: set[int]) -> int:
    """Write a block copied from a spreadsheet into the shares, from row number ``row`` (0 first) and ``year``.

    Gives the number of cells written. Raises :class:`InvalidInput` when it does not fit, before anything is written;
    what a cell holds is judged later, with everything else.
    """
    lines = split_block(block)
    years = [y for y in grid.years if y >= year]
    width, height = max(len(line) for line in lines), len(lines)
    if not 0 <= row < len(grid.rows) or year not in grid.years:
        raise InvalidInput("Choisissez la case où commence le bloc.", place="paste")
    if height > len(grid.rows) - row:
        raise InvalidInput(
            f"Le bloc compte {height} lignes, il n'en reste que {len(grid.rows) - row} à partir de "
            f"« {grid.rows[row].label} » : ajoutez des financeurs ou collez moins de lignes.",
            place="paste",
        )
    if width > len(years):
        raise InvalidInput(
            f"Le bloc compte {width} colonnes, il n'en reste que {len(years)} à partir de {year} : "
            "ajoutez une année ou collez moins de colonnes.",
            place="paste",
        )
    closed = [y for y in years[:width] if y not in editable]
    if closed:
        raise InvalidInput(f"{closed[0]} ne se modifie plus : son plan est arrêté ou engagé.", place="paste")
    for line, target in zip(lines, grid.rows[row : row + height], strict=True):
        for text, y in zip(line, years, strict=False):
            target.cell(y).text = text
    return sum(len(line) for line in lines)


def merged(typed: Grid, stored: Grid) -> list[str]:
    """After somebody else's save: keep what was typed, take their value where nothing was. Gives the conflicts' places.

    ``typed`` is changed in place and takes the stored versions.
    """
    theirs, before = stored.texts(), typed.opened
    conflicts = []
    lines: list[Row | CostRow] = [*typed.costs, *typed.rows]
    for row in lines:
        for year, cell in row.cells.items():
            for suffix, name in (("", "text"), ("|note", "note")):
                place = f"{year}|{row.key}{suffix}"
                now, was, mine = theirs.get(place, ""), before.get(place, ""), clean(getattr(cell, name))
                if now in (was, mine):
                    continue
                if mine == was:
                    setattr(cell, name, now)
                else:
                    conflicts.append(place)
    typed.versions, typed.opened = dict(stored.versions), theirs
    return conflicts
