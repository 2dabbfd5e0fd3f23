"""The life of a convention: one table of acts, one function that changes a state, one log."""

from __future__ import annotations

from dataclasses import dataclass

from conventions.enums import ConventionAct, Status
from conventions.models import ApprovalRule, Convention, Transition
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
    #: Where the territory's approval takes two levels, the states it starts from instead; None: the same.
    sources_two_levels: frozenset[str] | None = None
    #: Whether it is a step proposed wherever acts are listed; others have a form of their own, under conditions.
    is_step: bool = True

    def starts_from(self, levels: int) -> frozenset[str]:
        """The states this act starts from where approval takes ``levels`` people (1 or 2)."""
        two = self.sources_two_levels
        return self.sources if levels == 1 or two is None else two

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
            frozenset({Status.SOUMISE, Status.VISEE}),
            Status.A_CORRIGER,
            "convention.approve",
            needs_reason=True,
        ),
        # The first of two levels. Where one is enough nothing starts from here: the act does not exist.
        Act(
            ConventionAct.ENDORSE,
            "Donner un avis favorable",
            frozenset(),
            Status.VISEE,
            "convention.approve",
            sources_two_levels=frozenset({Status.SOUMISE}),
        ),
        # A convention given its first opinion under two levels is still approved after a return to one.
        Act(
            ConventionAct.APPROVE,
            "Approuver",
            frozenset({Status.SOUMISE, Status.VISEE}),
            Status.APPROUVEE,
            "convention.approve",
            sources_two_levels=frozenset({Status.VISEE}),
        ),
        Act(
            ConventionAct.ASK_WIDER,
            "Demander une réouverture plus large",
            frozenset({Status.A_CORRIGER}),
            Status.A_CORRIGER,
            "convention.edit",
            needs_reason=True,
            is_step=False,
        ),
        Act(
            ConventionAct.WIDEN,
            "Rouvrir toute la convention",
            frozenset({Status.A_CORRIGER}),
            Status.A_CORRIGER,
            "convention.approve",
            needs_reason=True,
            is_step=False,
        ),
        # What was approved on paper before the territory came here (services.reprise says when).
        Act(
            ConventionAct.TAKE_OVER,
            "Reprendre un acte antérieur",
            frozenset({Status.BROUILLON, Status.A_CORRIGER}),
            Status.APPROUVEE,
            "convention.edit",
            needs_reason=True,
            is_step=False,
        ),
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
            frozenset({Status.BROUILLON, Status.A_CORRIGER, Status.SOUMISE, Status.VISEE, Status.APPROUVEE}),
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
    mine = [act for act in ACTS.values() if act.is_step and by.can(act.ability)]
    levels = approval_levels(convention.territory_id) if any(act.sources_two_levels for act in mine) else 1
    return [act for act in mine if convention.status in act.starts_from(levels)]


def approval_levels(territory_id: int) -> int:
    """How many people approve, one after the other, in this territory: 1 unless its rule says 2."""
    rule = ApprovalRule.objects.filter(territory_id=territory_id).order_by("-pk").first()
    return rule.levels if rule else 1


def advance(convention: Convention, act_name: str, *, by: Actor, reason: str = "") -> Transition:
    """The only writer of ``Convention.status``. The caller holds the row's lock (see services.lock).

    Raises NotAllowed (role), BusinessError (state), InvalidInput (a reason is needed).
    """
    act = ACTS[act_name]
    by.require(act.ability)
    levels = approval_levels(convention.territory_id) if act.sources_two_levels is not None else 1
    if convention.status not in act.starts_from(levels):
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
