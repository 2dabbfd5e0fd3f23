"""Changing a committed plan by a signed act: the rows that say so, and the figure in force that follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from core.french.dates import date_long
from core.money import euros
from funding.amendments import Figure, amendments_of, figures_on
from funding.enums import PlanStatus
from funding.models import FundingPlan, PlanAmendment, Share, ShareAmendment
from funding.services.titres import propose_titres
from funding.workflow import AMENDED, log
from parties.actors import Actor


@transaction.atomic
def amend_plan(
    *,
    plan: FundingPlan,
    source: str,
    text: str,
    effective_on: dt.date,
    legal_basis: Mapping[str, Any],
    by: Actor,
    amounts: Mapping[str, Decimal] | None = None,
    due_until: dt.date | None = None,
    repeals: PlanAmendment | None = None,
) -> PlanAmendment:
    """Record what an act changes of a committed plan: new ``amounts`` (euros) by share, or the day it stops being due.

    A consequence of the act's signature: no ability on plans is required, ``by`` is for the log. The amounts of groups
    follow those of their members, exactly. The same ``source`` twice changes nothing. Raises :class:`BusinessError`
    when the plan is not committed, :class:`InvalidInput` for an amount or a share that cannot be.
    """
    locked = FundingPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    known = locked.amendments.filter(source=source).first()
    if known is not None:
        return known
    if locked.status != PlanStatus.ENGAGE:
        raise BusinessError(
            f"Le plan « {locked.label} » est « {locked.get_status_display()} » : un avenant ne change que les montants"
            " d'un plan engagé."
        )
    before = figures_on(locked, effective_on)
    changed = with_groups(locked, checked(locked, amounts or {}), before)
    row = PlanAmendment.objects.create(
        plan=locked,
        source=source,
        text=text,
        effective_on=effective_on,
        due_until=due_until,
        repeals=repeals,
        legal_basis=dict(legal_basis),
        by=by.user,
        by_label=by.label,
    )
    for ref, after in changed.items():
        was = before[ref]
        ShareAmendment.objects.create(
            amendment=row, share_ref=ref, committed=was.committed, before=was.amount, after=after
        )
    log(plan=locked, act=AMENDED, source=locked.status, by=by, reason=_told(row, before, changed))
    apply_amendments(plan=locked)
    return row


@transaction.atomic
def apply_amendments(*, plan: FundingPlan, day: dt.date | None = None) -> int:
    """Give each share the figure in force on ``day`` (today). Returns how many moved; again, none do."""
    day = day or timezone.localdate()
    if not amendments_of(plan):
        return 0
    figures = figures_on(plan, day)
    moved = []
    for share in Share.objects.filter(plan=plan):
        figure = figures[share.ref]
        told = explanation(share, figure)
        if (share.amount, share.explanation) != (figure.amount, told):
            share.amount, share.explanation, share.updated_at = figure.amount, told, timezone.now()
            moved.append(share)
    Share.objects.bulk_update(moved, ["amount", "explanation", "updated_at"])
    return len(moved)


def explanation(share: Share, figure: Figure) -> dict[str, Any]:
    """How the figure came to be: the allocation's words kept under ``committed``, the act's put before them."""
    base: dict[str, Any] = dict(share.explanation.get("committed") or share.explanation)
    if figure.by is None:
        return base
    sentence = (
        f"{amount_words(figure.committed)} à l'origine, porté à {amount_words(figure.amount)} par"
        f" l'{figure.source}, à compter du {date_long(figure.by.effective_on)}."
    )
    return (
        base
        | {"text": sentence, "committed": base, "amendment": figure.source}
        | ({"posts": _parts(base, figure)} if base.get("posts") else {})
    )


def _parts(base: Mapping[str, Any], figure: Figure) -> dict[str, str]:
    """The parts by post of a plan of several: in the proportions of the commitment, summing to the cent."""
    parts = {key: Decimal(value) for key, value in (base.get("posts") or {}).items()}
    total = sum(parts.values(), Decimal(0))
    if not parts or not total or figure.amount is None:
        return {key: str(value) for key, value in parts.items()}
    scaled = {key: (value * figure.amount / total).quantize(Decimal("0.01")) for key, value in parts.items()}
    last = list(scaled)[-1]
    scaled[last] += figure.amount - sum(scaled.values(), Decimal(0))
    return {key: str(value) for key, value in scaled.items()}


def checked(plan: FundingPlan, amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts of existing leaves, in euros, not negative and to the cent."""
    leaves = {share.ref: share for share in plan.shares.all() if not share.is_group}
    for ref, amount in amounts.items():
        if ref not in leaves:
            raise InvalidInput(f"Le plan « {plan.label} » n'a pas de part « {ref} ».", place="target")
        if amount < 0 or amount != amount.quantize(Decimal("0.01")):
            raise InvalidInput("Un montant est positif ou nul, au centime.", place="amount")
    return {ref: amount.quantize(Decimal("0.01")) for ref, amount in amounts.items()}


def with_groups(plan: FundingPlan, amounts: Mapping[str, Decimal], before: Mapping[str, Figure]) -> dict[str, Decimal]:
    """``amounts`` and, for each group with a changed member, the sum of its members."""
    changed = dict(amounts)
    shares = list(plan.shares.all())
    for group in (share for share in shares if share.is_group):
        members = [share.ref for share in shares if share.parent_id == group.pk]
        if not set(members) & set(amounts):
            continue
        sums = [changed.get(ref, before[ref].amount) for ref in members]
        if all(value is not None for value in sums):
            changed[group.ref] = sum((value for value in sums if value is not None), Decimal(0))
    return changed


def amount_words(amount: Decimal | None) -> str:
    return "non chiffré" if amount is None else euros(amount)


def _told(row: PlanAmendment, before: Mapping[str, Figure], changed: Mapping[str, Decimal]) -> str:
    """What the plan's log says."""
    parts = [
        f"{before[ref].label} : {amount_words(before[ref].amount)} → {euros(after)}" for ref, after in changed.items()
    ]
    if row.due_until:
        parts.append(f"plus rien n'est dû après le {date_long(row.due_until)}")
    if row.repeals:
        parts.append(f"{row.repeals.text} abrogé")
    return f"{row.text}, à compter du {date_long(row.effective_on)} : " + " ; ".join(parts)


@transaction.atomic
def apply_due(*, by: Actor, day: dt.date | None = None) -> list[FundingPlan]:
    """The amendments whose date has come, in the figures and the titres not yet exported. Returns the plans moved."""
    moved = []
    rows = FundingPlan.objects.filter(territory_id=by.territory_id, amendments__isnull=False).distinct()
    for plan in rows.select_related("employer").prefetch_related("amendments__lines").order_by("pk"):
        if apply_amendments(plan=plan, day=day):
            moved.append(plan)
            if plan.status == PlanStatus.ENGAGE and plan.employer.issues_titres:
                propose_titres(plan=FundingPlan.objects.get(pk=plan.pk), by=by)
    return moved
