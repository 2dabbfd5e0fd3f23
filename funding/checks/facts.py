"""What the rules look at: the plan as plain data, so that each rule is a pure function tested without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.urls import reverse

from core import money
from funding.adapter import KeyData, PlanData, ShareData, allocate_data, data_of, prorata_of
from funding.allocation import Allocation, Mode
from funding.breakdown import breakdown_of, weights_of
from funding.checks.ceilings import Ceiling, state_share_ceiling
from funding.checks.neighbours import ALONE, Neighbours, neighbours_of
from funding.enums import KeySource, ShareMode, Source
from funding.models import FundingPlan
from funding.prorata import Due, Occupancy, due
from funding.services.keys import official_populations
from posts.models import Post

STATE_SOURCES = frozenset({Source.FIPD, Source.STATE})


@dataclass(frozen=True)
class LineFacts:
    """A share: ``amount`` and ``exact`` as computed, ``stated`` as a document prints it. Euros."""

    ref: str
    label: str
    mode: str
    amount: Decimal | None
    exact: Fraction | None = None
    stated: Decimal | None = None
    parent: str | None = None
    children: tuple[str, ...] = ()
    weight: Decimal | None = None
    borne: Decimal = Decimal(0)
    percent: Decimal | None = None
    is_state: bool = False
    is_employer: bool = False

    @property
    def printed(self) -> Decimal | None:
        """What a reader sees: the stated amount, else the computed one."""
        return self.amount if self.stated is None else self.stated


@dataclass(frozen=True)
class KeyFacts:
    """The key of a group: percentages by share ref; ``official`` holds inhabitants by ref when all are known."""

    group: str
    label: str
    basis: str
    source: str
    vintage: int | None
    percents: Mapping[str, Decimal]
    official: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PostFacts:
    """A post of the plan. ``due`` is None when nothing is known of who held it (unknown is not vacant)."""

    key: str
    label: str
    zones: frozenset[str]
    etp: Decimal = Decimal(1)
    due: Due | None = None
    weight: Decimal | None = None  # what the plan divides its parts by among posts; None: working time


@dataclass(frozen=True)
class StatedTotal:
    """The total a document prints. ``with_travel`` is None when the document does not say what it covers."""

    amount: Decimal
    label: str = ""
    with_travel: bool | None = None
    annual: bool = False  # for a full year, when the plan pays a part of it


@dataclass(frozen=True)
class Trouble:
    """Something the allocation could not settle, at a share's ref (or "" for the plan)."""

    code: str
    ref: str
    message: str


@dataclass(frozen=True)
class PlanFacts:
    key: str
    label: str
    year: int
    lines: tuple[LineFacts, ...] = ()
    posts: tuple[PostFacts, ...] = ()
    keys: tuple[KeyFacts, ...] = ()
    stated_total: StatedTotal | None = None
    total_cost: Decimal | None = None
    shared_cost: Decimal | None = None
    travel: Decimal = Decimal(0)
    imbalance: Decimal | None = None
    fraction: Fraction = Fraction(1)
    rounding_unit: Decimal = Decimal("0.01")
    troubles: tuple[Trouble, ...] = ()
    #: What each share divides into among the posts: ref → post key → euros. Empty for a plan of one post.
    parts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    state_ceiling: Ceiling | None = None
    start: dt.date = dt.date(2000, 1, 1)
    end: dt.date = dt.date(2000, 12, 31)
    is_partial: bool = False
    near: Neighbours = ALONE
    url: str = ""

    @property
    def place(self) -> str:
        return f"plans[{self.key}]"

    def share_place(self, ref: str) -> str:
        return f"{self.place}.shares[{ref}]" if ref else self.place

    def share_url(self, ref: str) -> str:
        return f"{self.url}#part-{ref}" if self.url and ref else self.url

    @property
    def leaves(self) -> tuple[LineFacts, ...]:
        return tuple(line for line in self.lines if not line.children)

    def line(self, ref: str) -> LineFacts:
        return next(line for line in self.lines if line.ref == ref)


# --- Rows → facts -----------------------------------------------------------------------------------------------------


