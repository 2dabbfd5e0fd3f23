"""R26: one thing said twice and not the same: printed in two ways, or typed by hand over what a variable says."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.conf import settings

from conventions.clauses.engine import ClauseText, tags
from conventions.models import ConventionClause
from conventions.text.clauses import template_clauses
from conventions.text.context import context_of
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.dates import MONTHS, date_long
from core.french.numbers import enumerate_fr
from core.money import euros

from .around import around, date_of, distinct, life, mapping, number_of, plain, texts
from .places import place, tab

#: What a published text may print in two ways, as people read it.
LABELS = {
    "service": "le service d'accueil",
    "employer": "l'employeur",
    "period": "la période",
    "hours": "la durée du travail",
    "notice": "le préavis",
    "amount": "le montant",
}


@cache
def references() -> tuple[dict[str, str], ...]:
    """Texts conventions cite, under the reference they have: ``fixtures/rules/references.json``."""
    path = settings.BASE_DIR / "fixtures" / "rules" / "references.json"
    return tuple(json.loads(path.read_text(encoding="utf-8")))


# --- Published texts --------------------------------------------------------------------------------------------------


def r26_printed(draft: Draft) -> Iterator[Finding]:
    """A published text names one thing in two ways, or cites a text under another reference than its own."""
    stated = draft.convention.stated
    for name, values in mapping(stated.get("values")).items():
        printed = distinct(texts(values))
        if len(printed) > 1:
            quoted = enumerate_fr([f"« {value} »" for value in printed])
            label = LABELS.get(name, name)
            yield _finding(draft, f".stated.values.{name}", f"Le texte dit de deux façons {label} : {quoted}.", printed)
    for known in references():
        said = stated.get(known["name"])
        if not isinstance(said, str) or not said.strip():
            continue
        mine, theirs = plain(said).replace(" ", ""), plain(known["value"]).replace(" ", "")
        # A reference cut short is not another one.
        if not theirs.startswith(mine):
            yield _finding(
                draft,
                f".stated.{known['name']}",
                f"Le texte cite {known['label']} sous la référence « {said} » ; elle porte « {known['value']} ».",
                [said, known["value"]],
                known["source"],
                Mark(known["mark"]),
            )


def r26_totals(draft: Draft) -> Iterator[Finding]:
    """The total a text prints for the whole is that of its years."""
    whole = _amount(draft.convention.stated.get("total"))
    years = [_amount(view.plan.stated.get("total")) for view in draft.plans]
    known = [year for year in years if year is not None]
    if whole is None or not known or len(known) < len(years) or sum(known) == whole:
        return
    yield _finding(
        draft,
        ".stated.total",
        f"Le texte annonce {euros(whole)} en tout, et ses tableaux annuels font {euros(sum(known, Decimal(0)))}.",
        [str(whole), str(sum(known))],
    )


def _amount(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


# --- Clauses edited here ----------------------------------------------------------------------------------------------

_AMOUNT = re.compile(
    r"(\d{1,3}(?:[ \u00a0\u202f.]\d{3})+|\d+)(?:,(\d{1,2}))?[ \u00a0\u202f]?(?:€|euros?\b)", re.IGNORECASE
)
_NOTICE = re.compile(r"préavis\s+(?:de\s+|d[’'])?(\w+)\s+mois", re.IGNORECASE)
_COPIES = re.compile(r"\ben\s+(\w+)\s+exemplaires?\b", re.IGNORECASE)
_HOURS = re.compile(r"\b(\d+(?:[.,]\d+)?)\s*(?:h\b|heures?)\s*(?:hebdomadaires|par semaine)", re.IGNORECASE)
_LONG_DATE = re.compile(rf"\b(\d{{1,2}})(?:er)?\s+({'|'.join(MONTHS)})\s+(\d{{4}})\b", re.IGNORECASE)
_SHORT_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")


def typed_amounts(text: str) -> list[Decimal]:
    """Amounts in euros typed in ``text``."""
    return [
        Decimal(f"{re.sub(r'[^0-9]', '', units)}.{cents or '0'}").quantize(Decimal("0.01"))
        for units, cents in _AMOUNT.findall(text)
    ]


def typed_dates(text: str) -> list[dt.date]:
    """Dates typed in ``text``, in full or in figures; what is no day of the calendar is left out."""
    found = []
    for day, month, year in _LONG_DATE.findall(text):
        found.append((int(year), MONTHS.index(month.lower()) + 1, int(day)))
    found += [(int(year), int(month), int(day)) for day, month, year in _SHORT_DATE.findall(text)]
    days = []
    for parts in found:
        try:
            days.append(dt.date(*parts))
        except ValueError:
            continue
    return days


def r26_edited(draft: Draft) -> Iterator[Finding]:
    """A clause edited here took out a variable of its model and typed another value in its place.

    Only where the variable is gone: a figure typed beside it may be anything.
    """
    convention = draft.convention
    edited = around(draft).edited
    if convention.template is None or not edited:
        return
    models = {clause.kind: clause for clause in template_clauses(convention.template)}
    values = context_of(draft)
    for row in edited:
        if row.kind not in models:
            continue
        gone = {name for name in _variables(models[row.kind]) - set(tags(row.edited_text)) if values.get(name)}
        for wrong, right in _contradictions(draft, row, gone, values):
            yield Finding(
                code="R26",
                severity=Severity.EXPLAIN,
                place=place(convention, f".clauses[{row.kind}].text"),
                message=(
                    f"La clause « {row.edited_title or models[row.kind].title} », modifiée ici, écrit {wrong} ; les"
                    f" données de la convention donnent {right}. Remettez la variable du modèle, ou corrigez la donnée."
                ),
                stated=wrong,
                computed=right,
                source="Contrôle R26 de Cosigne",
                url=tab(convention, "texte", f"clause-{row.kind}"),
            )


def _variables(clause: ClauseText) -> set[str]:
    blocks = [block for variant in clause.variants for block in variant.blocks]
    written = [text for block in blocks for text in (block.text, *(item.text for item in block.items))]
    return {tag for text in written for tag in tags(text)}


def _contradictions(
    draft: Draft, row: ConventionClause, gone: set[str], values: dict[str, str]
) -> Iterator[tuple[str, str]]:
    text = row.edited_text
    if any(name.startswith("funding.") and "€" in values[name] for name in gone):
        known = _figures(draft, values)
        for amount in dict.fromkeys(typed_amounts(text)):
            if known and amount not in known:
                yield euros(amount), enumerate_fr([euros(value) for value in sorted(known)][:4])
    if any(name.startswith(("period.", "dates.")) for name in gone):
        days = _days(draft)
        for day in dict.fromkeys(typed_dates(text)):
            if days and day not in days:
                yield f"le {date_long(day)}", enumerate_fr([f"le {date_long(each)}" for each in sorted(days)])
    counts: tuple[tuple[str, re.Pattern[str], int | None, Callable[[int], str]], ...] = (
        ("notice.months_words", _NOTICE, draft.convention.notice_months, lambda n: f"{n} mois de préavis"),
        ("originals.count_words", _COPIES, len(draft.parties) or None, lambda n: f"{n} exemplaires"),
    )
    for name, pattern, right, words in counts:
        for typed in pattern.findall(text) if name in gone and right else ():
            number = number_of(typed)
            if number is not None and right is not None and number != right:
                yield words(number), words(right)
    hours = {post.weekly_hours for post in draft.posts if post.weekly_hours}
    for typed in _HOURS.findall(text) if "post.hours_label" in gone and hours else ():
        if Decimal(typed.replace(",", ".")) not in hours:
            yield f"{typed} heures", enumerate_fr([f"{_short(value)} heures" for value in sorted(hours)])


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def _figures(draft: Draft, values: dict[str, str]) -> set[Decimal]:
    """Every amount the convention may rightly write: lines, totals, costs, and what the variables print."""
    found = {share.amount for view in draft.plans for share in view.shares if share.amount is not None}
    found |= {share.fixed_amount for view in draft.plans for share in view.shares if share.fixed_amount is not None}
    found |= {cost.amount for view in draft.plans for cost in view.plan.costs.all()}
    found |= {view.total for view in draft.plans if view.total is not None}
    printed = [value for name, value in values.items() if name.startswith("funding.")]
    return found | {amount for value in printed for amount in typed_amounts(value)}


def _days(draft: Draft) -> set[dt.date]:
    period = life(draft.convention)
    typed: dict[str, Any] = draft.convention.variables
    known = [date_of(typed.get(name)) for name in ("budget_deadline", "payment_deadline")]
    votes = [party.deliberation.date for party in draft.parties if party.deliberation is not None]
    plans = [day for view in draft.plans for day in (view.plan.period_start, view.plan.period_end)]
    accounts = [dt.date(view.plan.year + 1, 6, 30) for view in draft.plans]
    return {day for day in (*(period or ()), *known, *votes, *plans, *accounts) if day is not None}


def _finding(
    draft: Draft,
    path: str,
    message: str,
    said: list[str],
    source: str = "Contrôle R26 de Cosigne",
    mark: Mark = Mark.STATED,
) -> Finding:
    return Finding(
        code="R26",
        severity=Severity.EXPLAIN,
        place=place(draft.convention, path),
        message=message,
        stated=said[0],
        computed=", ".join(said[1:]),
        source=source,
        mark=mark,
        url=tab(draft.convention, "texte"),
    )
