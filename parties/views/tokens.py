"""API tokens: what other programs may do for the organisation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BusinessError
from parties import tokens
from parties.access import ability_required
from parties.actors import Actor
from parties.models import ApiToken
from parties.roles import ABILITIES
from parties.token_forms import TokenForm


@require_GET
@ability_required("token.manage")
def token_list(request: HttpRequest) -> HttpResponse:
    """Those of one's organisation; the staff has its whole territory's, to revoke one in time."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    found = ApiToken.objects.visible_to(by).select_related("organisation", "created_by").order_by("-created_at", "pk")
    rows = [{"token": token, "scopes": [ABILITIES.get(scope, scope) for scope in token.scopes]} for token in found]
    return render(request, "parties/tokens.html", {"rows": rows, "several": by.is_staff})


@require_http_methods(["GET", "POST"])
@ability_required("token.manage")
@never_cache
def token_create(request: HttpRequest) -> HttpResponse:
    """The answer to the form shows the token, the only time it is shown: it is kept nowhere."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    form = TokenForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = tokens.create_token(by=by, **form.cleaned_data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            return render(request, "parties/token_created.html", {"token": token, "secret": secret})
    return render(request, "parties/token_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@ability_required("token.manage")
def token_revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    token = get_object_or_404(ApiToken.objects.visible_to(by), uuid=uuid)
    tokens.revoke_token(token=token, by=by)
    messages.success(request, f"Le jeton « {token.name} » est révoqué : il n'ouvre plus rien.")
    return redirect("tokens")
