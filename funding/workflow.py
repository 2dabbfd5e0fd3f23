"""The life of a plan: one table of transitions, one writer of the status, one append-only log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import Conflict, InvalidInput
from funding.enums import PlanStatus
from funding.models import FundingPlan, PlanEvent
from parties.actors import Actor


@dataclass(frozen=True)
class Transition:
    act: str
    label: str
    sources: frozenset[str]
    target: str
    needs_reason: bool = False


PLAN_TRANSITIONS: dict[str, Transition] = {
    t.act: t
    for t in (
        Transition("arreter", "Arrêté avec sa convention", frozenset({PlanStatus.PROJET}), PlanStatus.ARRETE),
        Transition("rouvrir", "Remis en projet", frozenset({PlanStatus.ARRETE}), PlanStatus.PROJET, needs_reason=True),
        Transition("engager", "Engagé", frozenset({PlanStatus.ARRETE}), PlanStatus.ENGAGE),
        Transition("solder", "Soldé", frozenset({PlanStatus.ENGAGE}), PlanStatus.SOLDE),
    )
}

#: Acts that leave the status where it is and are logged all the same.
CREATED, EDITED, SET_ASIDE, AMENDED = "creer", "modifier", "ecarter", "amender"
ACT_LABELS: dict[str, str] = {
    CREATED: "Créé",
    EDITED: "Modifié",
    SET_ASIDE: "Chiffres publiés écartés",
    AMENDED: "Modifié par avenant",
    **{t.act: t.label for t in PLAN_TRANSITIONS.values()},
}


def log(*, plan: FundingPlan, act: str, source: str, by: Actor, reason: str = "") -> PlanEvent:
    [event] = log_all(entries=[(plan, act, source)], by=by, reason=reason)
    return event


def log_all(*, entries: Iterable[tuple[FundingPlan, str, str]], by: Actor, reason: str = "") -> list[PlanEvent]:
    """One line for each (plan, act, status it was in), in one query."""
    return PlanEvent.objects.bulk_create(
        [
            PlanEvent(
                territory_id=plan.territory_id,
                plan=plan,
                act=act,
                from_status=source,
                to_status=plan.status,
                by=by.user,
                by_label=by.label,
                reason=reason,
            )
            for plan, act, source in entries
        ]
    )


def advance(*, plan: FundingPlan, act: str, by: Actor, reason: str = "") -> FundingPlan:
    """Move a plan to its next state and log it. The caller holds the row's lock and the transaction.

    Raises :class:`Conflict` when the plan is not in a state this act starts from, :class:`InvalidInput` when the act
    needs a reason and none is given.
    """
    transition = PLAN_TRANSITIONS[act]
    if plan.status not in transition.sources:
        expected = " ou ".join(sorted(PlanStatus(s).label.lower() for s in transition.sources))
        raise Conflict(
            f"Le plan « {plan.label} » est {PlanStatus(plan.status).label.lower()} : il faut qu'il soit {expected}."
        )
    if transition.needs_reason and not reason.strip():
        raise InvalidInput("Indiquez le motif : il reste dans l'historique du plan.", place="reason")
    source, plan.status = plan.status, transition.target
    plan.version += 1
    plan.save(update_fields=["status", "version", "updated_at"])
    log(plan=plan, act=act, source=source, by=by, reason=reason.strip())
    return plan
