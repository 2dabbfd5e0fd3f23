"""The end of a convention: its terms, a denunciation, a termination, and what they mean for the money."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from conventions.forms.endings import DenunciationForm, EndingForm, TerminationForm
from conventions.models import Convention
from conventions.services.endings import (
    consequences,
    denounce_convention,
    terminate_convention,
    termination_effect,
)
from conventions.situation import situation_on
from conventions.terms import Effect, denunciation_effect, ending_of, renewal_of, terms
from core.errors import BusinessError
from core.french import add_months
from core.french.dates import date_long
from parties.access import ActorRequest, ability_required

from .common import find, refresh_lock, try_form

#: Years of tacit renewals shown ahead.
AHEAD = 5


@require_safe
@ability_required("convention.edit")
def convention_end(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The terms and deadlines; with dates in the address, what they would give, nothing being written."""
    convention = find(uuid)
    now = situation_on(convention, timezone.localdate())
    initial = {"lock_version": convention.lock_version}
    denunciation = DenunciationForm(
        request.GET if "received_on" in request.GET else None, situation=now, initial=initial
    )
    termination = TerminationForm(request.GET if "decided_on" in request.GET else None, situation=now, initial=initial)
    context = _context(convention, denunciation, termination) | _preview(convention, denunciation, termination)
    return render(request, "conventions/end.html", context)


@require_POST
@ability_required("convention.edit")
def convention_denounce(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    now = situation_on(convention, timezone.localdate())
    form = DenunciationForm(request.POST, situation=now)
    other = TerminationForm(None, situation=now, initial={"lock_version": convention.lock_version})
    return _record(request, convention, form, {"denunciation": form, "termination": other})


@require_POST
@ability_required("convention.edit")
def convention_terminate(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    now = situation_on(convention, timezone.localdate())
    form = TerminationForm(request.POST, situation=now)
    other = DenunciationForm(None, situation=now, initial={"lock_version": convention.lock_version})
    return _record(request, convention, form, {"denunciation": other, "termination": form})


def _record(
    request: ActorRequest, convention: Convention, form: EndingForm, forms: dict[str, EndingForm]
) -> HttpResponse:
    status = 422
    if form.is_valid():
        service = denounce_convention if isinstance(form, DenunciationForm) else terminate_convention
        data = {name: value for name, value in form.cleaned_data.items() if name != "lock_version"}
        status = try_form(
            form, lambda: service(convention=convention, by=request.actor, expected=form.expected, **data)
        )
        if not status:
            convention.refresh_from_db()
            messages.success(request, f"C'est enregistré. Dernier jour : le {date_long(convention.final_day)}.")
            return redirect(f"{convention.get_absolute_url()}?onglet=situation")
        if status == 409:
            refresh_lock(form, convention)
    context = _context(convention, forms["denunciation"], forms["termination"])
    return render(request, "conventions/end.html", context, status=status)


def _context(convention: Convention, denunciation: EndingForm, termination: EndingForm) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "convention": convention,
        "denunciation": denunciation,
        "termination": termination,
        "renewal": renewal_of(convention),
        "terms": terms(convention, until=add_months(today, 12 * AHEAD)),
        "ending": ending_of(convention),
        "today": today,
    }


def _preview(convention: Convention, denunciation: EndingForm, termination: EndingForm) -> dict[str, Any]:
    """The computed effect of what the address asks about; the error goes on the form."""
    form = denunciation if denunciation.is_bound else termination
    if not form.is_bound:
        return {}
    form.fields["cause"].required = False
    if not form.is_valid():
        return {}
    try:
        effect = _effect(convention, form)
    except BusinessError as error:
        form.add_error(error.place if error.place in form.fields else None, error.message)
        return {}
    return {"effect": effect, "consequences": consequences(convention, effect.last_day), "asked": form}


def _effect(convention: Convention, form: EndingForm) -> Effect:
    data = form.cleaned_data
    if isinstance(form, DenunciationForm):
        return denunciation_effect(convention, data["received_on"])
    return termination_effect(convention, data["decided_on"], data["last_day"], data["breach_notice_on"])
