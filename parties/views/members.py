"""The people of a territory or of one organisation: list, change, close, reopen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BusinessError
from core.french import plural
from core.search import containing
from parties import services
from parties.access import ability_required
from parties.actors import Actor
from parties.forms_people import MemberFilter, MembershipForm
from parties.models import Invitation, Membership
from parties.models.invitation import InvitationQuerySet
from parties.services.members import assignable_roles


def managed(by: Actor) -> QuerySet[Membership]:
    """The memberships ``by`` manages: those of the territory, or of their organisation only.

    The filter says what row-level security grants anyway, and leaves out the person's own memberships elsewhere.
    """
    rows: QuerySet[Membership] = Membership.objects.visible_to(by).select_related("user", "organisation")
    return rows if by.is_staff else rows.filter(organisation=by.organisation)


def invited(by: Actor) -> InvitationQuerySet:
    rows: InvitationQuerySet = Invitation.objects.visible_to(by).select_related("organisation")
    return rows if by.is_staff else rows.filter(organisation=by.organisation)


def selected(request: HttpRequest, by: Actor) -> QuerySet[Membership]:
    """What the address asks for: ``q``, ``role``, ``etat``."""
    rows, asked = managed(by), MemberFilter(request.GET)
    asked.is_valid()
    if asked.cleaned_data.get("role"):
        rows = rows.filter(role=asked.cleaned_data["role"])
    living = Membership.objects.in_force_on(timezone.localdate()).filter(user__is_active=True)
    state = asked.cleaned_data.get("etat")
    if state == "clos":
        rows = rows.exclude(pk__in=living.values("pk"))
    elif state != "tous":
        rows = rows.filter(pk__in=living.values("pk"))
    rows = containing(rows, request.GET.get("q", ""), "user__name", "user__email", "organisation__name")
    return rows.order_by("organisation__name", "user__name", "pk")


@require_GET
@ability_required("member.manage")
def member_list(request: HttpRequest) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    page = Paginator(selected(request, by), 50).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": [line_of(row, by) for row in page.object_list],
        "count": f"{page.paginator.count} {plural(page.paginator.count, 'membre')}",
        "filter_form": MemberFilter(request.GET),
        "query": request.GET.urlencode(),
        "invitations": [{"invitation": i, "state": invitation_state(i)} for i in invited(by).waiting()],
        "whole": by.is_staff,
        "may_rule": by.can("sign_in.rule"),
    }
    return render(request, "parties/member_list.html", context)


@require_http_methods(["GET", "POST"])
@ability_required("member.manage")
def member(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One person's access: what may change, and everything that was done about it."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    row = get_object_or_404(managed(by), uuid=uuid)
    form = MembershipForm(request.POST or None, by=by, membership=row, initial=MembershipForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            services.change_membership(membership=row, by=by, seen_at=form.cleaned_data["seen_at"], **values)
        except BusinessError as error:
            form.refuse(error, current=row)
        else:
            messages.success(request, f"L'accès de {row.user.name} est enregistré.")
            return redirect("member", row.uuid)
    line = line_of(row, by)
    protected = line["may_edit"] and not line["closed"] and services.has_factor(membership=row, by=by)
    context = {"form": form, "line": line, "membership_shown": row, "events": events_of(row), "protected": protected}
    return render(request, "parties/member.html", context, status=422 if form.is_bound else 200)


@require_POST
@ability_required("member.manage")
def member_close(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = get_object_or_404(managed(request.actor), uuid=uuid)  # type: ignore[attr-defined]
    try:
        services.close_membership(membership=row, by=request.actor)  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'accès de {row.user.name} est fermé. Son historique reste.")
    return redirect("member", row.uuid)


@require_POST
@ability_required("member.manage")
def member_reopen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = get_object_or_404(managed(request.actor), uuid=uuid)  # type: ignore[attr-defined]
    try:
        services.reopen_membership(membership=row, by=request.actor)  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'accès de {row.user.name} est rouvert.")
    return redirect("member", row.uuid)


# --- What the pages show ----------------------------------------------------------------------------------------------


def line_of(row: Membership, by: Actor) -> dict[str, Any]:
    """A membership with its state (label, tone) and what may be done about it."""
    today = timezone.localdate()
    closed = row.closed_at is not None or (row.end is not None and row.end < today)
    own = by.user is not None and row.user_id == by.user.pk
    may = not own and (by.is_staff or row.role in assignable_roles(by, row.organisation))
    return {"row": row, "state": membership_state(row), "closed": closed, "own": own, "may_edit": may}


def membership_state(row: Membership) -> tuple[str, str]:
    today = timezone.localdate()
    if not row.user.is_active:
        return "Compte fermé", "neutral"
    if row.closed_at:
        return "Fermé", "neutral"
    if row.end and row.end < today:
        return "Terminé", "neutral"
    if row.start and row.start > today:
        return "À venir", "info"
    return "En cours", "success"


def invitation_state(invitation: Invitation) -> tuple[str, str]:
    return ("Expirée", "warning") if invitation.state == "expired" else ("En attente", "info")


def events_of(row: Membership) -> list[dict[str, Any]]:
    """The history of a membership, the invitations that led to it included, latest first."""
    found = list(row.events.all())
    for invitation in row.invitations.all():
        found += [event for event in invitation.events.all() if event.membership_id is None]
    found.sort(key=lambda event: (event.created_at, event.pk), reverse=True)
    return [{"title": e.get_act_display(), "at": e.created_at, "by": e.by_label, "text": e.text} for e in found]
