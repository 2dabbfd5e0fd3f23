"""R14: start, end and stated duration agree; a retroactive start is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conventions.text.dossier import Draft
from core.findings import Finding, Severity
from core.french import plural
from core.french.dates import add_months, date_long, duration

from .around import around, date_of, life, whole
from .places import place, tab

SOURCE = "Contrôle R14 de Cosigne"


def r14_period(draft: Draft) -> Iterator[Finding]:
    """The period exists, and is the one the text prints."""
    days = life(draft.convention)
    if days is None:
        yield _finding(
            draft,
            Severity.BLOCKING,
            ".period",
            "La convention n'a pas de période : il manque sa prise d'effet ou sa fin, ou la fin précède le début.",
            str(draft.convention.period_start or ""),
            str(draft.convention.period_end or ""),
        )
        return
    yield from _duration(draft, *days)
    yield from _printed_dates(draft, *days)


def _duration(draft: Draft, start: dt.date, end: dt.date) -> Iterator[Finding]:
    stated = whole(draft.convention.stated.get("duration_months"))
    if stated is None or add_months(start, stated) - dt.timedelta(days=1) == end or draft.months == stated:
        return
    yield _finding(
        draft,
        Severity.BLOCKING,
        ".stated.duration_months",
        f"Le texte annonce une durée de {stated} mois ; du {date_long(start)} au {date_long(end)},"
        f" la convention dure {duration(start, end)}.",
        f"{stated} mois",
        duration(start, end),
    )


def _printed_dates(draft: Draft, start: dt.date, end: dt.date) -> Iterator[Finding]:
    """The first and last days a published text prints, and whether it says when it ends at all."""
    stated = draft.convention.stated
    first, last = date_of(stated.get("start")), date_of(stated.get("end"))
    for name, words, printed, day in (("start", "commencer", first, start), ("end", "finir", last, end)):
        if printed is not None and printed != day:
            yield _finding(
                draft,
                Severity.BLOCKING,
                f".stated.{name}",
                f"Le texte fait {words} la convention le {date_long(printed)}, les données le {date_long(day)}.",
                printed.isoformat(),
                day.isoformat(),
            )
    if first is not None and last is None and whole(stated.get("duration_months")) is None:
        yield _finding(
            draft,
            Severity.EXPLAIN,
            ".stated.end",
            f"Le texte fait partir la convention du {date_long(first)} et ne dit ni sa durée ni sa fin.",
            "",
            end.isoformat(),
        )


def r14_retroactive(draft: Draft) -> Iterator[Finding]:
    """A convention that began before it was voted: allowed, and said with the days elapsed."""
    days, vote = life(draft.convention), around(draft).last_vote
    if days is None or vote is None or days[0] >= vote:
        return
    start, elapsed = days[0], (vote - days[0]).days
    yield _finding(
        draft,
        Severity.EXPLAIN,
        ".period.start",
        f"Prise d'effet rétroactive : la convention court depuis le {date_long(start)}, soit {elapsed}"
        f" {plural(elapsed, 'jour')} au moment du vote du {date_long(vote)}.",
        start.isoformat(),
        vote.isoformat(),
    )


def _finding(draft: Draft, severity: Severity, path: str, message: str, stated: str, computed: str) -> Finding:
    return Finding(
        code="R14",
        severity=severity,
        place=place(draft.convention, path),
        message=message,
        stated=stated,
        computed=computed,
        source=SOURCE,
        url=tab(draft.convention, "texte"),
    )
