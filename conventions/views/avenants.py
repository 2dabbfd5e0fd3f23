"""Avenants in the browser: drafted change by change, reviewed, signed."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.avenant_checks import check_avenant
from conventions.enums import AvenantStatus, ChangeKind, Channel
from conventions.forms import PartyForm, SignatureForm
from conventions.forms.avenants import FORMS, AvenantForm, ChangeForm
from conventions.models import Avenant, Deliberation, Party, Signatory
from conventions.presentation.avenants import board, change_views, next_acts, shown_content, steps, waiting_for
from conventions.services import avenants
from conventions.situation import before_avenant
from parties.access import ActorRequest, ability_required, member_required

from .common import act, errors_in_words, expected_version, find, try_form


def find_avenant(uuid: uuidlib.UUID) -> Avenant:
    """The avenant of this address, or 404: row-level security hides those of others."""
    return get_object_or_404(Avenant.objects.select_related("convention__territory"), uuid=uuid)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def avenant_create(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    form = AvenantForm(request.POST or None, initial={"place": convention.place, "effective_on": timezone.localdate()})
    status = 422 if request.method == "POST" else 200
    made: list[Avenant] = []
    if form.is_valid():
        data = {name: form.cleaned_data[name] for name in avenants.FIELDS}
        status = try_form(
            form,
            lambda: made.append(avenants.create_avenant(convention=convention, by=request.actor, **data)),
        )
        if not status:
            messages.success(request, f"L'avenant n° {made[0].number} est créé. Choisissez ce qu'il change.")
            return redirect(made[0])
    return render(request, "conventions/avenant_form.html", {"form": form, "convention": convention}, status=status)


@require_safe
@member_required
def avenant_page(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    avenant = find_avenant(uuid)
    actor, staff = request.actor, request.actor.can("convention.edit") or request.actor.can("convention.review")
    findings = check_avenant(avenant) if staff and avenant.status not in _SETTLED else []
    edits = actor.can("convention.edit")
    context = {
        "avenant": avenant,
        "convention": avenant.convention,
        "steps": steps(avenant),
        "waiting": waiting_for(avenant),
        "acts": next_acts(avenant, actor),
        "findings": findings,
        "changes": change_views(avenant),
        "kinds": [(kind, ChangeKind(kind).label) for kind in FORMS],
        "content": shown_content(avenant),
        "board": board(avenant),
        "channels": Channel.choices,
        "can_edit": edits and avenant.is_editable,
        "can_vote": edits and avenant.status not in _SETTLED and avenant.status != AvenantStatus.SOUMISE,
        "may_open": actor.can("convention.sign"),
        "can_sign": actor.can("convention.sign") and avenant.status == AvenantStatus.EN_SIGNATURE,
        "can_approve": actor.can("convention.approve") and avenant.status == AvenantStatus.SOUMISE,
        "events": avenant.transitions.order_by("-pk"),
        "versions": avenant.versions.order_by("-number"),
    }
    return render(request, "conventions/avenant.html", context)


_SETTLED = (AvenantStatus.SIGNEE, AvenantStatus.ABANDONNEE)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def avenant_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    avenant = find_avenant(uuid)
    initial = {name: getattr(avenant, name) for name in (*avenants.FIELDS, "lock_version")}
    form = AvenantForm(request.POST or None, initial=initial)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data = {name: form.cleaned_data[name] for name in avenants.FIELDS}
        status = try_form(
            form,
            lambda: avenants.update_avenant(avenant=avenant, data=data, by=request.actor, expected=form.expected),
        )
        if not status:
            messages.success(request, "L'avenant est enregistré.")
            return redirect(avenant)
    context = {"form": form, "convention": avenant.convention, "avenant": avenant}
    return render(request, "conventions/avenant_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def avenant_change(request: ActorRequest, uuid: uuidlib.UUID, change: str) -> HttpResponse:
    """One change: which thing, which new value. ``?target=`` opens it on one thing, with what is in force."""
    avenant = find_avenant(uuid)
    if change not in FORMS:
        raise Http404("Ce changement n'existe pas.")
    initial = {"lock_version": avenant.lock_version, "target": request.GET.get("target", "")}
    form = FORMS[change](request.POST or None, situation=before_avenant(avenant), avenant=avenant, initial=initial)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: _save_change(request, avenant, change, form))
        if not status:
            messages.success(request, "Le changement est enregistré : le texte de l'avenant est à jour.")
            return redirect(avenant)
    context = {
        "form": form,
        "avenant": avenant,
        "convention": avenant.convention,
        "kind": ChangeKind(change),
        "articles": form.articles_to_choose() if request.method == "GET" else [],
    }
    return render(request, "conventions/avenant_change.html", context, status=status)


def _save_change(request: ActorRequest, avenant: Avenant, kind: str, form: ChangeForm) -> None:
    avenants.save_change(
        avenant=avenant,
        kind=kind,
        target=form.chosen,
        data=form.data_to_save,
        by=request.actor,
        expected=form.expected,
    )


@require_POST
@ability_required("convention.edit")
def avenant_change_remove(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    avenant = find_avenant(uuid)
    number = request.POST.get("change", "")
    change = get_object_or_404(avenant.changes, pk=int(number) if number.isdecimal() else 0)
    return act(
        request,
        lambda: avenants.remove_change(change=change, by=request.actor, expected=expected_version(request)),
        done="Le changement est retiré.",
        then=avenant.get_absolute_url(),
    )


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def avenant_party(request: ActorRequest, uuid: uuidlib.UUID, party: uuidlib.UUID) -> HttpResponse:
    """Who represents a party, who signs, and the vote that allows it."""
    avenant = find_avenant(uuid)
    edited = get_object_or_404(avenant.parties.select_related("organisation", "avenant"), uuid=party)
    form = PartyForm(request.POST or None, party=edited, initial=_party_initial(edited))
    del form.fields["roles"]
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: _save_party(request, edited, form))
        if not status:
            messages.success(request, f"{edited.organisation} : la partie est enregistrée.")
            return redirect(f"{avenant.get_absolute_url()}#parties")
    context = {"form": form, "avenant": avenant, "convention": avenant.convention, "party": edited}
    return render(request, "conventions/avenant_party.html", context, status=status)


def _party_initial(party: Party) -> dict[str, object]:
    signatory = Signatory.objects.filter(party=party).first()
    return {
        "representative": party.representative_id,
        "signatory": signatory.mandate_id if signatory else None,
        "deliberation": party.deliberation_id,
    }


def _save_party(request: ActorRequest, party: Party, form: PartyForm) -> None:
    data, typed = form.cleaned_data, form.new_deliberation()
    deliberation = data.get("deliberation")
    if typed is not None:
        deliberation = services.save_deliberation(
            deliberation=Deliberation(organisation=party.organisation), data=typed, by=request.actor
        )
    avenants.save_avenant_party(
        party=party,
        representative=data["representative"],
        signatory=data["signatory"] or data["representative"],
        deliberation=deliberation,
        by=request.actor,
    )


# --- Acts -------------------------------------------------------------------------------------------------------------


def _act(
    request: ActorRequest, uuid: uuidlib.UUID, service: Callable[..., Any], done: str, **more: Any
) -> HttpResponse:
    avenant = find_avenant(uuid)
    return act(
        request,
        lambda: service(avenant=avenant, by=request.actor, expected=expected_version(request), **more),
        done=done,
        then=avenant.get_absolute_url(),
    )


@require_POST
@ability_required("convention.submit")
def avenant_submit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    return _act(request, uuid, avenants.submit_avenant, "L'avenant est soumis à la préfecture.")


@require_POST
@ability_required("convention.approve")
def avenant_send_back(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(request, uuid, avenants.send_back_avenant, "L'avenant est renvoyé au gestionnaire.", reason=reason)


@require_POST
@ability_required("convention.sign")
def avenant_circulate(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    return _act(request, uuid, avenants.start_avenant_signature, "L'avenant est en signature.")


@require_POST
@ability_required("convention.edit")
def avenant_reopen(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    done = "La rédaction reprend : une nouvelle approbation sera nécessaire."
    return _act(request, uuid, avenants.reopen_avenant, done, reason=reason)


@require_POST
@ability_required("convention.edit")
def avenant_abandon(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(request, uuid, avenants.abandon_avenant, "L'avenant est abandonné.", reason=reason)


@require_POST
@ability_required("convention.sign")
def avenant_sign(request: ActorRequest, uuid: uuidlib.UUID, signatory: uuidlib.UUID) -> HttpResponse:
    avenant = find_avenant(uuid)
    who = get_object_or_404(avenant.signatories.select_related("party__organisation"), uuid=signatory)
    back = f"{avenant.get_absolute_url()}#signataire-{who.uuid}"
    form = SignatureForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"{who.party.organisation} : " + errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.record_signature(
            convention=avenant.convention, signatory=who, by=request.actor, **form.cleaned_data
        ),
        done=f"La signature pour {who.party.organisation.french.le()} est enregistrée.",
        then=back,
    )
