"""Plans the préfecture is reading, or has sent the convention back without mentioning, do not change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from conventions.enums import Status
from conventions.models import ConventionPlan
from conventions.services.unlocking import Target, unlocked
from funding.plan_guards import plan_guard


@plan_guard
def under_review(plans: Collection[int]) -> Mapping[int, str]:
    """One query, and three more for each convention being corrected."""
    links = ConventionPlan.objects.filter(
        plan__in=plans, convention__status__in=(Status.VISEE, Status.A_CORRIGER)
    ).select_related("convention", "plan")
    refused: dict[int, str] = {}
    for link in links:
        convention = link.convention
        if convention.status == Status.VISEE:
            refused[link.plan_id] = (
                f"La convention {convention.reference}, que ce plan finance, a reçu un premier avis favorable :"
                " ses montants ne changent plus, sauf si la préfecture la renvoie."
            )
        elif not unlocked(convention).allows(Target.plan(link.plan)):
            refused[link.plan_id] = (
                f"La convention {convention.reference}, que ce plan finance, est renvoyée pour correction sur d'autres"
                " points : demandez à la préfecture une réouverture plus large pour changer ses montants."
            )
    return refused
