"""What the calendar of obligations asks here: the reports handed in, so that it says they are done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from parties.actors import Actor
from reporting.enums import ReportAct
from reporting.models import ReportStep

from .reading import TELLING


def handed_keys(by: Actor) -> Mapping[tuple[int, int], frozenset[str]]:
    """(convention, post) → periods handed in and not sent back. One query."""
    last: dict[tuple[int, int, str], str] = {}
    rows = ReportStep.objects.visible_to(by).filter(act__in=TELLING).order_by("rank")
    for convention, post, period, act in rows.values_list("convention_id", "post_id", "period", "act"):
        last[convention, post, period] = act
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for (convention, post, period), act in last.items():
        if act in (ReportAct.SUBMITTED, ReportAct.VALIDATED):
            found[convention, post].add(period)
    return {place: frozenset(keys) for place, keys in found.items()}
