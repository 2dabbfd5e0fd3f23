"""Changing a convention whose text is approved: the page says what follows, the person confirms, then it is done."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from conventions import services
from conventions.impact import Change, Kind, Outcome, Verdict, verdict_on
from conventions.models import Convention
from conventions.services.impact import WEIGHED, situation_of, summary
from parties.access import ActorRequest, ability_required

from .common import act, expected_version, find, tab_url, try_form

#: One change as a service makes it, given the version of the convention the person was looking at.
Edit = Callable[[int | None], object]


@dataclass
class Weighed:
    """``status`` 0: done, and ``outcome`` says how. Else what to show: the verdict to confirm, or the form's errors."""

    status: int
    verdict: Verdict | None = None
    outcome: Outcome | None = None


def weigh(request: ActorRequest, form: forms.BaseForm, convention: Convention, edit: Edit) -> Weighed:
    """Save what a valid form asks, or say first what it entails when the text is approved."""
    expected = expected_version(request)
    if convention.is_editable:
        return Weighed(try_form(form, lambda: edit(expected)))
    found: list[Verdict] = []
    status = try_form(
        form,
        lambda: found.append(services.foresee(convention=convention, edit=lambda: edit(expected), by=request.actor)),
    )
    if status:
        return Weighed(status)
    verdict = found[0]
    if not verdict:
        form.add_error(None, "Rien de ce que l'acte imprime ne change : il n'y a rien à enregistrer.")
        return Weighed(422)
    if request.POST.get("confirmed") != verdict.fingerprint:
        return Weighed(200, verdict)
    done: list[Outcome] = []
    status = try_form(
        form,
        lambda: done.append(
            services.carry_out(
                convention=convention,
                edit=lambda: edit(None),
                by=request.actor,
                confirmed=verdict.fingerprint,
                expected=expected,
            )
        ),
    )
    return Weighed(status, verdict, done[0] if done else None)


def leave(request: ActorRequest, convention: Convention, weighed: Weighed, *, done: str, then: str) -> HttpResponse:
    """After a save: the plain message while drafting, else what was done of the verdict."""
    outcome = weighed.outcome
    if outcome is Outcome.AVENANT:
        return _to_avenant(request, convention)
    if outcome in (Outcome.CORRECTION, Outcome.NEW_SIGNATURE):
        done = f"{done} Une nouvelle version est faite."
    elif outcome is Outcome.REAPPROVAL:
        done = f"{done} La convention est de nouveau en rédaction : soumettez-la quand elle est prête."
    elif outcome is Outcome.NOTHING:
        done = "Rien n'a été enregistré : l'acte signé reste ce qu'il est."
    messages.success(request, done)
    return redirect(then)


def _to_avenant(request: ActorRequest, convention: Convention) -> HttpResponse:
    messages.info(request, "Ce changement demande un avenant : rien n'a été modifié dans l'acte signé.")
    return redirect(avenant_url(convention))


def avenant_url(convention: Convention) -> str:
    """Where an avenant to this convention is prepared."""
    return reverse("convention-avenant", args=[convention.uuid])


def refuse_to_edit(request: ActorRequest, convention: Convention, then: str) -> HttpResponse | None:
    """A redirection, with the reason, when the convention can neither be edited nor weighed."""
    if convention.is_editable or convention.status in WEIGHED:
        return None
    messages.error(
        request,
        f"La convention est « {convention.get_status_display()} » : elle ne se modifie pas dans cet état.",
    )
    return redirect(then)


# --- What has a page of its own: figures, annexes, who is bound -------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """Something changed elsewhere than on a form of the convention."""

    kind: Kind
    label: str
    then: Callable[[Convention], str]


def _plan_page(convention: Convention) -> str:
    plan = convention.plans.order_by("-year").first()
    return reverse("plan-edit", args=[plan.uuid]) if plan else tab_url(convention, "plan")


SUBJECTS: dict[str, Subject] = {
    "chiffres": Subject(Kind.FIGURE, "Les montants du plan de financement", _plan_page),
    "annexes": Subject(Kind.ANNEX, "Les annexes", lambda convention: tab_url(convention, "annexes")),
    "parties": Subject(Kind.PARTY, "Les organisations parties à l'acte", lambda c: tab_url(c, "parties")),
}


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_change(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """« Que faut-il refaire ? » : figures, annexes or parties of an approved convention, before touching them."""
    convention = find(uuid)
    subject = SUBJECTS.get(request.POST.get("quoi") or request.GET.get("quoi", ""), SUBJECTS["chiffres"])
    then = subject.then(convention)
    if convention.is_editable:
        return redirect(then)
    if (refused := refuse_to_edit(request, convention, convention.get_absolute_url())) is not None:
        return refused
    verdict = verdict_on([Change(subject.kind, subject.label, "", "")], situation_of(convention))
    if request.method == "POST" and request.POST.get("confirmed") == verdict.fingerprint:
        return _carry(request, convention, verdict, then)
    context: dict[str, Any] = {
        "convention": convention,
        "verdict": verdict,
        "subject": next(name for name, each in SUBJECTS.items() if each is subject),
        "avenant_url": avenant_url(convention),
    }
    return render(request, "conventions/change.html", context, status=409 if request.method == "POST" else 200)


def _carry(request: ActorRequest, convention: Convention, verdict: Verdict, then: str) -> HttpResponse:
    if verdict.outcome is Outcome.AVENANT:
        return _to_avenant(request, convention)
    reason = request.POST.get("reason", "").strip()
    return act(
        request,
        lambda: services.reopen_convention(
            convention=convention,
            reason=f"{reason} {summary(verdict)}".strip(),
            by=request.actor,
            expected=expected_version(request),
        ),
        done="La convention est de nouveau en rédaction : faites votre changement, puis soumettez-la.",
        then=then,
    )
