"""Below which amount a local authority's claim is not collected: dated rows of ``fixtures/rules``."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from django.conf import settings

PATH = Path(settings.BASE_DIR) / "fixtures" / "rules" / "seuil_recouvrement.json"


@dataclass(frozen=True)
class Threshold:
    """``amount`` in euros, in force from ``start`` to ``end`` included (None: open)."""

    amount: Decimal
    start: dt.date | None
    end: dt.date | None
    source: str


@lru_cache(maxsize=1)
def thresholds() -> tuple[Threshold, ...]:
    rows = json.loads(PATH.read_text(encoding="utf-8"))
    return tuple(Threshold(Decimal(row["amount"]), _day(row["from"]), _day(row["to"]), row["source"]) for row in rows)


def threshold_on(day: dt.date) -> Threshold:
    """The rule in force on ``day``. ``LookupError`` when the table has a gap there."""
    for rule in thresholds():
        if (rule.start is None or rule.start <= day) and (rule.end is None or day <= rule.end):
            return rule
    raise LookupError(f"no collection threshold on {day}")


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
