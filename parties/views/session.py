"""Signing in and out, switching organisation, one's own account, the help page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parties import services
from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from parties.forms import OwnPasswordForm, SignInForm
from parties.middleware import SESSION_KEY
from parties.roles import ABILITIES, abilities_of
from parties.views.guide import INDEX, PAGES, STATEMENT


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page; in demo mode it lists the accounts to try, and only then."""

    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"demo_accounts": demo_accounts()}


def demo_accounts() -> list[dict[str, str]]:
    """The example accounts with their public password; none outside demo mode."""
    if not settings.COSIGNE_DEMO:
        return []
    return [{"email": account.email, "label": account.label, "password": DEMO_PASSWORD} for account in DEMO_ACCOUNTS]


@require_POST
def switch_membership(request: HttpRequest) -> HttpResponse:
    """Act for another of one's own organisations from now on."""
    wanted = request.POST.get("membership", "")
    membership = next((m for m in request.memberships if str(m.uuid) == wanted), None)  # type: ignore[attr-defined]
    if membership is None:
        raise Http404("Cette organisation n'est pas l'une des vôtres.")
    request.session[SESSION_KEY] = wanted
    messages.success(request, f"Vous agissez maintenant pour {membership.organisation} ({membership.territory.name}).")
    return redirect("home")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, what I may do, and my password."""
    form = OwnPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.change_password(user=request.user, password=form.cleaned_data["new_password1"])  # type: ignore[arg-type]
        update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
        messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect("account")
    held = [
        {"membership": m, "abilities": sorted(ABILITIES[a] for a in abilities_of(m.role))}
        for m in request.memberships  # type: ignore[attr-defined]
    ]
    by = request.actor  # type: ignore[attr-defined]
    context = {"form": form, "held": held, "may_manage_tokens": by is not None and by.can("token.manage")}
    return render(request, "parties/account.html", context, status=422 if form.is_bound else 200)


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """What each role does, and how to get about without a mouse."""
    guides = [(name, label) for name, label in PAGES.items() if name not in (INDEX, STATEMENT)]
    return render(request, "help.html", {"guides": guides})
