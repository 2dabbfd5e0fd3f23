"""The life of an avenant: as a convention's (conventions.workflow), with its own table of acts, one writer, one log."""

from __future__ import annotations

from dataclasses import dataclass

from conventions.enums import AvenantAct, AvenantStatus
from conventions.models import Avenant, AvenantTransition
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor


@dataclass(frozen=True)
class Act:
    """An act: from which states, to which, with which ability, and how it is named to people."""

    name: str
    label: str
    sources: frozenset[str]
    target: str
    ability: str
    needs_reason: bool = False

    @property
    def past(self) -> str:
        """How the log tells it."""
        return str(AvenantAct(self.name).label)


_WRITING = frozenset({AvenantStatus.BROUILLON, AvenantStatus.A_CORRIGER})
_APPROVED = frozenset({AvenantStatus.APPROUVEE, AvenantStatus.EN_SIGNATURE})

ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(AvenantAct.SUBMIT, "Soumettre à la préfecture", _WRITING, AvenantStatus.SOUMISE, "convention.submit"),
        Act(
            AvenantAct.SEND_BACK,
            "Renvoyer pour correction",
            frozenset({AvenantStatus.SOUMISE}),
            AvenantStatus.A_CORRIGER,
            "convention.approve",
            needs_reason=True,
        ),
        Act(
            AvenantAct.APPROVE,
            "Approuver",
            frozenset({AvenantStatus.SOUMISE}),
            AvenantStatus.APPROUVEE,
            "convention.approve",
        ),
        Act(
            AvenantAct.CIRCULATE,
            "Mettre en signature",
            frozenset({AvenantStatus.APPROUVEE}),
            AvenantStatus.EN_SIGNATURE,
            "convention.sign",
        ),
        Act(
            AvenantAct.COMPLETE,
            "Constater la signature de tous",
            frozenset({AvenantStatus.EN_SIGNATURE}),
            AvenantStatus.SIGNEE,
            "convention.sign",
        ),
        Act(
            AvenantAct.REOPEN,
            "Reprendre la rédaction",
            _APPROVED,
            AvenantStatus.A_CORRIGER,
            "convention.edit",
            needs_reason=True,
        ),
        Act(
            AvenantAct.ABANDON,
            "Abandonner",
            _WRITING | _APPROVED | {AvenantStatus.SOUMISE},
            AvenantStatus.ABANDONNEE,
            "convention.edit",
            needs_reason=True,
        ),
    )
}

#: What the steps of a page show, in order.
TRACK: tuple[tuple[str, str], ...] = tuple(
    (str(state), str(AvenantStatus(state).label))
    for state in (
        AvenantStatus.BROUILLON,
        AvenantStatus.SOUMISE,
        AvenantStatus.APPROUVEE,
        AvenantStatus.EN_SIGNATURE,
        AvenantStatus.SIGNEE,
    )
)


def acts_open_to(avenant: Avenant, by: Actor) -> list[Act]:
    """Acts whose source state and ability fit; what else must hold is checked by the service."""
    return [act for act in ACTS.values() if avenant.status in act.sources and by.can(act.ability)]


def advance(avenant: Avenant, act_name: str, *, by: Actor, reason: str = "") -> AvenantTransition:
    """The only writer of ``Avenant.status``. The caller holds the convention's lock (see services.locking).

    Raises NotAllowed (role), BusinessError (state), InvalidInput (a reason is needed).
    """
    act = ACTS[act_name]
    by.require(act.ability)
    if avenant.status not in act.sources:
        raise BusinessError(
            f"L'{avenant} est « {avenant.get_status_display()} » : l'acte « {act.label} » n'est plus possible."
            " Rechargez la page."
        )
    if act.needs_reason and not reason.strip():
        raise InvalidInput(f"Dites pourquoi : l'acte « {act.label} » demande un motif.", place="reason")
    before = avenant.status
    avenant.status = act.target
    avenant.lock_version += 1
    avenant.save(update_fields=["status", "lock_version", "submitted_at", "signed_on", "updated_at"])
    return log(avenant, act.name, before, by=by, reason=reason)


def log(avenant: Avenant, act: str, before: str, *, by: Actor, reason: str = "") -> AvenantTransition:
    """One line of the log, for an act that moved the avenant from ``before`` to its present state."""
    return AvenantTransition.objects.create(
        avenant=avenant,
        territory_id=avenant.territory_id,
        act=act,
        from_status=before,
        to_status=avenant.status,
        by=by.user,
        by_label=by.label,
        reason=reason.strip(),
    )
