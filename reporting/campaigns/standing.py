"""Where the reports of a territory stand, in one query: for a page that says how many are late, not what is missing.

Months are not read: a report not handed in is « à remplir », be its months validated or not, and figures that changed
since are not looked for. The board of the campaign reads all of it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from conventions.calendar.due import Due
from conventions.calendar.facts import PostFacts
from conventions.calendar.obligation import Body
from conventions.calendar.reading import bare_facts
from conventions.calendar.rules import CalendarRules, national, own_rule
from conventions.calendar.schedule import Asked
from conventions.enums import DueMode
from conventions.models import CalendarRule, ConventionPost, ReportSchedule
from conventions.models.agreement import BINDING
from funding.grant_rules import Rules, national_rules
from parties.actors import Actor
from posts.models import ActivityReturn
from reporting.models import ReportStep

from .reading import TELLING, Known, reports_of_convention
from .report import Report

_SCHEDULE = ("every", "valid_from", "asked", "anchored", "mode", "day", "after", "days", "note_asked", "source")


def standing(by: Actor, *, today: dt.date) -> list[Report]:
    """Every report from last year to next year of the conventions that bind, known whole years left out."""
    found: list[Report] = []
    for row in _rows(by, today):
        post = PostFacts(
            key=row.post.key,
            label=row.post.label,
            url="",
            employer=Body(row.post.employer_id, row.post.employer.label),
            months=frozenset(),
            years=frozenset(),
            pk=row.post_id,
            link=str(row.uuid),
            # Its months are not read.
            hidden=True,
        )
        facts = bare_facts(row.convention, [post], [_asked(each) for each in row.schedules])
        made, _flags, _joined = reports_of_convention(facts, {}, Known(done=_acts(row)), _rules(row), today)
        years = set(row.known_years)
        found += [replace(each, hidden=False, months=()) for each in made if not _known(each, years)]
    return [report for report in found if today.year - 1 <= report.end.year <= today.year + 1]


def _rows(by: Actor, today: dt.date) -> Any:
    schedules = ReportSchedule.objects.filter(convention=OuterRef("convention")).order_by("every", "valid_from")
    steps = ReportStep.objects.filter(convention=OuterRef("convention"), post=OuterRef("post"), act__in=TELLING)
    years = ActivityReturn.objects.telling().filter(post=OuterRef("post"), month=None).order_by("year")
    rules = CalendarRule.objects.filter(territory=OuterRef("territory")).order_by("pk")
    step = JSONObject(
        period="period", rank="rank", act="act", start="period_start", end="period_end", on="done_on", who="by_label"
    )
    rows = ConventionPost.objects.visible_to(by).filter(
        convention__status__in=BINDING, convention__period_start__lte=dt.date(today.year + 1, 12, 31)
    )
    return (
        rows.select_related("convention", "post__employer")
        .annotate(
            schedules=ArraySubquery(schedules.values(json=JSONObject(**{name: name for name in _SCHEDULE}))),
            steps=ArraySubquery(steps.order_by("rank").values(json=step)),
            known_years=ArraySubquery(years.values("year").distinct()),
            own_rules=ArraySubquery(
                rules.values(json=JSONObject(kind="kind", start="valid_from", value="value", source="source"))
            ),
        )
        .order_by("convention__reference", "pk")
    )


def _asked(row: dict[str, Any]) -> Asked:
    due = Due(DueMode(row["mode"]), row["day"] or 0, row["after"] or 0, tuple(row["days"])) if row["asked"] else None
    start = dt.date.fromisoformat(row["valid_from"])
    return Asked(row["every"], start, due, row["anchored"], row["asked"], row["note_asked"], row["source"], own=True)


def _rules(row: Any) -> CalendarRules:
    own = (
        own_rule(each["kind"], dt.date.fromisoformat(each["start"]), each["value"], each["source"])
        for each in row.own_rules
    )
    # Days of grants have no part in reports.
    return CalendarRules((*national(), *own), Rules(national_rules()))


def _acts(row: Any) -> dict[tuple[int, int, str], list[ReportStep]]:
    """The steps of this post, as rows nobody saves."""
    found: dict[tuple[int, int, str], list[ReportStep]] = defaultdict(list)
    for each in row.steps:
        found[row.convention_id, row.post_id, each["period"]].append(
            ReportStep(
                convention_id=row.convention_id,
                post_id=row.post_id,
                period=each["period"],
                rank=each["rank"],
                act=each["act"],
                period_start=dt.date.fromisoformat(each["start"]),
                period_end=dt.date.fromisoformat(each["end"]),
                done_on=dt.date.fromisoformat(each["on"]),
                by_label=each["who"],
            )
        )
    return found


def _known(report: Report, years: set[int]) -> bool:
    return not report.last and bool(report.months) and all(line.year in years for line in report.months)
