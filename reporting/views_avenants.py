"""Approving an avenant, and its PDF."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from conventions.views.avenants import find_avenant
from conventions.views.common import act, expected_version
from core.errors import BusinessError
from parties.access import ActorRequest, ability_required, member_required
from reporting.services_avenants import approve_and_publish_avenant, avenant_pdf


@require_POST
@ability_required("convention.approve")
def avenant_approve(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    avenant = find_avenant(uuid)
    return act(
        request,
        lambda: approve_and_publish_avenant(avenant=avenant, by=request.actor, expected=expected_version(request)),
        done=f"L'avenant n° {avenant.number} est approuvé : son texte et ses chiffres sont figés.",
        then=avenant.get_absolute_url(),
    )


@require_safe
@member_required
def avenant_document(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The PDF: the approved version's, else the draft's, marked « PROJET »."""
    avenant = find_avenant(uuid)
    try:
        data, name = avenant_pdf(avenant)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(avenant)
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
