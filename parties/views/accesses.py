"""Exceptional accesses: what a territory's managers see and answer, and how their holder enters and leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.errors import BusinessError, NotAllowed
from core.french import plural
from core.sheets import Kind, SheetColumn
from parties import services
from parties.access import ActorRequest, PlatformRequest, ability_required, platform_required
from parties.actors import PlatformActor
from parties.enums import PlatformRole
from parties.middleware import SESSION_KEY
from parties.models import ExceptionalAccess
from parties.views.platform import sheet_response, site_of

PAGE = 50
#: State of an access → label, tone.
STATES = {
    "waiting": ("À accorder ou refuser", "warning"),
    "current": ("En cours", "danger"),
    "over": ("Terminé", "neutral"),
    "ended": ("Arrêté", "neutral"),
    "refused": ("Refusé", "neutral"),
    "lapsed": ("Sans réponse, éteint", "neutral"),
}
COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("Date", lambda u: timezone.localtime(u.created_at).date(), Kind.DATE, 12),
    SheetColumn("Heure", lambda u: f"{timezone.localtime(u.created_at):%H:%M:%S}", width=10),
    SheetColumn("Personne", lambda u: u.access.user_label, width=40),
    SheetColumn("Incident", lambda u: u.access.incident, width=20),
    SheetColumn("Méthode", lambda u: u.method, width=10),
    SheetColumn("Page", lambda u: u.route, width=24),
    SheetColumn("Adresse", lambda u: u.path, width=60),
)


def line_of(access: ExceptionalAccess) -> dict[str, Any]:
    return {"access": access, "state": access.state, "status": STATES[access.state]}


@require_safe
@ability_required("access.manage")
def access_list(request: ActorRequest) -> HttpResponse:
    rows = (
        ExceptionalAccess.objects.visible_to(request.actor).annotate(count=Count("uses")).order_by("-created_at", "-pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "lines": [line_of(row) for row in page.object_list]}
    return render(request, "parties/accesses.html", context)


@require_safe
@ability_required("access.manage")
def access(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """One access: why, who let it, and every request made under it."""
    row = get_object_or_404(ExceptionalAccess.objects.visible_to(request.actor), uuid=uuid)
    page = Paginator(row.uses.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {**line_of(row), "page_obj": page, "count": f"{count} {plural(count, 'consultation')}", "shown": row}
    return render(request, "parties/access.html", context)


@require_safe
@ability_required("access.manage")
def access_export(request: ActorRequest, uuid: UUID, file_format: str) -> HttpResponse:
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    row = get_object_or_404(ExceptionalAccess.objects.visible_to(request.actor), uuid=uuid)
    rows = sheets.values(COLUMNS, row.uses.select_related("access"))
    name = f"acces-exceptionnel-{request.actor.territory.code}-{row.created_at:%Y%m%d}"
    return sheet_response(file_format, COLUMNS, rows, title="Consultations", name=name)


@require_POST
@ability_required("access.manage")
def access_approve(request: ActorRequest, uuid: UUID) -> HttpResponse:
    return answered(request, uuid, services.approve_access, "L'accès est ouvert, en lecture seule.")


@require_POST
@ability_required("access.manage")
def access_refuse(request: ActorRequest, uuid: UUID) -> HttpResponse:
    return answered(request, uuid, services.refuse_access, "L'accès est refusé.")


@require_POST
@ability_required("access.manage")
def access_stop(request: ActorRequest, uuid: UUID) -> HttpResponse:
    return answered(request, uuid, services.end_access, "L'accès est arrêté : il n'ouvre plus rien.")


def answered(request: ActorRequest, uuid: UUID, act: Callable[..., Any], said: str) -> HttpResponse:
    row = get_object_or_404(ExceptionalAccess.objects.visible_to(request.actor), uuid=uuid)
    try:
        act(access=row, by=request.actor, site=site_of(request))
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("access", uuid)


# --- Its holder -------------------------------------------------------------------------------------------------------


@require_POST
@platform_required("platform.manage")
def access_enter(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    """Read the territory from the next page on."""
    mine = ExceptionalAccess.objects.filter(user=request.platform.user).current()
    row = get_object_or_404(mine, uuid=uuid)
    request.session[SESSION_KEY] = str(row.uuid)
    return redirect("home")


@require_POST
def access_end(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The holder stops it, from inside or from outside."""
    role = request.held.platform_role(PlatformRole.PLATFORM)  # type: ignore[attr-defined]
    if role is None:
        raise NotAllowed("Votre rôle ne permet pas d'arrêter un accès exceptionnel.")
    row = get_object_or_404(ExceptionalAccess.objects.filter(user=role.user), uuid=uuid)
    services.end_access(access=row, by=PlatformActor.of(role), site=site_of(request))
    request.session[SESSION_KEY] = str(role.uuid)
    messages.success(request, "L'accès est arrêté. Vous agissez de nouveau comme administrateur de la plateforme.")
    return redirect("platform")
