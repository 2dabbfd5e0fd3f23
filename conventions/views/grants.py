"""Preparing the grants of a plan, with what its convention says of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from conventions.services.grants import prepare_plan_grants
from core.errors import BusinessError
from core.french import plural
from funding.models import FundingPlan
from parties.access import ActorRequest, ability_required


@require_POST
@ability_required("grant.manage")
def grants_prepare(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """Can be asked again: what is not awarded follows the plan and the convention."""
    plan = get_object_or_404(FundingPlan.objects.visible_to(request.actor).select_related("employer"), uuid=uuid)
    try:
        made = prepare_plan_grants(plan=plan, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(plan)
    words = plural(len(made), "subvention est à jour", "subventions sont à jour")
    messages.success(request, f"{len(made)} {words} : montants du plan, dates de la convention.")
    return redirect(f"{reverse('grants')}?annee={plan.year}")
