"""The editor of one clause."""

from __future__ import annotations

import uuid as uuidlib

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from conventions import services
from conventions.clauses.variables import VARIABLES
from conventions.forms import ClauseForm
from conventions.models import Convention
from conventions.presentation.variants import variants_of
from conventions.redline import compare_words, paragraphs
from conventions.services.clauses import unix_lines
from conventions.text.clauses import template_clauses
from conventions.text.context import context_of
from conventions.text.dossier import read
from conventions.text.reading import TypedClause, typed_clause
from parties.access import ActorRequest, ability_required

from .common import act, expected_version, find, refresh_lock, tab_url
from .typing import Typing
from .weighing import Weighed, avenant_url, leave, refuse_to_edit, weigh


def _clause(convention: Convention, kind: str) -> TypedClause:
    clause = typed_clause(convention, kind)
    if clause is None:
        raise Http404("Le modèle de cette convention n'a pas cette clause.")
    return clause


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def clause_edit(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    convention = find(uuid)
    clause = _clause(convention, kind)
    back = tab_url(convention, "texte", f"clause-{kind}")
    if (refused := refuse_to_edit(request, convention, back)) is not None:
        return refused
    typing = Typing(request, convention, f"clause:{kind}")
    if typing.gives_up:
        typing.forget()
        return redirect("convention-clause", uuid=convention.uuid, kind=kind)
    initial = {"title": clause.title, "text": clause.text, "lock_version": convention.lock_version}
    form = ClauseForm(request.POST or None, initial=typing.initial(initial))
    if typing.asks_preview:
        found = typing.preview(form, lambda: _save(request, convention, kind, form, None))
        page = _context(convention, clause, form, 200) | {"verdict": None, "typing": typing} | found
        return typing.fragment(page) or render(request, "conventions/clause.html", page)
    weighed = Weighed(422 if request.method == "POST" else 200)
    if form.is_valid():
        weighed = weigh(request, form, convention, lambda expected: _save(request, convention, kind, form, expected))
        if not weighed.status:
            typing.forget()
            done = f"La clause « {form.cleaned_data['title']} » est enregistrée."
            return leave(request, convention, weighed, done=done, then=back)
        if weighed.status == 409:
            refresh_lock(form, convention)
    context = _context(convention, clause, form, weighed.status) | {"verdict": weighed.verdict, "typing": typing}
    return render(request, "conventions/clause.html", context, status=weighed.status)


def _save(request: ActorRequest, convention: Convention, kind: str, form: ClauseForm, expected: int | None) -> None:
    """Typing nothing new keeps the model's wording: the convention goes on following it."""
    data = form.cleaned_data
    clause = _clause(convention, kind)
    if data["text"].split() == clause.text.split() and data["title"] == clause.title and not clause.edited:
        return
    services.save_clause(
        convention=convention,
        kind=kind,
        title=data["title"],
        text=data["text"],
        by=request.actor,
        expected=expected,
    )


def _context(convention: Convention, clause: TypedClause, form: ClauseForm, status: int) -> dict[str, object]:
    """The variables with their present value, the clauses one may refer to, and in a conflict what stands now."""
    values = context_of(read(convention))
    variables = [{"name": n, "description": v.description, "value": values[n]} for n, v in VARIABLES.items()]
    numbered = template_clauses(convention.template) if convention.template else []
    typed = unix_lines(str(form.data.get("text", "")))
    conflict = paragraphs(compare_words(clause.text, typed)) if status == 409 else []
    return {
        "convention": convention,
        "clause": clause,
        "form": form,
        "variables": variables,
        "references": [c for c in numbered if c.numbered],
        "conflict": conflict,
        "variants": variants_of(convention, clause.kind),
        "avenant_url": avenant_url(convention),
        "preview": None,
        "preview_error": "",
    }


@require_POST
@ability_required("convention.edit")
def clause_remove(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    convention = find(uuid)
    clause = _clause(convention, kind)
    return act(
        request,
        lambda: services.remove_clause(
            convention=convention, kind=kind, by=request.actor, expected=expected_version(request)
        ),
        done=f"La clause « {clause.title} » est retirée de cette convention.",
        then=tab_url(convention, "texte", "clauses-retirees"),
    )


@require_POST
@ability_required("convention.edit")
def clause_variant(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    """Another wording of the model, in place of the one its conditions chose or of a local text."""
    convention = find(uuid)
    clause = _clause(convention, kind)
    return act(
        request,
        lambda: services.choose_variant(
            convention=convention,
            kind=kind,
            variant=request.POST.get("variant", ""),
            by=request.actor,
            expected=expected_version(request),
        ),
        done=f"La clause « {clause.title} » prend cette rédaction.",
        then=tab_url(convention, "texte", f"clause-{kind}"),
    )


@require_POST
@ability_required("convention.edit")
def clause_restore(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    convention = find(uuid)
    clause = _clause(convention, kind)
    return act(
        request,
        lambda: services.restore_clause(
            convention=convention, kind=kind, by=request.actor, expected=expected_version(request)
        ),
        done=f"La clause « {clause.title} » reprend la rédaction du modèle.",
        then=tab_url(convention, "texte", f"clause-{kind}"),
    )
