"""The second factor: asked for when signing in, and managed from « Mon compte »."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.stages import LoginStageController
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BusinessError
from parties import factors, services
from parties.forms_factors import AddAppForm, AddKeyForm, AttemptForm, CodeForm, KeyAnswerForm, PasswordForm
from parties.models import User
from parties.stages import SecondFactorStage

APP = "allauth.mfa"
FORMS: dict[str, type[AttemptForm]] = {"password": PasswordForm, "code": CodeForm, "key": KeyAnswerForm}


# --- Signing in -------------------------------------------------------------------------------------------------------


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """After a right password: the code or the key of the account, before any session is open."""
    if request.user.is_authenticated:
        return redirect("home")
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None or stage.login.user is None:
        return redirect("login")
    ways = ways_for(request, stage.login.user, ("code", "key"))
    form = ways["sent"]
    if form is not None and form.is_valid():
        post_authentication(request, form.proved)
        answer: HttpResponse = stage.exit()
        return answer
    return render(request, "parties/factors/check.html", ways, status=422 if form is not None else 200)


def ways_for(request: HttpRequest, user: User, allowed: tuple[str, ...]) -> dict[str, Any]:
    """The forms by which ``user`` may prove who they are, and the one that was sent (``sent``)."""
    held = factors.held_by(user)
    have = {"password": user.has_usable_password(), "code": held.has_codes_to_type, "key": bool(held.keys)}
    how = request.POST.get("how", "")
    found: dict[str, Any] = {"sent": None, "password": None, "code": None, "key": None, "options": ""}
    for name in allowed:
        if have[name]:
            data = request.POST if request.method == "POST" and how == name else None
            found[name] = FORMS[name](data, user=user, request=request)
            found["sent"] = found[name] if data is not None else found["sent"]
    # A new challenge would make the answer just received a wrong one.
    if found["key"] is not None and not (found["sent"] is found["key"] and found["key"].is_valid()):
        found["options"] = json.dumps(webauthn.begin_authentication(user))
    return found


# --- Proving who one is, once more ------------------------------------------------------------------------------------


def confirmed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Acts on one's own security follow a recent proof of identity: ten minutes, a sign-in counts."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if is_reauthentication_required(request, app=APP):
            back = request.path if request.method == "GET" else reverse("second-factor")
            return redirect(f"{reverse('confirm-identity')}?{urlencode({'next': back})}")
        return view(request, *args, **kwargs)

    return guarded


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def confirm_identity(request: HttpRequest) -> HttpResponse:
    """The password, a code or a key, once more; only a second factor where the territory requires one."""
    user: User = request.user  # type: ignore[assignment]
    missing = request.second_factor_missing  # type: ignore[attr-defined]
    ways = ways_for(request, user, ("code", "key") if missing else ("password", "code", "key"))
    form = ways["sent"]
    if form is not None and form.is_valid():
        if form.proved is None:
            record_authentication(request, user, method="password", reauthenticated=True)
        else:
            post_authentication(request, form.proved, reauthenticated=True)
        return redirect(next_of(request))
    context = ways | {"next": next_of(request), "missing": missing}
    return render(request, "parties/factors/confirm.html", context, status=422 if form is not None else 200)


def next_of(request: HttpRequest) -> str:
    """Where one was going, inside the site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else reverse("account")


# --- Managing one's factors -------------------------------------------------------------------------------------------


@never_cache
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What protects the account besides the password, and what may be added or taken away."""
    user: User = request.user  # type: ignore[assignment]
    context = {
        "held": factors.held_by(user),
        "required": request.second_factor_required,  # type: ignore[attr-defined]
        "missing": request.second_factor_missing,  # type: ignore[attr-defined]
    }
    return render(request, "parties/factors/overview.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@confirmed
def add_app(request: HttpRequest) -> HttpResponse:
    """A seed to photograph or to copy, then a first code that proves the application has it."""
    user: User = request.user  # type: ignore[assignment]
    form = AddAppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.add_app(
                user=user, secret=form.secret, step=form.step or 0, session_key=request.session.session_key or ""
            )
        except BusinessError as error:
            messages.error(request, error.message)
            return redirect("second-factor")
        clear_totp_secret(request)
        return added(request, user, "L'application d'authentification protège maintenant votre compte.", codes)
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, form.secret))
    spelled = " ".join(form.secret[i : i + 4] for i in range(0, len(form.secret), 4))
    context = {"form": form, "picture": f"data:image/svg+xml,{quote(svg)}", "secret": spelled}
    return render(request, "parties/factors/app.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@confirmed
def add_key(request: HttpRequest) -> HttpResponse:
    """A security key, or the fingerprint or face reader of this device."""
    user: User = request.user  # type: ignore[assignment]
    form = AddKeyForm(request.POST or None, initial={"name": f"Clé {len(factors.held_by(user).keys) + 1}"})
    if request.method == "POST" and form.is_valid():
        codes = services.add_key(
            user=user,
            name=form.cleaned_data["name"],
            credential=form.cleaned_data["credential"],
            session_key=request.session.session_key or "",
        )
        return added(request, user, "La clé de sécurité protège maintenant votre compte.", codes)
    context = {"form": form, "options": json.dumps(webauthn.begin_registration(user, False))}
    return render(request, "parties/factors/key.html", context, status=422 if form.is_bound else 200)


def added(request: HttpRequest, user: User, message: str, codes: list[str]) -> HttpResponse:
    """The session has just proved the new factor; new recovery codes are shown now or never."""
    record_authentication(request, user, method="mfa", reauthenticated=True)
    messages.success(request, message)
    return show_codes(request, codes) if codes else redirect("second-factor")


@never_cache
@require_http_methods(["GET", "POST"])
@confirmed
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes; asked once, since the former ones stop working."""
    user: User = request.user  # type: ignore[assignment]
    if request.method == "GET":
        return render(request, "parties/factors/codes_renew.html", {"held": factors.held_by(user)})
    try:
        codes = services.renew_codes(user=user)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("second-factor")
    messages.success(request, "Vos anciens codes de secours ne valent plus rien.")
    return show_codes(request, codes)


def show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Printed in the answer itself: no address shows them again."""
    spelled = [f"{code[:4]} {code[4:]}" for code in codes]
    text = "Codes de secours de Cosigne\r\nChacun sert une fois.\r\n\r\n" + "\r\n".join(spelled) + "\r\n"
    context = {"codes": spelled, "file": f"data:text/plain;charset=utf-8,{quote(text)}"}
    return render(request, "parties/factors/codes.html", context)


@require_POST
@confirmed
def remove(request: HttpRequest) -> HttpResponse:
    """Take a factor off (``factor``: its number)."""
    wanted = request.POST.get("factor", "")
    required: bool = request.second_factor_required  # type: ignore[attr-defined]
    try:
        pk = int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0
        what = services.remove_factor(user=request.user, pk=pk, required=required)  # type: ignore[arg-type]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{what} ne protège plus votre compte.")
    return redirect("second-factor")
