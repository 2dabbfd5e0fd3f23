"""The part of a year no plan finances while the post goes on: its amounts are the last ones known, an assumption."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from django.db.models import Prefetch

from conventions.enums import Status
from conventions.models import Convention, ConventionPost
from core.french import date_range
from core.money import euros
from funding.models import FundingPlan, PlanPost, Share
from funding.prorata import months_between
from funding.titre_rules import plain, to_cents
from parties.actors import Actor
from posts.models import Post
from posts.timeline import life_of

from .facts import ZERO, Agreement, ShareFacts
from .refs import agreement_of, body_ref, plan_ref, post_refs, weights

ONE_DAY = dt.timedelta(days=1)
Span = tuple[dt.date, dt.date]
Concerns = Callable[[Actor, FundingPlan, Share], bool]


def gap_facts(by: Actor, *, year: int, today: dt.date, posts: Sequence[Post], concerns: Concerns) -> list[ShareFacts]:
    """One fact for each financer of the last plan before each gap of ``year``. Five queries."""
    plans = _plans(posts, year)
    conventions = _conventions(by, posts)
    found: dict[tuple[int, Span], list[ShareFacts]] = {}
    for post in posts:
        for gap in _gaps(post, plans[post.pk], year):
            last = max(
                (plan for plan in plans[post.pk] if plan.period_end < gap[0]), key=lambda p: p.period_end, default=None
            )
            if last is None or (last.pk, gap) in found:
                continue
            rows = _assumed(by, last, gap, conventions[post.pk], today, concerns)
            found[last.pk, gap] = list(rows)
    return [fact for rows in found.values() for fact in rows]


def _plans(posts: Sequence[Post], year: int) -> dict[int, list[FundingPlan]]:
    shares = Share.objects.filter(financer__isnull=False).select_related("financer__parent").order_by("position")
    plans = (
        FundingPlan.objects.filter(year__lte=year)
        .select_related("employer")
        .prefetch_related(
            "plan_posts", Prefetch("posts", Post.objects.order_by("label", "pk")), Prefetch("shares", shares)
        )
    )
    found: dict[int, list[FundingPlan]] = defaultdict(list)
    links = PlanPost.objects.filter(post__in=posts, plan__year__range=(year - 1, year))
    for link in links.prefetch_related(Prefetch("plan", plans)).order_by("pk"):
        found[link.post_id].append(link.plan)
    return found


def _conventions(by: Actor, posts: Sequence[Post]) -> dict[int, list[Convention]]:
    rows = Convention.objects.visible_to(by).exclude(status=Status.ABANDONNEE).order_by("period_start", "reference")
    found: dict[int, list[Convention]] = defaultdict(list)
    links = ConventionPost.objects.filter(post__in=posts, convention__in=rows.values("pk")).order_by("pk")
    for link in links.select_related("convention"):
        found[link.post_id].append(link.convention)
    return found


def _gaps(post: Post, plans: Sequence[FundingPlan], year: int) -> Iterator[Span]:
    """The stretches of the year, within the post's life, that no plan's period covers."""
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    first = max(life.begins or dt.date(year, 1, 1), dt.date(year, 1, 1))
    last = min(post.closed_on or dt.date(year, 12, 31), dt.date(year, 12, 31))
    for plan in sorted((p for p in plans if p.year == year), key=lambda p: p.period_start):
        if plan.period_start > first:
            yield first, min(plan.period_start - ONE_DAY, last)
        first = max(first, plan.period_end + ONE_DAY)
    if first <= last:
        yield first, last


def _assumed(
    by: Actor, plan: FundingPlan, gap: Span, conventions: list[Convention], today: dt.date, concerns: Concerns
) -> Iterator[ShareFacts]:
    known = [agreement_of(each, None, today) for each in conventions if each.final_day >= plan.period_start]
    covering = [each for each in known if each.starts <= gap[1] and each.ends >= gap[0]]
    ended = _ended(known, gap)
    binding = any(each.binding for each in covering)
    asked = months_between(*gap) / months_between(plan.period_start, plan.period_end)
    for share in plan.shares.all():
        if share.amount is None or share.financer is None or not concerns(by, plan, share):
            continue
        amount = to_cents(Fraction(share.amount) * asked)
        yield ShareFacts(
            plan=plan_ref(plan),
            posts=post_refs(plan),
            weights=weights(plan, share),
            employer=body_ref(plan.employer),
            financer=body_ref(share.financer),
            amount=amount,
            due=amount,
            covered=None if binding or ended is None else ZERO,
            ended=None if binding else ended,
            start=gap[0],
            end=gap[1],
            is_own=share.financer_id == plan.employer_id,
            agreements=tuple(covering),
            issues_titres=False,
            assumed=True,
            words=_words(plan, share.amount, amount, gap, asked),
        )


def _ended(known: list[Agreement], gap: Span) -> Agreement | None:
    """The last signed agreement over before the gap."""
    before = [each for each in known if each.binding and each.ends < gap[1]]
    return max(before, key=lambda each: each.ends, default=None)


def _words(plan: FundingPlan, last: Decimal, amount: Decimal, gap: Span, asked: Fraction) -> str:
    months, known = months_between(*gap), months_between(plan.period_start, plan.period_end)
    return (
        f"Hypothèse, dans aucun total : aucun plan {date_range(*gap)}. Dernier montant connu ({plan.label}) :"
        f" {euros(last)} × {plain(months)}/{plain(known)} mois = {euros(amount)}."
    )
