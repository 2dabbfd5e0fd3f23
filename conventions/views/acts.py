"""The acts that move a convention along, and the signatures."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from conventions import services
from conventions.forms import SignatureForm
from conventions.models import Signatory
from parties.access import ActorRequest, ability_required

from .common import act, errors_in_words, expected_version, find, tab_url


@require_POST
@ability_required("convention.submit")
def convention_submit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.submit_convention(convention=convention, by=request.actor, expected=expected_version(request)),
        done=f"La convention {convention.reference} est soumise à la préfecture.",
        then=convention.get_absolute_url(),
    )


@require_POST
@ability_required("convention.sign")
def convention_circulate(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.start_signature(convention=convention, by=request.actor, expected=expected_version(request)),
        done=f"La convention {convention.reference} est en signature.",
        then=tab_url(convention, "signatures"),
    )


@require_POST
@ability_required("convention.edit")
def convention_set_aside(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.set_stated_aside(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done="Les mentions publiées sont écartées ; elles restent dans l'historique.",
        then=tab_url(convention, "controles"),
    )


@require_POST
@ability_required("convention.edit")
def convention_reopen(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.reopen_convention(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done="La rédaction reprend : une nouvelle approbation sera nécessaire.",
        then=convention.get_absolute_url(),
    )


@require_POST
@ability_required("convention.edit")
def convention_abandon(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.abandon_convention(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done=f"La convention {convention.reference} est abandonnée.",
        then=convention.get_absolute_url(),
    )


@require_POST
@ability_required("convention.sign")
def convention_sign(request: ActorRequest, uuid: uuidlib.UUID, signatory: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    who = get_object_or_404(Signatory.objects.select_related("party__organisation"), uuid=signatory)
    back = tab_url(convention, "signatures", f"signataire-{who.uuid}")
    form = SignatureForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"{who.party.organisation} : " + errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.record_signature(convention=convention, signatory=who, by=request.actor, **form.cleaned_data),
        done=f"La signature pour {who.party.organisation.french.le()} est enregistrée.",
        then=back,
    )
