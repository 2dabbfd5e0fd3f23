"""A vote prepared from the conventions it adopts, and its dossier."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from conventions.models import Convention, Deliberation
from conventions.services.commission import is_voted, prepare_deliberation, save_commission_file
from conventions.views.common import act, try_form
from parties.access import ActorRequest, ability_required
from parties.jobs import start_job
from reporting.commission import commission_findings, content_of, read_commission
from reporting.commission.reading import file_of
from reporting.forms_commission import CommissionForm, PrepareForm

JOB = "commission.dossier"


def find(uuid: UUID) -> Deliberation:
    return get_object_or_404(Deliberation.objects.select_related("organisation", "budget_line", "territory"), uuid=uuid)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def commission_prepare(request: ActorRequest) -> HttpResponse:
    return prepare(request, None)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def commission_again(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """The articles of a vote not held yet, written again from another choice."""
    deliberation = find(uuid)
    if is_voted(deliberation):
        messages.info(request, "Cette délibération a été votée : ses articles ne se réécrivent plus.")
        return redirect(deliberation)
    return prepare(request, deliberation)


def prepare(request: ActorRequest, deliberation: Deliberation | None) -> HttpResponse:
    fixed = deliberation.organisation if deliberation else None
    initial = chosen(request, deliberation)
    form = PrepareForm(request.POST or None, by=request.actor, organisation=fixed, initial=initial)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        made: list[Deliberation] = []
        values = form.cleaned_data | {"conventions": list(form.cleaned_data["conventions"])}

        def do() -> None:
            made.append(prepare_deliberation(**values, deliberation=deliberation, by=request.actor))

        status = try_form(form, do)
        if not status:
            messages.success(request, f"La délibération est préparée : {made[0].decisions.count()} articles.")
            return redirect("commission", uuid=made[0].uuid)
    context = {"form": form, "deliberation": deliberation}
    return render(request, "reporting/commission_prepare.html", context, status=status)


def chosen(request: ActorRequest, deliberation: Deliberation | None) -> dict[str, Any]:
    """What the form opens with: the vote's own choice, or the body one works for."""
    if deliberation is None:
        return {"organisation": request.actor.organisation}
    names = ("organisation", "date", "body", "title", "budget_line")
    named = Convention.objects.filter(decisions__deliberation=deliberation).distinct()
    return {name: getattr(deliberation, name) for name in names} | {"conventions": named}


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def commission(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """What the dossier will hold, what does not agree in it, and what is written by hand."""
    deliberation = find(uuid)
    form = CommissionForm(request.POST or None, by=request.actor, file=file_of(deliberation))
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        values = dict(form.cleaned_data)
        expected = values.pop("lock_version")
        status = try_form(
            form,
            lambda: save_commission_file(deliberation=deliberation, data=values, by=request.actor, expected=expected),
        )
        if not status:
            messages.success(request, "Le dossier est enregistré.")
            return redirect("commission", uuid=uuid)
    found = read_commission(deliberation, by=request.actor)
    context = {"deliberation": deliberation, "form": form, "voted": is_voted(deliberation)} | shown(found)
    return render(request, "reporting/commission.html", context, status=status)


def shown(found: Any) -> dict[str, Any]:
    content = content_of(found)
    return {
        "commission": found,
        "articles": content["deliberation"]["articles"],
        "cover": content["cover"],
        "findings": commission_findings(found),
        "drafts": [convention for convention in found.conventions if convention.is_editable],
    }


@require_POST
@ability_required("convention.edit")
def commission_produce(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """Have the PDF made aside: a hundred pages take a while."""
    deliberation = find(uuid)
    label = f"Dossier de séance – {deliberation}"
    made: list[Any] = []

    def do() -> None:
        made.append(start_job(kind=JOB, label=label, params={"deliberation": deliberation.pk}, by=request.actor))

    answer = act(request, do, done="Le dossier se prépare : suivez-le ici.", then=deliberation.get_absolute_url())
    return redirect(made[0]) if made else answer
