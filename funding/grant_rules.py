"""The dated rules of grants: national ones in ``fixtures/rules``, replaced by a territory's own rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from django.conf import settings
from django.db import transaction

from core.errors import InvalidInput
from core.findings import Mark
from core.money import AmountError, euros_short, number_fr, parse_euros
from funding.enums_grants import RuleKind
from funding.models import GrantRule
from parties.actors import Actor


@dataclass(frozen=True)
class Rule:
    """A value in use from a day on. ``value`` is as stored: euros, months, per cent, or "MM-DD"."""

    kind: str
    start: dt.date
    value: str
    source: str
    mark: Mark = Mark.STATED
    own: bool = False

    @property
    def number(self) -> Decimal:
        return Decimal(self.value)

    @property
    def label(self) -> str:
        return str(RuleKind(self.kind).label)

    def day_of(self, year: int) -> dt.date:
        """The rule's day in ``year``; 29 February falls on the 28th of the other years."""
        month, day = (int(part) for part in self.value.split("-"))
        try:
            return dt.date(year, month, day)
        except ValueError:
            return dt.date(year, month, 28)


@dataclass(frozen=True)
class Rules:
    """All the rules a territory lives by; the latest that has begun on a day is the one in use."""

    rows: tuple[Rule, ...]

    def on(self, kind: str, day: dt.date) -> Rule:
        """The rule of ``kind`` in use on ``day``; before the first one, the first one."""
        known = [row for row in self.rows if row.kind == kind]
        begun = [row for row in known if row.start <= day]
        # A territory's own row wins over a national one that begins the same day.
        return max(begun, key=lambda row: (row.start, row.own)) if begun else min(known, key=lambda row: row.start)

    def for_year(self, kind: str, year: int) -> Rule:
        """The rule in use at the end of ``year``."""
        return self.on(kind, dt.date(year, 12, 31))


@cache
def national_rules() -> tuple[Rule, ...]:
    path = settings.BASE_DIR / "fixtures" / "rules" / "grants.json"
    return tuple(
        Rule(row["kind"], dt.date.fromisoformat(row["from"]), row["value"], row["source"], Mark(row["mark"]))
        for row in json.loads(path.read_text(encoding="utf-8"))
    )


def rules_of(territory_id: int) -> Rules:
    """One query."""
    rows: Iterable[GrantRule] = GrantRule.objects.filter(territory_id=territory_id)
    own = (Rule(row.kind, row.valid_from, row.value, row.source, own=True) for row in rows)
    return Rules((*national_rules(), *own))


@transaction.atomic
def set_rule(*, kind: str, value: str, valid_from: dt.date, source: str, by: Actor) -> GrantRule:
    """A value from ``valid_from`` on, for ``by``'s territory; the same day again corrects it (the journal keeps both).

    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field.
    """
    by.require("grant.manage")
    if kind not in RuleKind.values:
        raise InvalidInput("Choisissez la règle à régler.", place="kind")
    if not source.strip():
        raise InvalidInput("Indiquez le texte ou la décision qui fixe cette valeur.", place="source")
    row, _ = GrantRule.objects.update_or_create(
        territory=by.territory,
        kind=kind,
        valid_from=valid_from,
        defaults={"value": read_value(kind, value), "source": source.strip()},
    )
    return row


def read_value(kind: str, text: str) -> str:
    """``text`` as typed ("23 000 €", "31/07", "6") in the form it is stored in. Raises ``InvalidInput``."""
    text = text.strip()
    if kind in (RuleKind.REQUEST_DAY, RuleKind.PAYMENT_DAY):
        return _day(text)
    try:
        number = parse_euros(text.replace("%", ""))
    except AmountError as error:
        raise InvalidInput(str(error), place="value") from error
    if kind == RuleKind.THRESHOLD:
        return f"{number:.2f}"
    if kind == RuleKind.EXPLANATION_PERCENT:
        if number > 100:
            raise InvalidInput("Un pourcentage est compris entre 0 et 100.", place="value")
        return f"{number:f}"
    if number != number.to_integral_value() or not 0 < number <= 24:
        raise InvalidInput("Indiquez un nombre entier de mois, de 1 à 24.", place="value")
    return str(int(number))


def _day(text: str) -> str:
    match = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", text) or re.fullmatch(r"(?P<m>\d{2})-(?P<d>\d{2})", text)
    if match is None:
        raise InvalidInput("Indiquez le jour et le mois : 31/07.", place="value")
    day, month = (match["d"], match["m"]) if "m" in match.groupdict() else (match[1], match[2])
    try:
        found = dt.date(2024, int(month), int(day))
    except ValueError as error:
        raise InvalidInput("Ce jour n'existe pas : écrivez par exemple 31/07.", place="value") from error
    return f"{found:%m-%d}"


def shown(rule: Rule) -> str:
    """The value as a page prints it."""
    if rule.kind == RuleKind.THRESHOLD:
        return euros_short(rule.number)
    if rule.kind in (RuleKind.REQUEST_DAY, RuleKind.PAYMENT_DAY):
        month, day = rule.value.split("-")
        return f"{day}/{month}"
    try:
        number = number_fr(rule.number, 0) if rule.number == rule.number.to_integral_value() else rule.value
    except InvalidOperation:
        number = rule.value
    return f"{number} %" if rule.kind == RuleKind.EXPLANATION_PERCENT else f"{number} mois"
