"""The grid as the page, the sheet and the print show it: texts, amounts, totals, balances, notes, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.french import lower_first
from core.money import euros
from funding.adapter import PlanData, allocate_data
from funding.allocation import Allocation
from funding.enums import CostKind, ShareMode
from funding.grid.columns import GridError, Reading
from funding.grid.state import CostRow, Grid, Row, cost_keys, share_keys
from funding.models import FundingPlan


@dataclass
class CellView:
    """One cell. ``id`` ends every identifier of its parts: « s3-2024 ». Euros."""

    id: str
    year: int
    name: str
    note_name: str
    label: str
    text: str
    note: str
    editable: bool
    amount: Decimal | None = None
    mode: str = ""
    explanation: str = ""
    note_number: int | None = None
    error: str = ""
    theirs: str = ""

    @property
    def described_by(self) -> str:
        parts = [f"e-{self.id}"] if self.error else []
        return " ".join([*parts, f"m-{self.id}"])


@dataclass
class RowView:
    """One row: its place in the form (``rank``), its title, its cells, its total over the years (euros)."""

    rank: int
    key: str
    title: str
    level: int
    is_group: bool
    is_new: bool
    cells: list[CellView]
    financer: str = ""
    kind: str = ""
    total: Decimal | None = None


@dataclass
class YearView:
    """One column: its plan, and what it comes to. ``imbalance``: cost minus shares; None without a known cost."""

    year: int
    plan: FundingPlan | None
    editable: bool
    cost: Decimal | None
    covered: Decimal
    imbalance: Decimal | None
    balanced: bool
    problems: tuple[str, ...]
    data: PlanData

    @property
    def words(self) -> str:
        if self.imbalance is None:
            return "Coût inconnu"
        if self.imbalance > 0:
            return f"Il manque {euros(self.imbalance)}"
        if self.imbalance < 0:
            return f"{euros(-self.imbalance)} de trop"
        return "Équilibré" if self.balanced else "Incomplet"

    @property
    def tone(self) -> str:
        if self.balanced:
            return "success"
        return "warning" if not self.imbalance else "danger"


@dataclass
class GridView:
    years: list[YearView]
    costs: list[RowView]
    rows: list[RowView]
    notes: list[tuple[int, str]]
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def cost(self) -> Decimal | None:
        """The whole cost, unless a year's is unknown."""
        known = [year.cost for year in self.years]
        return None if any(cost is None for cost in known) else sum((c for c in known if c is not None), Decimal(0))

    @property
    def covered(self) -> Decimal:
        return sum((year.covered for year in self.years), Decimal(0))

    @property
    def imbalance(self) -> Decimal | None:
        return None if self.cost is None else self.cost - self.covered

    @property
    def balanced(self) -> bool:
        return all(year.balanced for year in self.years)

    @property
    def words(self) -> str:
        """The state of the whole in one sentence."""
        if self.balanced:
            return f"Toutes les années sont équilibrées : les parts couvrent exactement {euros(self.covered)}."
        told = "; ".join(f"{y.year} : {lower_first(y.words)}" for y in self.years if not y.balanced)
        return f"À équilibrer – {told}.".replace("; ", " ; ")


def grid_view(
    grid: Grid,
    reading: Reading,
    plans: Sequence[FundingPlan],
    *,
    editable: set[int],
    errors: Sequence[GridError] = (),
    theirs: Mapping[str, str] | None = None,
) -> GridView:
    """The grid with its figures. ``editable``: years one may write in. ``theirs``: conflicts, place → their text."""
    found = {year: allocate_data(data) for year, data in reading.data.items()}
    by_year = {plan.year: plan for plan in plans}
    years = [
        _year(year, reading.data[year], result, by_year.get(year), year in editable) for year, result in found.items()
    ]
    mistakes = {(e.section, e.row, e.year): e.message for e in errors}
    build = _Builder(grid, reading, found, editable, mistakes, theirs or {})
    view = GridView(years, build.costs(), build.rows(), [])
    _number_notes(view)
    view.errors = [(str(e), _target(e)) for e in errors]
    return view


def _target(error: GridError) -> str:
    return f"f-{error.section}{error.row}-{error.year}" if error.section and error.row >= 0 else ""


def _year(year: int, data: PlanData, result: Allocation, plan: FundingPlan | None, editable: bool) -> YearView:
    return YearView(
        year, plan, editable, result.total_cost, result.total_shares, result.imbalance, result.balanced,
        tuple(problem.message for problem in result.problems), data,
    )  # fmt: skip


