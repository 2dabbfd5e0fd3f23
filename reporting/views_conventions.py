"""Approving a convention, and its PDF."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from conventions.views.common import act, expected_version, find
from core.errors import BusinessError
from parties.access import ActorRequest, ability_required, member_required
from reporting.services_documents import approve_and_publish, convention_pdf


@require_POST
@ability_required("convention.approve")
def convention_approve(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: approve_and_publish(convention=convention, by=request.actor, expected=expected_version(request)),
        done=f"La convention {convention.reference} est approuvée : son texte et ses chiffres sont figés.",
        then=convention.get_absolute_url(),
    )


@require_safe
@member_required
def convention_document(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The PDF: the approved version's, else the draft's. A reader without the draft never gets here (404)."""
    convention = find(uuid)
    try:
        data, name = convention_pdf(convention)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(convention)
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
