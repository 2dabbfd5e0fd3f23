"""French formats in templates: `{% load core %}`, then `{{ amount|euros }}`, `{{ start|date_range_fr:end }}`.

An absent value prints nothing: the template decides what to say about it.
"""

from datetime import date, datetime
from decimal import Decimal

from django import template

from core import french, money

register = template.Library()


def _as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


@register.filter
def euros(value: Decimal | int | None) -> str:
    return "" if value in (None, "") else money.euros(value)


@register.filter
def euros_short(value: Decimal | int | None) -> str:
    return "" if value in (None, "") else money.euros_short(value)


@register.filter
def percent(value: Decimal | int | None, max_decimals: int = 2) -> str:
    return "" if value in (None, "") else money.percent(value, max_decimals)


@register.filter
def whole(value: int | None) -> str:
    """A count with its thousands apart: 105169 gives "105 169"."""
    return "" if value is None else money.number_fr(value, 0)


@register.filter
def points(value: Decimal | None) -> str:
    """A difference of percentages with its sign: 0.01 gives "+ 0,01 point"."""
    if value is None:
        return ""
    size = money.percent(abs(value), 4).removesuffix("%").strip()
    return f"{'+' if value > 0 else '−'} {size} {'points' if abs(value) >= 2 else 'point'}"


@register.filter
def in_words(value: Decimal | int | None) -> str:
    return "" if value in (None, "") else money.in_words(value)


@register.filter
def date_fr(value: date | datetime | None) -> str:
    return french.date_long(_as_date(value)) if value else ""


@register.filter
def date_range_fr(start: date | datetime | None, end: date | datetime | None) -> str:
    """ "du 1er septembre au 31 décembre 2023"; one bound missing gives "à compter du …" or "jusqu'au …"."""
    if start and end:
        return french.date_range(_as_date(start), _as_date(end))
    if start:
        return f"à compter du {french.date_long(_as_date(start))}"
    return f"jusqu'au {french.date_long(_as_date(end))}" if end else ""


@register.filter
def duration_fr(start: date | datetime | None, end: date | datetime | None) -> str:
    """Length of a period whose end date is included: "un an", "quatre mois"."""
    if not (start and end) or _as_date(end) < _as_date(start):
        return ""
    return french.duration(_as_date(start), _as_date(end))
