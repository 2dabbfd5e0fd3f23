"""Tacit renewal: the periods a convention runs for when nobody objects, and the day to object by. Pure: dates only.

Typed with the convention (``Convention.variables``): ``tacit_renewal`` says whether it renews itself,
``tacit_renewals`` how many times at most (absent: without limit). A period renews for the same duration, counted in
whole months when the first one is, in days otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.french.dates import add_months, split_duration

ONE_DAY = dt.timedelta(days=1)
#: Months before the end of a period by which a party objects, when the convention gives no notice of its own
#: (usual clause, domain.md §7, S).
USUAL_NOTICE = 3


@dataclass(frozen=True)
class TacitRenewal:
    """``times`` is None when the convention renews itself without limit."""

    start: dt.date
    end: dt.date
    times: int | None
    notice_months: int

    def end_of(self, rank: int) -> dt.date:
        """Last day of the period after ``rank`` renewals; 0 is the first period. Raises ValueError past the last."""
        if rank < 0 or (self.times is not None and rank > self.times):
            raise ValueError(f"the convention renews {self.times} times, not {rank}")
        years, months, days = split_duration(self.start, self.end)
        if days:
            return self.end + (self.end - self.start + ONE_DAY) * rank
        return add_months(self.start, (years * 12 + months) * (rank + 1)) - ONE_DAY

    @property
    def limit(self) -> dt.date | None:
        """The day no renewal goes past; None when there is none."""
        return None if self.times is None else self.end_of(self.times)

    def object_by(self, rank: int = 0) -> dt.date:
        """The last day to object before the period of that rank renews."""
        return add_months(self.end_of(rank) + ONE_DAY, -self.notice_months) - ONE_DAY


def tacit_renewal(
    *, start: dt.date, end: dt.date, variables: Mapping[str, Any], notice_months: int | None
) -> TacitRenewal | None:
    """What the convention says of its renewal; None when it does not renew itself."""
    if not variables.get("tacit_renewal"):
        return None
    times = variables.get("tacit_renewals")
    return TacitRenewal(
        start, end, times if isinstance(times, int) and times > 0 else None, notice_months or USUAL_NOTICE
    )
