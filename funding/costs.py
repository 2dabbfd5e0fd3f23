"""What a plan costs, read without its shares."""

from __future__ import annotations

from decimal import Decimal

from funding.adapter import CostData, PlanData, allocate_data
from funding.models import FundingPlan


def cost_of(plan: FundingPlan) -> Decimal | None:
    """The plan's cost over its period (euros), from its (prefetched) cost components; None when unknown."""
    data = PlanData(
        label=plan.label,
        year=plan.year,
        employer=plan.employer,
        posts=(),
        period_start=plan.period_start,
        period_end=plan.period_end,
        costs=tuple(CostData(c.kind, c.label, c.amount) for c in plan.costs.all()),
        prorata=plan.prorata,
        span_start=plan.span_start,
        span_end=plan.span_end,
    )
    return allocate_data(data).total_cost
