"""A draft read by other parties before it is submitted: the gestionnaire's side, and the reader's."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.enums import ReadingOutcome
from conventions.forms import AnswerForm, ReaderCommentForm, ReadingRequestForm
from conventions.models import Comment, Convention, ReadingRequest
from conventions.presentation.clauses import text_view
from conventions.presentation.figures import plan_views
from conventions.presentation.people import party_views
from parties.access import ActorRequest, ability_required, member_required

from .common import act, errors_in_words, find, try_form, whole_draft
from .review import inside


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_readings(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """Who was asked, who has read; and asking."""
    convention = find(uuid)
    form = ReadingRequestForm(request.POST or None, convention=convention, by=request.actor)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: _ask(request, convention, form))
        if not status:
            messages.success(request, "La relecture est demandée : les membres de ces organisations sont prévenus.")
            return redirect("convention-readings", uuid=convention.uuid)
    asked = convention.readings.select_related("organisation").prefetch_related("replies").order_by("-pk")
    remarks = convention.comments.exclude(organisation=None).values_list("organisation_id", flat=True)
    counts = {pk: list(remarks).count(pk) for pk in set(remarks)}
    rows = [{"reading": row, "remarks": counts.get(row.organisation_id, 0)} for row in asked]
    context = {"convention": convention, "form": form, "rows": rows, "can_ask": convention.is_editable}
    return render(request, "conventions/readings.html", context, status=status)


def _ask(request: ActorRequest, convention: Convention, form: ReadingRequestForm) -> None:
    site = request.build_absolute_uri("/").rstrip("/")
    services.request_readings(convention=convention, by=request.actor, site=site, **form.cleaned_data)


@require_POST
@ability_required("convention.edit")
def reading_close(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    try:
        asked = uuidlib.UUID(request.POST.get("reading", ""))
    except ValueError as error:
        raise Http404("Cette demande n'existe pas.") from error
    reading = get_object_or_404(ReadingRequest, convention=convention, uuid=asked)
    return act(
        request,
        lambda: services.close_reading(request=reading, by=request.actor),
        done="La relecture est close : cette organisation ne voit plus le projet.",
        then=reverse("convention-readings", args=[convention.uuid]),
    )


@require_POST
@ability_required("convention.edit")
def comment_close(request: ActorRequest, uuid: uuidlib.UUID, comment: uuidlib.UUID) -> HttpResponse:
    """The gestionnaire has dealt with a partner's remark."""
    convention = find(uuid)
    remark = get_object_or_404(Comment, convention=convention, uuid=comment, organisation__isnull=False)
    return act(
        request,
        lambda: services.withdraw_comment(comment=remark, by=request.actor),
        done="La remarque est marquée comme traitée.",
        then=inside(request.POST.get("next", ""), convention.get_absolute_url()),
    )


# --- The reader ------------------------------------------------------------------------------------------------------


def _reading(request: ActorRequest, uuid: uuidlib.UUID) -> tuple[Convention, ReadingRequest]:
    """The draft and the open request made to the reader's own organisation, or 404."""
    convention = find(uuid)
    reading = convention.readings.filter(organisation=request.actor.organisation, closed_at=None).first()
    if reading is None:
        raise Http404("Aucune relecture ne vous est demandée sur cette convention.")
    return convention, reading


@require_safe
@member_required
def reading_page(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention, reading = _reading(request, uuid)
    # One's own remarks are read as oneself: those of others stay theirs.
    comments = list(convention.comments.prefetch_related("messages"))
    mine = list(reading.replies.filter(by=request.actor.user))
    with whole_draft(request.actor):
        shown: dict[str, Any] = {
            "text": text_view(convention, comments),
            "plans": plan_views(convention, comments),
            "parties": party_views(convention, comments),
            "asked_by": reading.by_label,
        }
    return render(request, "conventions/reading.html", shown | _about(request, convention, reading, comments, mine))


def _about(
    request: ActorRequest, convention: Convention, reading: ReadingRequest, comments: list[Comment], mine: list[Any]
) -> dict[str, Any]:
    return {
        "convention": convention,
        "reading": reading,
        "comments": comments,
        "whole": [c for c in comments if c.anchor == "convention"],
        "reader": request.actor.organisation,
        "replied": mine[-1] if mine else None,
        "outcomes": ReadingOutcome.choices,
    }


@require_POST
@member_required
def reading_comment(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention, reading = _reading(request, uuid)
    back = reverse("convention-reading", args=[convention.uuid])
    form = ReaderCommentForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.add_reader_comment(request=reading, by=request.actor, **form.cleaned_data),
        done="Votre remarque est envoyée au gestionnaire.",
        then=back + "#remarques",
    )


@require_POST
@member_required
def reading_declare(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention, reading = _reading(request, uuid)
    return act(
        request,
        lambda: services.declare_read(request=reading, outcome=request.POST.get("outcome", ""), by=request.actor),
        done="Votre réponse est enregistrée.",
        then=reverse("convention-reading", args=[convention.uuid]),
    )


@require_POST
@member_required
def reading_reply(request: ActorRequest, uuid: uuidlib.UUID, comment: uuidlib.UUID) -> HttpResponse:
    convention, _ = _reading(request, uuid)
    remark = get_object_or_404(Comment, convention=convention, uuid=comment)
    back = reverse("convention-reading", args=[convention.uuid]) + "#remarques"
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.reply_comment(comment=remark, text=form.cleaned_data["answer"], by=request.actor),
        done="Votre message est envoyé.",
        then=back,
    )
