"""The décompte of a titre, for whoever may see the titre."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from core.errors import BusinessError
from funding.exports.columns import statement_filename
from funding.models import Titre
from parties.access import ActorRequest, ability_required
from reporting.statements import render_statement


@require_safe
@ability_required("titre.view")
def titre_statement(request: ActorRequest, uuid: UUID) -> HttpResponse:
    titres = Titre.objects.visible_to(request.actor).select_related("issuer", "debtor", "plan", "batch")
    titre = get_object_or_404(titres, uuid=uuid)
    try:
        content = render_statement(titre=titre)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(titre)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{statement_filename(titre)}"'
    return response
