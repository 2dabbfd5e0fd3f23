"""From a plan's rows, or from what a form holds, to the input of the pure allocation.

:class:`PlanData` is the one shape in between: the editor's preview and the saved plan are computed by the same code.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from funding.allocation import Allocation, Cost, Line, Mode, Prorata, Rounding, Span, allocate, allocate_year
from funding.enums import (
    Breakdown,
    CostKind,
    KeyBasis,
    KeySource,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)
from funding.models import AllocationKeyLine, CostComponent, FundingPlan, PlanPost, Share
from funding.prorata import months_between, split_by_year
from parties.models import Organisation
from posts.models import Post

#: What hangs directly below a plan.
Row = TypeVar("Row", PlanPost, CostComponent, Share)

UNITS = {RoundingUnit.CENT: Decimal("0.01"), RoundingUnit.EURO: Decimal(1)}


@dataclass(frozen=True)
class CostData:
    """One component of the cost, euros for a full year; ``borne_by`` is the ref of the share that bears it alone."""

    kind: str = CostKind.PAYROLL
    label: str = ""
    amount: Decimal | None = None
    borne_by: str = ""

    @property
    def title(self) -> str:
        return self.label or str(CostKind(self.kind).label)


@dataclass(frozen=True)
class KeyData:
    """How the members of a group share it: typed percentages, or official populations of a vintage.

    ``stored_id`` is a key of the library, shared by plans: its own lines are then the weights.
    """

    basis: str = KeyBasis.WHOLE
    source: str = KeySource.TYPED
    vintage: int | None = None
    stored_id: int | None = None


@dataclass(frozen=True)
class ShareData:
    """One line of a plan, or a group (no financer) with its children. Euros; percentages out of 100.

    ``parts`` makes an equal share one of so many (1/3 even when the other thirds are not stated, M10).
    ``weight`` is what a key divides by (percentage or inhabitants), ``key`` how the children of a group share it.
    ``stated``, ``footnote`` and ``budget_line_id`` are carried as they are.
    """

    ref: str
    label: str = ""
    financer: Organisation | None = None
    source: str = Source.OTHER
    mode: str = ShareMode.EQUAL
    fixed_amount: Decimal | None = None
    fixed_is_annual: bool = False
    percent: Decimal | None = None
    parts: int | None = None
    percent_of: str = ""
    percent_note: str = ""
    weight: Decimal | None = None
    population: int | None = None
    key: KeyData | None = None
    footnote: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict)
    budget_line_id: int | None = None
    children: tuple[ShareData, ...] = ()

    @property
    def title(self) -> str:
        if self.label:
            return self.label
        return self.financer.label if self.financer else "Groupe"


@dataclass(frozen=True)
class PlanData:
    """Everything a person decides in a plan. Dates inclusive, within ``year``.

    ``span_start`` and ``span_end`` are the period agreed when it runs over several years (``ProrataBasis.SPAN``).
    ``post_weights``, by post id, is what a breakdown by post divides by; empty: what the posts themselves say.
    """

    label: str
    year: int
    employer: Organisation
    posts: tuple[Post, ...]
    period_start: dt.date
    period_end: dt.date
    costs: tuple[CostData, ...] = ()
    shares: tuple[ShareData, ...] = ()
    prorata: str = ProrataBasis.NONE
    rounding_unit: str = RoundingUnit.CENT
    rounding_method: str = RoundingMethod.LARGEST_REMAINDER
    residue_ref: str = ""
    note: str = ""
    span_start: dt.date | None = None
    span_end: dt.date | None = None
    breakdown: str = Breakdown.EQUAL
    post_weights: Mapping[int, Decimal] = field(default_factory=dict)

    def all_shares(self) -> Iterator[ShareData]:
        return _walk(self.shares)


def _walk(shares: Iterable[ShareData]) -> Iterator[ShareData]:
    for share in shares:
        yield share
        yield from _walk(share.children)


# --- Rows → PlanData --------------------------------------------------------------------------------------------------


def data_of(plan: FundingPlan) -> PlanData:
    """The plan as stored, in a handful of queries."""
    return data_of_plans([plan])[plan.pk]


def data_of_plans(plans: Sequence[FundingPlan]) -> dict[int, PlanData]:
    """The plans as stored, by id, in as many queries as for one. Their employer is read unless selected with them."""
    ids = [plan.pk for plan in plans]
    links = by_plan(PlanPost.objects.filter(plan__in=ids).select_related("post").order_by("pk"))
    costs = by_plan(CostComponent.objects.filter(plan__in=ids))
    shares = by_plan(Share.objects.filter(plan__in=ids).select_related("financer", "allocation_key"))
    keys = _keys_of(row for rows in shares.values() for row in rows)
    return {
        plan.pk: _data(plan, links.get(plan.pk, []), costs.get(plan.pk, []), shares.get(plan.pk, []), keys)
        for plan in plans
    }


def by_plan(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Rows gathered by the plan they hang below, in their order."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.plan_id, []).append(row)
    return found


def _data(
    plan: FundingPlan,
    links: list[PlanPost],
    costs: list[CostComponent],
    shares: list[Share],
    keys: Mapping[int, Mapping[int | None, Any]],
) -> PlanData:
    return PlanData(
        label=plan.label,
        year=plan.year,
        employer=plan.employer,
        posts=tuple(link.post for link in links),
        period_start=plan.period_start,
        period_end=plan.period_end,
        costs=tuple(CostData(c.kind, c.label, c.amount, c.borne_by) for c in costs),
        shares=_share_tree(shares, keys),
        prorata=plan.prorata,
        rounding_unit=plan.rounding_unit,
        rounding_method=plan.rounding_method,
        residue_ref=plan.residue_ref,
        note=plan.note,
        span_start=plan.span_start,
        span_end=plan.span_end,
        breakdown=plan.breakdown,
        post_weights={link.post_id: link.weight for link in links},
    )


def _share_tree(rows: list[Share], keys: Mapping[int, Mapping[int | None, Any]]) -> tuple[ShareData, ...]:
    by_parent: dict[int | None, list[Share]] = {}
    for row in sorted(rows, key=lambda s: (s.position, s.pk)):
        by_parent.setdefault(row.parent_id, []).append(row)
    key_of = {row.pk: row.allocation_key_id for row in rows}

    def build(row: Share) -> ShareData:
        children = by_parent.get(row.pk, [])
        parent_key = key_of.get(row.parent_id) if row.parent_id else None
        line = keys.get(row.allocation_key_id or parent_key or 0, {}).get(row.financer_id)
        return ShareData(
            ref=row.ref,
            label=row.label,
            financer=row.financer,
            source=row.source,
            mode=row.mode,
            fixed_amount=row.fixed_amount,
            fixed_is_annual=row.fixed_is_annual,
            percent=row.percent,
            parts=row.parts,
            percent_of=row.percent_of,
            percent_note=row.percent_note,
            weight=line.weight if line else row.percent,
            population=line.population if line else None,
            key=_key_data(row, children, keys),
            footnote=row.footnote,
            stated=row.stated,
            budget_line_id=row.budget_line_id,
            children=tuple(build(child) for child in children),
        )

    return tuple(build(row) for row in by_parent.get(None, []))


def _keys_of(rows: Iterable[Share]) -> dict[int, dict[int | None, Any]]:
    """Lines of the allocation keys in use, by key then by organisation."""
    used = {row.allocation_key_id for row in rows if row.allocation_key_id}
    found: dict[int, dict[int | None, Any]] = {}
    for line in AllocationKeyLine.objects.filter(allocation_key__in=used):
        found.setdefault(line.allocation_key_id, {})[line.organisation_id] = line
    return found


def _key_data(row: Share, children: list[Share], keys: Mapping[int, Mapping[int | None, Any]]) -> KeyData | None:
    key = row.allocation_key or next((c.allocation_key for c in children if c.allocation_key), None)
    if key is not None and (children or row.allocation_key):
        members = {child.financer_id for child in children if child.mode == ShareMode.KEY}
        # A key that divides among others too (imports allow it) gives its weights, and is not held by the block.
        stored = bool(members) and key.is_shared and members == set(keys.get(key.pk, {}))
        return KeyData(key.basis, key.source, key.vintage, key.pk if stored else None)
    return KeyData() if any(child.mode == ShareMode.KEY for child in children) else None


# --- PlanData → allocation --------------------------------------------------------------------------------------------


def prorata_of(data: PlanData) -> Prorata | None:
    """The part of the year the plan pays for; None for a full year."""
    if data.prorata == ProrataBasis.MONTHS:
        return Prorata(months_between(data.period_start, data.period_end), 12, "mois")
    if has_span(data):
        days = span_of(data).days
        due = days[str(data.year)] * _months(data) / 12
        return Prorata(due, sum(days.values()), "jours")
    if data.prorata == ProrataBasis.DAYS:
        length = 366 if calendar.isleap(data.year) else 365
        return Prorata((data.period_end - data.period_start).days + 1, length, "jours")
    return None


def span_of(data: PlanData) -> Span:
    """The agreed period cut by calendar year, and the plan's own year. Raises ``ValueError`` without its dates."""
    if data.span_start is None or data.span_end is None:
        raise ValueError("a plan over several years needs the dates agreed")
    days = {str(part.year): part.days for part in split_by_year(data.span_start, data.span_end)}
    return Span(days, str(data.year))


