"""Every report the conventions an actor sees ask for, and where each stands. A fixed number of queries.

``reports_of(by, year=…, today=…)`` is what other modules read.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Prefetch, Q, QuerySet

from conventions.calendar.compute import life_of as convention_life
from conventions.calendar.compute import report_url, reports_asked
from conventions.calendar.facts import ConventionFacts, PostFacts
from conventions.calendar.reading import report_facts
from conventions.calendar.rules import CalendarRules, rules_of
from conventions.calendar.schedule import Span
from conventions.enums import ReportEvery
from conventions.models import Convention
from conventions.models.agreement import BINDING
from core.findings import Mark
from core.french import date_range
from parties.actors import Actor
from posts.enums import MonthAct
from posts.models import ActivityReturn, MonthStep, Occupancy, Post
from posts.timeline import PostLife, life_of, month_bounds
from reporting.enums import ReportAct, ReportState
from reporting.models import ReportStep

from .figures import Month, digest_of
from .report import SETTLED, Entry, Last, MonthLine, Report

#: Acts that tell where a report stands; a reminder changes nothing.
TELLING = (ReportAct.SUBMITTED, ReportAct.VALIDATED, ReportAct.RETURNED, ReportAct.REOPENED)


@dataclass(frozen=True)
class Campaign:
    """``reports`` late first, then by day; ``flags``: (convention reference, its address, what cannot be kept)."""

    reports: tuple[Report, ...]
    flags: tuple[tuple[str, str, str], ...] = ()
    #: Periods handed in with another report, in words.
    joined: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What the database says of the posts, by post id; ``done`` by (convention, post, period)."""

    life: Mapping[int, PostLife] = field(default_factory=dict)
    returns: Mapping[int, Sequence[ActivityReturn]] = field(default_factory=dict)
    steps: Mapping[tuple[int, int, int], MonthStep] = field(default_factory=dict)
    done: Mapping[tuple[int, int, str], Sequence[ReportStep]] = field(default_factory=dict)


def reports_of(by: Actor, *, year: int, today: dt.date) -> list[Report]:
    """The reports whose period ends in ``year``, late first, then by due day."""
    return list(campaign_of(by, year=year, today=today).reports)


def campaign_of(by: Actor, *, year: int, today: dt.date) -> Campaign:
    """The same, with what the calendars of that year's conventions cannot keep."""
    found = read_campaign(by, today=today, years=(year, year))
    return replace(found, reports=tuple(each for each in found.reports if each.end.year == year))


def read_campaign(
    by: Actor, *, today: dt.date, years: tuple[int, int] | None = None, convention: Convention | None = None
) -> Campaign:
    """Every report of the conventions that bind, those of ``years`` (first, last) only when given."""
    rows = Convention.objects.visible_to(by).filter(status__in=BINDING)
    if convention is not None:
        rows = rows.filter(pk=convention.pk)
    return _read(rows, by, today, years)


def foreseen(by: Actor, *, convention: Convention, today: dt.date) -> Campaign:
    """What one convention asks for, or will once it is signed, whatever its state."""
    return _read(Convention.objects.visible_to(by).filter(pk=convention.pk), by, today, None)


def _read(rows: QuerySet[Convention], by: Actor, today: dt.date, years: tuple[int, int] | None) -> Campaign:
    if years is not None:
        last = dt.date(years[1], 12, 31)
        # A period that ends that year may have begun the year before; a convention renewed by itself has no last day.
        rows = rows.filter(period_start__lte=last)
    rules = rules_of(by.territory_id)
    facts = report_facts(rows)
    known = _known([post for _facts, posts in facts for post in posts.values()], [each.pk for each, _ in facts])
    reports: list[Report] = []
    flags: list[tuple[str, str, str]] = []
    joined: list[str] = []
    for each, posts in facts:
        made, told, held = reports_of_convention(each, posts, known, rules, today)
        joined += held
        if years is not None:
            made = [report for report in made if years[0] <= report.end.year <= years[1]]
        reports += made
        if made:
            flags += [(each.reference, each.url, words) for words in told]
    ordered = sorted(_with_changes(reports, known), key=lambda report: report.order)
    return Campaign(tuple(ordered), tuple(flags), tuple(joined))


def years_with_reports(by: Actor, *, today: dt.date) -> list[int]:
    """Years a convention that binds covers, newest first; the current one is always there."""
    rows = Convention.objects.visible_to(by).filter(status__in=BINDING)
    found = {today.year}
    for start, end, until in rows.values_list("period_start", "period_end", "runs_until").order_by():
        last = min((until or end).year, today.year + 1)
        found |= set(range(start.year, last + 1))
    return sorted(found, reverse=True)


