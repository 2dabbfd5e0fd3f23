"""A convention read from a published document is compared with what that document prints; a new text ends that."""

from __future__ import annotations

from django.db import transaction

from conventions.enums import ConventionAct
from conventions.models import Convention, Transition
from conventions.services.locking import lock_for_edit, touch
from core.errors import InvalidInput
from funding.services.stated import set_plan_figures_aside, summary
from parties.actors import Actor


def has_stated(convention: Convention) -> bool:
    """Whether anything printed is still compared with the data: in the convention, its parties, its plans."""
    return (
        bool(convention.stated)
        or convention.parties.exclude(stated={}).exists()
        or any(
            link.plan.is_editable and (link.plan.stated or link.plan.shares.exclude(stated={}).exists())
            for link in convention.convention_plans.select_related("plan")
        )
    )


@transaction.atomic
def set_stated_aside(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """Stop comparing with the published text: the one written here replaces it. What it printed stays in the log.

    A blocking finding on a printed figure cannot be explained away; this act says openly that the print is dropped.
    """
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected)
    if not reason.strip():
        raise InvalidInput("Dites pourquoi les mentions publiées ne s'appliquent plus.", place="reason")
    kept = [summary(locked.stated)]
    locked.stated = {}
    locked.save(update_fields=["stated", "updated_at"])
    for party in locked.parties.select_related("organisation"):
        kept.append(summary(party.stated, party.organisation.label))
        party.stated = {}
        party.save(update_fields=["stated", "updated_at"])
    for signatory in locked.signatories.all():
        signatory.stated = {}
        signatory.save(update_fields=["stated", "updated_at"])
    for link in locked.convention_plans.select_related("plan"):
        if link.plan.is_editable and link.only_financer_id is None:
            set_plan_figures_aside(plan=link.plan, reason=reason, by=by)
    Transition.objects.create(
        convention=locked,
        territory_id=locked.territory_id,
        act=ConventionAct.SET_ASIDE,
        from_status=locked.status,
        to_status=locked.status,
        by=by.user,
        by_label=by.label,
        reason=f"{reason.strip()} Mentions écartées – {' ; '.join(part for part in kept if part)}.",
    )
    touch(locked)
    return locked
