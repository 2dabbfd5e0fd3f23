"""A plan as a table: the one reading that pages, documents and exports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.french import date_long
from core.money import euros
from funding import workflow
from funding.adapter import CostData, PlanData, ShareData, allocate_data, data_of, has_span
from funding.allocation import Allocation
from funding.breakdown import PostBreakdown, breakdown_of
from funding.checks.facts import StatedTotal, read_amount, read_stated_total
from funding.enums import CostKind, ShareMode, Source
from funding.models import FundingPlan
from funding.prorata import split_by_year
from parties.models import Organisation


@dataclass(frozen=True)
class PlanRow:
    """One line of the table. ``level`` is 1 inside a group; ``travel`` is what is borne on top of the share. Euros."""

    ref: str
    label: str
    financer: Organisation | None
    source: str
    mode: str
    rule: str
    level: int
    is_group: bool
    is_employer: bool
    amount: Decimal | None
    travel: Decimal
    explanation: str
    changed: str
    stated: Decimal | None
    stated_text: str
    footnote: str
    note_number: int | None

    @property
    def full_name(self) -> str:
        """« communauté de communes du Sud-Artois »: the financer's full official name, the label for a group."""
        return self.financer.french.text if self.financer else self.label

    @property
    def why(self) -> dict[str, str]:
        """What stands behind the amount, as ``ui_amount`` shows it."""
        return {"formula": self.explanation, "changed": self.changed}

    @property
    def difference(self) -> Decimal | None:
        """Stated minus computed, when both are known and differ."""
        if self.stated is None or self.amount is None or self.stated == self.amount:
            return None
        return self.stated - self.amount

    @property
    def difference_words(self) -> str:
        gap = self.difference
        if gap is None:
            return ""
        return f"{euros(gap)} de plus que le calcul" if gap > 0 else f"{euros(-gap)} de moins que le calcul"

    @property
    def printed(self) -> Decimal | None:
        return self.amount if self.amount is not None else self.stated


@dataclass(frozen=True)
class CostRow:
    label: str
    kind: str
    annual: Decimal | None
    amount: Decimal | None
    borne_by: str
    explanation: str


@dataclass(frozen=True)
class YearRow:
    """One calendar year of the period agreed: its dates, days, and what all the shares make in it. Euros."""

    year: int
    start: dt.date
    end: dt.date
    days: int
    amount: Decimal
    current: bool


@dataclass(frozen=True)
class PlanTable:
    """``total`` is the cost when known; ``covered`` what the shares pay; ``imbalance`` the first minus the second."""

    plan: FundingPlan | None
    rows: tuple[PlanRow, ...]
    costs: tuple[CostRow, ...]
    total: Decimal | None
    covered: Decimal
    imbalance: Decimal | None
    balanced: bool
    problems: tuple[str, ...]
    roundings: tuple[str, ...]
    stated_total: StatedTotal | None
    footnotes: tuple[tuple[int, str], ...]
    by_post: PostBreakdown | None = None
    years: tuple[YearRow, ...] = ()

    @property
    def has_stated(self) -> bool:
        return any(row.stated is not None for row in self.rows)

    @property
    def years_total(self) -> Decimal:
        return sum((row.amount for row in self.years), Decimal(0))

    @property
    def post_rows(self) -> list[tuple[PlanRow, list[Decimal]]]:
        """The lines with their part of each post, in the order of the posts."""
        if self.by_post is None:
            return []
        parts = self.by_post.parts
        return [
            (row, [parts[row.ref][post.pk] for post in self.by_post.posts]) for row in self.rows if row.ref in parts
        ]

    @property
    def post_totals(self) -> list[Decimal]:
        return [self.by_post.totals[post.pk] for post in self.by_post.posts] if self.by_post else []

    @property
    def balance_words(self) -> str:
        """The state of the balance in one sentence, for screens and readers who do not see colours."""
        if self.balanced:
            return f"Le plan est équilibré : les parts couvrent exactement {euros(self.total or Decimal(0))}."
        if self.imbalance is None:
            return f"Les parts connues font {euros(self.covered)}. L'équilibre attend le coût du poste."
        if self.imbalance > 0:
            return f"Il manque {euros(self.imbalance)} pour couvrir le coût de {euros(self.total or Decimal(0))}."
        if self.imbalance < 0:
            return f"Les parts dépassent le coût de {euros(-self.imbalance)}."
        return "Une part n'est pas encore calculable."