class _Builder:
    def __init__(
        self,
        grid: Grid,
        reading: Reading,
        results: Mapping[int, Allocation],
        editable: set[int],
        mistakes: Mapping[tuple[str, int, int], str],
        theirs: Mapping[str, str],
    ) -> None:
        self.grid, self.results, self.editable = grid, results, editable
        self.mistakes, self.theirs = mistakes, theirs
        self.refs = {y: {k: s.ref for k, s in share_keys(d)} for y, d in reading.data.items()}
        self.modes = {y: {s.ref: s.mode for s in d.all_shares()} for y, d in reading.data.items()}
        self.cost_ranks = {y: {k: n for n, (k, _) in enumerate(cost_keys(d))} for y, d in reading.data.items()}

    def costs(self) -> list[RowView]:
        return [self._cost(rank, row) for rank, row in enumerate(self.grid.costs)]

    def rows(self) -> list[RowView]:
        return [self._share(rank, row) for rank, row in enumerate(self.grid.rows)]

    def _cost(self, rank: int, row: CostRow) -> RowView:
        cells = []
        for year in self.grid.years:
            cell = self._cell("c", rank, year, row, f"k-{rank}-{year}")
            at = self.cost_ranks[year].get(row.key)
            if at is None and row.is_new and cell.text:
                at = self._new_cost(year, row)
            if at is not None:
                result = self.results[year].costs[at]
                cell.amount, cell.explanation = result.amount, result.explanation
                cell.mode = f"Supporté par {result.borne_by}" if result.borne_by else ""
            cells.append(cell)
        view = RowView(rank, row.key, row.title, 0, False, row.is_new, cells, kind=row.kind)
        view.total = _sum(cells)
        return view

    def _new_cost(self, year: int, row: CostRow) -> int | None:
        prefix = f"c.{row.kind}."
        known = {r.key for r in self.grid.costs}
        return next((n for k, n in self.cost_ranks[year].items() if k.startswith(prefix) and k not in known), None)

    def _share(self, rank: int, row: Row) -> RowView:
        cells = []
        for year in self.grid.years:
            cell = self._cell("s", rank, year, row, f"c-{rank}-{year}")
            ref = self.refs[year].get(row.key) or (self._new_ref(year, row) if row.is_new and cell.text else None)
            if ref is not None:
                line = self.results[year].lines[ref]
                cell.amount, cell.explanation = line.amount, line.explanation
                cell.mode = str(ShareMode(self.modes[year][ref]).label)
            cells.append(cell)
        view = RowView(rank, row.key, row.label, row.level, row.is_group, row.is_new, cells, financer=row.financer)
        view.total = _sum(cells)
        return view

    def _new_ref(self, year: int, row: Row) -> str | None:
        wanted, known = row.financer.replace("-", ""), {r.key for r in self.grid.rows}
        keys = [key for key in self.refs[year] if key.startswith(f"f.{wanted}.") and key not in known]
        return self.refs[year][keys[0]] if keys and wanted else None

    def _cell(self, section: str, rank: int, year: int, row: Row | CostRow, name: str) -> CellView:
        state = row.cells.get(year)
        title = row.title if isinstance(row, CostRow) else row.label
        return CellView(
            id=f"{section}{rank}-{year}",
            year=year,
            name=name,
            note_name=f"n-{rank}-{year}" if section == "s" else "",
            label=f"{title}, {year}",
            text=state.text if state else "",
            note=state.note if state else "",
            editable=year in self.editable,
            error=self.mistakes.get((section, rank, year), ""),
            theirs=self.theirs.get(f"{year}|{row.key}", ""),
        )


def _sum(cells: Sequence[CellView]) -> Decimal | None:
    known = [cell.amount for cell in cells if cell.amount is not None]
    return sum(known, Decimal(0)) if known else None


def _number_notes(view: GridView) -> None:
    """Footnotes numbered in reading order; the same sentence has one number."""
    numbers: dict[str, int] = {}
    for row in view.rows:
        for cell in row.cells:
            note = cell.note.strip()
            if note:
                cell.note_number = numbers.setdefault(note, len(numbers) + 1)
    view.notes = [(number, text) for text, number in numbers.items()]


def kinds() -> list[tuple[str, Any]]:
    """The natures of a cost, for a new row."""
    return list(CostKind.choices)
