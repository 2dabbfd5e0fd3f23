"""Pages of the campaigns: the board of a year, one report, the calendar of one convention."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from conventions.forms.report_schedule import ReportScheduleForm
from conventions.models import Convention
from conventions.models.agreement import BINDING
from conventions.services.report_schedule import remove_report_schedule, set_report_schedule
from conventions.views.common import find, try_form
from core import sheets
from core.errors import BusinessError, NotAllowed
from parties.access import ActorRequest, ability_required, member_required
from parties.views.platform import sheet_response
from posts.models import Post
from posts.services.activity import may_record
from posts.views.activity import year_asked
from reporting.enums import ReportAct, ReportState
from reporting.models import ReportStep

from . import present, services
from .missing import missing_of
from .reading import Campaign, campaign_of, foreseen, years_with_reports
from .reminders import remind_report
from .report import Report

PER_PAGE = 50
TABLE = "tableau"


def _shown(request: ActorRequest) -> tuple[int, Campaign, present.ReportFilter, list[Report]]:
    """The year, all its reports the reader sees, the filters, and the reports these keep."""
    today = timezone.localdate()
    year = year_asked(request, today.year)
    found = campaign_of(request.actor, year=year, today=today)
    form = present.ReportFilter(request.GET, reports=found.reports)
    return year, found, form, form.kept(found.reports)


@require_safe
@member_required
def reports(request: ActorRequest) -> HttpResponse:
    today = timezone.localdate()
    year, found, form, kept = _shown(request)
    context: dict[str, Any] = {
        "year": year,
        "years": sorted({*years_with_reports(request.actor, today=today), year}, reverse=True),
        "form": form,
        **_laid_out(request, kept),
        "count": present.summary(kept),
        "counters": present.counters(found.reports, year),
        "closings": present.next_closings(found.reports, today),
        "flags": found.flags,
        "anything": bool(found.reports),
        "query": request.GET.urlencode(),
        "can_set": request.actor.can("convention.edit"),
    }
    return render(request, "reporting/campaigns/reports.html", context)


def _laid_out(request: ActorRequest, kept: list[Report]) -> dict[str, Any]:
    """As the address asks: a page of the list, or the whole matrix."""
    table = request.GET.get("vue") == TABLE
    headers, rows = present.matrix(kept) if table else ([], [])
    page = Paginator(kept, PER_PAGE).get_page(request.GET.get("page"))
    return {"table": table, "headers": headers, "rows": rows, "page_obj": page}


@require_safe
@member_required
def reports_export(request: ActorRequest, file_format: str) -> HttpResponse:
    """What the list shows, all pages."""
    year, _found, _form, kept = _shown(request)
    columns = tuple(present.columns())
    rows = sheets.values(columns, kept)
    title, name = f"Comptes rendus {year}", f"comptes-rendus-{year}"
    return sheet_response(file_format, columns, rows, title=title, name=name)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def report(request: ActorRequest, uuid: UUID, key: str) -> HttpResponse:
    found = _found(request, uuid, key)
    refused, status = "", 200
    if request.method == "POST":
        if not (request.actor.can("activity.edit") or request.actor.can("report.review")):
            raise PermissionDenied("Vous pouvez lire ce compte rendu, pas le remettre.")
        try:
            with transaction.atomic():
                done = _act(request, found)
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except BusinessError as error:
            refused, status = error.message, 422
        else:
            messages.success(request, done)
            return redirect(found.url)
    return render(request, "reporting/campaigns/report.html", _page(request, found, refused), status=status)


def _found(request: ActorRequest, link: UUID, key: str) -> Report:
    try:
        return services.find_report(request.actor, link=str(link), key=key, today=timezone.localdate())
    except services.NoSuchReport as error:
        raise Http404(error.message) from error


def _act(request: ActorRequest, found: Report) -> str:
    """Does what the button asks; returns what to say of it."""
    act = request.POST.get("acte", "")
    place: dict[str, Any] = {"link": found.link, "key": found.key, "by": request.actor}
    if act == "remettre":
        note = request.POST.get("note", "")
        services.submit_report(note=note, **place)
        for warning in services.note_warnings(note):
            messages.warning(request, warning)
        return "Le compte rendu est remis."
    if act == "valider":
        services.validate_report(**place)
        return "Le compte rendu est validé."
    if act == "renvoyer":
        services.return_report(reason=request.POST.get("motif", ""), **place)
        return "Le compte rendu est renvoyé à l'employeur, avec votre motif."
    if act == "relancer":
        site = f"{request.scheme}://{request.get_host()}"
        step = remind_report(site=site, **place)
        return f"Relance du {step.done_on:%d/%m/%Y} enregistrée : l'employeur reçoit un message."
    raise BusinessError("Cet acte n'existe pas : rechargez la page.")


def _page(request: ActorRequest, found: Report, refused: str) -> dict[str, Any]:
    by, handed = request.actor, found.state in (ReportState.SUBMITTED, ReportState.VALIDATED)
    post = Post.objects.filter(pk=found.post_id).first()
    may_submit = post is not None and may_record(post=post, by=by)
    reviews = by.can("report.review")
    note = request.POST.get("note", found.note)
    missing = [] if handed else missing_of(found, note=note)
    return {
        "report": found,
        "refused": refused,
        "missing": missing,
        # The note is typed on this page: it does not hide the button that sends it.
        "blocked": any(each.kind != "note" for each in missing),
        "note": note,
        "reason": request.POST.get("motif", ""),
        "may_submit": may_submit and not handed and not found.outside,
        "may_validate": reviews and found.state is ReportState.SUBMITTED and not found.reopened,
        "may_return": reviews and (handed or found.state is ReportState.CHANGED),
        "may_remind": reviews and not found.is_handed and not found.outside and found.state is not ReportState.AHEAD,
        "can_set": by.can("convention.edit"),
        "events": [] if found.hidden else _history(found),
    }


def _history(found: Report) -> list[dict[str, Any]]:
    rows = ReportStep.objects.filter(convention_id=found.convention_id, post_id=found.post_id, period=found.key)
    tones = {ReportAct.VALIDATED: "success", ReportAct.RETURNED: "warning", ReportAct.REOPENED: "warning"}
    return [
        {
            "title": row.get_act_display(),
            "at": row.done_on,
            "by": row.by_label,
            "text": row.reason,
            "tone": tones.get(ReportAct(row.act), "info"),
        }
        for row in rows.order_by("-rank")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("convention.edit")
def report_schedule(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """How often this convention asks for a report: what its words give, what was set, and the periods they make."""
    convention, status = find(uuid), 200
    if request.method == "POST" and "retirer" in request.POST:
        return _remove(request, convention)
    initial = {"valid_from": convention.period_start, "every": 3, "asked": "oui", "after": 1}
    form = ReportScheduleForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = try_form(
                form, lambda: set_report_schedule(convention=convention, by=request.actor, **form.cleaned_data)
            )
            if status == 0:
                messages.success(request, "Le calendrier est réglé : les comptes rendus le suivent.")
                return redirect("report-schedule", uuid=convention.uuid)
    return render(request, "reporting/campaigns/schedule.html", _schedule(request, convention, form), status=status)


def _schedule(request: ActorRequest, convention: Convention, form: ReportScheduleForm) -> dict[str, Any]:
    """What the page of a convention's calendar shows, whatever the convention's state."""
    found = foreseen(request.actor, today=timezone.localdate(), convention=convention)
    return {
        "convention": convention,
        "form": form,
        "rows": convention.report_schedules.all(),
        "reports": sorted(found.reports, key=lambda each: (each.every, each.start, each.post)),
        "flags": found.flags,
        "joined": found.joined,
        "binding": convention.status in BINDING,
        "words": _words(convention.variables.get("reports")),
    }


def _words(reports: object) -> list[str]:
    return [each for each in reports if isinstance(each, str)] if isinstance(reports, list) else []


def _remove(request: ActorRequest, convention: Convention) -> HttpResponse:
    asked = request.POST["retirer"]
    row = next((each for each in convention.report_schedules.all() if str(each.uuid) == asked), None)
    if row is None:
        raise Http404("Ce calendrier n'existe plus.")
    try:
        remove_report_schedule(schedule=row, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Le calendrier est retiré : la convention et les dates réglables servent.")
    return redirect(reverse("report-schedule", args=[convention.uuid]))
