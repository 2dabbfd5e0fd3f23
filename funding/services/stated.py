"""Leaving aside what a published text printed, once a new text replaces it. What was left aside stays in the log."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.errors import Conflict, InvalidInput
from funding import workflow
from funding.models import FundingPlan
from parties.actors import Actor


def summary(stated: dict[str, Any], name: str = "") -> str:
    """ "total = 58044.00, label = masse salariale" for a log line; empty when nothing was printed."""
    parts = [f"{key} = {value}" for key, value in sorted(stated.items()) if value not in (None, "", [], {})]
    if not parts:
        return ""
    return f"{name} : {', '.join(parts)}" if name else ", ".join(parts)


@transaction.atomic
def set_plan_figures_aside(*, plan: FundingPlan, reason: str, by: Actor) -> bool:
    """Stop comparing a draft plan with published figures. False when it had none."""
    by.require("plan.edit")
    if not reason.strip():
        raise InvalidInput("Dites pourquoi les chiffres publiés ne s'appliquent plus.", place="reason")
    locked = FundingPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    shares = [share for share in locked.shares.select_related("financer") if share.stated]
    if not locked.stated and not shares:
        return False
    if not locked.is_editable:
        raise Conflict(f"Le plan « {locked.label} » est {locked.get_status_display().lower()} : il ne se modifie plus.")
    kept = [summary(locked.stated, "plan"), *(summary(share.stated, share.ref) for share in shares)]
    locked.stated = {}
    locked.version += 1
    locked.save(update_fields=["stated", "version", "updated_at"])
    for share in shares:
        share.stated = {}
        share.save(update_fields=["stated", "updated_at"])
    text = f"{reason.strip()} Chiffres écartés – {' ; '.join(part for part in kept if part)}."
    workflow.log(plan=locked, act=workflow.SET_ASIDE, source=locked.status, by=by, reason=text)
    return True
