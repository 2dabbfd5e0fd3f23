"""One column of the grid, as the plan it makes; every mistake located by row and year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from funding.adapter import CostData, PlanData, ShareData
from funding.editor import USUAL_SOURCE
from funding.enums import ShareMode, Source
from funding.grid.cells import CellError, cell_text, clean, parse_amount, parse_cell, updated
from funding.grid.state import CostRow, Grid, Row, cost_keys, share_keys
from parties.enums import OrganisationKind
from parties.models import Organisation


@dataclass(frozen=True)
class GridError:
    """What is wrong, where: ``row`` is the row's rank among costs or shares ("" section: the whole year)."""

    section: str  # "c" a cost, "s" a share, "" the plan of the year
    row: int
    year: int
    title: str
    message: str

    def __str__(self) -> str:
        return f"{self.title}, {self.year} : {self.message}"


@dataclass
class Reading:
    """The plans a grid makes, by year, and what could not be read."""

    data: dict[int, PlanData] = field(default_factory=dict)
    errors: list[GridError] = field(default_factory=list)


def read_grid(grid: Grid, stored: Mapping[int, PlanData], organisations: Mapping[str, Organisation]) -> Reading:
    """Each year's plan: the stored one with what the cells say. Unreadable cells keep the stored value and are errors.

    A plan whose cells all say what is stored comes out equal to the stored one.
    """
    reading = Reading()
    bodies = {org.uuid.hex: org for org in organisations.values()}
    for share in (s for data in stored.values() for s in data.all_shares()):
        if share.financer is not None:
            bodies.setdefault(share.financer.uuid.hex, share.financer)
    for year, data in stored.items():
        reading.data[year] = _Column(grid, year, data, stored, bodies, reading.errors).plan()
    return reading


