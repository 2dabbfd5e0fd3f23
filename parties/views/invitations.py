"""Inviting somebody, and the page an invitation's link opens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import BusinessError
from parties import devices, links, services
from parties.access import ability_required
from parties.actors import Actor
from parties.forms_people import AcceptForm, InvitationForm
from parties.middleware import SESSION_KEY
from parties.models import Invitation, Membership, User
from parties.services.invitations import NOT_VALID, OTHER_ACCOUNT
from parties.views.members import invited

BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "POST"])
@ability_required("member.manage")
def invite(request: HttpRequest) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    form = InvitationForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.invite(by=by, link=link_maker(request), **form.values())
        except BusinessError as error:
            form.refuse(error)
        else:
            messages.success(request, f"L'invitation est envoyée à {made.email}.")
            return redirect("members")
    status = 422 if form.is_bound else 200
    return render(request, "parties/member_invite.html", {"form": form}, status=status)


@require_POST
@ability_required("member.manage")
def resend(request: HttpRequest, uuid: UUID) -> HttpResponse:
    invitation = get_object_or_404(invited(request.actor), uuid=uuid)  # type: ignore[attr-defined]
    try:
        services.resend_invitation(invitation=invitation, by=request.actor, link=link_maker(request))  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'invitation est renvoyée à {invitation.email}. Le premier message reste valable.")
    return redirect("members")


@require_POST
@ability_required("member.manage")
def revoke(request: HttpRequest, uuid: UUID) -> HttpResponse:
    invitation = get_object_or_404(invited(request.actor), uuid=uuid)  # type: ignore[attr-defined]
    try:
        services.revoke_invitation(invitation=invitation, by=request.actor)  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'invitation de {invitation.email} est annulée : son lien n'ouvre plus rien.")
    return redirect("members")


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What the mail's link opens. Its holder proved they read the invited mailbox: nobody else learns anything here."""
    invitation = links.read(token)
    if invitation is None:
        return render(request, "parties/invitation_over.html", {"reason": NOT_VALID[""]}, status=404)
    if invitation.state != "waiting":
        return render(request, "parties/invitation_over.html", {"reason": NOT_VALID[invitation.state]}, status=410)
    if request.user.is_authenticated:
        return answer_as_oneself(request, token, invitation)
    if User.objects.filter(email=invitation.email).exists():
        context = {"invitation": invitation, "way": "sign-in", "next": request.path}
        return render(request, "parties/invitation.html", context)
    return answer_as_new(request, token, invitation)


def answer_as_oneself(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    """Somebody is signed in: they confirm, or are told the invitation is not theirs."""
    if request.user.email.lower() != invitation.email:  # type: ignore[union-attr]
        return render(request, "parties/invitation_over.html", {"reason": OTHER_ACCOUNT, "signed_in": True})
    if request.method == "POST":
        try:
            membership = services.accept_as(token=token, user=request.user)  # type: ignore[arg-type]
        except BusinessError as error:
            return render(request, "parties/invitation_over.html", {"reason": error.message}, status=error.status)
        return entered(request, membership)
    return render(request, "parties/invitation.html", {"invitation": invitation, "way": "confirm"})


def answer_as_new(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    """Nobody has this address yet: a name and a password open the account."""
    form = AcceptForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            membership = services.accept_as_new(token=token, name=values["name"], password=values["new_password1"])
        except BusinessError as error:
            form.add_error(None, error.message)
        else:
            record_authentication(request, membership.user, method="password", reauthenticated=True)
            login(request, membership.user, backend=BACKEND)
            answer = entered(request, membership)
            devices.remember(request, answer, membership.user)
            return answer
    context: dict[str, Any] = {"invitation": invitation, "way": "new", "form": form}
    return render(request, "parties/invitation.html", context, status=422 if form.is_bound else 200)


def entered(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session[SESSION_KEY] = str(membership.uuid)
    messages.success(request, f"Bienvenue : vous agissez pour {membership.organisation}.")
    return redirect("home")


def link_maker(request: HttpRequest) -> Any:
    return lambda token: request.build_absolute_uri(reverse("invitation", args=[token]))
