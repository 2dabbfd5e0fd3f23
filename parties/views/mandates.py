"""Who may bind an organisation: creation and change of mandates."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import BusinessError
from parties import services
from parties.access import ability_required
from parties.actors import Actor
from parties.forms import MandateForm, usual_capacity
from parties.models import Mandate, Organisation


@require_http_methods(["GET", "POST"])
@ability_required("party.edit")
def mandate_create(request: HttpRequest, uuid: UUID) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    organisation = get_object_or_404(Organisation.objects.visible_to(by), uuid=uuid)
    form = MandateForm(request.POST or None, initial={"capacity": usual_capacity(organisation.kind)})
    if request.method == "POST" and form.is_valid():
        try:
            mandate = services.create_mandate(organisation=organisation, by=by, **form.values())
        except BusinessError as error:
            form.refuse(error)
        else:
            messages.success(request, f"Le mandat de {mandate.person} est ajouté.")
            return redirect(organisation)
    return shown(request, form, organisation, None)


@require_http_methods(["GET", "POST"])
@ability_required("party.edit")
def mandate_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    mandate = get_object_or_404(Mandate.objects.visible_to(by).select_related("organisation"), uuid=uuid)
    form = MandateForm(request.POST or None, initial=MandateForm.initial_of(mandate))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_mandate(mandate=mandate, by=by, seen_at=form.cleaned_data["seen_at"], **form.values())
        except BusinessError as error:
            form.refuse(error, current=mandate)
        else:
            messages.success(request, f"Le mandat de {mandate.person} est enregistré.")
            return redirect(mandate.organisation)
    return shown(request, form, mandate.organisation, mandate)


def shown(request: HttpRequest, form: MandateForm, organisation: Organisation, mandate: Mandate | None) -> HttpResponse:
    context = {"form": form, "organisation": organisation, "mandate": mandate}
    return render(request, "parties/mandate_form.html", context, status=422 if form.is_bound else 200)
