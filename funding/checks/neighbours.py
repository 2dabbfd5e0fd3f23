"""What a plan is compared with: the same posts' other plans, the years of one period, the announced rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.urls import reverse

from funding.adapter import PlanData, allocate_data, has_span
from funding.enums import CostKind, ShareMode
from funding.models import FundingPlan, StateRate
from funding.prorata import split_by_year


@dataclass(frozen=True)
class CostScope:
    """What the cost of a plan is made of: kinds shared by all, kinds one financer bears, and what its total covers."""

    label: str
    year: int
    shared: frozenset[str]
    borne: frozenset[str]
    with_travel: bool | None = None

    @property
    def words(self) -> str:
        kinds = [str(CostKind(kind).label).lower() for kind in sorted(self.shared)]
        kinds += [f"{str(CostKind(kind).label).lower()} (à la charge d'un seul)" for kind in sorted(self.borne)]
        return ", ".join(kinds) or "aucun coût indiqué"


@dataclass(frozen=True)
class OtherPlan:
    """A plan that pays one of the same posts on some of the same days."""

    label: str
    start: dt.date
    end: dt.date
    url: str


@dataclass(frozen=True)
class AgreedPart:
    """A financer's amount for the whole period agreed, and what the years' plans make of it together. Euros."""

    label: str
    agreed: Decimal
    stored: Decimal


@dataclass(frozen=True)
class Neighbours:
    """``history``: financer's name → year → euros, for the same posts and the years without a gap up to this one."""

    previous: CostScope | None = None
    current: CostScope | None = None
    overlaps: tuple[OtherPlan, ...] = ()
    agreed: tuple[AgreedPart, ...] = ()
    missing_years: tuple[int, ...] = ()
    history: Mapping[str, Mapping[int, Decimal]] = field(default_factory=dict)
    #: Rate of the schedule by share ref, for the lines that follow it; None: no row any more.
    rates: Mapping[str, Decimal | None] = field(default_factory=dict)


ALONE = Neighbours()


def neighbours_of(plan: FundingPlan, data: PlanData) -> Neighbours:
    """Read the plans of the same posts, five queries at most whatever their number."""
    posts = [post.pk for post in data.posts]
    others = list(
        FundingPlan.objects.filter(posts__in=posts)
        .exclude(pk=plan.pk)
        .distinct()
        .prefetch_related("posts", "costs", "shares__financer")
        .order_by("year", "period_start", "pk")
    )
    same = [other for other in others if sorted(post.pk for post in other.posts.all()) == sorted(posts)]
    by_year = {other.year: other for other in same}
    before = by_year.get(plan.year - 1)
    return Neighbours(
        previous=_scope(before) if before is not None else None,
        current=_scope(plan),
        overlaps=tuple(
            OtherPlan(other.label, other.period_start, other.period_end, reverse("plan", args=[other.uuid]))
            for other in others
            if other.period_start <= plan.period_end and other.period_end >= plan.period_start
        ),
        **_agreed(plan, data, same),
        history=_history(plan, by_year),
        rates=_rates(plan, data),
    )


def _scope(plan: FundingPlan) -> CostScope:
    said = plan.stated.get("covers_travel")
    costs = list(plan.costs.all())
    return CostScope(
        plan.label,
        plan.year,
        frozenset(cost.kind for cost in costs if not cost.borne_by),
        frozenset(cost.kind for cost in costs if cost.borne_by),
        said if isinstance(said, bool) else None,
    )


def _agreed(plan: FundingPlan, data: PlanData, same: list[FundingPlan]) -> dict[str, tuple]:
    """The years of one period against the period: each financer's amounts, and the years nobody made."""
    if not has_span(data) or data.span_start is None or data.span_end is None:
        return {}
    span = (data.span_start, data.span_end)
    years = {other.year: other for other in same if (other.span_start, other.span_end) == span} | {plan.year: plan}
    missing = tuple(year for year in range(span[0].year, span[1].year + 1) if year not in years)
    if missing:
        return {"missing_years": missing}
    whole: dict[str, Decimal] = {}
    stored: dict[str, Decimal] = {}
    titles = {share.ref: share.title for share in data.all_shares()}
    for part in split_by_year(*span):
        lines = allocate_data(replace(data, year=part.year, period_start=part.start, period_end=part.end)).lines
        for ref, line in lines.items():
            if not line.is_group:
                whole[ref] = whole.get(ref, Decimal(0)) + (line.amount or Decimal(0))
        for share in years[part.year].shares.all():
            titles.setdefault(share.ref, share.display_label)
            if share.financer_id is not None:
                stored[share.ref] = stored.get(share.ref, Decimal(0)) + (share.amount or Decimal(0))
    refs = sorted(whole.keys() | stored.keys())
    return {
        "agreed": tuple(
            AgreedPart(titles[ref], whole.get(ref, Decimal(0)), stored.get(ref, Decimal(0))) for ref in refs
        )
    }


def _history(plan: FundingPlan, by_year: Mapping[int, FundingPlan]) -> dict[str, dict[int, Decimal]]:
    """Full-year amounts of each financer, year after year without a gap, ending with this plan's year."""
    chain = [plan]
    year = plan.year - 1
    while year in by_year:
        chain.append(by_year[year])
        year -= 1
    if any(not row.is_full_year for row in chain):
        return {}
    found: dict[str, dict[int, Decimal]] = {}
    for row in chain:
        for share in row.shares.all():
            if share.financer is not None and share.amount is not None:
                amounts = found.setdefault(share.financer.label, {})
                amounts[row.year] = amounts.get(row.year, Decimal(0)) + share.amount
    return found


def _rates(plan: FundingPlan, data: PlanData) -> dict[str, Decimal | None]:
    refs = [share.ref for share in data.all_shares() if share.mode == ShareMode.SCHEDULE]
    if not refs:
        return {}
    ids = [post.pk for post in data.posts]
    rows = {
        rate.post_id: rate.percent
        for rate in StateRate.objects.filter(territory_id=plan.territory_id, year=plan.year)
        if rate.post_id is None or rate.post_id in ids
    }
    found = {rows.get(pk, rows.get(None)) for pk in ids}
    rate = found.pop() if len(found) == 1 else None
    return dict.fromkeys(refs, rate)
