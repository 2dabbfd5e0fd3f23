"""The calendar of obligations: list, month, file, reminders, rules, and the secret address programs read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.calendar.feed import calendar_file, etag_of
from conventions.calendar.reading import calendar_of
from conventions.calendar.rules import rules_of
from conventions.forms.calendar import CalendarFilter, CalendarRuleForm, RemindersForm
from conventions.models import CalendarFeed, CalendarPreference
from conventions.presentation.calendar import (
    WEEKDAYS,
    Line,
    Wanted,
    columns,
    lines_of,
    listed,
    month_asked,
    month_of,
)
from conventions.services import calendar as services
from conventions.throttling import FeedThrottle, WrongFeedThrottle
from core import rls, sheets
from core.errors import NotAllowed
from core.french import plural
from parties.access import ActorRequest, ability_required, member_required

from .common import try_form

PER_PAGE = 50


def shown(request: ActorRequest) -> tuple[CalendarFilter, list[Line], list[Line]]:
    """The filters, every line the reader may see, and those the address asks for."""
    today = timezone.localdate()
    lines = lines_of(calendar_of(request.actor, today=today), today)
    form = CalendarFilter(
        request.GET,
        conventions=[line.row.convention for line in lines],
        bodies=[body for line in lines for body in line.row.bodies],
    )
    form.is_valid()  # an unknown value is left out of cleaned_data, and filters nothing
    asked = form.cleaned_data
    wanted = Wanted(
        text=request.GET.get("q", "").strip(),
        convention=asked.get("convention", ""),
        organisation=asked.get("organisation"),
        kind=asked.get("nature", ""),
        late=bool(asked.get("retard")),
        everything=bool(asked.get("passe")) or request.GET.get("vue") == "mois",
    )
    return form, lines, listed(lines, wanted)


@require_safe
@member_required
def calendar(request: ActorRequest) -> HttpResponse:
    today = timezone.localdate()
    form, everything, lines = shown(request)
    monthly = request.GET.get("vue") == "mois"
    late = sum(line.status == "En retard" for line in lines)
    count = f"{len(lines)} {plural(len(lines), 'échéance')}" + (f", dont {late} en retard" if late else "")
    context: dict[str, Any] = {
        "form": form,
        "monthly": monthly,
        "count": "" if monthly else count,
        "query": request.GET.urlencode(),
        "is_filtered": any(request.GET.get(name) for name in ("q", *form.fields)),
        "anything": bool(everything),
        "can_rule": request.actor.can("convention.edit"),
    }
    if monthly:
        context |= {"month": month_of(lines, month_asked(request.GET.get("mois", ""), today), today)}
        context |= {"weekdays": WEEKDAYS}
    else:
        context |= {"page_obj": Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))}
    return render(request, "conventions/calendar/page.html", context)


@require_safe
@member_required
def calendar_export(request: ActorRequest, file_format: str) -> HttpResponse:
    """What the list shows, all pages."""
    _form, _all, lines = shown(request)
    data = sheets.write_sheet(
        file_format, columns(), sheets.values(columns(), lines), title="Calendrier", created=timezone.now()
    )
    response = HttpResponse(data, content_type=sheets.MEDIA_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="calendrier.{file_format}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def calendar_settings(request: ActorRequest) -> HttpResponse:
    """One's own mails and secret address."""
    membership = _membership(request)
    row = CalendarPreference.objects.filter(membership=membership).first()
    initial = {"due_soon": row.due_soon if row else True, "weekly": row.weekly if row else False}
    form = RemindersForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.set_reminders(by=request.actor, **form.cleaned_data)
        messages.success(request, "Vos rappels sont réglés.")
        return redirect("calendar-settings")
    feed = CalendarFeed.objects.filter(membership=membership, revoked_at=None).first()
    context = {"form": form, "feed": feed, "membership_label": str(membership.organisation)}
    return render(request, "conventions/calendar/settings.html", context)


def _membership(request: ActorRequest) -> Any:
    try:
        return services.own_membership(request.actor)
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error


@require_POST
@member_required
@never_cache
def calendar_feed_renew(request: ActorRequest) -> HttpResponse:
    """The answer shows the address, the only time it is shown: it is kept nowhere."""
    _membership(request)
    _feed, secret = services.renew_feed(by=request.actor)
    address = request.build_absolute_uri(f"/calendrier/flux/{secret}/cosigne.ics")
    return render(request, "conventions/calendar/address.html", {"address": address})


@require_POST
@member_required
def calendar_feed_revoke(request: ActorRequest) -> HttpResponse:
    _membership(request)
    services.revoke_feed(by=request.actor)
    messages.success(request, "L'adresse est arrêtée : elle n'ouvre plus rien.")
    return redirect("calendar-settings")


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("convention.edit")
def calendar_rules(request: ActorRequest) -> HttpResponse:
    form = CalendarRuleForm(request.POST or None, initial={"valid_from": timezone.localdate().replace(month=1, day=1)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = try_form(form, lambda: services.set_calendar_rule(by=request.actor, **form.cleaned_data))
            if status == 0:
                messages.success(request, "La date est réglée : le calendrier la suit.")
                return redirect("calendar-rules")
    rules = rules_of(request.actor.territory_id)
    rows = sorted(rules.rows, key=lambda row: (row.label, row.start))
    return render(request, "conventions/calendar/rules.html", {"form": form, "rows": rows}, status=status)


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar of whoever holds the address: no session, nothing written, nothing told to who holds a wrong one."""
    wrong, often = WrongFeedThrottle(), FeedThrottle(secret)
    if wrong.wait_before(request) is not None:  # type: ignore[arg-type]
        return HttpResponse("Trop de demandes.", status=429, content_type="text/plain; charset=utf-8")
    actor = services.holder_of(secret)
    if actor is None:
        wrong.note(request)  # type: ignore[arg-type]
        return HttpResponseNotFound("Adresse inconnue ou arrêtée.", content_type="text/plain; charset=utf-8")
    if not often.allow_request(request, None):  # type: ignore[arg-type]
        return HttpResponse("Trop de demandes.", status=429, content_type="text/plain; charset=utf-8")
    today = timezone.localdate()
    with rls.acting(actor.context):
        rows = calendar_of(actor, today=today)
    organisation = actor.organisation.label if actor.organisation else ""
    site = f"{request.scheme}://{request.get_host()}"
    content = calendar_file(rows, name=f"Cosigne, {organisation}", site=site, today=today)
    etag = etag_of(content)
    same = request.headers.get("If-None-Match") == etag
    response = HttpResponseNotModified() if same else HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response
