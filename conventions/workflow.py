"""The life of a convention: one table of acts, one function that changes a state, one log."""

from __future__ import annotations

from dataclasses import dataclass

from conventions.enums import ConventionAct, Status
from conventions.models import Convention, Transition
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
        return str(ConventionAct(self.name).label)


ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            ConventionAct.SUBMIT,
            "Soumettre à la préfecture",
            frozenset({Status.BROUILLON, Status.A_CORRIGER}),
            Status.SOUMISE,
            "convention.submit",
        ),
        Act(
            ConventionAct.SEND_BACK,
            "Renvoyer pour correction",
            frozenset({Status.SOUMISE}),
            Status.A_CORRIGER,
            "convention.approve",
            needs_reason=True,
        ),
        Act(ConventionAct.APPROVE, "Approuver", frozenset({Status.SOUMISE}), Status.APPROUVEE, "convention.approve"),
        Act(
            ConventionAct.CIRCULATE,
            "Mettre en signature",
            frozenset({Status.APPROUVEE}),
            Status.EN_SIGNATURE,
            "convention.sign",
        ),
        Act(
            ConventionAct.COMPLETE,
            "Constater la signature de tous",
            frozenset({Status.EN_SIGNATURE}),
            Status.SIGNEE,
            "convention.sign",
        ),
        Act(
            ConventionAct.REOPEN,
            "Reprendre la rédaction",
            frozenset({Status.APPROUVEE, Status.EN_SIGNATURE}),
            Status.A_CORRIGER,
            "convention.edit",
            needs_reason=True,
        ),
        Act(
            ConventionAct.ABANDON,
            "Abandonner",
            frozenset({Status.BROUILLON, Status.A_CORRIGER, Status.SOUMISE, Status.APPROUVEE}),
            Status.ABANDONNEE,
            "convention.edit",
            needs_reason=True,
        ),
        Act(
            ConventionAct.DENOUNCE,
            "Enregistrer la dénonciation",
            frozenset({Status.SIGNEE}),
            Status.DENONCEE,
            "convention.edit",
            needs_reason=True,
        ),
        Act(
            ConventionAct.TERMINATE,
            "Enregistrer la résiliation",
            frozenset({Status.SIGNEE, Status.DENONCEE}),
            Status.RESILIEE,
            "convention.edit",
            needs_reason=True,
        ),
    )
}

#: What the steps of a page show, in order.
TRACK: tuple[tuple[str, str], ...] = (
    (Status.BROUILLON, "Brouillon"),
    (Status.SOUMISE, "Soumise"),
    (Status.APPROUVEE, "Approuvée"),
    (Status.EN_SIGNATURE, "En signature"),
    (Status.SIGNEE, "Signée"),
)


def acts_open_to(convention: Convention, by: Actor) -> list[Act]:
    """Acts whose source state and ability fit; what else must hold is checked by the service."""
    return [act for act in ACTS.values() if convention.status in act.sources and by.can(act.ability)]


def advance(convention: Convention, act_name: str, *, by: Actor, reason: str = "") -> Transition:
    """The only writer of ``Convention.status``. The caller holds the row's lock (see services.lock).

    Raises NotAllowed (role), BusinessError (state), InvalidInput (a reason is needed).
    """
    act = ACTS[act_name]
    by.require(act.ability)
    if convention.status not in act.sources:
        raise BusinessError(
            f"La convention {convention.reference} est « {convention.get_status_display()} » :"
            f" l'acte « {act.label} » n'est plus possible. Rechargez la page."
        )
    if act.needs_reason and not reason.strip():
        raise InvalidInput(f"Dites pourquoi : l'acte « {act.label} » demande un motif.", place="reason")
    before = convention.status
    convention.status = act.target
    convention.lock_version += 1
    convention.save(update_fields=["status", "lock_version", "submitted_at", "signed_on", "updated_at"])
    return Transition.objects.create(
        convention=convention,
        territory_id=convention.territory_id,
        act=act.name,
        from_status=before,
        to_status=act.target,
        by=by.user,
        by_label=by.label,
        reason=reason.strip(),
    )
