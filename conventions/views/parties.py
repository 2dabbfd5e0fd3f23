"""The parties of a convention: added, changed, removed."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from conventions import services
from conventions.forms import PartyAddForm, PartyForm, VoteForm
from conventions.models import Convention, Deliberation, Party
from parties.access import ActorRequest, ability_required

from .common import act, expected_version, find, refresh_lock, tab_url, try_form
from .weighing import Weighed, avenant_url, leave, refuse_to_edit, weigh


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def party_add(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    form = PartyAddForm(request.POST or None, convention=convention, initial={"lock_version": convention.lock_version})
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: _add(request, convention, form))
        if not status:
            messages.success(request, f"{form.cleaned_data['organisation']} est partie à la convention.")
            return redirect(tab_url(convention, "parties"))
        if status == 409:
            refresh_lock(form, convention)
    return render(request, "conventions/party_add.html", {"form": form, "convention": convention}, status=status)


def _add(request: ActorRequest, convention: Convention, form: PartyAddForm) -> Party:
    data = form.cleaned_data
    return services.add_party(
        convention=convention,
        organisation=data["organisation"],
        roles=data["roles"],
        by=request.actor,
        expected=form.expected,
    )


def _party(convention: Convention, party: uuidlib.UUID) -> Party:
    return get_object_or_404(convention.parties.select_related("organisation", "convention"), uuid=party)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def party_edit(request: ActorRequest, uuid: uuidlib.UUID, party: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    edited = _party(convention, party)
    back = tab_url(convention, "parties", f"partie-{edited.uuid}")
    if (refused := refuse_to_edit(request, convention, back)) is not None:
        return refused
    form = PartyForm(request.POST or None, party=edited, initial=_initial(convention, edited))
    weighed = Weighed(422 if request.method == "POST" else 200)
    if form.is_valid():
        weighed = weigh(request, form, convention, lambda expected: _save(request, edited, form, expected))
        if not weighed.status:
            done = f"{edited.organisation} : la partie est enregistrée."
            return leave(request, convention, weighed, done=done, then=back)
        if weighed.status == 409:
            refresh_lock(form, convention)
    context = {"form": form, "convention": convention, "party": edited, "verdict": weighed.verdict}
    context["avenant_url"] = avenant_url(convention)
    return render(request, "conventions/party.html", context, status=weighed.status)


def _initial(convention: Convention, party: Party) -> dict[str, object]:
    signatory = party.signatories.first()
    return {
        "roles": party.roles,
        "representative": party.representative_id,
        "signatory": signatory.mandate_id if signatory else None,
        "deliberation": party.deliberation_id,
        "lock_version": convention.lock_version,
    }


def _save(request: ActorRequest, party: Party, form: PartyForm, expected: int | None) -> None:
    """The deliberation typed in the form first, then the party that rests on it: both or neither."""
    data = form.cleaned_data
    deliberation = _deliberation(request, party, form)
    services.save_party(
        party=party,
        roles=data["roles"],
        representative=data["representative"],
        signatory=data["signatory"] or data["representative"],
        deliberation=deliberation,
        by=request.actor,
        expected=expected,
    )


def _deliberation(request: ActorRequest, party: Party, form: VoteForm) -> Deliberation | None:
    typed = form.new_deliberation()
    if typed is None:
        return form.cleaned_data.get("deliberation")
    return services.save_deliberation(
        deliberation=Deliberation(organisation=party.organisation), data=typed, by=request.actor
    )


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def party_vote(request: ActorRequest, uuid: uuidlib.UUID, party: uuidlib.UUID) -> HttpResponse:
    """The vote alone, which may come after the text is approved."""
    convention = find(uuid)
    voter = _party(convention, party)
    form = VoteForm(request.POST or None, party=voter, initial={"deliberation": voter.deliberation_id})
    if not form.asks_vote:
        raise Http404("Cette partie signe sans délibération.")
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(
            form,
            lambda: services.authorise_party(
                party=voter, deliberation=_deliberation(request, voter, form), by=request.actor
            ),
        )
        if not status:
            messages.success(request, f"{voter.organisation} : la délibération est rattachée.")
            return redirect(tab_url(convention, "parties", f"partie-{voter.uuid}"))
    context = {"form": form, "convention": convention, "party": voter}
    return render(request, "conventions/party_vote.html", context, status=status)


@require_POST
@ability_required("convention.edit")
def party_remove(request: ActorRequest, uuid: uuidlib.UUID, party: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    removed = _party(convention, party)
    return act(
        request,
        lambda: services.remove_party(party=removed, by=request.actor, expected=expected_version(request)),
        done=f"{removed.organisation} n'est plus partie à la convention.",
        then=tab_url(convention, "parties"),
    )
