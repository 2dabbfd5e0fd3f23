"""From plans, conventions, titres and reports to the facts of the money at risk, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Prefetch

from conventions.budget import concerning
from conventions.calendar.rules import CalendarRules, rules_of
from conventions.enums import CalendarRuleKind, Status
from conventions.models import Convention, ConventionPlan, Party
from core import rls
from core.money import euros
from funding.costs import cost_of
from funding.enums import PlanStatus
from funding.models import FundingPlan, Share
from funding.titre_facts import PlanFacts, facts_by_plan
from funding.titre_policy import PolicyBook
from parties.actors import Actor
from posts.models import Post
from reporting.campaigns.report import Report

from .calls import called_of, read_calls
from .facts import ZERO, Agreement, Called, Late, Ref, ShareFacts
from .gaps import gap_facts
from .late import late_reports
from .occupied import as_lived
from .refs import agreement_of, body_ref, plan_ref, post_refs, weights

COMMITTED = (PlanStatus.ENGAGE, PlanStatus.SOLDE)
Links = dict[int, list[ConventionPlan]]


@dataclass(frozen=True)
class Reading:
    """The facts of a year, and the shares nobody priced (plan, financer): they count in no total."""

    year: int
    shares: tuple[ShareFacts, ...]
    unknown: tuple[tuple[Ref, str], ...] = ()
    #: The reader sees some of the plans only, hence some of the money.
    partial: bool = False
    sees_claims: bool = True
    #: Reports signed conventions ask for the year, given or not.
    reports: tuple[Report, ...] = ()


def read_year(by: Actor, *, year: int, today: dt.date) -> Reading:
    """Everything the money at risk of ``year`` is computed from, as ``by`` may see it.

    An organisation reads the plans of the posts it employs, and its own shares of the others: what the other financers
    of a post paid to somebody else is not shown to it, so nothing is said of it.
    """
    plans = _plans(by, year)
    links = _links(by, plans)
    posts = _posts(by)
    rules = rules_of(by.territory_id)
    facts = {pk: as_lived(found, plans[pk]) for pk, found in facts_by_plan(plans.values(), _book(by)).items()}
    calls = read_calls(plans, today=today, rules=rules, sees=by.can("titre.view"))
    late = late_reports(by, year=year, today=today, rules=rules, plans=plans)
    shares: list[ShareFacts] = []
    unknown: list[tuple[Ref, str]] = []
    for plan in plans.values():
        mine = [share for share in plan.shares.all() if share.financer_id and _concerns(by, plan, share)]
        for share in mine:
            if share.amount is None:
                unknown.append((plan_ref(plan), share.display_label))
                continue
            known = links.get(plan.pk, [])
            reports = late.of([link.convention_id for link in known], plan)
            shares.append(
                _share(by, plan, share, facts[plan.pk], known, called_of(calls, plan, share), reports, rules, today)
            )
        if _all_of(by, plan):
            shares += _uncovered(plan)
    shares += gap_facts(by, year=year, today=today, posts=posts, concerns=_concerns)
    partial = by.context.scope == rls.ORGANISATION
    return Reading(year, tuple(shares), tuple(unknown), partial, by.can("titre.view"), tuple(late.reports))


def _book(by: Actor) -> PolicyBook:
    return PolicyBook.of(by.territory_id)


def _plans(by: Actor, year: int) -> dict[int, FundingPlan]:
    rows = (
        FundingPlan.objects.visible_to(by)
        .filter(year=year)
        .select_related("employer")
        .prefetch_related(
            "costs",
            "plan_posts",
            Prefetch("shares", Share.objects.select_related("financer__parent").order_by("position", "pk")),
            Prefetch("posts", Post.objects.order_by("label", "pk").prefetch_related("occupancies")),
        )
        .order_by("label", "pk")
    )
    return {plan.pk: plan for plan in rows}


def _posts(by: Actor) -> list[Post]:
    return list(Post.objects.visible_to(by).prefetch_related("occupancies").order_by("label", "pk"))


def _links(by: Actor, plans: dict[int, FundingPlan]) -> Links:
    """The agreements of each plan that ``by`` sees, abandoned ones left out."""
    parties = Party.of_base.select_related("organisation", "deliberation__organisation")
    conventions = Convention.objects.visible_to(by).exclude(status=Status.ABANDONNEE)
    rows = (
        ConventionPlan.objects.filter(plan__in=plans, convention__in=conventions.values("pk"))
        .select_related("convention")
        .prefetch_related(Prefetch("convention__parties", parties))
        .order_by("convention__period_start", "convention__reference")
    )
    found: Links = defaultdict(list)
    for link in rows:
        found[link.plan_id].append(link)
    return found


def _all_of(by: Actor, plan: FundingPlan) -> bool:
    """Whether every share of the plan concerns the reader."""
    if by.context.scope != rls.ORGANISATION:
        return True
    return by.organisation is not None and plan.employer_id == by.organisation.pk


def _concerns(by: Actor, plan: FundingPlan, share: Share) -> bool:
    if _all_of(by, plan):
        return True
    own = by.organisation
    return own is not None and share.financer is not None and own.pk in (share.financer_id, share.financer.parent_id)


def _share(
    by: Actor,
    plan: FundingPlan,
    share: Share,
    facts: PlanFacts,
    links: list[ConventionPlan],
    called: Called,
    late: list[Late],
    rules: CalendarRules,
    today: dt.date,
) -> ShareFacts:
    assert share.amount is not None
    assert share.financer is not None
    agreements = tuple(agreement_of(link.convention, share, today) for link in _carrying(links, share))
    whole = facts.claim(share.amount, share.ref)
    ended = _ended(agreements, plan, facts)
    covered = None
    if ended is not None:
        covered = facts.until_day(ended.ends).claim(share.amount, share.ref).gross
    full = whole if facts.until is None else _without_end(facts).claim(share.amount, share.ref)
    return ShareFacts(
        plan=plan_ref(plan),
        posts=post_refs(plan),
        weights=weights(plan, share),
        employer=body_ref(plan.employer),
        financer=body_ref(share.financer),
        amount=share.amount,
        due=full.gross,
        due_words=_absences(full),
        covered=covered,
        ended=ended,
        start=plan.period_start,
        end=plan.period_end,
        committed=plan.status in COMMITTED,
        closed=plan.status == PlanStatus.SOLDE,
        is_own=share.financer_id == plan.employer_id,
        agreements=agreements,
        late=tuple(late),
        called=called,
        sees_claims=by.can("titre.view"),
        issues_titres=plan.employer.issues_titres,
        titre_by=rules.of_year(CalendarRuleKind.TITRE_DAY, plan.year)[0],
    )


def _without_end(facts: PlanFacts) -> PlanFacts:
    return replace(facts, until=None)


def _carrying(links: list[ConventionPlan], share: Share) -> list[ConventionPlan]:
    kept = set(concerning(links, share))
    return [link for link in links if link.convention in kept]


def _ended(agreements: tuple[Agreement, ...], plan: FundingPlan, facts: PlanFacts) -> Agreement | None:
    """The last signed agreement, when it ends before the plan does."""
    signed = [each for each in agreements if each.binding]
    last = max(signed, key=lambda each: each.ends, default=None)
    return last if last is not None and last.ends < plan.period_end else None


def _absences(claim: Any) -> str:
    """The vacancies, in the words of the titres' own statement."""
    named = len(claim.posts) > 1
    return " ".join(
        f"{item.post.label} : {item.due.explanation}" if named else item.due.explanation
        for item in claim.posts
        if item.due.absences
    )


def _uncovered(plan: FundingPlan) -> Iterable[ShareFacts]:
    """What the cost exceeds the shares by: a part nobody pays."""
    leaves = [share for share in plan.shares.all() if share.financer_id]
    cost = cost_of(plan)
    if cost is None or any(share.amount is None for share in leaves):
        return
    total = sum((share.amount or ZERO for share in leaves), ZERO)
    if cost <= total:
        return
    yield ShareFacts(
        plan=plan_ref(plan),
        posts=post_refs(plan),
        weights=weights(plan, None),
        employer=body_ref(plan.employer),
        financer=None,
        amount=cost - total,
        due=cost - total,
        start=plan.period_start,
        end=plan.period_end,
        committed=plan.status in COMMITTED,
        issues_titres=False,
        words=f"{euros(cost)} de coût - {euros(total)} de parts = {euros(cost - total)}.",
    )
