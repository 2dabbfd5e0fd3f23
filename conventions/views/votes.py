"""After a vote: its number and its date carried into the approved texts, once what that entails was read."""

from __future__ import annotations

import uuid as uuidlib

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from conventions import services
from conventions.models import Deliberation
from conventions.services.votes import recitals
from parties.access import ActorRequest, ability_required

from .common import act

#: Prefix of the field that holds the verdict read for one convention.
CONFIRMED = "texte-"


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("convention.edit")
def vote_texts(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The approved texts that recite this vote otherwise than it was held; those ticked get a new version."""
    deliberation = get_object_or_404(Deliberation.objects.select_related("organisation"), uuid=uuid)
    chosen = {
        name.removeprefix(CONFIRMED): str(value) for name, value in request.POST.items() if name.startswith(CONFIRMED)
    }
    if request.method == "POST" and chosen:
        return act(
            request,
            lambda: services.carry_vote(deliberation=deliberation, confirmed=chosen, by=request.actor),
            done="La délibération figure dans les textes choisis : chacun a une nouvelle version.",
            then=deliberation.get_absolute_url(),
        )
    found = recitals(deliberation, by=request.actor)
    context = {
        "deliberation": deliberation,
        "light": [one for one in found if one.is_light],
        "others": [one for one in found if not one.is_light],
        "prefix": CONFIRMED,
        "none_chosen": request.method == "POST",
    }
    return render(request, "conventions/vote_texts.html", context, status=422 if request.method == "POST" else 200)
