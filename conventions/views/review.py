"""The préfecture's review: the queue, one convention on one page, remarks and threads, sending back, reopening."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.enums import Anchor
from conventions.forms import AnswerForm, ApprovalRuleForm, CommentForm
from conventions.models import Comment, Convention
from conventions.models.agreement import UNDER_REVIEW
from conventions.presentation.figures import figure_changes, plan_views
from conventions.presentation.people import party_views
from conventions.presentation.review import (
    BOTH,
    COMPARED,
    FORMER,
    MODEL,
    SENT,
    clause_reviews,
    first_opinion,
    in_brief,
    queue_around,
    review_rows,
    switches,
)
from conventions.services.review import approval_rule, may_give_second
from conventions.verdict import Verdict
from parties.access import ActorRequest, ability_required

from .common import act, errors_in_words, expected_version, find, tab_url, try_form
from .page import findings_for, heading

PER_PAGE = 50


@require_safe
@ability_required("convention.review")
def review_list(request: ActorRequest) -> HttpResponse:
    """What waits for the préfecture, with the verdict computed at submission: five queries whatever the number."""
    waiting = (
        Convention.objects.visible_to(request.actor)  # type: ignore[attr-defined]
        .awaiting_review()
        .prefetch_related("sheets", "comments", "transitions", "posts")
        .order_by("submitted_at", "pk")
    )
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    rows = review_rows(list(page.object_list))
    context = {
        "page_obj": page,
        "rows": rows,
        "approvable": sum(1 for row in rows if row.approvable),
        "rule": approval_rule(request.actor.territory_id),
        "can_approve": request.actor.can("convention.approve"),
    }
    return render(request, "conventions/review_list.html", context)


@require_safe
@ability_required("convention.review")
def convention_review(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    if convention.status not in UNDER_REVIEW:
        messages.info(request, "Cette convention n'est pas à l'instruction.")
        return redirect(convention)
    return render(request, "conventions/review.html", _review(request, convention))


def _review(request: ActorRequest, convention: Convention) -> dict[str, Any]:
    """Everything the decision needs, on one page."""
    comments = list(convention.comments.select_related("organisation").prefetch_related("messages"))
    findings = findings_for(request, convention)
    sheets = list(convention.sheets.all())
    compared = request.GET.get(COMPARED, BOTH)
    compared = compared if compared in (BOTH, MODEL, FORMER, SENT) else BOTH
    own = {
        "findings": findings,
        "verdict": Verdict(sheets[-1].verdict if sheets else {}),
        "review": clause_reviews(convention, comments, compared, sheets),
        "switches": switches(convention, compared, sheets),
        "years": figure_changes(convention),
        "plans": plan_views(convention, comments),
        "parties": party_views(convention, comments),
        "comments": comments,
        "queue": queue_around(convention, request.actor),
        "rule": approval_rule(convention.territory_id),
        "opinion": first_opinion(convention),
        "not_second": may_give_second(convention, request.actor),
        "here": request.path,
    }
    shared = heading(request, convention, findings, comments) | own
    waiting = {"unanswered": [c for c in shared["pending"] if not c.is_answered]}
    return shared | waiting | {"brief": in_brief(findings, shared["pending"])}


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
    return _message(
        request, convention, lambda text: services.answer_comment(comment=remark, answer=text, by=request.actor)
    )


@require_POST
@ability_required("convention.review")
def comment_reply(request: ActorRequest, uuid: uuidlib.UUID, comment: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    remark = get_object_or_404(Comment, convention=convention, uuid=comment)
    return _message(
        request, convention, lambda text: services.reply_comment(comment=remark, text=text, by=request.actor)
    )


def _message(request: ActorRequest, convention: Convention, say: Any) -> HttpResponse:
    """One more message in a thread, then back where the thread was read."""
    back = inside(request.POST.get("next", ""), tab_url(convention, "texte", "remarques"))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors_in_words(form))
        return redirect(back)
    text = form.cleaned_data["answer"]
    return act(request, lambda: say(text), done="Votre message est enregistré.", then=back)


def inside(url: str, default: str) -> str:
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


@require_POST
@ability_required("convention.edit")
def convention_ask_wider(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.ask_wider_reopening(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done="Votre demande est enregistrée : la préfecture la lit sur la page de la convention.",
        then=convention.get_absolute_url(),
    )


@require_POST
@ability_required("convention.approve")
def convention_widen(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    return act(
        request,
        lambda: services.widen_reopening(
            convention=convention,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done="Toute la convention peut être modifiée par le gestionnaire.",
        then=convention.get_absolute_url(),
    )


@require_http_methods(["GET", "POST"])
@ability_required("approval.rule")
def approval_levels(request: ActorRequest) -> HttpResponse:
    """How many people of the préfecture approve, and who gives the second approval."""
    rule = approval_rule(request.actor.territory_id)
    form = ApprovalRuleForm(request.POST or None, rule=rule, by=request.actor)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, lambda: services.set_approval_rule(by=request.actor, **form.cleaned_data))
        if not status:
            messages.success(request, "Les niveaux d'approbation sont enregistrés.")
            return redirect("approval-levels")
    return render(request, "conventions/approval_levels.html", {"form": form, "rule": rule}, status=status)
