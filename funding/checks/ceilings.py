"""Ceilings that practice or texts set: dated rows of ``fixtures/rules``, edited there and not in the code."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from django.conf import settings

from core.findings import Mark


@dataclass(frozen=True)
class Ceiling:
    """A highest percentage from a date to a date (None: still in use), with where it comes from."""

    start: dt.date
    end: dt.date | None
    percent: Decimal
    mark: Mark
    source: str


@cache
def state_share_ceilings() -> tuple[Ceiling, ...]:
    path = settings.BASE_DIR / "fixtures" / "rules" / "state_share.json"
    return tuple(
        Ceiling(
            start=dt.date.fromisoformat(row["from"]),
            end=dt.date.fromisoformat(row["to"]) if row["to"] else None,
            percent=Decimal(row["percent"]),
            mark=Mark(row["mark"]),
            source=row["source"],
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    )


def state_share_ceiling(day: dt.date) -> Ceiling | None:
    """The ceiling of the State's share in use on ``day``."""
    rows = (row for row in state_share_ceilings() if row.start <= day and (row.end is None or day <= row.end))
    return next(rows, None)
