"""Approving a convention, and its PDF."""

from __future__ import annotations

import uuid as uuidlib
from contextlib import nullcontext
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from conventions.enums import Status
from conventions.models import Convention
from conventions.verdict import obstacle_to_batch
from conventions.views.common import act, expected_version, find, reads_draft, whole_draft
from conventions.workflow import approval_levels
from core.errors import BusinessError
from core.french.numbers import plural
from parties.access import ActorRequest, ability_required, member_required
from reporting.services_documents import convention_pdf, give_approval

#: One page of the list: each approval freezes a text and its plans.
MOST_AT_ONCE = 50


@require_POST
@ability_required("convention.approve")
def convention_approve(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    first = convention.status == Status.SOUMISE and approval_levels(convention.territory_id) == 2
    done = (
        "a votre avis favorable : il lui faut encore une approbation"
        if first
        else ("est approuvée : son texte et ses chiffres sont figés")
    )
    return act(
        request,
        lambda: give_approval(
            convention=convention,
            by=request.actor,
            opinion=request.POST.get("opinion", ""),
            expected=expected_version(request),
        ),
        done=f"La convention {convention.reference} {done}.",
        then=convention.get_absolute_url(),
    )


@dataclass(frozen=True)
class Outcome:
    """What became of one convention among several."""

    reference: str
    url: str
    done: bool
    label: str
    detail: str


@require_POST
@ability_required("convention.approve")
def conventions_approve_several(request: ActorRequest) -> HttpResponse:
    """Approve those chosen, each on its own: one that a check stops does not hold the others back."""
    asked = [text for text in request.POST.getlist("convention") if _is_uuid(text)][:MOST_AT_ONCE]
    chosen = Convention.objects.filter(uuid__in=asked).select_related("previous", "template", "territory")
    outcomes = [_approve_one(convention, request) for convention in chosen.order_by("reference")]
    if not outcomes:
        messages.error(request, "Choisissez au moins une convention.")
        return redirect("conventions-review")
    done = sum(outcome.done for outcome in outcomes)
    heading = f"{done} {plural(done, 'convention')} sur {len(outcomes)} {plural(done, 'approuvée')}"
    return render(request, "conventions/review_outcome.html", {"outcomes": outcomes, "heading": heading})


def _approve_one(convention: Convention, request: ActorRequest) -> Outcome:
    def told(done: bool, label: str, detail: str) -> Outcome:
        return Outcome(convention.reference, convention.get_absolute_url(), done, label, detail)

    try:
        with transaction.atomic():
            problem = obstacle_to_batch(convention)
            if problem:
                raise BusinessError(f"Elle n'est pas approuvée : {problem}.")
            version = give_approval(convention=convention, by=request.actor)
    except BusinessError as error:
        return told(False, "", error.message)
    if version is None:
        return told(True, "Avis favorable", "Une autre personne donne maintenant l'approbation.")
    return told(True, "Approuvée", f"Version {version.number}, empreinte {version.sha256[:16]}…")


def _is_uuid(text: str) -> bool:
    try:
        uuidlib.UUID(text)
    except ValueError:
        return False
    return True


@require_safe
@member_required
def convention_document(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The PDF: the approved version's, else the draft's. A reader without the draft never gets here (404)."""
    convention = find(uuid)
    draft = reads_draft(request.actor, convention)
    try:
        with whole_draft(request.actor) if draft else nullcontext():
            data, name = convention_pdf(convention)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(convention)
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
