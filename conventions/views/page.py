"""The page of one convention: what it says, who it binds, what is wrong with it, what happened."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from conventions.calendar.reading import calendar_of
from conventions.checks import blocking, check_convention_fully
from conventions.enums import Anchor, Channel, Status
from conventions.models import Comment, Convention
from conventions.models.agreement import CIRCULATED, UNDER_REVIEW
from conventions.presentation.annexes import annexes_view
from conventions.presentation.calendar import lines_of
from conventions.presentation.clauses import text_view
from conventions.presentation.figures import plan_views
from conventions.presentation.history import anchors, timeline
from conventions.presentation.people import party_views, signature_board
from conventions.presentation.review import unlocked_view
from conventions.presentation.situation import shows_situation, situation_panel
from conventions.presentation.states import moves, next_acts, steps, waiting_for
from conventions.services import has_stated
from conventions.services.impact import WEIGHED
from conventions.services.parties import AUTHORISABLE
from conventions.services.unlocking import unlocked
from core.findings import Finding
from funding.checks import with_answers
from parties.access import ActorRequest, member_required
from parties.actors import Actor

from .common import TAB, find, reads_draft, tab_url
from .holes import put_holes

Panel = Callable[[ActorRequest, Convention, list[Comment], list[Finding]], dict[str, Any]]


def _text(request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]) -> dict[str, Any]:
    text = text_view(convention, comments)
    if convention.is_editable and request.actor.can("convention.edit"):
        put_holes(text, convention)
    return {"text": text}


def _plan(request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]) -> dict[str, Any]:
    return {"plans": plan_views(convention, comments)}


def _parties(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    return {"parties": party_views(convention, comments)}


def _annexes(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    return {"annexes": annexes_view(convention)}


def _checks(
    request: ActorRequest, convention: Convention, comments: list[Comment], findings: list[Finding]
) -> dict[str, Any]:
    if request.actor.can("finding.answer"):
        findings = with_answers(findings, convention.territory, next_url=tab_url(convention, "controles"))
    droppable = convention.is_editable and request.actor.can("convention.edit") and has_stated(convention)
    return {"findings": findings, "droppable": droppable}


def _signatures(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    can_sign = request.actor.can("convention.sign") and convention.status == Status.EN_SIGNATURE
    shown = {"board": signature_board(convention), "can_sign": can_sign, "channels": Channel.choices}
    return shown | {"can_open": request.actor.can("convention.sign")}


def _calendar(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    today = timezone.localdate()
    lines = lines_of(calendar_of(request.actor, today=today, convention=convention), today)
    return {"lines": lines, "can_schedule": request.actor.can("convention.edit")}


def _history(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    return {"events": timeline(convention), "versions": list(convention.versions.prefetch_related("signatures"))}


def _situation(
    request: ActorRequest, convention: Convention, comments: list[Comment], _: list[Finding]
) -> dict[str, Any]:
    edits = request.actor.can("convention.edit")
    can = {"can_amend": edits and convention.status == Status.SIGNEE, "can_end": edits}
    return situation_panel(convention, request.GET.get("au", "")) | can


PANELS: dict[str, tuple[str, Panel]] = {
    "texte": ("Texte", _text),
    "situation": ("Situation", _situation),
    "plan": ("Plan", _plan),
    "parties": ("Parties", _parties),
    "annexes": ("Annexes", _annexes),
    "controles": ("Contrôles", _checks),
    "signatures": ("Signatures", _signatures),
    "calendrier": ("Calendrier", _calendar),
    "historique": ("Historique", _history),
}


@require_safe
@member_required
def convention_page(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    if reads_draft(request.actor, convention):
        return redirect("convention-reading", uuid=convention.uuid)
    current = request.GET.get(TAB, "texte")
    current = current if current in PANELS else "texte"
    findings = findings_for(request, convention)
    comments = list(convention.comments.select_related("organisation").prefetch_related("messages"))
    shared = heading(request, convention, findings, comments, current)
    panel = PANELS[current][1](request, convention, comments, findings)
    return render(request, "conventions/page.html", shared | panel | {"panel": f"conventions/tabs/{current}.html"})


def findings_for(request: ActorRequest, convention: Convention) -> list[Finding]:
    """The checks are the affair of those who write and review; once signed, of those who follow the scheme too."""
    if not (request.actor.can("convention.edit") or request.actor.can("convention.review")):
        return []
    findings = check_convention_fully(convention)
    if request.actor.can("convention.edit"):
        return findings
    # The reviewer mends nothing: a link to the editor would be refused.
    return [_without_links(finding) for finding in findings]


def _without_links(finding: Finding) -> Finding:
    return replace(finding, url="", explain_url="")


def heading(
    request: ActorRequest,
    convention: Convention,
    findings: list[Finding],
    comments: list[Comment],
    current: str = "",
) -> dict[str, Any]:
    """What the page and its editors share: track, acts, tabs, remarks to deal with."""
    transitions = list(convention.transitions.all())
    actor = request.actor
    acts = next_acts(convention, actor)
    pending = [comment for comment in comments if not comment.resolved and comment.organisation_id is None]
    named = anchors(convention, comments)
    state = unlocked(convention)
    offers = offered(actor, convention)
    return {
        "convention": convention,
        "steps": steps(convention, transitions),
        "waiting": waiting_for(convention),
        "acts": acts,
        "sent_back": _sent_back(convention, transitions),
        "blockers": blocking(findings, at_signature=False),
        "tabs": tabs(request, convention, current, findings, pending),
        "pending": pending,
        "anchors": named,
        "unlocked": unlocked_view(state, named) if convention.status == Status.A_CORRIGER else None,
        "edits_whole": offers["can_edit"] and not state.limited,
        "whole": [c for c in comments if c.anchor == Anchor.CONVENTION],
    } | offers


def offered(actor: Actor, convention: Convention) -> dict[str, bool]:
    """What the page offers this person in this state; services check it again."""
    edits = actor.can("convention.edit")
    return {
        "has_document": convention.template_id is not None or convention.status in CIRCULATED,
        "can_edit": edits and convention.is_editable,
        "can_weigh": edits and convention.status in WEIGHED,
        "can_answer": edits,
        "can_authorise": edits and convention.status in AUTHORISABLE,
        "can_review": actor.can("convention.review") and convention.status in UNDER_REVIEW,
        "can_take_over": edits and convention.is_editable and convention.submitted_at is None,
        "can_widen": actor.can("convention.approve") and convention.status == Status.A_CORRIGER,
        "can_renew": edits and convention.status == Status.SIGNEE,
    }


def _sent_back(convention: Convention, transitions: list[Any]) -> Any:
    """The last sending back, while its corrections are awaited."""
    if convention.status != Status.A_CORRIGER:
        return None
    return next((t for t in reversed(moves(transitions)) if t.to_status == Status.A_CORRIGER), None)


def tabs(
    request: ActorRequest, convention: Convention, current: str, findings: list[Finding], pending: list[Comment]
) -> list[dict[str, Any]]:
    reviews = request.actor.can("convention.edit") or request.actor.can("convention.review")
    shown = []
    for name, (label, _panel) in PANELS.items():
        if name == "signatures" and convention.status in (Status.BROUILLON, *UNDER_REVIEW, Status.A_CORRIGER):
            continue
        if name == "controles" and not reviews:
            continue
        if name == "situation" and not shows_situation(convention):
            continue
        count = len([f for f in findings if not f.answer]) if name == "controles" else 0
        shown.append({"label": label, "url": f"?{TAB}={name}", "active": name == current, "count": count})
    return shown
