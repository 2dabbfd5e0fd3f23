"""Who was there: the titres presume filled a post nobody recorded anything about; a known vacancy is no presumption."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from funding.models import FundingPlan
from funding.prorata import Occupancy
from funding.titre_facts import PlanFacts
from funding.titre_rules import PostFacts
from posts.models import Post
from posts.timeline import life_of

ONE_DAY = dt.timedelta(days=1)


def as_lived(facts: PlanFacts, plan: FundingPlan) -> PlanFacts:
    """The same facts, where a post created before the period and never filled since is vacant, not presumed filled."""
    rows = list(plan.posts.all())
    posts = [_lived(fact, post, plan) for fact, post in zip(facts.posts, rows, strict=True)]
    return replace(facts, posts=posts)


def _lived(fact: PostFacts, post: Post, plan: FundingPlan) -> PostFacts:
    if fact.occupancies:
        return fact
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    if life.begins is None or life.begins > plan.period_start:
        return fact
    # Somebody there the day before, and nobody since: how ``funding.titre_rules`` is told of a period without anyone.
    before = plan.period_start - ONE_DAY
    return replace(fact, occupancies=(Occupancy(before, before),))
