"""Signing in and out through ProConnect."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from core import rls
from parties import services, vault
from parties.proconnect import client
from parties.views.factors import confirmed

SESSION_KEY, LEAVING_KEY = "proconnect_id_token", "proconnect_leaving"
#: The same for every identity that opens nothing: it does not say whether the address is known.
NO_ACCOUNT = (
    "Aucun accès n'est ouvert ici pour l'identité que ProConnect a donnée. Si vous avez été invité, ouvrez d'abord le "
    "lien du message ; sinon, adressez-vous à la personne qui gère le dispositif dans votre département."
)


@login_not_required
@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """To ProConnect. A link rather than a form: browsers refuse a form's answer to lead to another site."""
    if not client.configured():
        raise Http404("ProConnect n'est pas configuré.")
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    try:
        return client.ask(request, next_url=wanted if safe else "")
    except client.Refused as refusal:
        return refused(request, refusal.message, refusal.status)


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """From ProConnect, with a code. The protocol makes it a GET; the session's own state guards it as a token would."""
    if not client.configured():
        raise Http404("ProConnect n'est pas configuré.")
    try:
        identity, next_url = client.receive(request)
    except client.Refused as refusal:
        return refused(request, refusal.message, refusal.status)
    if request.user.is_authenticated:
        logout(request)
    user = services.account_for(identity=identity)
    if user is None:
        return refused(request, NO_ACCOUNT, 403)
    services.note_organisation(user=user, identity=identity)
    # Needed to end ProConnect's session too; it names the person, so it is not kept in the clear.
    request.session[SESSION_KEY] = vault.seal(identity.id_token)
    with rls.acting(rls.Context(signing_in_id=user.pk)):
        record_authentication(
            request, user, method="socialaccount", provider=client.PROVIDER, acr=identity.acr,
            two_factors=identity.two_factors, reauthenticated=True,
        )  # fmt: skip
        login = Login(user=user, redirect_url=next_url or reverse("home"))
        answer: HttpResponse = perform_login(request, login)
    return answer


callback.writes_on_get = True  # type: ignore[attr-defined]


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Close the session here, then ProConnect's when it opened this one."""
    sealed, address = request.session.get(SESSION_KEY), ""
    state = secrets.token_urlsafe(24)
    if sealed and client.configured():
        address = client.logout_address(request, id_token=_unsealed(sealed), state=state)
    logout(request)
    if not address:
        return redirect("login")
    request.session[LEAVING_KEY] = state
    # A page that leads there, not a redirection: browsers refuse a form's answer to lead to another site.
    return render(request, "parties/proconnect_leaving.html", {"address": address})


@login_not_required
@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """Back from ProConnect, which ended its session too; only the answer to our own request is said to be one."""
    expected = request.session.pop(LEAVING_KEY, "")
    if expected and secrets.compare_digest(expected, request.GET.get("state", "")):
        messages.info(request, "Vous êtes déconnecté, de ProConnect aussi.")
    return redirect("login")


@require_POST
@confirmed
def forget(request: HttpRequest) -> HttpResponse:
    """Undo the link between the account and a ProConnect identity; the password must then open the account."""
    if not request.user.has_usable_password():  # type: ignore[union-attr]
        messages.error(request, "Ce compte n'a pas de mot de passe : choisissez-en un avant d'oublier ProConnect.")
    elif services.unlink(user=request.user):  # type: ignore[arg-type]
        messages.success(request, "Votre compte n'est plus relié à ProConnect.")
    else:
        messages.info(request, "Votre compte n'était pas relié à ProConnect.")
    return redirect("account")


def refused(request: HttpRequest, message: str, status: int) -> HttpResponse:
    context: dict[str, Any] = {"message": message}
    return render(request, "parties/proconnect_refused.html", context, status=status)


def _unsealed(sealed: str) -> str:
    try:
        return vault.unseal(sealed)
    except vault.Unreadable:
        return ""
