"""Writing plans, one or thousands: the same checks, the same rows, in a number of queries that plans hardly move.

Plans are taken by lots. For each lot everything concerned is read at once and the rows are made in memory, computed;
what differs from the stored rows is then written table by table. A lot is all that is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput
from core.french import date_long
from funding import workflow
from funding.adapter import PlanData, ShareData, allocate_data, by_plan
from funding.allocation import LineResult
from funding.breakdown import PostBreakdown, breakdown_of, weights_of
from funding.enums import Breakdown, ProrataBasis, ShareMode
from funding.models import AllocationKey, BudgetLine, CostComponent, FundingPlan, PlanPost, Share
from funding.plan_guards import closed_plans
from funding.services.keys import (
    BATCH,
    KeyDraft,
    Populations,
    apply_keys,
    drafted_keys,
    drop_keys,
    prefix_of,
    stored_keys_of,
    write_keys,
)
from funding.services.plan_rules import check_data
from funding.services.schedules import apply_schedule, follows_schedule, rates_of
from parties.actors import Actor
from parties.models import Organisation

#: Plans of one lot.
LOT = 200

_HEAD = (
    "label",
    "year",
    "employer_id",
    "period_start",
    "period_end",
    "prorata",
    "rounding_unit",
    "rounding_method",
    "residue_ref",
    "note",
    "breakdown",
    "span_start",
    "span_end",
    "version",
)
_SHARE = (
    "parent_id",
    "position",
    "label",
    "financer_id",
    "source",
    "mode",
    "fixed_amount",
    "fixed_is_annual",
    "percent",
    "parts",
    "percent_of",
    "percent_note",
    "allocation_key_id",
    "budget_line_id",
    "amount",
    "explanation",
    "footnote",
    "stated",
)


@dataclass(frozen=True)
class PlanWrite:
    """What to make of one plan: ``plan`` None creates it, under ``key`` when there is one.

    ``expected_version`` is the version of ``plan`` the person was looking at.
    """

    data: PlanData
    plan: FundingPlan | None = None
    expected_version: int = 0
    key: str = ""


Refusal = Callable[[PlanWrite, BusinessError], BusinessError]
Progress = Callable[[int, int], None]


def _as_it_is(write: PlanWrite, error: BusinessError) -> BusinessError:
    return error


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


def _lots(writes: Sequence[PlanWrite]) -> Iterator[Sequence[PlanWrite]]:
    for start in range(0, len(writes), LOT):
        yield writes[start : start + LOT]


@transaction.atomic
def save_plans(
    *, writes: Sequence[PlanWrite], by: Actor, refusal: Refusal = _as_it_is, progress: Progress = _silent
) -> list[FundingPlan]:
    """Create or replace these plans, all of them or none; gives them in the same order, computed.

    Raises :class:`InvalidInput` (with the field's place), :class:`Conflict` when a plan is settled or was saved since,
    :class:`NotAllowed`; ``refusal`` words it for who gave many plans. A plan may be there once.
    """
    by.require("plan.edit")
    done: list[FundingPlan] = []
    for lot in _lots(writes):
        ground = _Ground(lot, by, lock=True)
        drafts = []
        for write in lot:
            try:
                drafts.append(_drafted(write, ground))
            except BusinessError as error:
                raise refusal(write, error) from error
        _write(drafts, ground)
        done += [draft.plan for draft in drafts]
        progress(len(done), len(writes))
    return done


def refusals(*, writes: Sequence[PlanWrite], by: Actor) -> list[tuple[PlanWrite, BusinessError]]:
    """What :func:`save_plans` would refuse as things stand, every plan of it. Writes and locks nothing."""
    by.require("plan.edit")
    found = []
    for lot in _lots(writes):
        ground = _Ground(lot, by, lock=False)
        for write in lot:
            try:
                _drafted(write, ground)
            except BusinessError as error:
                found.append((write, error))
    return found


# --- What a lot stands on ---------------------------------------------------------------------------------------------


class _Ground:
    """Everything stored that concerns the plans of a lot, read in a constant number of queries."""

    def __init__(self, writes: Sequence[PlanWrite], by: Actor, *, lock: bool) -> None:
        self.by = by
        ids = [write.plan.pk for write in writes if write.plan is not None]
        plans = FundingPlan.objects.filter(pk__in=ids).order_by("pk")
        # In the order of their ids: two writers wait for each other, never both.
        self.plans = {p.pk: p for p in (plans.select_for_update(of=("self",)) if lock else plans)}
        self.closed = closed_plans(self.plans.keys())
        self.links = by_plan(PlanPost.objects.filter(plan__in=ids).order_by("pk"))
        self.costs = by_plan(CostComponent.objects.filter(plan__in=ids))
        self.shares = by_plan(Share.objects.filter(plan__in=ids).select_related("allocation_key"))
        names = {write.key for write in writes if write.plan is None and write.key}
        taken = FundingPlan.objects.filter(territory_id=by.territory_id, key__in=names)
        self.taken = set(taken.values_list("key", flat=True))
        years = {write.data.year for write in writes if follows_schedule(write.data)}
        # After the plans: the order in which changing a key takes them.
        self.keys = stored_keys_of((write.data for write in writes), by.territory_id, lock=lock)
        self.rates = rates_of(territory_id=by.territory_id, years=years)
        shares = [share for write in writes for share in write.data.all_shares()]
        self.populations = Populations(
            {share.financer.pk: share.financer for share in shares if share.financer}.values(),
            {post.pk: post for write in writes for post in write.data.posts}.values(),
        )
        bodies = {share.financer.pk for share in shares if share.financer} | {w.data.employer.pk for w in writes}
        self.bodies = set(Organisation.objects.filter(pk__in=bodies).values_list("pk", flat=True))
        lines = {share.budget_line_id for share in shares if share.budget_line_id}
        self.budget_lines = set(BudgetLine.objects.filter(pk__in=lines).values_list("pk", flat=True))


# --- One plan, in memory ----------------------------------------------------------------------------------------------


@dataclass
class _Draft:
    """One plan as it will be stored. ``before`` are the columns of its rows as they were read, by identity of row.

    ``keys`` are the plan's own keys, ``stored_keys`` those of the territory, by ref of the shares that use them.
    """

    plan: FundingPlan
    act: str
    was: dict[str, Any]
    links: list[PlanPost] = field(default_factory=list)
    links_gone: list[int] = field(default_factory=list)
    costs: list[CostComponent] | None = None
    shares: list[_ShareDraft] = field(default_factory=list)
    shares_gone: list[int] = field(default_factory=list)
    keys: list[KeyDraft] = field(default_factory=list)
    stored_keys: dict[str, AllocationKey] = field(default_factory=dict)
    keys_before: set[int] = field(default_factory=set)


@dataclass
class _ShareDraft:
    row: Share
    parent: Share | None
    depth: int
    was: dict[str, Any]


def _drafted(write: PlanWrite, ground: _Ground) -> _Draft:
    data = apply_schedule(write.data, ground.by.territory_id, ground.rates)
    data = apply_keys(data, ground.by.territory_id, ground.keys)
    check_data(data)
    draft = _head(write, data, ground)
    weights = _links(draft, data, ground)
    _costs(draft, data, ground)
    _shares(draft, data, ground)
    draft.keys = drafted_keys(plan=draft.plan, data=data, populations=ground.populations)
    draft.stored_keys = {
        child.ref: ground.keys[group.key.stored_id]
        for group in data.all_shares()
        if group.key and group.key.stored_id
        for child in group.children
        if child.mode == ShareMode.KEY
    }
    _compute(draft, data, weights, ground)
    return draft


def _head(write: PlanWrite, data: PlanData, ground: _Ground) -> _Draft:
    if write.plan is None:
        if write.key and write.key in ground.taken:
            raise InvalidInput(f"Un plan porte déjà la clé « {write.key} ».", place="plan")
        ground.taken.add(write.key)
        plan = FundingPlan(territory_id=ground.by.territory_id)
        if write.key:
            plan.key = write.key
        draft = _Draft(plan, workflow.CREATED, {})
    else:
        found = ground.plans.get(write.plan.pk)
        if found is None:
            raise Conflict(f"Le plan « {write.plan.label} » n'existe plus.")
        plan = found
        if not plan.is_editable:
            raise Conflict(
                f"Le plan « {plan.label} » est {plan.get_status_display().lower()} : ses montants ne changent plus. "
                "Pour les modifier, la convention doit d'abord être renvoyée à corriger."
            )
        if plan.pk in ground.closed:
            raise Conflict(ground.closed[plan.pk])
        if plan.version != write.expected_version:
            raise Conflict(_stale_message(plan))
        draft = _Draft(plan, workflow.EDITED, _columns(plan, _HEAD))
        plan.version += 1
    for name in _HEAD[:-3]:
        if name != "employer_id":
            setattr(plan, name, getattr(data, name))
    plan.employer = data.employer
    spans = data.prorata == ProrataBasis.SPAN
    plan.span_start, plan.span_end = (data.span_start, data.span_end) if spans else (None, None)
    _exists(data.employer.pk, ground.bodies, "employer")
    _clean(plan)
    return draft


def _links(draft: _Draft, data: PlanData, ground: _Ground) -> dict[int, Decimal]:
    # Working time is read again at each save, and no more once the plan is settled.
    fresh = replace(data, post_weights={}) if data.breakdown == Breakdown.ETP else data
    weights = {pk: _rounded(weight) for pk, weight in weights_of(fresh).items()}
    present = {link.post_id: link for link in ground.links.get(draft.plan.pk, [])}
    draft.links_gone = [link.pk for pk, link in present.items() if pk not in weights]
    for post in data.posts:
        link = present.get(post.pk)
        if link is None:
            link = PlanPost(plan=draft.plan, territory_id=draft.plan.territory_id, post=post)
        elif link.weight == weights[post.pk]:
            continue
        link.weight = weights[post.pk]
        draft.links.append(link)
    return weights


def _costs(draft: _Draft, data: PlanData, ground: _Ground) -> None:
    rows = [
        CostComponent(
            plan=draft.plan,
            territory_id=draft.plan.territory_id,
            kind=cost.kind,
            label=cost.label,
            amount=cost.amount,  # type: ignore[misc]  # check_data refused None
            borne_by=cost.borne_by,
            position=rank,
        )
        for rank, cost in enumerate(data.costs)
    ]
    for rank, row in enumerate(rows):
        _clean(row, f"costs[{rank}].")
    told = ("kind", "label", "amount", "borne_by", "position")
    present = ground.costs.get(draft.plan.pk, [])
    draft.costs = None if [_columns(r, told) for r in present] == [_columns(r, told) for r in rows] else rows


def _shares(draft: _Draft, data: PlanData, ground: _Ground) -> None:
    """Rows are matched by their ref, so that what points at a share (titres, logs) keeps pointing at the same one."""
    present = {row.ref: row for row in ground.shares.get(draft.plan.pk, [])}
    own = prefix_of(draft.plan)
    draft.keys_before = {
        row.allocation_key_id
        for row in present.values()
        if row.allocation_key_id and row.allocation_key and row.allocation_key.key.startswith(own)
    }
    for share, rank, parent, depth in _walked(data.shares, draft):
        row = present.get(share.ref) or Share(plan=draft.plan, territory_id=draft.plan.territory_id, ref=share.ref)
        draft.shares.append(_ShareDraft(row, parent, depth, _columns(row, _SHARE) if row.pk else {}))
        row.position, row.label, row.financer = rank, share.label, share.financer
        row.source, row.mode, row.percent_of = share.source, share.mode, share.percent_of
        row.fixed_amount, row.fixed_is_annual = share.fixed_amount, share.fixed_is_annual
        row.parts = share.parts if share.mode == ShareMode.EQUAL else None
        row.percent, row.footnote, row.stated = share.percent, share.footnote, dict(share.stated)
        row.percent_note = share.percent_note if share.mode == ShareMode.SCHEDULE else ""
        row.budget_line_id = share.budget_line_id
        place = f"shares[{share.ref}]."
        if share.financer is not None:
            _exists(share.financer.pk, ground.bodies, f"{place}financer")
        if share.budget_line_id:
            _exists(share.budget_line_id, ground.budget_lines, f"{place}budget_line")
        _clean(row, place)
    kept = {draft_of.row.ref for draft_of in draft.shares}
    draft.shares_gone = [row.pk for ref, row in present.items() if ref not in kept]


def _walked(shares: Iterable[ShareData], draft: _Draft) -> Iterator[tuple[ShareData, int, Share | None, int]]:
    """(share, rank, row of its group, depth), a group before its members: the row asked for is the last one drafted."""

    def walk(
        members: Iterable[ShareData], parent: Share | None, depth: int
    ) -> Iterator[tuple[ShareData, int, Share | None, int]]:
        for rank, share in enumerate(members):
            yield share, rank, parent, depth
            if share.children:
                yield from walk(share.children, draft.shares[-1].row, depth + 1)

    return walk(shares, None, 0)


def _compute(draft: _Draft, data: PlanData, weights: Mapping[int, Decimal], ground: _Ground) -> None:
    """Each share's amount and explanation, from the content as it will be read back."""
    kept = {ref: line.weight for key in draft.keys for ref, line in zip(key.refs, key.lines, strict=True)}
    # Posts are read back in the order they joined the plan.
    joined = [link.post_id for link in ground.links.get(draft.plan.pk, [])]
    rank = {pk: n for n, pk in enumerate([*joined, *(post.pk for post in data.posts if post.pk not in joined)])}
    posts = tuple(sorted(data.posts, key=lambda post: rank[post.pk]))
    stored = replace(data, posts=posts, post_weights=weights, shares=_weighted(data.shares, kept))
    result = allocate_data(stored)
    by_post = breakdown_of(stored, result)
    for share in draft.shares:
        line = result.lines.get(share.row.ref)
        share.row.amount = line.amount if line else None
        share.row.explanation = explanation_of(line, by_post) if line else {}


def _weighted(shares: Iterable[ShareData], weights: Mapping[str, Decimal]) -> tuple[ShareData, ...]:
    return tuple(
        replace(share, weight=weights.get(share.ref, share.weight), children=_weighted(share.children, weights))
        for share in shares
    )


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


def _clean(row: models.Model, place: str = "") -> None:
    """The fields' own rules. What rows point at was looked up for the whole lot; constraints repeat ``check_data``."""
    try:
        row.clean_fields(exclude=_references(type(row)))
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place=f"{place}{name}") from error


