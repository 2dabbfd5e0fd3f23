"""Deliberations: listed, read, recorded."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from conventions import services
from conventions.checks import check_deliberation
from conventions.filters import DeliberationFilter
from conventions.forms import DeliberationForm
from conventions.models import Convention, Decision, Deliberation
from parties.access import ActorRequest, ability_required, member_required

from .common import try_form

PER_PAGE = 50


@require_safe
@member_required
def deliberation_list(request: ActorRequest) -> HttpResponse:
    chosen = DeliberationFilter(
        request.GET, queryset=Deliberation.objects.select_related("organisation"), request=request
    )
    page = Paginator(chosen.qs, PER_PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [{"deliberation": d, "enforceable": d.enforceable_on(today)} for d in page.object_list]
    context = {
        "filter": chosen,
        "page_obj": page,
        "rows": rows,
        "can_edit": request.actor.can("convention.edit"),
        "is_filtered": any(request.GET.get(name) for name in chosen.filters),
    }
    return render(request, "conventions/deliberations.html", context)


def _find(uuid: uuidlib.UUID) -> Deliberation:
    return get_object_or_404(Deliberation.objects.select_related("organisation", "budget_line"), uuid=uuid)


@require_safe
@member_required
def deliberation_page(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    deliberation = _find(uuid)
    decisions = Decision.objects.filter(deliberation=deliberation).select_related("beneficiary")
    staff = request.actor.can("convention.edit") or request.actor.can("convention.review")
    context = {
        "deliberation": deliberation,
        "enforceable": deliberation.enforceable_on(timezone.localdate()),
        "decisions": decisions.prefetch_related(Prefetch("conventions", Convention.objects.order_by("reference"))),
        "findings": check_deliberation(deliberation) if staff else [],
        "can_edit": request.actor.can("convention.edit"),
        "uses": Convention.objects.filter(parties__deliberation=deliberation).distinct().order_by("reference"),
    }
    return render(request, "conventions/deliberation.html", context)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def deliberation_create(request: ActorRequest) -> HttpResponse:
    return _edit(request, Deliberation(), "Enregistrer une délibération")


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def deliberation_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    deliberation = _find(uuid)
    return _edit(request, deliberation, f"Modifier la {str(deliberation)[:1].lower()}{str(deliberation)[1:]}")


def _edit(request: ActorRequest, deliberation: Deliberation, heading: str) -> HttpResponse:
    form = DeliberationForm(request.POST or None, instance=deliberation, by=request.actor)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data = form.cleaned_data
        status = try_form(
            form, lambda: services.save_deliberation(deliberation=deliberation, data=data, by=request.actor)
        )
        if not status:
            messages.success(request, "La délibération est enregistrée.")
            return redirect("deliberation", uuid=deliberation.uuid)
    context = {"form": form, "deliberation": deliberation, "heading": heading, "exists": bool(deliberation.pk)}
    return render(request, "conventions/deliberation_form.html", context, status=status)