def _months(data: PlanData) -> Fraction:
    """Months of the agreed period: costs are yearly, whatever it lasts."""
    assert data.span_start is not None
    assert data.span_end is not None
    return months_between(data.span_start, data.span_end)


def has_span(data: PlanData) -> bool:
    """Whether the plan pays its year of a longer period, whose dates are known and hold that year."""
    if data.prorata != ProrataBasis.SPAN or data.span_start is None or data.span_end is None:
        return False
    return data.span_start <= data.span_end and data.span_start.year <= data.year <= data.span_end.year


def costs_of(data: PlanData) -> list[Cost]:
    return [
        Cost(f"c{rank}", cost.kind, cost.title, cost.amount, cost.borne_by or None)  # type: ignore[arg-type]
        for rank, cost in enumerate(data.costs, start=1)
    ]


def line_of(share: ShareData) -> Line:
    keyed = share.mode == ShareMode.KEY
    return Line(
        ref=share.ref,
        label=share.title,
        mode=Mode.PERCENTAGE if share.mode == ShareMode.SCHEDULE else share.mode,  # type: ignore[arg-type]
        children=tuple(line_of(child) for child in share.children),
        fixed=share.fixed_amount,
        annual=share.fixed_is_annual,
        percent=share.percent if share.mode in (ShareMode.PERCENTAGE, ShareMode.SCHEDULE) else None,
        note=share.percent_note if share.mode == ShareMode.SCHEDULE else "",
        of=share.percent_of or None,
        weight=share.weight if keyed else None,
        parts=share.parts if share.mode == ShareMode.EQUAL else None,
    )


def allocate_data(data: PlanData) -> Allocation:
    """Compute a plan, saved or not. Never raises on what a person may have typed: see ``problems``."""
    rounding = Rounding(UNITS[RoundingUnit(data.rounding_unit)], data.rounding_method, data.residue_ref or None)  # type: ignore[arg-type]
    lines = [line_of(share) for share in data.shares]
    if data.prorata != ProrataBasis.SPAN:
        return allocate(costs_of(data), lines, rounding, prorata_of(data))
    if not has_span(data):
        return allocate(costs_of(data), lines, rounding)
    months = _months(data)
    return allocate_year(
        costs_of(data), lines, rounding, span_of(data), None if months == 12 else Prorata(months, 12, "mois")
    )
