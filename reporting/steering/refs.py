"""Rows as what the facts name: posts, plans, bodies, agreements."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from conventions.enforceability import enforceability
from conventions.models import Convention
from conventions.models.agreement import BINDING, CIRCULATED
from funding.models import FundingPlan, Share
from parties.models import Organisation

from .facts import Agreement, Ref

#: A convention without notice is looked at three months before its end (domain, case 10).
NOTICE_MONTHS = 3


def plan_ref(plan: FundingPlan) -> Ref:
    return Ref(str(plan.uuid), plan.label, plan.get_absolute_url())


def body_ref(body: Organisation) -> Ref:
    return Ref(str(body.uuid), body.label)


def post_refs(plan: FundingPlan) -> tuple[Ref, ...]:
    return tuple(Ref(str(post.uuid), post.label, post.get_absolute_url()) for post in plan.posts.all())


def weights(plan: FundingPlan, share: Share | None) -> tuple[Decimal, ...]:
    """What each post counts for: the plan's own division of the share, else the weights kept on its posts."""
    rows = list(plan.posts.all())
    said: dict[str, Any] = (share.explanation.get("posts") or {}) if share is not None else {}
    if len(rows) > 1 and set(said) == {post.key for post in rows}:
        return tuple(Decimal(said[post.key]) for post in rows)
    kept = {link.post_id: link.weight for link in plan.plan_posts.all()}
    return tuple(kept.get(post.pk, Decimal(1)) for post in rows)


def agreement_of(convention: Convention, share: Share | None, today: dt.date) -> Agreement:
    vote, url = _vote(convention, share, today)
    return Agreement(
        reference=convention.reference,
        url=convention.get_absolute_url(),
        starts=convention.period_start,
        ends=convention.final_day,
        binding=convention.status in BINDING,
        circulating=convention.status in CIRCULATED,
        notice_months=convention.notice_months or NOTICE_MONTHS,
        vote=vote,
        vote_url=url,
    )


def _vote(convention: Convention, share: Share | None, today: dt.date) -> tuple[str, str]:
    """What lacks in the vote of the financer, when it is a local authority that signs."""
    if share is None or share.financer is None:
        return "", ""
    for party in convention.parties.all():
        body = party.organisation
        if body.pk != share.financer_id or not body.is_local_authority:
            continue
        url = f"{convention.get_absolute_url()}?onglet=parties#partie-{party.uuid}"
        if party.deliberation is None:
            return f"aucune délibération {body.french.de()}.", url
        found = enforceability(party.deliberation)
        if not found.on(today):
            return f"{party.deliberation} : {found.words(today)[:1].lower()}{found.words(today)[1:]}", url
    return "", ""
