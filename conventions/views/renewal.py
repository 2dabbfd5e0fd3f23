"""The conventions of a year carried on into the next: choosing them, what changed, submitting those that are ready."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conventions.forms.renewal import RenewalForm
from conventions.models import Convention
from conventions.presentation.renewal import renewal_page
from conventions.renewal import eligible_conventions, years_to_renew
from conventions.services.renewal import RENEWALS, start_renewals
from conventions.services.submission import start_submissions
from core.errors import BusinessError
from parties.access import ActorRequest, ability_required
from parties.enums import JobState
from parties.models import Job

from .common import try_form


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def conventions_renew(request: ActorRequest) -> HttpResponse:
    """« Renouveler pour l'année N » : the former year's conventions, each with what it was already renewed into."""
    years = years_to_renew(request.actor)
    year = _year(request, years)
    found = eligible_conventions(from_year=year - 1, by=request.actor)
    form = RenewalForm(request.POST or None, found=found)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        made: list[Job] = []
        data = form.cleaned_data
        status = try_form(form, lambda: made.append(start_renewals(to_year=year, by=request.actor, **data)))
        if made:
            return redirect(made[0])
    context = {"form": form, "rows": form.rows(), "years": sorted({*years, year}), "year": year}
    return render(request, "conventions/renewals.html", context, status=status)


def _year(request: ActorRequest, years: list[int]) -> int:
    """The year asked for, else the next one, else the latest that has something to renew."""
    text = request.POST.get("annee") or request.GET.get("annee") or ""
    if text.isascii() and text.isdigit() and 2000 < int(text) < 2200:
        return int(text)
    coming = timezone.localdate().year + 1
    return coming if coming in years else years[0]


@require_GET
@ability_required("convention.edit")
def conventions_renewed(request: ActorRequest) -> HttpResponse:
    """What a renewal changed: the one of the address, else the last one this person asked for."""
    job = _job(request, request.GET.get("travail", ""))
    context = {"found": renewal_page(job.result) if job else None, "job": job, "refused": ""}
    return render(request, "conventions/renewed.html", context)


def _job(request: ActorRequest, text: str) -> Job | None:
    mine = Job.objects.mine(request.actor).filter(kind=RENEWALS, state=JobState.DONE)
    if not text:
        return mine.first()
    if not _is_uuid(text):
        raise Http404("Ce renouvellement n'existe pas.")
    return get_object_or_404(mine, uuid=text)


@require_POST
@ability_required("convention.submit")
def conventions_submit(request: ActorRequest) -> HttpResponse:
    """Hand over together the conventions ticked on the result page."""
    job = _job(request, request.POST.get("travail", ""))
    wanted = [text for text in request.POST.getlist("conventions") if _is_uuid(text)]
    conventions = list(Convention.objects.visible_to(request.actor).editable().filter(uuid__in=wanted))
    try:
        return redirect(start_submissions(conventions=conventions, by=request.actor))
    except BusinessError as error:
        found = renewal_page(job.result) if job else None
        context: dict[str, Any] = {"found": found, "job": job, "refused": error.message}
        return render(request, "conventions/renewed.html", context, status=422)


def _is_uuid(text: str) -> bool:
    try:
        uuidlib.UUID(text)
    except ValueError:
        return False
    return True
