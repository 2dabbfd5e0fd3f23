"""Tacit renewal: how long a convention runs for when nobody objects, and the day to object by. Pure: dates only.

A value typed for the convention, ``variables["tacit_renewal"]``: ``months``, the length of each new period, and
``limit``, how many may follow (absent: without limit).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.french.dates import add_months
from core.french.numbers import counted
from core.french.people import de

ONE_DAY = dt.timedelta(days=1)
#: Months before the end of a period by which a party objects, when the convention gives no notice of its own
#: (usual clause, domain.md §7, S).
USUAL_NOTICE = 3


@dataclass(frozen=True)
class TacitRenewal:
    """``end``: last day of the first period; ``months`` of each new one; ``limit`` is None when nothing bounds them."""

    end: dt.date
    months: int
    limit: int | None
    notice_months: int

    @property
    def last_day(self) -> dt.date | None:
        """The day no renewal goes past; None without limit."""
        return None if self.limit is None else add_months(self.end + ONE_DAY, self.months * self.limit) - ONE_DAY

    @property
    def object_by(self) -> dt.date:
        """The last day to object before the first renewal."""
        return add_months(self.end + ONE_DAY, -self.notice_months) - ONE_DAY

    @property
    def times_words(self) -> str:
        """ "une fois", "dans la limite de deux fois"; empty without limit."""
        if self.limit is None:
            return ""
        return "une fois" if self.limit == 1 else f"dans la limite de {counted(self.limit, 'fois', 'fois')}"

    @property
    def period_words(self) -> str:
        """ "d'un an", "de six mois"."""
        whole = self.months % 12 == 0
        return de(counted(self.months // 12, "an") if whole else counted(self.months, "mois", "mois"))


def tacit_renewal(*, end: dt.date, variables: Mapping[str, Any], notice_months: int | None) -> TacitRenewal | None:
    """What the convention says of its renewal; None when it does not renew itself."""
    typed = variables.get("tacit_renewal")
    months = typed.get("months") if isinstance(typed, dict) else None
    if not isinstance(typed, dict) or not isinstance(months, int) or months < 1:
        return None
    limit = typed.get("limit")
    bounded = limit if isinstance(limit, int) and limit > 0 else None
    return TacitRenewal(end, months, bounded, notice_months or USUAL_NOTICE)
