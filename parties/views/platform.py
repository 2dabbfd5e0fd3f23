"""Pages of the platform's administrators that write: opening, suspending, inviting, asking for an access; their log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import sheets
from core.errors import BusinessError
from core.french import plural
from core.sheets import Kind, SheetColumn
from parties import services
from parties.access import PlatformRequest, platform_required
from parties.forms_platform import AccessForm, FirstManagerForm, OpeningForm, SuspensionForm
from parties.models import PlatformEvent, Territory
from parties.services.territories import Opened
from parties.views.invitations import link_maker

PAGE = 50
COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("Date", lambda e: timezone.localtime(e.created_at).date(), Kind.DATE, 12),
    SheetColumn("Heure", lambda e: f"{timezone.localtime(e.created_at):%H:%M:%S}", width=10),
    SheetColumn("Acte", lambda e: e.get_act_display(), width=34),
    SheetColumn("Territoire", lambda e: str(e.about) if e.about else "", width=28),
    SheetColumn("Détail", lambda e: e.text, width=60),
    SheetColumn("Par", lambda e: e.by_label, width=40),
)


@require_http_methods(["GET", "POST"])
@platform_required("platform.manage")
def territory_open(request: PlatformRequest) -> HttpResponse:
    """Choose a département, see what would be created, create it. ``etape`` says which button was pressed."""
    form = OpeningForm(request.POST or None)
    opening = None
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            opening = services.plan_opening(code=asked["code"], siren=asked["siren"])
            if request.POST.get("etape") == "ouvrir":
                opened = services.open_territory(**asked, by=request.platform, link=link_maker(request))
                messages.success(request, told(opened))
                return redirect("platform-territory", opened.territory.uuid)
        except BusinessError as error:
            form.refuse(error)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "parties/platform_open.html", {"form": form, "opening": opening}, status=status)


def told(opened: Opened) -> str:
    count = len(opened.created)
    created = f"{count} {plural(count, 'organisation créée', 'organisations créées')}"
    sent = f" L'invitation est envoyée à {opened.invitation.email}." if opened.invitation else ""
    return f"{opened.territory} : {'territoire ouvert' if opened.is_new else 'déjà ouvert'}, {created}.{sent}"


@require_POST
@platform_required("platform.manage")
def territory_suspend(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    territory = get_object_or_404(Territory, uuid=uuid)
    form = SuspensionForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
    else:
        services.suspend_territory(territory=territory, reason=form.cleaned_data["reason"], by=request.platform)
        messages.success(request, f"{territory} est suspendu : plus personne n'y entre. Rien n'est effacé.")
    return redirect("platform-territory", uuid)


@require_POST
@platform_required("platform.manage")
def territory_reopen(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    territory = get_object_or_404(Territory, uuid=uuid)
    services.reopen_territory(territory=territory, by=request.platform)
    messages.success(request, f"{territory} est rouvert : chacun y retrouve son accès.")
    return redirect("platform-territory", uuid)


@require_POST
@platform_required("platform.manage")
def territory_invite(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    territory = get_object_or_404(Territory, uuid=uuid)
    form = FirstManagerForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["admin_email"][0]))
        return redirect("platform-territory", uuid)
    try:
        made = services.invite_first_manager(
            territory=territory, email=form.cleaned_data["admin_email"], by=request.platform, link=link_maker(request)
        )
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'invitation est envoyée à {made.email}.")
    return redirect("platform-territory", uuid)


@require_http_methods(["GET", "POST"])
@platform_required("platform.manage")
def access_request(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    """Ask to read a territory: the reason, the incident, the length."""
    territory = get_object_or_404(Territory, uuid=uuid)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            access = services.request_access(
                territory=territory, by=request.platform, site=site_of(request), **form.cleaned_data
            )
        except BusinessError as error:
            form.refuse(error)
        else:
            said = "L'accès est ouvert" if access.granted_at else "La demande attend l'accord d'un gestionnaire"
            messages.success(request, f"{said} ; les gestionnaires du territoire sont avertis par message.")
            return redirect("platform-territory", uuid)
    status = 422 if form.is_bound else 200
    return render(request, "parties/access_request.html", {"form": form, "territory": territory}, status=status)


@require_safe
@platform_required("platform.manage")
def log(request: HttpRequest) -> HttpResponse:
    page = Paginator(PlatformEvent.objects.select_related("about"), PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context: dict[str, Any] = {"page_obj": page, "count": f"{count} {plural(count, 'acte')}"}
    return render(request, "parties/platform_log.html", context)


@require_safe
@platform_required("platform.manage")
def log_export(request: HttpRequest, file_format: str) -> HttpResponse:
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    rows = sheets.values(COLUMNS, PlatformEvent.objects.select_related("about"))
    return sheet_response(file_format, COLUMNS, rows, title="Plateforme", name="journal-plateforme")


def sheet_response(
    file_format: str, columns: tuple[SheetColumn, ...], rows: list[list[Any]], *, title: str, name: str
) -> HttpResponse:
    content = sheets.write_sheet(file_format, columns, rows, title=title, created=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file_format}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


def site_of(request: HttpRequest) -> str:
    """Scheme and host of this site, for the links of a mail."""
    return f"{request.scheme}://{request.get_host()}"
