"""R39, R45 and R49: days nobody can keep: after the end, before the vote, or a notice as long as the convention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conventions.calendar.frequency import FREQUENCIES, frequency_of
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french import plural
from core.french.dates import add_months, date_long, date_range, duration
from core.french.numbers import counted

from .around import around, date_of, life, mapping, months_of, texts, whole
from .places import place, tab

#: Dates of the text, by variable.
DEADLINES = {"budget_deadline": "La demande et le budget", "payment_deadline": "Le versement"}


def r39_reports(draft: Draft) -> Iterator[Finding]:
    """A report asked every so many months fits at least once in the life of the convention."""
    convention, days, months = draft.convention, life(draft.convention), months_of(draft.convention)
    if days is None or months is None:
        return
    for rank, report in enumerate(texts(convention.variables.get("reports"))):
        every = frequency_of(report)
        # A yearly review of a shorter convention is made at its end, and says what there is to say.
        if every is None or every == FREQUENCIES["annuel"] or every <= months:
            continue
        yield _outside(
            draft,
            f".variables.reports[{rank}]",
            f"« {report} » : tous les {every} mois, dans une convention qui dure {duration(*days)}. Ce compte rendu ne"
            " sera jamais dû.",
            f"{every} mois",
            duration(*days),
        )


def r39_committee(draft: Draft) -> Iterator[Finding]:
    """The committee first meets before the end."""
    convention, days = draft.convention, life(draft.convention)
    after = whole(convention.stated.get("first_meeting_months"))
    if after is None:
        after = whole(mapping(convention.variables.get("committee")).get("first_meeting_months"))
    if days is None or after is None or not 0 < after < 600:
        return
    meeting = add_months(days[0], after)
    if meeting > days[1] + dt.timedelta(days=1):
        yield _outside(
            draft,
            ".stated.first_meeting_months",
            f"Le comité se réunit pour la première fois au bout de {after} mois, le {date_long(meeting)} : la"
            f" convention a pris fin le {date_long(days[1])}.",
            meeting.isoformat(),
            days[1].isoformat(),
        )


def r39_dates(draft: Draft) -> Iterator[Finding]:
    """Deadlines and the last day for notice stand within the life of the convention."""
    convention, days = draft.convention, life(draft.convention)
    if days is None:
        return
    start, end = days
    for name, label in DEADLINES.items():
        day = date_of(convention.variables.get(name))
        if day is not None and not start <= day <= end:
            yield _outside(
                draft,
                f".variables.{name}",
                f"{label} : le texte fixe le {date_long(day)}, hors de la convention ({date_range(start, end)}).",
                day.isoformat(),
                f"{start.isoformat()}/{end.isoformat()}",
            )
    notice = convention.notice_months
    if notice and add_months(end, -notice) < start:
        day = add_months(end, -notice)
        yield _outside(
            draft,
            ".notice.months",
            f"La convention se dénonce {counted(notice, 'mois', 'mois')} avant son terme, soit le {date_long(day)},"
            f" avant sa prise d'effet du {date_long(start)} : personne ne peut la dénoncer.",
            day.isoformat(),
            start.isoformat(),
        )


def _outside(draft: Draft, path: str, message: str, stated: str, computed: str) -> Finding:
    return Finding(
        code="R39",
        severity=Severity.EXPLAIN,
        place=place(draft.convention, path),
        message=message,
        stated=stated,
        computed=computed,
        source="Contrôle R39 de Cosigne",
        url=tab(draft.convention, "texte"),
    )


def r45_deadlines(draft: Draft) -> Iterator[Finding]:
    """A deadline the text sets is not already past when the vote takes place; nor is the last day for notice."""
    convention, vote, days = draft.convention, around(draft).last_vote, life(draft.convention)
    if vote is None:
        return
    dates = {
        f".variables.{name}": (label, date_of(convention.variables.get(name))) for name, label in DEADLINES.items()
    }
    if days is not None and convention.notice_months:
        last = add_months(days[1], -convention.notice_months)
        # Outside the life of the convention it is R39's.
        dates[".notice.months"] = ("La dénonciation", last if last >= days[0] else None)
    for path, (label, day) in dates.items():
        if day is None or day >= vote:
            continue
        elapsed = (vote - day).days
        yield Finding(
            code="R45",
            severity=Severity.EXPLAIN,
            place=place(convention, path),
            message=(
                f"{label} : le texte fixe le {date_long(day)}, {elapsed} {plural(elapsed, 'jour')} avant le vote du"
                f" {date_long(vote)}. Personne ne peut plus tenir ce délai."
            ),
            stated=day.isoformat(),
            computed=vote.isoformat(),
            source="Contrôle R45 de Cosigne",
            url=tab(convention, "texte"),
        )


def r49_breach_notice(draft: Draft) -> Iterator[Finding]:
    """The notice given for a breach is shorter than the convention itself."""
    convention, days, months = draft.convention, life(draft.convention), months_of(draft.convention)
    stated = whole(convention.stated.get("breach_notice_months"))
    typed = whole(convention.variables.get("breach_notice_months"))
    notice = next((value for value in (stated, typed, convention.notice_months) if value), None)
    if days is None or months is None or not notice or notice < months:
        return
    path = ".stated.breach_notice_months" if stated else ".notice.months"
    yield Finding(
        code="R49",
        severity=Severity.EXPLAIN,
        place=place(convention, path),
        message=(
            f"Le préavis en cas de manquement est de {notice} mois et la convention dure {duration(*days)} : elle aura"
            " pris fin avant que la résiliation prenne effet."
        ),
        stated=f"{notice} mois",
        computed=duration(*days),
        source="Contrôle R49 de Cosigne",
        mark=Mark.STATED,
        url=tab(convention, "texte"),
    )