def facts_of(plan: FundingPlan) -> PlanFacts:
    """Read a plan and everything its rules need (posts with units and occupancies, keys, populations)."""
    data = data_of(plan)
    result = allocate_data(data)
    posts = list(plan.posts.prefetch_related("post_units__unit", "occupancies"))
    prorata = prorata_of(data)
    weights = weights_of(data)
    page = "plan-edit" if plan.is_editable else "plan"
    return PlanFacts(
        key=plan.key,
        label=plan.label,
        year=plan.year,
        lines=tuple(_lines(data, result)),
        posts=tuple(_post(post, plan, weights.get(post.pk)) for post in posts),
        keys=tuple(_keys(data, posts)),
        stated_total=read_stated_total(plan.stated),
        total_cost=result.total_cost,
        shared_cost=result.shared_cost,
        travel=result.borne_cost,
        imbalance=result.imbalance,
        fraction=prorata.fraction if prorata else Fraction(1),
        rounding_unit=Decimal("0.01") if data.rounding_unit == "cent" else Decimal(1),
        troubles=tuple(Trouble(p.code, p.place if p.place in result.lines else "", p.message) for p in result.problems),
        parts=_parts(data, result),
        state_ceiling=state_share_ceiling(plan.period_start),
        start=plan.period_start,
        end=plan.period_end,
        is_partial=not plan.is_full_year,
        near=neighbours_of(plan, data),
        url=reverse(page, args=[plan.uuid]),
    )


def read_amount(value: Any) -> Decimal | None:
    """An amount of a ``stated`` mapping: digits ("17500", "14665.00") or as printed ("14 665,00 €")."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        pass
    try:
        return money.parse_euros(str(value))
    except money.AmountError:
        return None


def read_stated_total(stated: Mapping[str, Any]) -> StatedTotal | None:
    """``FundingPlan.stated``: ``total`` (or ``annual_total``, for a full year), ``label``, ``covers_travel``."""
    amount = read_amount(stated.get("total"))
    annual = read_amount(stated.get("annual_total"))
    if amount is None and annual is None:
        return None
    said = stated.get("covers_travel")
    label = str(stated.get("label") or "")
    return StatedTotal(
        amount if amount is not None else annual or Decimal(0),
        label,
        said if isinstance(said, bool) else None,
        annual=amount is None,
    )


def _lines(data: PlanData, result: Allocation) -> list[LineFacts]:
    lines: list[LineFacts] = []

    def add(share: ShareData, parent: str | None) -> None:
        found = result.lines[share.ref]
        lines.append(
            LineFacts(
                ref=share.ref,
                label=share.title,
                mode=str(found.mode),
                amount=found.amount,
                exact=found.exact,
                stated=read_amount(share.stated.get("amount")),
                parent=parent,
                children=tuple(child.ref for child in share.children),
                weight=share.weight,
                borne=found.borne,
                percent=share.percent,
                is_state=share.source in STATE_SOURCES,
                is_employer=share.financer is not None and share.financer.pk == data.employer.pk,
            )
        )
        for child in share.children:
            add(child, share.ref)

    for share in data.shares:
        add(share, None)
    return lines


def _keys(data: PlanData, posts: list[Post]) -> list[KeyFacts]:
    groups = [(s.ref, s.title, s.key or KeyData(), s.children) for s in data.all_shares() if s.children]
    groups.append(("", "Clé", next((s.key for s in data.shares if s.key and not s.children), KeyData()), data.shares))
    keys = []
    for ref, label, key, children in groups:
        members = [child for child in children if child.mode == ShareMode.KEY]
        if members:
            keys.append(_key(ref, label, key, members, posts))
    return keys


def _key(ref: str, label: str, key: KeyData, members: list[ShareData], posts: list[Post]) -> KeyFacts:
    percents = {m.ref: m.weight for m in members if m.weight is not None}
    if key.source == KeySource.OFFICIAL:
        return KeyFacts(ref, label, key.basis, key.source, key.vintage, {})
    official = {m.ref: m.population for m in members if m.population is not None}
    if len(official) < len(members) and key.vintage is not None:
        financers = {m.financer.pk: m.ref for m in members if m.financer}
        found = official_populations(
            basis=key.basis,
            vintage=key.vintage,
            financers=[m.financer for m in members if m.financer],
            posts=None if key.stored_id else posts,
        )
        official = {financers[pk]: count for pk, count in found.items()}
    # One unknown member makes every percentage wrong: better silent than crying wolf.
    complete = len(official) == len(members)
    return KeyFacts(ref, label, key.basis, key.source, key.vintage, percents, official if complete else {})


def _post(post: Post, plan: FundingPlan, weight: Decimal | None) -> PostFacts:
    held = [Occupancy(o.start, o.end, o.working_time) for o in post.occupancies.all()]
    start, end = _open_period(post, plan.period_start, plan.period_end)
    found = due(start, end, held) if held and start <= end else None
    return PostFacts(post.key, post.label, frozenset(post.zones), post.etp, found, weight)


def _parts(data: PlanData, result: Allocation) -> dict[str, dict[str, Decimal]]:
    found = breakdown_of(data, result)
    if found is None:
        return {}
    return {ref: {post.key: row[post.pk] for post in found.posts} for ref, row in found.parts.items()}


def _open_period(post: Post, start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """A post not yet created, or already closed, is not vacant on those days."""
    return max(start, post.created_on or start), min(end, post.closed_on or end)


REMAINDER = str(Mode.REMAINDER)
KEY = str(Mode.KEY)