class _Column:
    def __init__(
        self,
        grid: Grid,
        year: int,
        data: PlanData,
        stored: Mapping[int, PlanData],
        bodies: Mapping[str, Organisation],
        errors: list[GridError],
    ) -> None:
        self.grid, self.year, self.data, self.bodies, self.errors = grid, year, data, bodies, errors
        self.elsewhere: dict[str, ShareData] = {}
        for other, plan in stored.items():
            if other != year:
                self.elsewhere.update(share_keys(plan))
        self.refs = {share.ref for share in data.all_shares()}

    def plan(self) -> PlanData:
        costs, shares = self._costs(), self._shares()
        refs = {share.ref for top in shares for share in (top, *top.children)}
        residue = self.data.residue_ref if self.data.residue_ref in refs else ""
        return replace(self.data, costs=costs, shares=shares, residue_ref=residue)

    # --- Costs --------------------------------------------------------------------------------------------------------

    def _costs(self) -> tuple[CostData, ...]:
        stored = dict(cost_keys(self.data))
        found: list[CostData] = []
        for rank, row in enumerate(self.grid.costs):
            before = stored.pop(row.key, None)
            cell = row.cells.get(self.year)
            if cell is None:
                found += [before] if before else []
                continue
            try:
                amount = parse_amount(cell.text) if clean(cell.text) else None
            except CellError as error:
                self._error("c", rank, row, str(error))
                found += [before] if before else []
                continue
            if amount is not None:
                base = before or CostData(row.kind, row.label)
                found.append(base if base.amount == amount else replace(base, amount=amount))
        order = {cost: rank for rank, (_, cost) in enumerate(cost_keys(self.data))}
        kept = [*found, *stored.values()]
        return tuple(sorted(kept, key=lambda cost: order.get(cost, len(order))))

    # --- Shares -------------------------------------------------------------------------------------------------------

    def _shares(self) -> tuple[ShareData, ...]:
        rows = {row.key: (rank, row) for rank, row in enumerate(self.grid.rows) if not row.is_new}
        top = self._level(self.data.shares, "", rows)
        new = [self._new(rank, row) for rank, row in enumerate(self.grid.rows) if row.is_new]
        return (*top, *(share for share in new if share is not None))

    def _level(
        self, shares: tuple[ShareData, ...], prefix: str, rows: Mapping[str, tuple[int, Row]]
    ) -> list[ShareData]:
        """The shares of one level: those of the plan in its order, then those only the grid has."""
        here = {
            key: share
            for key, share in share_keys(self.data)
            if key.rpartition("/")[0] == prefix.removesuffix("/") and share in shares
        }
        found = []
        for key, share in here.items():
            rank, row = rows.get(key, (-1, None))
            kept = share if row is None else self._existing(rank, row, share)
            if kept is None:
                continue
            if share.children:
                members = self._level(share.children, f"{key}/", rows)
                if not members:
                    self._error(
                        "s", rank, row or Row(key, share.title), "ce bloc n'a plus aucun membre cette année-là."
                    )
                    members = list(share.children)
                children = tuple(members)
                kept = kept if children == share.children else replace(kept, children=children)
            found.append(kept)
        for key, (rank, row) in rows.items():
            added = key not in here and key.startswith(prefix) and "/" not in key[len(prefix) :]
            gained = self._added(rank, row, rows) if added else None
            if gained is not None:
                found.append(gained)
        return found

    def _existing(self, rank: int, row: Row, share: ShareData) -> ShareData | None:
        state = row.cells.get(self.year)
        if state is None:
            return share
        noted = share if state.note == share.footnote else replace(share, footnote=state.note.strip())
        if clean(state.text) == cell_text(share):
            return noted
        try:
            cell = parse_cell(state.text)
        except CellError as error:
            self._error("s", rank, row, str(error))
            return noted
        if cell is None:
            return None
        changed = updated(noted, cell)
        return noted if changed == noted else self._with_weight(rank, row, changed)

    def _added(self, rank: int, row: Row, rows: Mapping[str, tuple[int, Row]]) -> ShareData | None:
        """A share this year has not: the same as the row's share of another year, with what the cell says."""
        state = row.cells.get(self.year)
        if state is None or not clean(state.text):
            if state is not None and state.note.strip():
                self._error("s", rank, row, "cette note accompagne une case vide : indiquez aussi la part.")
            return None
        try:
            cell = parse_cell(state.text)
        except CellError as error:
            self._error("s", rank, row, str(error))
            return None
        if cell is None:
            return None
        pattern = self.elsewhere.get(row.key)
        if pattern is None:
            self._error("s", rank, row, "ce financeur n'est plus dans le tableau : ajoutez-le de nouveau.")
            return None
        base = replace(
            pattern, ref=self._free_ref(pattern.ref), stated={}, budget_line_id=None, footnote="", percent_of="",
            children=(),
        )  # fmt: skip
        share = replace(updated(base, cell), footnote=state.note.strip())
        if row.is_group:
            members = [
                member
                for key, (at, line) in rows.items()
                if key.startswith(f"{row.key}/") and (member := self._added(at, line, rows))
            ]
            if not members:
                self._error("s", rank, row, "remplissez aussi les cases de ses membres pour cette année.")
                return None
            share = replace(share, children=tuple(members))
        return self._with_weight(rank, row, share)

    def _new(self, rank: int, row: Row) -> ShareData | None:
        state = row.cells.get(self.year)
        if state is None or not clean(state.text):
            return None
        body = self.bodies.get(row.financer.replace("-", ""))
        if body is None:
            self._error("s", rank, row, "choisissez le financeur de cette ligne.")
            return None
        try:
            cell = parse_cell(state.text)
        except CellError as error:
            self._error("s", rank, row, str(error))
            return None
        if cell is None:
            return None
        source = USUAL_SOURCE.get(OrganisationKind(body.kind), Source.OTHER)
        share = ShareData(ref=self._free_ref("p1"), financer=body, source=source, footnote=state.note.strip())
        return self._with_weight(rank, row, updated(share, cell))

    def _with_weight(self, rank: int, row: Row, share: ShareData) -> ShareData:
        if share.mode == ShareMode.KEY and share.weight is None:
            self._error("s", rank, row, "indiquez son pourcentage dans la clé, par exemple « clé 81,32 ».")
            return replace(share, weight=Decimal(0))
        return share

    def _free_ref(self, wanted: str) -> str:
        number, ref = 1, wanted
        while ref in self.refs:
            number += 1
            ref = f"p{number}"
        self.refs.add(ref)
        return ref

    def _error(self, section: str, rank: int, row: Row | CostRow, message: str) -> None:
        title = row.title if isinstance(row, CostRow) else row.label
        self.errors.append(GridError(section, rank, self.year, title, message))


def located(place: str, message: str, *, year: int, data: PlanData, grid: Grid) -> GridError:
    """A service's refusal (``shares[ref].field``, ``costs[0].field``) as an error of the grid."""
    share = re.match(r"shares\[([^\]]+)\]", place)
    cost = re.match(r"costs\[(\d+)\]", place)
    if share:
        key = next((k for k, s in share_keys(data) if s.ref == share[1]), "")
        title = next((s.title for s in data.all_shares() if s.ref == share[1]), "Part")
        rank = next((i for i, row in enumerate(grid.rows) if row.key == key), -1)
        return GridError("s", rank, year, title, message)
    if cost and int(cost[1]) < len(data.costs):
        key, found = list(cost_keys(data))[int(cost[1])]
        rank = next((i for i, row in enumerate(grid.costs) if row.key == key), -1)
        return GridError("c", rank, year, found.title, message)
    return GridError("", -1, year, "Plan", message)
