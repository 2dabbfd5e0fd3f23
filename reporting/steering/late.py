"""Reports that condition a payment and are late, by convention: the calendar's own duties, read leanly."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch

from conventions.calendar.compute import figures
from conventions.calendar.facts import ConventionFacts
from conventions.calendar.facts import PostFacts as CalendarPost
from conventions.calendar.obligation import Body
from conventions.calendar.rules import CalendarRules
from conventions.enums import Family
from conventions.models import Convention, ConventionPost
from conventions.models.agreement import BINDING
from funding.enums import PlanStatus
from funding.grant_accounts import due_date
from funding.models import FundingPlan, GrantAccount
from parties.actors import Actor
from parties.enums import OrganisationKind
from posts.models import ActivityReturn, Post
from posts.timeline import life_of

from .facts import Late

COMMITTED = (PlanStatus.ENGAGE, PlanStatus.SOLDE)
#: States of an account that was given.
GIVEN = ("soumis", "accepte")


@dataclass(frozen=True)
class Duty:
    """A report a signed convention asks for. ``given``: its figures are all there."""

    convention: str
    post: str
    label: str
    due_on: dt.date
    given: bool
    url: str


@dataclass
class LateReports:
    """By convention and post; the association's account by plan."""

    by_post: dict[tuple[int, int], list[Late]] = field(default_factory=lambda: defaultdict(list))
    by_plan: dict[int, Late] = field(default_factory=dict)
    #: Every duty of the year, given or not: convention, post, what, due on, given.
    duties: list[Duty] = field(default_factory=list)

    def of(self, conventions: Iterable[int], plan: FundingPlan) -> list[Late]:
        """What conditions the payment of the plan's shares, the oldest first, each duty once."""
        keys = [(pk, post.pk) for pk in conventions for post in plan.posts.all()]
        found = {(late.label, late.due_on): late for key in keys for late in self.by_post.get(key, ())}
        if plan.pk in self.by_plan:
            late = self.by_plan[plan.pk]
            found[late.label, late.due_on] = late
        return sorted(found.values(), key=lambda each: (each.due_on, each.label))


def late_reports(
    by: Actor, *, year: int, today: dt.date, rules: CalendarRules, plans: Mapping[int, FundingPlan]
) -> LateReports:
    """What signed conventions asked of ``year`` and nobody gave in time. Six queries."""
    found = LateReports()
    returns = ActivityReturn.objects.only("post_id", "year", "month")
    posts = Post.objects.select_related("employer").prefetch_related(Prefetch("activity", returns), "occupancies")
    rows = (
        Convention.objects.visible_to(by)
        .covering_year(year)
        .filter(status__in=BINDING)
        .exclude(family=Family.F5)
        .prefetch_related(
            Prefetch("convention_posts", ConventionPost.objects.prefetch_related(Prefetch("post", posts)))
        )
    )
    for row in rows:
        for link in row.convention_posts.all():
            # What isolation hides is not there to be read.
            if getattr(link, "post", None) is None:
                continue
            for duty in figures(_facts(row, link.post, year), rules):
                asked = Duty(row.reference, link.post.label, duty.title, duty.due_on, bool(duty.done), duty.url)
                found.duties.append(asked)
                if duty.done is False and duty.due_on < today:
                    found.by_post[row.pk, link.post_id].append(Late(duty.title, duty.due_on, duty.url))
    _accounts(found, plans, today, rules)
    return found


def _accounts(found: LateReports, plans: Mapping[int, FundingPlan], today: dt.date, rules: CalendarRules) -> None:
    """The association's account of what it received, six months after the year."""
    asked = [p for p in plans.values() if p.employer.kind == OrganisationKind.ASSOCIATION and p.status in COMMITTED]
    late = [plan for plan in asked if due_date(plan.year, rules.grants) < today]
    if not late:
        return
    given = GrantAccount.objects.filter(plan__in=late, status__in=GIVEN).values_list("plan_id", flat=True)
    for plan in late:
        if plan.pk not in set(given):
            label = f"Compte rendu financier {plan.year} de « {plan.label} »"
            found.by_plan[plan.pk] = Late(label, due_date(plan.year, rules.grants), plan.get_absolute_url())


def _facts(row: Convention, post: Post, year: int) -> ConventionFacts:
    """The year asked, as far as the convention covers it."""
    variables = row.variables.get("reports")
    start, end = max(row.period_start, dt.date(year, 1, 1)), min(row.final_day, dt.date(year, 12, 31))
    return ConventionFacts(
        uuid=str(row.uuid),
        reference=row.reference,
        url=row.get_absolute_url(),
        start=start,
        end=end,
        signed=True,
        bipartite=False,
        parties=(),
        posts=(_post(post, year),),
        reports=tuple(item for item in variables if isinstance(item, str)) if isinstance(variables, list) else (),
    )


def _post(post: Post, year: int) -> CalendarPost:
    rows = list(post.activity.all())
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    # A month without anybody gives nothing to count: nothing is late for it.
    empty = {(year, month) for month in range(1, 13) if life.vacant_month(year, month)}
    return CalendarPost(
        key=post.key,
        label=post.label,
        url=f"/activite/{post.uuid}/",
        employer=Body(post.employer.pk, post.employer.label),
        months=frozenset((each.year, each.month) for each in rows if each.month) | empty,
        years=frozenset(each.year for each in rows if each.month is None),
    )