def plan_result(plan: FundingPlan) -> Allocation:
    """The allocation of a stored plan, computed now from its rows."""
    return allocate_data(data_of(plan))


def plan_table(plan: FundingPlan) -> PlanTable:
    """The table of a stored plan."""
    return table_of(data_of(plan), plan=plan, stated=plan.stated)


def table_of(data: PlanData, *, plan: FundingPlan | None = None, stated: Mapping[str, Any] | None = None) -> PlanTable:
    """The table of a plan, stored or being typed."""
    result = allocate_data(data)
    by_post = breakdown_of(data, result)
    rows: list[PlanRow] = []
    footnotes: list[tuple[int, str]] = []
    changed = last_change(plan) if plan is not None else ""

    def add(share: ShareData, level: int) -> None:
        number = None
        if share.footnote:
            number = len(footnotes) + 1
            footnotes.append((number, share.footnote))
        detail = by_post.words(share.ref) if by_post else ""
        rows.append(_row(share, level, number, data, result, changed, detail))
        for child in share.children:
            add(child, level + 1)

    for share in data.shares:
        add(share, 0)
    titles = {share.ref: share.title for share in data.all_shares()}
    costs = zip(data.costs, result.costs, strict=True)
    return PlanTable(
        plan=plan,
        rows=tuple(rows),
        costs=tuple(
            _cost_row(cost, titles.get(cost.borne_by, ""), found.amount, found.explanation) for cost, found in costs
        ),
        total=result.total_cost,
        covered=result.total_shares,
        imbalance=result.imbalance,
        balanced=result.balanced,
        problems=tuple(problem.message for problem in result.problems),
        roundings=tuple(residue.message for residue in result.residues),
        stated_total=read_stated_total(stated or {}),
        footnotes=tuple(footnotes),
        by_post=by_post,
        years=year_rows(data),
    )


def year_rows(data: PlanData) -> tuple[YearRow, ...]:
    """The period agreed over several years, year by year; empty for a plan of its own year only."""
    if not has_span(data) or data.span_start is None or data.span_end is None:
        return ()
    rows = []
    for part in split_by_year(data.span_start, data.span_end):
        year = replace(data, year=part.year, period_start=part.start, period_end=part.end)
        total = allocate_data(year).total_shares
        rows.append(YearRow(part.year, part.start, part.end, part.days, total, part.year == data.year))
    return tuple(rows)


def _cost_row(cost: CostData, bearer: str, amount: Decimal | None, explanation: str) -> CostRow:
    return CostRow(cost.title, str(CostKind(cost.kind).label), cost.amount, amount, bearer, explanation)


def last_change(plan: FundingPlan) -> str:
    """Who last wrote the figures, and when; empty for a plan nobody touched since its import."""
    event = plan.events.filter(act__in=[workflow.CREATED, workflow.EDITED]).order_by("-pk").first()
    if event is None:
        return ""
    return f"Plan enregistré par {event.by_label}, le {date_long(timezone.localdate(event.created_at))}."


def _row(
    share: ShareData, level: int, number: int | None, data: PlanData, result: Allocation, changed: str, by_post: str
) -> PlanRow:
    line = result.lines[share.ref]
    return PlanRow(
        ref=share.ref,
        label=share.title,
        financer=share.financer,
        source=str(Source(share.source).label) if share.financer else "",
        mode=share.mode,
        rule=str(ShareMode(share.mode).label),
        level=level,
        is_group=bool(share.children),
        is_employer=share.financer is not None and share.financer.pk == data.employer.pk,
        amount=line.amount,
        travel=line.borne,
        explanation=f"{line.explanation}. {by_post}" if by_post else line.explanation,
        changed=changed,
        stated=read_amount(share.stated.get("amount")),
        stated_text=str(share.stated.get("text") or ""),
        footnote=share.footnote,
        note_number=number,
    )
