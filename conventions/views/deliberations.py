"""Deliberations: listed, read, recorded."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.checks import check_deliberation
from conventions.enforceability import enforceability
from conventions.filters import DeliberationFilter
from conventions.forms import AttachForm, DecisionForm, DeliberationForm
from conventions.models import Convention, Decision, Deliberation
from conventions.services.deliberations import attached_bytes
from conventions.services.votes import texts_behind
from core.errors import BusinessError
from core.french import lower_first
from parties.access import ActorRequest, ability_required, member_required

from .common import act, errors_in_words, try_form

PER_PAGE = 50


@require_safe
@member_required
def deliberation_list(request: ActorRequest) -> HttpResponse:
    chosen = DeliberationFilter(
        request.GET, queryset=Deliberation.objects.select_related("organisation"), request=request
    )
    page = Paginator(chosen.qs, PER_PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [(d, enforceability(d)) for d in page.object_list]
    context = {
        "filter": chosen,
        "page_obj": page,
        "rows": [{"deliberation": d, "enforceable": e.on(today), "words": e.words(today)} for d, e in rows],
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
    today, state = timezone.localdate(), enforceability(deliberation)
    staff = request.actor.can("convention.edit") or request.actor.can("convention.review")
    context = {
        "deliberation": deliberation,
        "enforceability": state,
        "enforceable": state.on(today),
        "effect": state.words(today),
        "file": deliberation.files.order_by("-pk").first(),
        "attach": AttachForm(),
        "decisions": decisions.prefetch_related(Prefetch("conventions", Convention.objects.order_by("reference"))),
        "findings": check_deliberation(deliberation) if staff else [],
        "can_edit": request.actor.can("convention.edit"),
        "behind": texts_behind(deliberation) if request.actor.can("convention.edit") else [],
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
    return _edit(request, deliberation, f"Modifier la {lower_first(str(deliberation))}")


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
            behind = texts_behind(deliberation)
            return redirect("deliberation-texts" if behind else "deliberation", uuid=deliberation.uuid)
    context = {"form": form, "deliberation": deliberation, "heading": heading, "exists": bool(deliberation.pk)}
    return render(request, "conventions/deliberation_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def deliberation_decisions(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """What the assembly decided, article by article: added, or changed with ``?article=``."""
    deliberation = _find(uuid)
    number = request.GET.get("article", "")
    rows = deliberation.decisions.select_related("beneficiary").prefetch_related("conventions")
    changed = rows.filter(position=int(number)).first() if number.isascii() and number.isdigit() else None
    form = DecisionForm(request.POST or None, initial=_typed(changed, deliberation), by=request.actor)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(
            form,
            lambda: services.save_decision(
                deliberation=deliberation,
                replaces=changed.position if changed else None,
                by=request.actor,
                **form.cleaned_data,
            ),
        )
        if not status:
            messages.success(request, f"L'article {form.cleaned_data['position']} est enregistré.")
            return redirect("deliberation-decisions", uuid=deliberation.uuid)
    context = {"deliberation": deliberation, "form": form, "decisions": rows, "changed": changed}
    return render(request, "conventions/decisions.html", context, status=status)


def _typed(decision: Decision | None, deliberation: Deliberation) -> dict[str, object]:
    if decision is None:
        last = deliberation.decisions.order_by("-position").first()
        return {"position": last.position + 1 if last else 1}
    names = ("position", "kind", "subject", "amount", "annex")
    return {name: getattr(decision, name) for name in names} | {
        "beneficiary": decision.beneficiary_id,
        "conventions": list(decision.conventions.all()),
    }


@require_POST
@ability_required("convention.edit")
def decision_remove(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    deliberation = _find(uuid)
    number = request.POST.get("article", "")
    if not (number.isascii() and number.isdigit()):
        raise Http404("Dites quel article retirer.")
    return act(
        request,
        lambda: services.remove_decision(deliberation=deliberation, position=int(number), by=request.actor),
        done=f"L'article {number} est retiré.",
        then=reverse("deliberation-decisions", args=[deliberation.uuid]),
    )


@require_POST
@ability_required("convention.edit")
def deliberation_attach(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    deliberation = _find(uuid)
    form = AttachForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(deliberation)
    file = form.cleaned_data["document"]
    file.seek(0)
    return act(
        request,
        lambda: services.attach_file(
            deliberation=deliberation, content=file.read(), filename=file.name, by=request.actor
        ),
        done="Le document est joint à la délibération.",
        then=deliberation.get_absolute_url(),
    )


@require_safe
@member_required
def deliberation_file(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The deliberation's PDF, to whoever reads the deliberation."""
    deliberation = _find(uuid)
    file = deliberation.files.order_by("-pk").first()
    if file is None:
        messages.error(request, "Aucun document n'est joint à cette délibération.")
        return redirect(deliberation)
    try:
        data = attached_bytes(file)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(deliberation)
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="deliberation-{file.sha256[:12]}.pdf"'
    return response
