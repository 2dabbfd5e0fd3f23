"""Documents of the grants, for whoever may see what they print."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from core.errors import BusinessError
from funding.views.grants_accounts import find
from funding.views.grants_public import find_plan, known_form
from parties.access import ActorRequest, ability_required
from reporting.grant_documents import render_account, render_form


@require_safe
@ability_required("grant.view")
def account_document(request: ActorRequest, uuid: UUID) -> HttpResponse:
    account = find(request, uuid)
    name = f"compte-rendu-financier-{account.year}-{account.plan.key}.pdf"
    return document(request, lambda: render_account(account=account), name, account.get_absolute_url())


@require_safe
@ability_required("grant.request")
def form_document(request: ActorRequest, uuid: UUID, form: str) -> HttpResponse:
    plan = find_plan(request, uuid)
    name = f"cerfa-{known_form(form)}-{plan.year}-{plan.key}.pdf"
    return document(request, lambda: render_form(plan=plan, form=form), name, plan.get_absolute_url())


def document(request: ActorRequest, render: Callable[[], bytes], name: str, back: str) -> HttpResponse:
    """The PDF; a message on the page ``back`` when it cannot be made."""
    try:
        content = render()
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(back)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