# --- Assembly ---------------------------------------------------------------------------------------------------------


def reports_of_convention(
    facts: ConventionFacts, posts: Mapping[int, Post], known: Known, rules: CalendarRules, today: dt.date
) -> tuple[list[Report], tuple[str, ...], list[str]]:
    life, asked = convention_life(facts, today), reports_asked(facts, rules, today)
    made: list[Report] = []
    for post in facts.posts:
        keys = set()
        for span in asked.spans:
            if span.due_on is None:
                continue
            keys.add(span.key)
            made.append(_report(facts, post, posts.get(post.pk), span, span.months(life), known, today))
        for (convention, post_id, key), steps in known.done.items():
            if convention == facts.pk and post_id == post.pk and key not in keys:
                made.append(_orphan(facts, post, posts.get(post.pk), key, steps, today))
    joined = [f"{span.label.capitalize()} : {span.remark}" for span in asked.spans if span.due_on is None]
    return made, asked.flags, joined


def _report(
    facts: ConventionFacts,
    post: PostFacts,
    row: Post | None,
    span: Span,
    months: Sequence[Month],
    known: Known,
    today: dt.date,
) -> Report:
    assert span.due_on is not None
    lines = tuple(MonthLine(year, month, _entry(post, year, month, known, today)) for year, month in months)
    steps = known.done.get((facts.pk, post.pk, span.key), ())
    return _with_steps(
        Report(
            link=post.link,
            key=span.key,
            convention=facts.reference,
            convention_uuid=facts.uuid,
            convention_url=facts.url,
            convention_id=facts.pk,
            post_id=post.pk,
            post=post.label,
            post_uuid=str(row.uuid) if row else "",
            employer=post.employer,
            every=span.every,
            start=span.start,
            end=span.end,
            label=span.label,
            due_on=span.due_on,
            source=span.source,
            mark=span.mark,
            state=_state(lines, steps, span.start, today),
            today=today,
            months=lines,
            note_asked=span.note,
            cut=span.cut,
            remark=span.remark,
            hidden=post.hidden,
            url=report_url(post.link, span.key),
        ),
        steps,
    )


def _orphan(
    facts: ConventionFacts, post: PostFacts, row: Post | None, key: str, steps: Sequence[ReportStep], today: dt.date
) -> Report:
    """Handed in for a period the convention no longer asks about: kept, and told."""
    first = steps[-1]
    every = {str(each.label).lower(): each.value for each in ReportEvery}.get(key.partition("-")[0], 3)
    outside = first.period_end < facts.start or first.period_start > facts.end
    why = "hors de la vie de la convention" if outside else "absente du calendrier de la convention"
    return _with_steps(
        Report(
            link=post.link,
            key=key,
            convention=facts.reference,
            convention_uuid=facts.uuid,
            convention_url=facts.url,
            convention_id=facts.pk,
            post_id=post.pk,
            post=post.label,
            post_uuid=str(row.uuid) if row else "",
            employer=post.employer,
            every=every,
            start=first.period_start,
            end=first.period_end,
            label=date_range(first.period_start, first.period_end),
            due_on=first.period_end,
            source="Compte rendu déjà remis",
            mark=Mark.STATED,
            state=_state((), steps, first.period_start, today),
            today=today,
            outside=f"Cette période est {why} depuis que ses dates ou son calendrier ont changé.",
            hidden=post.hidden,
            url=report_url(post.link, key),
        ),
        steps,
    )


def _with_steps(report: Report, steps: Sequence[ReportStep]) -> Report:
    telling = [step for step in steps if step.act in TELLING]
    handed = [step for step in telling if step.act == ReportAct.SUBMITTED]
    if not telling:
        return report
    last = telling[-1]
    # Between the employer and who runs the scheme.
    reason = "" if report.hidden else last.reason
    return replace(
        report,
        last=Last(ReportAct(last.act), last.done_on, last.by_label, reason),
        handed_on=handed[-1].done_on if handed else None,
        note=handed[-1].note if handed else "",
    )


def _state(lines: Sequence[MonthLine], steps: Sequence[ReportStep], start: dt.date, today: dt.date) -> ReportState:
    """From the steps first; figures that changed since are told apart by :func:`_with_changes`."""
    last = next((step for step in reversed(steps) if step.act in TELLING), None)
    if last is not None and last.act == ReportAct.SUBMITTED:
        return ReportState.SUBMITTED
    if last is not None and last.act == ReportAct.VALIDATED:
        return ReportState.VALIDATED
    if last is not None:
        return ReportState.RETURNED
    entries = [line.entry for line in lines]
    if Entry.YEARLY in entries and all(entry in SETTLED for entry in entries):
        return ReportState.KNOWN
    if start > today:
        return ReportState.AHEAD
    return ReportState.READY if all(entry in SETTLED for entry in entries) else ReportState.OPEN


