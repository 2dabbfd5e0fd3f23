"""Signing in and out, switching organisation, one's own account, the help page."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
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

from core import rls
from core.french import plural
from parties import factors, services
from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from parties.forms import OwnPasswordForm, SignInForm
from parties.guide import INDEX, PAGES, STATEMENT
from parties.middleware import SESSION_KEY
from parties.models import Membership, PlatformMembership
from parties.models import SignIn as SignInRow
from parties.proconnect.client import configured
from parties.roles import ABILITIES, abilities_of
from parties.switch import Choice


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page; in demo mode it lists the accounts to try, and only then."""

    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right: the session opens, or the second factor is asked for first."""
        user = form.get_user()
        with rls.acting(rls.Context(signing_in_id=user.pk)):
            # Just proved, so that acts on one's own security that follow do not ask again.
            record_authentication(self.request, user, method="password", reauthenticated=True)
            answer: HttpResponse = perform_login(self.request, Login(user=user, redirect_url=self.get_success_url()))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"demo_accounts": demo_accounts(), "proconnect": configured()}


def demo_accounts() -> list[dict[str, str]]:
    """The example accounts with their public password; none outside demo mode."""
    if not settings.COSIGNE_DEMO:
        return []
    return [{"email": account.email, "label": account.label, "password": DEMO_PASSWORD} for account in DEMO_ACCOUNTS]


@require_POST
def switch_membership(request: HttpRequest) -> HttpResponse:
    """Act for another of one's own organisations from now on."""
    wanted = request.POST.get("membership", "")
    choice = next((c for c in request.held.choices if str(c.uuid) == wanted), None)  # type: ignore[attr-defined]
    if choice is None:
        raise Http404("Cette organisation n'est pas l'une des vôtres.")
    request.session[SESSION_KEY] = wanted
    messages.success(request, f"Vous agissez maintenant pour {acting_for(choice)}.")
    return redirect("home")


def acting_for(choice: Choice) -> str:
    """« Département de la Somme (Somme) », « Observatoire national »."""
    source = choice.source
    if isinstance(source, Membership):
        return f"{source.organisation} ({source.territory.name})"
    return choice.name if isinstance(source, PlatformMembership) else f"un {choice.name} ({choice.place})"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, what I may do, my password, and where I am signed in."""
    form = OwnPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        former = request.session.session_key or ""
        services.change_password(user=request.user, password=form.cleaned_data["new_password1"])  # type: ignore[arg-type]
        update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
        services.follow_session(user=request.user, former=former, current=request.session.session_key or "")  # type: ignore[arg-type]
        messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect("account")
    held = [described(c) for c in request.held.choices if not c.is_access]  # type: ignore[attr-defined]
    by = request.actor  # type: ignore[attr-defined]
    context = {
        "form": form,
        "held": held,
        "may_manage_tokens": by is not None and by.can("token.manage"),
        "sign_ins": own_sign_ins(request),
        "factors": factors.held_by(request.user),  # type: ignore[arg-type]
        "linked": services.is_linked(request.user),  # type: ignore[arg-type]
        "second_factor_required": request.second_factor_required,  # type: ignore[attr-defined]
    }
    return render(request, "parties/account.html", context, status=422 if form.is_bound else 200)


def described(choice: Choice) -> dict[str, Any]:
    """One thing the account may act for, and what it allows."""
    source = choice.source
    abilities = abilities_of(getattr(source, "role", ""), is_admin=isinstance(source, Membership) and source.is_admin)
    return {"choice": choice, "source": source, "abilities": sorted(ABILITIES[a] for a in abilities)}


def own_sign_ins(request: HttpRequest) -> list[dict[str, Any]]:
    """The person's open sessions, the one in use first."""
    found = [
        {"row": row, "current": row.session_key == request.session.session_key}
        for row in SignInRow.objects.filter(user=request.user).open_now()  # type: ignore[misc]
    ]
    return sorted(found, key=lambda item: not item["current"])


@require_POST
def session_end(request: HttpRequest) -> HttpResponse:
    """Close one of my other sessions (``session``), or all of them (without it)."""
    current, wanted = request.session.session_key or "", request.POST.get("session", "")
    if not wanted:
        count = services.end_other_sessions(user=request.user, current=current)  # type: ignore[arg-type]
        messages.success(request, f"{count} {plural(count, 'session fermée', 'sessions fermées')}.")
    elif services.end_session(user=request.user, uuid=wanted, current=current):  # type: ignore[arg-type]
        messages.success(request, "La session est fermée.")
    else:
        messages.info(request, "Cette session n'est plus ouverte.")
    return redirect("account")


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """What each role does, and how to get about without a mouse."""
    guides = [(name, label) for name, label in PAGES.items() if name not in (INDEX, STATEMENT)]
    return render(request, "help.html", {"guides": guides})
