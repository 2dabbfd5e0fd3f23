"""Who signs, in whose name: signatories of a party, delegations of signature, organisations that sign twice."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.forms import DelegationForm, SignatoryForm, TakeOverForm
from conventions.models import Convention, Party, Signatory, SigningDelegation, SigningPractice
from conventions.services.signing_rules import holds, mandate_problem, requires_two, two_signatures_problem
from core.french import upper_first
from parties.access import ActorRequest, ability_required
from parties.models import Organisation

from .common import act, expected_version, find, tab_url, try_form


def _party(convention: Convention, party: uuidlib.UUID) -> Party:
    rows = convention.parties.select_related("organisation", "convention", "representative")
    return get_object_or_404(rows, uuid=party)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def signatories(request: ActorRequest, uuid: uuidlib.UUID, party: uuidlib.UUID) -> HttpResponse:
    """Who signs for a party: one or several, each in their own name or by delegation."""
    convention = find(uuid)
    signed_for = _party(convention, party)
    form = SignatoryForm(request.POST or None, party=signed_for, initial={"lock_version": convention.lock_version})
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: _save(request, signed_for, form))
        if not status:
            messages.success(request, f"{signed_for.organisation} : le signataire est enregistré.")
            return redirect("convention-signatories", uuid=convention.uuid, party=signed_for.uuid)
    return render(request, "conventions/signatories.html", _signers(convention, signed_for, form), status=status)


def _signers(convention: Convention, party: Party, form: SignatoryForm) -> dict[str, object]:
    today = timezone.localdate()
    rows = list(party.signatories.select_related("mandate", "delegation__delegator", "party__organisation"))
    return {
        "convention": convention,
        "party": party,
        "form": form,
        "rows": [{"signatory": row, "problem": mandate_problem(row, today) if row.mandate else ""} for row in rows],
        "twice": requires_two(party),
        "missing": two_signatures_problem(party) if requires_two(party) else "",
    }


def _save(request: ActorRequest, party: Party, form: SignatoryForm) -> Signatory:
    data = form.cleaned_data
    return services.save_signatory(
        party=party,
        mandate=data["mandate"],
        delegation=data["delegation"],
        signatory=data["signatory"],
        by=request.actor,
        expected=form.expected,
    )


@require_POST
@ability_required("convention.edit")
def signatory_remove(request: ActorRequest, uuid: uuidlib.UUID, signatory: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    rows = convention.signatories.select_related("party__organisation", "party__convention", "mandate")
    removed = get_object_or_404(rows, uuid=signatory)
    return act(
        request,
        lambda: services.remove_signatory(signatory=removed, by=request.actor, expected=expected_version(request)),
        done="Ce signataire est retiré.",
        then=reverse("convention-signatories", args=[convention.uuid, removed.party.uuid]),
    )


@require_safe
@ability_required("convention.edit")
def delegation_list(request: ActorRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = [
        {
            "delegation": row,
            "in_force": row.covers(today) and holds(row.delegator, today) and holds(row.delegate, today),
            "to_come": today < row.start,
        }
        for row in SigningDelegation.objects.select_related("organisation", "delegator", "delegate")
    ]
    practices = SigningPractice.objects.filter(double_signature=True).select_related("organisation")
    twice = {row.organisation_id for row in practices}
    bodies = Organisation.objects.filter(territory_id=request.actor.territory_id).order_by("name")
    context = {
        "rows": rows,
        "practices": practices,
        "others": [body for body in bodies if body.has_legal_personality and body.pk not in twice],
    }
    return render(request, "conventions/delegations.html", context)


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def delegation_create(request: ActorRequest) -> HttpResponse:
    return _edit(request, SigningDelegation(), "Enregistrer une délégation de signature")


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def delegation_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    found = get_object_or_404(SigningDelegation.objects.select_related("organisation"), uuid=uuid)
    return _edit(request, found, "Modifier la délégation de signature")


def _edit(request: ActorRequest, delegation: SigningDelegation, heading: str) -> HttpResponse:
    form = DelegationForm(request.POST or None, delegation=delegation, by=request.actor)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data = form.cleaned_data
        status = try_form(form, lambda: services.save_delegation(delegation=delegation, data=data, by=request.actor))
        if not status:
            messages.success(request, "La délégation est enregistrée.")
            return redirect("signing-delegations")
    return render(request, "conventions/delegation_form.html", {"form": form, "heading": heading}, status=status)


@require_POST
@ability_required("convention.edit")
def practice_set(request: ActorRequest) -> HttpResponse:
    """Whether an organisation signs twice."""
    pk = request.POST.get("organisation", "")
    bodies = Organisation.objects.filter(territory_id=request.actor.territory_id)
    body = get_object_or_404(bodies, pk=int(pk) if pk.isascii() and pk.isdigit() else 0)
    twice = request.POST.get("double") == "1"
    name = body.french.le()
    words = "demande deux signatures, d'un élu et d'un responsable administratif" if twice else "signe une seule fois"
    return act(
        request,
        lambda: services.set_practice(organisation=body, double_signature=twice, by=request.actor),
        done=f"{upper_first(name)} {words}.",
        then=reverse("signing-delegations"),
    )


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def take_over(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """A text approved on paper before the territory came to Cosigne."""
    convention = find(uuid)
    form = TakeOverForm(request.POST or None, initial={"lock_version": convention.lock_version})
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(
            form,
            lambda: services.take_over_convention(
                convention=convention,
                approved_on=form.cleaned_data["approved_on"],
                source=form.cleaned_data["source"],
                by=request.actor,
                expected=form.expected,
            ),
        )
        if not status:
            messages.success(
                request, f"La convention {convention.reference} est reprise telle qu'elle a été approuvée."
            )
            return redirect(tab_url(convention, "signatures"))
    return render(request, "conventions/take_over.html", {"form": form, "convention": convention}, status=status)
