"""Reports that condition a payment: those of the campaigns, and the account an association gives of its grants."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conventions.calendar.rules import CalendarRules
from funding.enums import PlanStatus
from funding.grant_accounts import due_date
from funding.models import FundingPlan, GrantAccount
from parties.actors import Actor
from parties.enums import OrganisationKind
from reporting.campaigns.reading import reports_of
from reporting.campaigns.report import Entry, Report

from .facts import Late

COMMITTED = (PlanStatus.ENGAGE, PlanStatus.SOLDE)
#: States of an account that was given.
GIVEN = ("soumis", "accepte")


@dataclass
class LateReports:
    """By convention and post; the association's account by plan. ``reports``: all those of the year, given or not."""

    by_post: dict[tuple[int, int], list[Late]] = field(default_factory=lambda: defaultdict(list))
    by_plan: dict[int, Late] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

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
    """What signed conventions asked of ``year``, and what of it is late. A fixed number of queries."""
    found = LateReports()
    for report in reports_of(by, year=year, today=today):
        if not _expected(report):
            continue
        found.reports.append(report)
        if report.late:
            label = f"Compte rendu {report.kind.lower()} de « {report.post} », {report.label}"
            found.by_post[report.convention_id, report.post_id].append(Late(label, report.due_on, report.url))
    _accounts(found, plans, today, rules)
    return found


def _expected(report: Report) -> bool:
    """A post the reader does not see tells nothing; months without anybody, or without the post, hold nothing back."""
    if report.hidden or report.outside:
        return False
    return not report.months or any(each.entry not in (Entry.VACANT, Entry.OUTSIDE) for each in report.months)


def _accounts(found: LateReports, plans: Mapping[int, FundingPlan], today: dt.date, rules: CalendarRules) -> None:
    """The association's account of what it received, six months after the year."""
    asked = [p for p in plans.values() if p.employer.kind == OrganisationKind.ASSOCIATION and p.status in COMMITTED]
    late = [plan for plan in asked if due_date(plan.year, rules.grants) < today]
    if not late:
        return
    given = set(GrantAccount.objects.filter(plan__in=late, status__in=GIVEN).values_list("plan_id", flat=True))
    for plan in late:
        if plan.pk not in given:
            label = f"Compte rendu financier {plan.year} de « {plan.label} »"
            found.by_plan[plan.pk] = Late(label, due_date(plan.year, rules.grants), plan.get_absolute_url())