def _references(model: type[models.Model]) -> set[str]:
    return {f.name for f in model._meta.concrete_fields if f.is_relation}


def _exists(pk: int, known: set[int], place: str) -> None:
    if pk not in known:
        raise InvalidInput("Cet élément n'existe plus : choisissez-en un autre.", place=place)


def _rounded(weight: Decimal) -> Decimal:
    return weight.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _columns(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


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


def _write(drafts: list[_Draft], ground: _Ground) -> None:
    FundingPlan.objects.bulk_create([d.plan for d in drafts if d.act == workflow.CREATED])
    _update(FundingPlan, [(d.plan, d.was) for d in drafts if d.act == workflow.EDITED], _HEAD)
    _delete(PlanPost, [pk for d in drafts for pk in d.links_gone])
    links = [link for d in drafts for link in d.links]
    _update(PlanPost, [(link, {"weight": None}) for link in links if link.pk is not None], ("weight",))
    PlanPost.objects.bulk_create([link for link in links if link.pk is None])
    renewed = [d for d in drafts if d.costs is not None]
    _delete(CostComponent, [row.pk for d in renewed for row in ground.costs.get(d.plan.pk, [])])
    CostComponent.objects.bulk_create([row for d in renewed for row in d.costs or ()])
    keys = write_keys(drafts=[key for d in drafts for key in d.keys], territory_id=ground.by.territory_id)
    _write_shares(drafts, keys)
    _delete(Share, [pk for d in drafts for pk in d.shares_gone])
    used = {row.pk for row in keys.values()}
    stale = {pk for d in drafts for pk in d.keys_before} - used
    if stale:
        drop_keys(stale)
    workflow.log_all(
        entries=[(d.plan, d.act, "" if d.act == workflow.CREATED else d.plan.status) for d in drafts], by=ground.by
    )


def _write_shares(drafts: list[_Draft], keys: Mapping[str, AllocationKey]) -> None:
    for draft in drafts:
        key_of = draft.stored_keys | {ref: keys[key.name] for key in draft.keys for ref in key.refs}
        for share in draft.shares:
            share.row.allocation_key = key_of.get(share.row.ref)
    shares = [share for draft in drafts for share in draft.shares]
    for depth in range(max((share.depth for share in shares), default=-1) + 1):
        level = [share for share in shares if share.depth == depth]
        for share in level:
            share.row.parent = share.parent
        Share.objects.bulk_create([share.row for share in level if not share.was])
    _update(Share, [(share.row, share.was) for share in shares if share.was], _SHARE)


def _update(model: type[models.Model], rows: Sequence[tuple[Any, Mapping[str, Any]]], names: Sequence[str]) -> None:
    """Write the columns that changed of the rows that changed."""
    moved = [(row, {n for n in names if getattr(row, n) != was[n]}) for row, was in rows]
    changed = [row for row, columns in moved if columns]
    if not changed:
        return
    columns = set().union(*(columns for _, columns in moved))
    now = timezone.now()
    for row in changed:
        row.updated_at = now
    model._default_manager.bulk_update(changed, [*sorted(columns), "updated_at"], batch_size=BATCH)


def _delete(model: type[models.Model], ids: list[int]) -> None:
    if ids:
        model._default_manager.filter(pk__in=ids).delete()