def _entry(post: PostFacts, year: int, month: int, known: Known, today: dt.date) -> Entry:
    if post.hidden:
        return Entry.HIDDEN
    rows = known.returns.get(post.pk, ())
    first, last = month_bounds(year, month)
    step = known.steps.get((post.pk, year, month))
    if step is not None and step.act == MonthAct.VALIDATED:
        return Entry.VALIDATED
    if any(row.year == year and row.month == month for row in rows):
        return Entry.ENTERED
    if any(row.year == year and row.month is None and row.has_counts for row in rows):
        return Entry.YEARLY
    life = known.life[post.pk]
    if not life.exists_in(first, last):
        return Entry.OUTSIDE
    if life.vacant_month(year, month):
        return Entry.VACANT
    return Entry.FUTURE if last >= today else Entry.MISSING


# --- What the database says -------------------------------------------------------------------------------------------


def _known(posts: Iterable[Post], conventions: Sequence[int]) -> Known:
    unique = {post.pk: post for post in posts}
    ids = list(unique)
    occupancies: dict[int, list[Occupancy]] = defaultdict(list)
    for each in Occupancy.objects.filter(post_id__in=ids).order_by("start"):
        occupancies[each.post_id].append(each)
    returns: dict[int, list[ActivityReturn]] = defaultdict(list)
    for row in ActivityReturn.objects.filter(post_id__in=ids).order_by("year", "month", "zone"):
        returns[row.post_id].append(row)
    steps: dict[tuple[int, int, int], MonthStep] = {}
    for step in MonthStep.objects.filter(post_id__in=ids).order_by("pk"):
        steps[step.post_id, step.year, step.month] = step
    done: dict[tuple[int, int, str], list[ReportStep]] = defaultdict(list)
    for act in ReportStep.objects.filter(convention_id__in=conventions).order_by("rank"):
        done[act.convention_id, act.post_id, act.period].append(act)
    life = {pk: life_of(post.created_on, post.closed_on, occupancies[pk]) for pk, post in unique.items()}
    return Known(life, returns, steps, done)


def _with_changes(reports: Sequence[Report], known: Known) -> list[Report]:
    """Those handed in whose figures are no longer those handed in. Only what moved since is read again: one query."""
    doubtful: dict[str, ReportStep] = {}
    wanted = Q(pk=None)
    for report in reports:
        if report.hidden or report.state not in (ReportState.SUBMITTED, ReportState.VALIDATED) or report.outside:
            continue
        handed = [
            step
            for step in known.done[report.convention_id, report.post_id, report.key]
            if step.act == ReportAct.SUBMITTED
        ][-1]
        if _moved(report, handed, known):
            doubtful[report.uid] = handed
            wanted |= _rows_of(report)
    rows: dict[int, list[ActivityReturn]] = defaultdict(list)
    if doubtful:
        cells = Prefetch("cells")
        for row in ActivityReturn.objects.filter(wanted).prefetch_related(cells):
            rows[row.post_id].append(row)
    return [_compared(report, doubtful.get(report.uid), rows) for report in reports]


def _moved(report: Report, handed: ReportStep, known: Known) -> bool:
    since = handed.created_at
    months = {(line.year, line.month) for line in report.months}
    years = {line.year for line in report.months}
    for line in report.months:
        step = known.steps.get((report.post_id, line.year, line.month))
        if step is not None and step.created_at > since:
            return True
        if line.entry in (Entry.ENTERED, Entry.MISSING):
            return True
    return any(
        row.updated_at > since
        for row in known.returns.get(report.post_id, ())
        if (row.year, row.month) in months or (row.month is None and row.year in years)
    )


def _rows_of(report: Report) -> Q:
    wanted = Q(pk=None)
    for line in report.months:
        wanted |= Q(year=line.year, month=line.month) | Q(year=line.year, month=None)
    return wanted & Q(post_id=report.post_id)


def _compared(report: Report, handed: ReportStep | None, rows: Mapping[int, Sequence[ActivityReturn]]) -> Report:
    if handed is None:
        return report
    months = {(line.year, line.month) for line in report.months}
    years = {line.year for line in report.months}
    mine = [
        row
        for row in rows.get(report.post_id, ())
        if (row.year, row.month) in months or (row.month is None and row.year in years)
    ]
    if digest_of(mine, handed.salt) != handed.digest:
        return replace(report, state=ReportState.CHANGED)
    return replace(report, reopened=any(line.entry is Entry.ENTERED for line in report.months))
