"""The préfecture's review: what changed, remarks, sending back; and the gestionnaire's answers."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from conventions import services
from conventions.enums import Anchor, Status
from conventions.forms import AnswerForm, CommentForm
from conventions.models import Comment
from conventions.presentation.figures import figure_changes, plan_views
from conventions.presentation.people import party_views
from conventions.presentation.review import clause_reviews
from parties.access import ActorRequest, ability_required

from .common import act, errors_in_words, expected_version, find, tab_url
from .page import findings_for, heading


@require_safe
@ability_required("convention.review")
def convention_review(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    if convention.status != Status.SOUMISE:
        messages.info(request, "Cette convention n'est pas à l'instruction.")
        return redirect(convention)
    comments = list(convention.comments.all())
    findings = findings_for(request, convention)
    context: dict[str, Any] = heading(request, convention, findings, comments) | {
        "findings": findings,
        "review": clause_reviews(convention, comments),
        "years": figure_changes(convention),
        "plans": plan_views(convention, comments),
        "parties": party_views(convention, comments),
        "comments": comments,
        "here": request.path,
    }
    return render(request, "conventions/review.html", context)


@require_POST
@ability_required("convention.review")
def comment_add(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    form = CommentForm(request.POST)
    back = _anchor_url(reverse("convention-review", args=[convention.uuid]), request.POST)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.add_comment(convention=convention, by=request.actor, **form.cleaned_data),
        done="Votre commentaire est enregistré.",
        then=back,
    )


def _anchor_url(base: str, posted: Any) -> str:
    """Back to the very place the remark is about."""
    target = str(posted.get("target", "")).replace(":", "-")
    prefix = {Anchor.CLAUSE: "clause-", Anchor.SHARE: "part-", Anchor.PARTY: "partie-"}.get(posted.get("anchor", ""))
    return f"{base}#{prefix}{target}" if prefix else f"{base}#remarques"


@require_POST
@ability_required("convention.edit")
def comment_answer(request: ActorRequest, uuid: uuidlib.UUID, comment: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    remark = get_object_or_404(Comment, convention=convention, uuid=comment)
    back = _inside(request.POST.get("next", ""), tab_url(convention, "texte", "remarques"))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(back)
    return act(
        request,
        lambda: services.answer_comment(comment=remark, answer=form.cleaned_data["answer"], by=request.actor),
        done="Votre réponse est enregistrée, le commentaire est marqué comme traité.",
        then=back,
    )


def _inside(url: str, default: str) -> str:
    """``url`` when it is an address of this site's own paths, else ``default``: a form can be forged."""
    parts = urlsplit(url)
    own = not parts.scheme and not parts.netloc and url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if own else default


@require_POST
@ability_required("convention.review")
def comment_withdraw(request: ActorRequest, uuid: uuidlib.UUID, comment: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    remark = get_object_or_404(Comment, convention=convention, uuid=comment)
    return act(
        request,
        lambda: services.withdraw_comment(comment=remark, by=request.actor),
        done="Le commentaire est clos.",
        then=reverse("convention-review", args=[convention.uuid]) + "#remarques",
    )


@require_POST
@ability_required("convention.approve")
def convention_send_back(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.send_back_convention(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done=f"La convention {convention.reference} est renvoyée au gestionnaire.",
        then=convention.get_absolute_url(),
    )
