"""The dated rules deadlines are computed with: national ones in ``fixtures/rules``, replaced by a territory's own."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from conventions.enums import CalendarRuleKind
from conventions.models import CalendarRule
from core.findings import Mark
from funding.enums_grants import RuleKind
from funding.grant_rules import Rules as GrantRules
from funding.grant_rules import rules_of as grant_rules_of


@dataclass(frozen=True)
class Dated:
    """A value in use from a day on: "MM-DD" or a number of days, as stored."""

    kind: str
    start: dt.date
    value: str
    source: str
    mark: Mark = Mark.STATED
    own: bool = False

    @property
    def label(self) -> str:
        return str(CalendarRuleKind(self.kind).label)

    @property
    def is_day(self) -> bool:
        return "-" in self.value

    @property
    def number(self) -> int:
        return int(self.value)

    @property
    def shown(self) -> str:
        """As a page prints it."""
        if self.is_day:
            month, day = self.value.split("-")
            return f"{day}/{month}"
        return f"{self.number} jours"

    def day_of(self, year: int) -> dt.date:
        """The rule's day in ``year``; 29 February falls on the 28th of the other years."""
        month, day = (int(part) for part in self.value.split("-"))
        try:
            return dt.date(year, month, day)
        except ValueError:
            return dt.date(year, month, 28)


@dataclass(frozen=True)
class CalendarRules:
    """The calendar's own rules, and those grants already have."""

    rows: tuple[Dated, ...]
    grants: GrantRules

    def on(self, kind: str, day: dt.date) -> Dated:
        """The rule of ``kind`` in use on ``day``; before the first one, the first one."""
        known = [row for row in self.rows if row.kind == kind]
        begun = [row for row in known if row.start <= day]
        # A territory's own row wins over a national one that begins the same day.
        return max(begun, key=lambda row: (row.start, row.own)) if begun else min(known, key=lambda row: row.start)

    def of_year(self, kind: str, year: int) -> tuple[dt.date, Dated]:
        """The day of ``year`` the rule in use that year gives, and the rule."""
        rule = self.on(kind, dt.date(year, 12, 31))
        return rule.day_of(year), rule

    def grant_day(self, kind: str, year: int) -> tuple[dt.date, str, Mark]:
        """The same for a rule of grants: day, source, mark."""
        rule = self.grants.for_year(RuleKind(kind), year)
        return rule.day_of(year), rule.source, rule.mark


@cache
def national() -> tuple[Dated, ...]:
    path = settings.BASE_DIR / "fixtures" / "rules" / "calendar.json"
    return tuple(
        Dated(row["kind"], dt.date.fromisoformat(row["from"]), row["value"], row["source"], Mark(row["mark"]))
        for row in json.loads(path.read_text(encoding="utf-8"))
    )


def own_rule(kind: str, start: dt.date, value: str, source: str) -> Dated:
    """A territory's own value, as a row holds it."""
    return Dated(kind, start, value, source, own=True)


def rules_of(territory_id: int) -> CalendarRules:
    """Two queries."""
    own = (
        own_rule(row.kind, row.valid_from, row.value, row.source)
        for row in CalendarRule.objects.filter(territory_id=territory_id)
    )
    return CalendarRules((*national(), *own), grant_rules_of(territory_id))
