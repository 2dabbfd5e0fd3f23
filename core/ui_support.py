"""What the interface's template tags compute: query strings, error lists, figures made readable. No markup here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.forms import BoundField, RadioSelect
from django.http import HttpRequest, QueryDict

from core import money
from core.french import date_long

_SYMBOL = re.compile(r'<symbol id="([^"]+)"')
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIGURE = re.compile(r"[-\u2212]?\d+(?:\.\d+)?")


@cache
def icon_names() -> frozenset[str]:
    """Names of the sprite's icons; empty when the sprite is not at hand (static files served elsewhere)."""
    found = finders.find("icons.svg")
    return frozenset(_SYMBOL.findall(Path(str(found)).read_text())) if found else frozenset()


def read(thing: Any, name: str) -> Any:
    """``thing.name`` or ``thing["name"]``, ``None`` when absent: components take mappings and objects alike."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def query_string(request: HttpRequest | None, changes: Mapping[str, Any]) -> str:
    """``?…`` with the request's parameters, those of ``changes`` replaced, or removed when ``None`` or empty."""
    params = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            params.pop(key, None)
        else:
            params[key] = str(value)
    return f"?{params.urlencode()}"


def parse_iso_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def readable(value: Any) -> str:
    """A figure or a day of a finding for a French reader: "12219.50" gives "12 219,50", "2023-07-03" "3 juillet 2023".

    Other texts are left alone. A percentage stored with four decimals loses its empty ones. Whole numbers of four
    digits or less stay as they are: they may be years.
    """
    if value is None or value == "":
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not _FIGURE.fullmatch(text):
        day = parse_iso_day(text)
        return date_long(day) if day else text
    if len(text.partition(".")[2]) > 2:
        text = text.rstrip("0").rstrip(".")
    number = Decimal(text.replace("\u2212", "-"))
    decimals = len(text.partition(".")[2])
    if decimals == 0 and abs(number) < 10000:
        return text
    return money.number_fr(number, decimals)


@dataclass(frozen=True)
class ErrorLine:
    """One line of an error summary; ``target`` is the id of the control to go to, empty when there is none."""

    message: str
    target: str = ""
    label: str = ""


def _field_target(field: BoundField) -> str:
    if field.is_hidden:
        return ""
    # A group has no control of its own name: its first choice takes the focus.
    return f"{field.auto_id}_0" if isinstance(field.field.widget, RadioSelect) else field.id_for_label


def _form_errors(form: Any) -> Iterable[ErrorLine]:
    for message in form.non_field_errors():
        yield ErrorLine(str(message))
    for field in form:
        for message in field.errors:
            yield ErrorLine(str(message), _field_target(field), str(field.label))


def collect_errors(forms: Iterable[Any]) -> list[ErrorLine]:
    """Errors of forms and formsets, in the order of the page; unbound forms have none."""
    lines: list[ErrorLine] = []
    for form in forms:
        if not form or not form.is_bound:
            continue
        if hasattr(form, "forms"):
            lines.extend(ErrorLine(str(message)) for message in form.non_form_errors())
            for inner in form.forms:
                lines.extend(_form_errors(inner))
        else:
            lines.extend(_form_errors(form))
    return lines


@dataclass(frozen=True)
class Explanation:
    """How an amount was computed, ready to print. ``lines`` are (label, value); the value is empty for a sentence."""

    formula: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    source: str = ""
    changed: str = ""


def _explanation_line(line: Any) -> tuple[str, str]:
    if isinstance(line, str):
        return line, ""
    label, value = line
    return str(label), money.euros_short(value) if isinstance(value, Decimal) else str(value)


def normalise_explanation(explanation: Any) -> Explanation | None:
    """See ``ui_amount`` for what may be given; ``None`` when there is nothing to say."""
    if not explanation:
        return None
    if isinstance(explanation, str):
        return Explanation(formula=explanation)
    if isinstance(explanation, Sequence):
        return Explanation(lines=tuple(_explanation_line(line) for line in explanation))
    return Explanation(
        formula=str(read(explanation, "formula") or ""),
        lines=tuple(_explanation_line(line) for line in read(explanation, "lines") or ()),
        source=str(read(explanation, "source") or ""),
        changed=str(read(explanation, "changed") or ""),
    )


class FindingLine:
    """A finding as the list shows it: absent attributes become empty, figures readable, severity a tone."""

    def __init__(self, finding: Any, tones: Mapping[str, str]) -> None:
        self.code = str(read(finding, "code") or "")
        self.severity = str(read(finding, "severity") or "vigilance")
        self.severity_label = str(read(finding, "severity_label") or self.severity)
        self.tone = tones[self.severity]
        self.place = str(read(finding, "place") or "")
        self.message = str(read(finding, "message") or "")
        self.stated = readable(read(finding, "stated"))
        self.computed = readable(read(finding, "computed"))
        self.source = str(read(finding, "source") or "")
        self.mark_label = str(read(finding, "mark_label") or "")
        self.url = str(read(finding, "url") or "")
        self.explain_url = str(read(finding, "explain_url") or "")
        self.fingerprint = str(read(finding, "fingerprint") or "")
        self.answer = read(finding, "answer")
