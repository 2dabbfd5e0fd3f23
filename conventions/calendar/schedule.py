"""The periods a convention asks a report for, and the day each is due: from its words, its schedule, dated rules.

Pure. Each frequency is a stream whose periods follow one another without hole or overlap from the first to the last
day of the convention; a period cut by these days says so. See docs/adr/0020.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conventions.enums import CalendarRuleKind, DueMode, ReportEvery
from core.findings import Mark
from core.french import date_long, date_range, enumerate_fr, month_name
from core.french.dates import add_months, duration
from core.french.numbers import ordinal

from .due import Due
from .frequency import ALLOWED, asks_note, due_of, frequency_of, is_anchored
from .rules import CalendarRules

ONE_DAY = dt.timedelta(days=1)
QUARTER_RULES = (CalendarRuleKind.QUARTER_1, CalendarRuleKind.QUARTER_2, CalendarRuleKind.QUARTER_3)
Month = tuple[int, int]


@dataclass(frozen=True)
class Asked:
    """One frequency, for the periods that begin on or after ``start`` (None: since the convention began).

    ``due`` None: the dated rules give the day. ``anchored``: periods follow the convention's own start. ``asked``
    False: from then on, no longer asked.
    """

    every: int
    start: dt.date | None = None
    due: Due | None = None
    anchored: bool = False
    asked: bool = True
    note: bool = False
    source: str = ""
    #: The words or the schedule of the convention say it, not a rule alone.
    own: bool = False


@dataclass(frozen=True)
class Span:
    """One period of one stream. ``start`` and ``end`` are within the convention; ``whole`` is the period uncut.

    ``due_on`` None: nothing is handed in for it alone, the yearly report of the same end holds it.
    """

    every: int
    start: dt.date
    end: dt.date
    whole: tuple[dt.date, dt.date]
    due_on: dt.date | None
    source: str
    mark: Mark = Mark.STATED
    note: bool = False
    remark: str = ""

    @property
    def key(self) -> str:
        """What identifies the period in its convention, whatever its day becomes: « trimestriel-2024-01-01 »."""
        return f"{str(ReportEvery(self.every).label).lower()}-{self.whole[0].isoformat()}"

    @property
    def cut(self) -> str:
        """« coupée par la prise d'effet du 1er septembre 2023 »; "" when it is whole."""
        reasons = []
        if self.start > self.whole[0]:
            reasons.append(f"commence le {date_long(self.start)}")
        if self.end < self.whole[1]:
            reasons.append(f"s'arrête le {date_long(self.end)}")
        return f"Période incomplète : elle {enumerate_fr(reasons)}." if reasons else ""

    @property
    def label(self) -> str:
        """« 1er trimestre 2024 », « avril 2024 », « année 2024 », else the days."""
        first, last = self.whole
        if first.day != 1 or (first.month - 1) % self.every or add_months(first, self.every) != last + ONE_DAY:
            return date_range(self.start, self.end)
        rank = (first.month - 1) // self.every + 1
        names = {3: "trimestre", 4: "quadrimestre", 6: "semestre"}
        if self.every == 12:
            return f"année {first.year}"
        if self.every == 1:
            return f"{month_name(first.month)} {first.year}"
        if self.every in names:
            return f"{ordinal(rank)} {names[self.every]} {first.year}"
        return f"{month_name(first.month)}-{month_name(last.month)} {first.year}"

    @property
    def of_label(self) -> str:
        """The same after « Chiffres »."""
        label = self.label
        if label.startswith(("du ", "le ")):
            return label
        if label.startswith("année "):
            return f"de {label.removeprefix('année ')}"
        if label[0].isdigit():
            return f"du {label}"
        return f"d'{label}" if label[0] in "aàâeéio" else f"de {label}"

    def months(self, life: tuple[dt.date, dt.date]) -> list[Month]:
        """The months counted in this period: those whose middle day, within the convention, is in it."""
        found = []
        day = self.start.replace(day=1)
        while day <= self.end:
            last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
            first, until = max(day, life[0]), min(last, life[1])
            if self.start <= first + dt.timedelta(days=(until - first).days // 2) <= self.end:
                found.append((day.year, day.month))
            day = last + ONE_DAY
        return found


@dataclass(frozen=True)
class Found:
    """``spans`` by frequency then day; ``flags`` say what cannot be kept, and why."""

    spans: tuple[Span, ...]
    flags: tuple[str, ...] = ()


def spans_of(
    *,
    reference: str,
    start: dt.date,
    end: dt.date,
    reports: Sequence[str],
    settings: Sequence[Asked],
    rules: CalendarRules,
) -> Found:
    """Every period of every frequency. ``reports`` are the words of the text, ``settings`` what was set since."""
    flags: list[str] = []
    worded = _worded(reference, reports, flags)
    streams: dict[int, list[Asked]] = {every: [asked] for every, asked in worded.items()}
    for row in sorted(settings, key=lambda row: row.start or dt.date.min):
        streams.setdefault(row.every, []).append(row)
    if not any(every < 12 for every in worded):
        streams[3] = [*_usual(settings), *streams.get(3, [])]
    # The year is always accounted for; what was set or written says when.
    if all(row.start for row in streams.get(12, [])):
        streams.setdefault(12, []).insert(0, Asked(12))
    found: list[Span] = []
    for every in sorted(streams):
        found += _stream(every, streams[every], (start, end), rules, flags)
        if every < 12 and every in worded and add_months(start, every) > end + ONE_DAY:
            name = str(ReportEvery(every).label).lower()
            flags.append(
                f"Compte rendu {name} : la convention ne dure que {duration(start, end)}, aucune période n'y est"
                " entière."
            )
    return Found(tuple(_joined(found, rules)), tuple(dict.fromkeys(flags)))


def _usual(settings: Sequence[Asked]) -> list[Asked]:
    """A text that says nothing shorter than a year is reported on each quarter, until another frequency is set."""
    others = [row.start for row in settings if row.asked and row.every < 12 and row.start]
    if not others or any(row.every == 3 for row in settings):
        return [Asked(3)]
    return [Asked(3), Asked(3, min(others), asked=False)]


def _worded(reference: str, reports: Sequence[str], flags: list[str]) -> dict[int, Asked]:
    """What the text asks, frequency by frequency; the first words that give a day give it."""
    found: dict[int, Asked] = {}
    for words in reports:
        every = frequency_of(words)
        if every is None or every not in ALLOWED:
            flags.append(f"« {words} » : la périodicité ne se lit pas. Réglez le calendrier de la convention.")
            continue
        held = found.get(every)
        source = f"Convention {reference} : « {words} »"
        asked = Asked(every, None, due_of(words), is_anchored(words), True, asks_note(words), source, own=True)
        if held is None:
            found[every] = asked
        elif held.due is None and asked.due is not None:
            found[every] = replace(asked, note=held.note or asked.note, anchored=held.anchored or asked.anchored)
        else:
            found[every] = replace(held, note=held.note or asked.note, anchored=held.anchored or asked.anchored)
    return found


def _stream(
    every: int, rows: list[Asked], life: tuple[dt.date, dt.date], rules: CalendarRules, flags: list[str]
) -> Iterator[Span]:
    """A change begins with the first period that begins on or after its day: no period has two calendars."""
    if rows[0].start is not None:
        rows = [Asked(every, asked=False, anchored=rows[0].anchored), *rows]
    first = life[0]
    for rank, row in enumerate(rows):
        until = life[1]
        following = next((other.start for other in rows[rank + 1 :] if other.start), None)
        if following is not None:
            until = min(until, _last_before(every, row, life[0], following))
        if until < first:
            continue
        if row.asked:
            yield from _dated(list(_periods(every, row.anchored, life[0], first, until)), row, rules, flags)
        first = until + ONE_DAY


def _last_before(every: int, row: Asked, origin: dt.date, day: dt.date) -> dt.date:
    """The last day of the periods of ``row`` that began before ``day``."""
    if day <= origin:
        return origin - ONE_DAY
    *_, last = _periods(every, row.anchored, origin, origin, day - ONE_DAY)
    return last[1][1]


def _periods(
    every: int, anchored: bool, origin: dt.date, first: dt.date, last: dt.date
) -> Iterator[tuple[tuple[dt.date, dt.date], tuple[dt.date, dt.date]]]:
    """(as cut, whole) of each period that has a day from ``first`` to ``last``."""
    base = origin if anchored else dt.date(first.year, 1, 1)
    rank = 0
    while True:
        begins, ends = add_months(base, every * rank), add_months(base, every * (rank + 1)) - ONE_DAY
        rank += 1
        if begins > last:
            return
        if ends >= first:
            yield (max(begins, first), min(ends, last)), (begins, ends)


def _dated(
    periods: list[tuple[tuple[dt.date, dt.date], tuple[dt.date, dt.date]]],
    row: Asked,
    rules: CalendarRules,
    flags: list[str],
) -> list[Span]:
    spans = [Span(row.every, *cut, whole, None, row.source, note=row.note) for cut, whole in periods]
    if row.due is None:
        return [_by_rule(span, row, rules) for span in spans]
    if row.due.mode is not DueMode.LISTED:
        # A period the convention ends before its time is reported on from its own end when it follows its own start.
        ends = [span.end if row.anchored else span.whole[1] for span in spans]
        return [
            replace(span, due_on=row.due.computed(end), source=f"{row.source} ({row.due.words})")
            for span, end in zip(spans, ends, strict=True)
        ]
    return _listed(spans, row, row.due, flags)


def _by_rule(span: Span, row: Asked, rules: CalendarRules) -> Span:
    first, last = span.whole
    civil = first.day == 1 and (first.month - 1) % row.every == 0
    kind, year = None, last.year
    if civil and row.every == 3 and last.month < 12:
        kind = QUARTER_RULES[last.month // 3 - 1]
    elif civil and row.every == 6 and last.month == 6:
        kind = CalendarRuleKind.QUARTER_2
    elif civil and row.every == 12:
        kind, year = CalendarRuleKind.YEAR_DAY, last.year + 1
    elif civil and row.every in (3, 6):
        return span
    if kind is not None:
        due, rule = rules.of_year(kind, year)
        return replace(span, due_on=due, source=_both(row.source, rule.source), mark=rule.mark)
    return _by_default(span, row.anchored, rules)


def _by_default(span: Span, anchored: bool, rules: CalendarRules, remark: str = "") -> Span:
    end = span.end if anchored else span.whole[1]
    rule = rules.on(CalendarRuleKind.REPORT_DAYS, end)
    due = end + dt.timedelta(days=rule.number)
    return replace(
        span, due_on=due, source=_both(span.source, f"{rule.shown} ({rule.source})"), mark=rule.mark, remark=remark
    )


def _both(own: str, rule: str) -> str:
    return f"{own} ; {rule}" if own else rule


def _listed(spans: list[Span], row: Asked, due: Due, flags: list[str]) -> list[Span]:
    """Each period gets the first listed day from its end on, before the end of the next one.

    A second day there is for the next period when that one has none (a report asked before its period ends). A day
    that serves no period is told, unless it comes back each year.
    """
    if not spans:
        return []
    ends = [span.whole[1] for span in spans]
    ends.append(add_months(ends[-1] + ONE_DAY, row.every) - ONE_DAY)
    days = sorted(set(due.between(spans[0].start.year, ends[-1].year + 1)))
    once = {dt.date.fromisoformat(day) for day in due.days if len(day) == 10}
    given: dict[int, dt.date] = {}
    spare: list[tuple[int, dt.date]] = []
    for day in days:
        rank = next((n for n in range(len(spans)) if ends[n] <= day < ends[n + 1]), -1)
        if rank >= 0 and rank not in given:
            given[rank] = day
        elif day < ends[-1]:
            spare.append((rank + 1, day))
        elif day in once:
            spare.append((len(spans), day))
    for rank, day in spare:
        if rank < len(spans) and rank not in given and day >= spans[rank].start:
            given[rank] = day
        elif day in once:
            flags.append(
                f"Le {date_long(day)} ({row.source}) : hors de la vie de la convention, aucune période n'y répond."
            )
    return [
        replace(span, due_on=given[n], source=f"{row.source} ({listed(given[n])})") if n in given else span
        for n, span in enumerate(spans)
    ]


def listed(day: dt.date) -> str:
    return f"le {date_long(day)}"


def _joined(spans: list[Span], rules: CalendarRules) -> Iterator[Span]:
    """A period without a day of its own is held by the yearly report of the same end, if one is asked; else it gets
    the default number of days, and says so."""
    years = {span.whole[1]: span for span in spans if span.every == 12 and span.due_on}
    for span in spans:
        if span.due_on is not None:
            yield span
        elif span.every < 12 and span.whole[1] in years:
            yield replace(span, remark=f"Compris dans le compte rendu annuel ({years[span.whole[1]].label}).")
        else:
            yield _by_default(span, False, rules, "Aucune date n'est donnée pour cette période : délai par défaut.")
