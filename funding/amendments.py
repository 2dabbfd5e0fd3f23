"""The figures of a committed plan on a day: what it was committed with, and what signed acts changed since. Reads only.

``Share.amount`` is the figure in force today (docs/adr/0014). The commitment's own figures are never lost: each
amended line keeps them (``committed``). Later dates win; on the same date, the later act.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from funding.models import FundingPlan, PlanAmendment, Share, ShareAmendment


@dataclass(frozen=True)
class Figure:
    """A share's amount on a day, in euros; ``committed``: at the commitment; ``by``: the act that changed it."""

    ref: str
    label: str
    amount: Decimal | None
    committed: Decimal | None
    by: PlanAmendment | None = None

    @property
    def is_changed(self) -> bool:
        return self.amount != self.committed

    @property
    def source(self) -> str:
        """ "avenant n° 1 du 3 mars 2026 à la convention 62-A"; empty for a figure as committed."""
        return self.by.text if self.by else ""


def amendments_of(plan: FundingPlan) -> list[PlanAmendment]:
    """Every act on the plan, in the order they take effect (what was prefetched is used)."""
    rows = plan.amendments.all() if "amendments" in _prefetched(plan) else plan.amendments.prefetch_related("lines")
    return sorted(rows, key=lambda row: (row.effective_on, row.pk))


def _prefetched(plan: FundingPlan) -> dict:
    found: dict = getattr(plan, "_prefetched_objects_cache", {})
    return found


def standing(amendments: Iterable[PlanAmendment], day: dt.date) -> list[PlanAmendment]:
    """Those in effect on ``day``, without those another one repealed by then; the last one prevails."""
    active = [row for row in amendments if row.effective_on <= day]
    repealed = {row.repeals_id for row in active if row.repeals_id}
    return sorted((row for row in active if row.pk not in repealed), key=lambda row: (row.effective_on, row.pk))


def figures_on(plan: FundingPlan, day: dt.date) -> dict[str, Figure]:
    """Each share's figure on ``day``, by its ref, groups included."""
    acts = amendments_of(plan)
    committed = committed_amounts(acts)
    figures = {
        share.ref: _figure(share, committed.get(share.ref, share.amount))
        for share in plan.shares.select_related("financer")
    }
    for act in standing(acts, day):
        for line in act.lines.all():
            if line.share_ref in figures:
                known = figures[line.share_ref]
                figures[line.share_ref] = Figure(known.ref, known.label, line.after, known.committed, act)
    return figures


def _figure(share: Share, amount: Decimal | None) -> Figure:
    return Figure(share.ref, share.display_label, amount, amount)


def committed_amounts(acts: Iterable[PlanAmendment]) -> dict[str, Decimal | None]:
    """What the amended shares were committed with, by ref."""
    lines: list[ShareAmendment] = [line for act in acts for line in act.lines.all()]
    return {line.share_ref: line.committed for line in lines}


def due_until(plan: FundingPlan, day: dt.date | None = None) -> dt.date | None:
    """The day after which nothing is due, as acts signed so far say (only those in effect by ``day`` when given).

    None: the whole period is due. The last act that says a day prevails.
    """
    acts = [act for act in standing(amendments_of(plan), day or dt.date.max) if act.due_until]
    return max(acts, key=lambda act: act.pk).due_until if acts else None
