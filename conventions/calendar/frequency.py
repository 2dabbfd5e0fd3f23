"""How often a report is due, and for which day, from the words of the variable that names it."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import re

from core.french.dates import MONTHS

from .due import Due

#: Months between two reports, by the adjective people use.
FREQUENCIES = {"mensuel": 1, "bimestriel": 2, "trimestriel": 3, "quadrimestriel": 4, "semestriel": 6, "annuel": 12}
_NOUNS = {"mois": 1, "trimestre": 3, "semestre": 6, "année": 12, "an": 12}
_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "six": 6, "douze": 12}
_NUMBER = rf"({'|'.join(_NUMBERS)}|\d{{1,2}})"
_ADJECTIVE = re.compile(rf"\b({'|'.join(FREQUENCIES)})(?:le)?(?:ment)?s?\b", re.IGNORECASE)
_TIMES = re.compile(rf"\b{_NUMBER}\s+fois\s+(?:par|dans)\s+(?:l['’])?an(?:née)?\b", re.IGNORECASE)
_EVERY = re.compile(rf"\b(?:tous les|chaque période de|par période de)\s+{_NUMBER}\s+mois\b", re.IGNORECASE)
_EACH = re.compile(rf"\b(?:chaque|tous les|toutes les|par)\s+({'|'.join(_NOUNS)})s?\b", re.IGNORECASE)
#: « le trimestre échu »; a month alone says nothing (« le mois suivant »).
_PERIOD = re.compile(r"\b(trimestre|semestre)s?\b", re.IGNORECASE)
_NEXT = re.compile(
    r"\ble\s+(\d{1,2})(?:er)?\s+(?:jour\s+)?du\s+(deuxième\s+|second\s+|troisième\s+)?mois\s+"
    r"(?:suivant|qui\s+suit|d['’]après)",
    re.IGNORECASE,
)
_EACH_MONTH = re.compile(r"\ble\s+(\d{1,2})(?:er)?\s+de\s+chaque\s+mois\b", re.IGNORECASE)
_LAST = re.compile(r"\b(?:(?:à la fin|le dernier jour)\s+du|dans le)\s+mois\s+(?:suivant|qui\s+suit)", re.IGNORECASE)
_DAY_NUMBERS = {"huit": 8, "dix": 10, "quinze": 15, "vingt": 20, "trente": 30, "quarante-cinq": 45, "soixante": 60}
_DAY_NUMBER = rf"({'|'.join(_DAY_NUMBERS)}|\d{{1,3}})"
_DAYS = re.compile(
    rf"\b(?:dans|sous)\s+(?:les\s+|un\s+délai\s+de\s+)?{_DAY_NUMBER}\s+jours\b"
    rf"|\b{_DAY_NUMBER}\s+jours\s+(?:au plus tard\s+)?(?:après|suivant|qui\s+suivent)",
    re.IGNORECASE,
)
_MONTH = "|".join(MONTHS)
#: « 15 avril, juillet et octobre »: one day for several months.
_SHARED = re.compile(rf"\b(\d{{1,2}}(?:er)?)\s+((?:{_MONTH})(?:\s*(?:,|et)\s*(?:{_MONTH}))+)\b", re.IGNORECASE)
_END_OF = re.compile(rf"\bfin\s+(?:du\s+mois\s+)?(?:de\s+|d['’])?({_MONTH})\b", re.IGNORECASE)
_WORDED = re.compile(rf"\b(\d{{1,2}})(?:er)?\s+({'|'.join(MONTHS)})(?:\s+(20\d\d))?\b", re.IGNORECASE)
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(20\d\d))?\b")
_ANCHORED = re.compile(
    r"prise d['’]effet|date d['’]effet|entrée en vigueur|anniversaire|"
    r"(?:trimestre|semestre|année|mois) de (?:la )?convention",
    re.IGNORECASE,
)
_RANKS = {"": 1, "deuxième": 2, "second": 2, "troisième": 3}
#: Months between two reports that divide a year: the only ones periods of the civil year can follow.
ALLOWED = (1, 2, 3, 4, 6, 12)


def frequency_of(report: str) -> int | None:
    """Months between two: 3 for « une synthèse intermédiaire chaque trimestre »; None when the words do not say."""
    if found := _TIMES.search(report):
        return 12 // number if (number := _number(found[1])) and 12 % number == 0 else None
    if found := _EVERY.search(report):
        return _number(found[1])
    if found := _ADJECTIVE.search(report):
        return FREQUENCIES[found[1].lower()]
    if found := _EACH.search(report):
        return _NOUNS[found[1].lower()]
    if found := _PERIOD.search(report):
        return _NOUNS[found[1].lower()]
    return _between(days_of(report))


def due_of(report: str) -> Due | None:
    """For which day: « le 20 du mois suivant », « dans les 15 jours », « 15/04, 15/07 et 15/10 »; None: not said."""
    if found := _NEXT.search(report):
        return Due.month(int(found[1]), _RANKS[(found[2] or "").strip().lower()]) if 1 <= int(found[1]) <= 31 else None
    if _LAST.search(report):
        return Due.month(31, 1)
    if found := _EACH_MONTH.search(report):
        return Due.month(int(found[1]), 1) if 1 <= int(found[1]) <= 31 else None
    if found := _DAYS.search(report):
        word = (found[1] or found[2]).lower()
        number = _DAY_NUMBERS.get(word) or int(word)
        return Due.after_days(number) if number <= 365 else None
    days = days_of(report)
    return Due.listed(days) if days else None


def is_anchored(report: str) -> bool:
    """Whether periods follow the convention's own start rather than the civil year."""
    return bool(_ANCHORED.search(report))


def asks_note(report: str) -> bool:
    """Whether something must be written beside the figures."""
    return "qualitati" in report.lower()


def days_of(report: str) -> tuple[str, ...]:
    """The days a text names, "MM-DD", or ISO where it gives the year; days that do not exist are left out."""
    report = _SHARED.sub(_each_its_day, report)
    found = [(m.start(), m[1], str(_rank(m[2])), m[3]) for m in _WORDED.finditer(report)]
    # 29 February is the 28th of the other years.
    found += [(m.start(), str(_last_of(_rank(m[1]))), str(_rank(m[1])), None) for m in _END_OF.finditer(report)]
    found += [(m.start(), m[1], m[2], m[3]) for m in _SLASHED.finditer(report)]
    days = []
    for _place, day, month, year in sorted(found):
        try:
            made = dt.date(int(year or 2024), int(month), int(day))
        except ValueError:
            continue
        days.append(made.isoformat() if year else f"{made:%m-%d}")
    return tuple(dict.fromkeys(days))


def _each_its_day(found: re.Match[str]) -> str:
    names = re.findall(_MONTH, found[2], re.IGNORECASE)
    return ", ".join(f"{found[1]} {name}" for name in names)


def _last_of(month: int) -> int:
    return calendar.monthrange(2024, month)[1]


def _rank(name: str) -> int:
    return MONTHS.index(name.lower()) + 1


def _number(word: str) -> int:
    return _NUMBERS.get(word.lower(), 0) or (int(word) if word.isdigit() else 0)


def _between(days: tuple[str, ...]) -> int | None:
    """Months between two of several days: « 15 avril, 15 juillet et 15 octobre » is quarterly. One day says nothing."""
    made = sorted(dt.date.fromisoformat(day if len(day) == 10 else f"2024-{day}") for day in days)
    if len(made) < 2:
        return None
    gap = min((after - before).days for before, after in itertools.pairwise(made))
    return min(ALLOWED, key=lambda months: abs(months * 30.4 - gap))
