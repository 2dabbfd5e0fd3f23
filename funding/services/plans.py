"""Writing funding plans: create, save, recompute, copy, and the three consequences of a convention's life."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import money
from core.errors import Conflict, InvalidInput
from core.french import date_long
from funding import workflow
from funding.adapter import PlanData, ShareData, allocate_data, data_of
from funding.allocation import Allocation, LineResult
from funding.breakdown import PostBreakdown, breakdown_of, weights_of
from funding.enums import Breakdown, ProrataBasis, ShareMode
from funding.models import CostComponent, FundingPlan, PlanPost, Share
from funding.services.keys import save_keys
from funding.services.plan_rules import check_data
from funding.services.schedules import apply_schedule
from parties.actors import Actor

#: What the allocation may leave open without preventing a plan from being settled: an employer's remainder whose cost
#: nobody states (M5). The check R35 asks for an explanation instead.
TOLERATED_WITHOUT_COST = "remainder_without_cost"


@transaction.atomic
def create_plan(*, data: PlanData, by: Actor) -> FundingPlan:
    """A new plan, in draft, computed. Raises :class:`InvalidInput` (with the field's place), :class:`NotAllowed`."""
    by.require("plan.edit")
    data = apply_schedule(data, by.territory_id)
    check_data(data)
    plan = FundingPlan(employer=data.employer, territory_id=by.territory_id)
    _apply_head(plan, data)
    _write_content(plan, data)
    workflow.log(plan=plan, act=workflow.CREATED, source="", by=by)
    return plan


@transaction.atomic
def save_plan(*, plan: FundingPlan, data: PlanData, expected_version: int, by: Actor) -> FundingPlan:
    """Replace a draft plan's costs and shares by ``data``.

    ``expected_version`` is the version the person was looking at: when it is no longer the stored one, nothing is
    written and :class:`Conflict` says who saved and when.
    """
    by.require("plan.edit")
    data = apply_schedule(data, by.territory_id)
    check_data(data)
    locked = _lock(plan)
    if not locked.is_editable:
        raise Conflict(
            f"Le plan « {locked.label} » est {locked.get_status_display().lower()} : ses montants ne changent plus. "
            "Pour les modifier, la convention doit d'abord être renvoyée à corriger."
        )
    if locked.version != expected_version:
        raise Conflict(_stale_message(locked))
    locked.version += 1
    _apply_head(locked, data)
    _write_content(locked, data)
    workflow.log(plan=locked, act=workflow.EDITED, source=locked.status, by=by)
    return locked


@transaction.atomic
def recompute_plan(*, plan: FundingPlan) -> Allocation:
    """Run the allocation and store each share's amount and explanation. Used by saving, copying and importing."""
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


def _stale_message(plan: FundingPlan) -> str:
    last = plan.events.order_by("-pk").first()
    if last is None:
        return (
            "Ce plan a été modifié entre-temps. Votre saisie est conservée ci-dessous : comparez avant d'enregistrer."
        )
    at = timezone.localtime(last.created_at)
    return (
        f"{last.by_label} a enregistré ce plan le {date_long(at.date())} à {at:%H:%M}, après que vous l'avez ouvert. "
        "Votre saisie est conservée ci-dessous : comparez-la à la version enregistrée, puis enregistrez de nouveau."
    )


# --- Rows -------------------------------------------------------------------------------------------------------------


def _apply_head(plan: FundingPlan, data: PlanData) -> None:
    for name in (
        "label",
        "year",
        "employer",
        "period_start",
        "period_end",
        "prorata",
        "rounding_unit",
        "rounding_method",
        "residue_ref",
        "note",
        "breakdown",
    ):
        setattr(plan, name, getattr(data, name))
    spans = data.prorata == ProrataBasis.SPAN
    plan.span_start, plan.span_end = (data.span_start, data.span_end) if spans else (None, None)
    _clean(plan.full_clean)
    plan.save()
    PlanPost.objects.filter(plan=plan).exclude(post__in=data.posts).delete()
    present = {link.post_id: link for link in PlanPost.objects.filter(plan=plan)}
    # Working time is read again at each save, and no more once the plan is settled.
    fresh = replace(data, post_weights={}) if data.breakdown == Breakdown.ETP else data
    weights = weights_of(fresh)
    for post in data.posts:
        link = present.get(post.pk) or PlanPost(plan=plan, post=post)
        if link.pk is None or link.weight != weights[post.pk]:
            link.weight = weights[post.pk]
            link.save()


def _write_content(plan: FundingPlan, data: PlanData) -> None:
    CostComponent.objects.filter(plan=plan).delete()
    for rank, cost in enumerate(data.costs):
        row = CostComponent(
            plan=plan,
            territory_id=plan.territory_id,
            kind=cost.kind,
            label=cost.label,
            amount=cost.amount,  # type: ignore[misc]  # check_data refused None
            borne_by=cost.borne_by,
            position=rank,
        )
        _clean(row.full_clean)
        row.save()
    # Rows are matched by their ref, so that what points at a share (titres, logs) keeps pointing at the same one.
    present = {share.ref: share for share in Share.objects.filter(plan=plan)}
    _write_shares(plan, data.shares, None, present)
    kept = {share.ref for share in data.all_shares()}
    Share.objects.filter(plan=plan).exclude(ref__in=kept).delete()
    save_keys(plan=plan, data=data)
    recompute_plan(plan=plan)


def _write_shares(
    plan: FundingPlan, shares: Iterable[ShareData], parent: Share | None, present: dict[str, Share]
) -> None:
    for rank, share in enumerate(shares):
        row = present.get(share.ref) or Share(plan=plan, territory_id=plan.territory_id, ref=share.ref)
        row.parent, row.position, row.label, row.financer = parent, rank, share.label, share.financer
        row.source, row.mode, row.percent_of = share.source, share.mode, share.percent_of
        row.fixed_amount, row.fixed_is_annual = share.fixed_amount, share.fixed_is_annual
        row.parts = share.parts if share.mode == ShareMode.EQUAL else None
        row.percent, row.footnote, row.stated = share.percent, share.footnote, dict(share.stated)
        row.percent_note = share.percent_note if share.mode == ShareMode.SCHEDULE else ""
        row.budget_line_id, row.allocation_key = share.budget_line_id, None
        _clean(row.full_clean)
        row.save()
        _write_shares(plan, share.children, row, present)


def _clean(full_clean: Callable[..., None]) -> None:
    try:
        full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place="" if name == "__all__" else name) from error


def explanation_of(line: LineResult, by_post: PostBreakdown | None = None) -> dict[str, Any]:
    """What is stored beside an amount: the sentence, the replayable steps, the exact share, the costs borne.

    ``posts`` is the part of each post of a merged plan, by key: what a vacancy of that post is counted on.
    """
    found: dict[str, Any] = {
        "text": line.explanation,
        "steps": [[str(step.op), str(step.value), step.label] for step in line.steps],
        "exact": None if line.exact is None else str(line.exact),
        "travel": f"{line.borne:f}",
    }
    if by_post is not None and line.ref in by_post.parts:
        found["text"] = f"{line.explanation}. {by_post.words(line.ref)}"
        found["posts"] = {post.key: f"{by_post.parts[line.ref][post.pk]:f}" for post in by_post.posts}
    return found
