"""A period agreed over several calendar years (M12), and the division of a merged plan among its posts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from core.errors import InvalidInput
from core.french import add_months, date_range
from funding.adapter import PlanData, data_of
from funding.enums import ProrataBasis
from funding.models import FundingPlan
from funding.prorata import split_by_year
from funding.services.plan_rules import MOST_MONTHS, refuse
from funding.services.plans import create_plan, save_plan
from parties.actors import Actor
from posts.models import Post


@transaction.atomic
def create_plans_over_years(*, data: PlanData, by: Actor) -> list[FundingPlan]:
    """One plan per calendar year of ``data.span_start`` to ``data.span_end`` (M12), prorated by days.

    Costs and shares of ``data`` are those of the whole period (costs: of a full year). The years' amounts sum exactly
    to it: each plan is its year's part of the same allocation (:func:`funding.allocation.allocate_year`).
    Raises :class:`InvalidInput` on dates missing or reversed, on a post another plan already pays for on these days.
    """
    by.require("plan.edit")
    start, end = data.span_start, data.span_end
    if start is None or end is None:
        raise InvalidInput("Indiquez le début et la fin de la période convenue.", place="period_start")
    refuse(end < start, "La fin de la période précède son début.", "period_end")
    refuse(end > add_months(start, MOST_MONTHS), "Une période convenue dure trois ans au plus.", "period_end")
    _refuse_double_funding(data.posts, start, end)
    plans = []
    for part in split_by_year(start, end):
        label = data.label if str(part.year) in data.label else f"{data.label[:152]} – {part.year}"
        year = replace(
            data,
            label=label,
            year=part.year,
            period_start=part.start,
            period_end=part.end,
            prorata=ProrataBasis.SPAN,
        )
        plans.append(create_plan(data=year, by=by))
    return plans


def _refuse_double_funding(posts: Iterable[Post], start: dt.date, end: dt.date) -> None:
    """No day of a post is funded twice (R43, R15)."""
    taken = FundingPlan.objects.filter(posts__in=list(posts), period_start__lte=end, period_end__gte=start).first()
    if taken is not None:
        raise InvalidInput(
            f"Le plan « {taken.label} » finance déjà ce poste {date_range(taken.period_start, taken.period_end)} : "
            "une même journée ne se finance pas deux fois. Changez la période, ou modifiez ce plan.",
            place="period_start",
        )


@transaction.atomic
def set_breakdown(
    *, plan: FundingPlan, basis: str, weights: Mapping[int, Decimal], expected_version: int, by: Actor
) -> FundingPlan:
    """Say how the parts of a draft plan for several posts divide among them.

    ``weights`` by post id: the cost of each in euros with ``Breakdown.COST``; read from the posts with ``ETP``.
    Raises :class:`InvalidInput` on a cost missing, what :func:`save_plan` raises otherwise.
    """
    data = replace(data_of(plan), breakdown=basis, post_weights=dict(weights))
    return save_plan(plan=plan, data=data, expected_version=expected_version, by=by)
