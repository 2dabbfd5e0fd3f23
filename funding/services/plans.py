"""Writing funding plans: create, save, recompute, copy, and the three consequences of a convention's life."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import money
from core.errors import Conflict, InvalidInput
from funding import workflow
from funding.adapter import PlanData, ShareData, allocate_data, data_of
from funding.allocation import Allocation
from funding.breakdown import breakdown_of
from funding.enums import ProrataBasis
from funding.models import FundingPlan, Share
from funding.services.plan_writing import PlanWrite, explanation_of, save_plans
from parties.actors import Actor

#: What the allocation may leave open without preventing a plan from being settled: an employer's remainder whose cost
#: nobody states (M5). The check R35 asks for an explanation instead.
TOLERATED_WITHOUT_COST = "remainder_without_cost"


def create_plan(*, data: PlanData, by: Actor) -> FundingPlan:
    """A new plan, in draft, computed. Raises :class:`InvalidInput` (with the field's place), :class:`NotAllowed`."""
    [plan] = save_plans(writes=[PlanWrite(data)], by=by)
    return plan


def save_plan(*, plan: FundingPlan, data: PlanData, expected_version: int, by: Actor) -> FundingPlan:
    """Replace a draft plan's costs and shares by ``data``.

    ``expected_version`` is the version the person was looking at: when it is no longer the stored one, nothing is
    written and :class:`Conflict` says who saved and when.
    """
    [saved] = save_plans(writes=[PlanWrite(data, plan, expected_version)], by=by)
    return saved


@transaction.atomic
def recompute_plan(*, plan: FundingPlan) -> Allocation:
    """Run the allocation and store each share's amount and explanation: at freezing, and for rows from elsewhere."""
    rows = list(Share.objects.filter(plan=plan))
    data = data_of(FundingPlan.objects.get(pk=plan.pk))
    result = allocate_data(data)
    by_post = breakdown_of(data, result)
    for row in rows:
        line = result.lines.get(row.ref)
        row.amount = line.amount if line else None
        row.explanation = explanation_of(line, by_post) if line else {}
        row.updated_at = timezone.now()
    Share.objects.bulk_update(rows, ["amount", "explanation", "updated_at"])
    return result


@transaction.atomic
def copy_plan_to_year(*, plan: FundingPlan, year: int, by: Actor) -> FundingPlan:
    """The same posts, costs and shares for another whole year, in draft, without what a published act stated.

    Raises :class:`InvalidInput` when a plan already pays one of these posts that year (no year is funded twice).
    """
    by.require("plan.edit")
    source = data_of(plan)
    taken = FundingPlan.objects.filter(year=year, posts__in=source.posts).first()
    if taken is not None:
        raise InvalidInput(
            f"Le plan « {taken.label} » finance déjà ce poste en {year} : modifiez-le plutôt que d'en créer un autre.",
            place="year",
        )
    label = re.sub(rf"\b{plan.year}\b", str(year), source.label)
    data = replace(
        source,
        label=label if label != source.label else f"{source.label} – {year}"[:160],
        year=year,
        period_start=dt.date(year, 1, 1),
        period_end=dt.date(year, 12, 31),
        prorata=ProrataBasis.NONE,
        span_start=None,
        span_end=None,
        shares=tuple(_without_stated(share) for share in source.shares),
    )
    return create_plan(data=data, by=by)


def _without_stated(share: ShareData) -> ShareData:
    return replace(
        share, stated={}, budget_line_id=None, children=tuple(_without_stated(child) for child in share.children)
    )


# --- Consequences of a convention's life ------------------------------------------------------------------------------
# Decided by whoever approves or signs the convention: they require no ability on plans, ``by`` is for the log.


@transaction.atomic
def freeze_plan(*, plan: FundingPlan, by: Actor) -> FundingPlan:
    """projet → arrêté: figures stop moving with the text that prints them. Needs a balanced plan."""
    locked = _lock(plan)
    result = recompute_plan(plan=locked)
    obstacle = balance_obstacle(result)
    if obstacle:
        raise Conflict(f"Le plan « {locked.label} » ne peut pas être arrêté. {obstacle}", place=f"plans[{locked.key}]")
    return workflow.advance(plan=locked, act="arreter", by=by)


@transaction.atomic
def commit_plan(*, plan: FundingPlan, legal_basis: Mapping[str, Any], by: Actor) -> FundingPlan:
    """arrêté → engagé: the money is promised. ``legal_basis`` says by what act (``text``, ``date``, ``reference``)."""
    if not legal_basis.get("text"):
        raise InvalidInput("Indiquez l'acte qui engage le plan (sa référence et sa date).", place="legal_basis")
    locked = workflow.advance(plan=_lock(plan), act="engager", by=by)
    locked.legal_basis = dict(legal_basis)
    locked.save(update_fields=["legal_basis", "updated_at"])
    return locked


@transaction.atomic
def unfreeze_plan(*, plan: FundingPlan, by: Actor, reason: str) -> FundingPlan:
    """arrêté → projet, when the convention goes back to be corrected."""
    return workflow.advance(plan=_lock(plan), act="rouvrir", by=by, reason=reason)


@transaction.atomic
def settle_plan(*, plan: FundingPlan, by: Actor) -> FundingPlan:
    """engagé → soldé: everything due was called."""
    by.require("plan.edit")
    return workflow.advance(plan=_lock(plan), act="solder", by=by)


# --- What is accepted -------------------------------------------------------------------------------------------------


def balance_obstacle(result: Allocation) -> str:
    """Why a plan cannot be settled, in French; empty when it can."""
    if result.imbalance:
        size = money.euros(abs(result.imbalance))
        if result.imbalance > 0:
            return f"Il n'est pas équilibré : il manque {size} pour couvrir le coût."
        return f"Il n'est pas équilibré : les parts dépassent le coût de {size}."
    if result.balanced:
        return ""
    open_remainders = {p.place for p in result.problems if p.code == TOLERATED_WITHOUT_COST}
    missing = [
        line.label
        for line in result.lines.values()
        if line.amount is None and line.ref not in open_remainders and not line.is_group
    ]
    if missing:
        return f"Le montant de « {missing[0]} » n'est pas calculable : complétez le coût ou sa part."
    return "" if result.lines else "Il n'a aucun financeur : ajoutez au moins une part."


def _lock(plan: FundingPlan) -> FundingPlan:
    return FundingPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
