"""Preparing, changing and renewing a convention."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from conventions import services
from conventions.enums import Status
from conventions.forms import CreateForm, HeadForm, RenewForm
from conventions.forms.drafting import open_plans, proposal, renewal_plans
from conventions.models import Convention
from conventions.services.drafting import next_reference
from conventions.services.typing import propose
from core.errors import BusinessError
from funding.models import FundingPlan
from parties.access import ActorRequest, ability_required

from .clashes import merge_clashes
from .common import errors_in_words, find, try_form
from .typing import Typing, settled
from .weighing import Weighed, avenant_url, leave, refuse_to_edit, weigh


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_create(request: ActorRequest) -> HttpResponse:
    form = CreateForm(request.POST or None, by=request.actor, initial=_proposal(request))
    context: dict[str, Any] = {"form": form, "proposal": None, "proposal_error": ""}
    if "apercu" in request.POST:
        context |= _proposed(request, form)
        template = "_proposal" if request.headers.get("HX-Request") == "true" else "create"
        return render(request, f"conventions/{template}.html", context)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        made: list[Convention] = []
        data = form.cleaned_data
        status = try_form(form, lambda: made.append(services.create_convention(by=request.actor, **data)))
        if made:
            messages.success(request, f"La convention {made[0].reference} est préparée : relisez-la.")
            return redirect(made[0])
    return render(request, "conventions/create.html", context, status=status)


def _proposed(request: ActorRequest, form: CreateForm) -> dict[str, Any]:
    """What these plans would give, before anything is created."""
    if not form.is_valid():
        return {"proposal": None, "proposal_error": errors_in_words(form)}
    data = form.cleaned_data
    try:
        made = propose(create=lambda: services.create_convention(by=request.actor, **data), by=request.actor)
    except BusinessError as error:
        return {"proposal": None, "proposal_error": error.message}
    return {"proposal": made, "proposal_error": ""}


def _proposal(request: ActorRequest) -> dict[str, Any]:
    """Plans named in the address (``?plan=<uuid>``), their period, a free reference, the place used last."""
    wanted = [text for text in request.GET.getlist("plan") if _is_uuid(text)]
    plans: list[FundingPlan] = list(open_plans(request.actor).filter(uuid__in=wanted)) if wanted else []
    values = proposal(plans, timezone.localdate())
    last = Convention.objects.exclude(place="").order_by("-pk").first()
    return values | {
        "reference": next_reference(request.actor, values["period_start"].year),
        "place": last.place if last else "",
        "notice_months": 3,
    }


def _is_uuid(text: str) -> bool:
    try:
        uuidlib.UUID(text)
    except ValueError:
        return False
    return True


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    if (refused := refuse_to_edit(request, convention, convention.get_absolute_url())) is not None:
        return refused
    typing, saved = Typing(request, convention, "head"), HeadForm.initial_for(convention)
    if typing.gives_up:
        typing.forget()
        return redirect("convention-edit", uuid=convention.uuid)
    data = settled(request.POST, saved) if request.method == "POST" else None
    form = HeadForm(data, convention=convention, initial=typing.initial(saved))
    context: dict[str, Any] = {"form": form, "convention": convention, "typing": typing, "clashes": []}
    if typing.asks_preview:
        context |= typing.preview(form, lambda: _change_head(request, convention, form, None))
        return typing.fragment(context) or _head_page(request, context, Weighed(200))
    weighed = Weighed(422 if request.method == "POST" else 200)
    if form.is_valid():
        weighed = weigh(request, form, convention, lambda expected: _change_head(request, convention, form, expected))
        if not weighed.status:
            typing.forget()
            back = convention.get_absolute_url()
            return leave(request, convention, weighed, done="La convention est enregistrée.", then=back)
    if weighed.status == 409:
        context["clashes"] = merge_clashes(form, convention)
    return _head_page(request, context, weighed)


def _head_page(request: ActorRequest, context: dict[str, Any], weighed: Weighed) -> HttpResponse:
    about = {"verdict": weighed.verdict, "avenant_url": avenant_url(context["convention"])}
    known = {"preview": None, "preview_error": ""}
    return render(request, "conventions/edit.html", known | about | context, status=weighed.status)


def _change_head(request: ActorRequest, convention: Convention, form: HeadForm, expected: int | None) -> Convention:
    return services.update_convention(
        convention=convention, data=form.changes(convention), by=request.actor, expected=expected
    )


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_renew(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    if convention.status != Status.SIGNEE:
        messages.error(request, "Seule une convention signée se renouvelle.")
        return redirect(convention)
    form = RenewForm(request.POST or None, by=request.actor, initial=_next_period(request, convention))
    status = 200
    if request.method == "POST":
        made: list[Convention] = []
        status = 422
        if form.is_valid():
            status = try_form(form, lambda: made.append(_renew(request, convention, form.cleaned_data)))
        if made:
            messages.success(request, f"La convention {made[0].reference} reprend {convention.reference}.")
            return redirect(made[0])
    return render(request, "conventions/renew.html", {"form": form, "convention": convention}, status=status)


def _next_period(request: ActorRequest, convention: Convention) -> dict[str, Any]:
    values = proposal(renewal_plans(convention, request.actor), timezone.localdate())
    return values | {"reference": next_reference(request.actor, values["period_start"].year)}


def _renew(request: ActorRequest, convention: Convention, data: dict[str, Any]) -> Convention:
    if data["period_start"] <= convention.period_end:
        raise BusinessError("La nouvelle période commence après la fin de la précédente.", place="period_start")
    return services.renew_convention(convention=convention, by=request.actor, **data)
