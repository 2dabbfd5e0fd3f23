"""One model: its clauses, and for a draft the acts that build it."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.clauses.sets import examine_clause_set
from conventions.forms.models import ClauseSettingsForm, NewClauseForm, TitleForm, condition_rows
from conventions.library.data import as_data
from conventions.library.preview import try_model
from conventions.models import Clause, Convention, Template
from conventions.services import model_drafts
from parties.access import ActorRequest, ability_required

from .common import act, expected_version, try_form
from .models_common import (
    chosen_convention,
    clause_lines,
    conventions_to_try,
    draft_problems,
    find_clause,
    find_model,
    may_write,
    pointed,
    titles_of,
)

SHOWN_CONVENTIONS = 50
CLOSED = "Ce modèle ne se modifie pas : commencez un brouillon à partir de lui."


@require_safe
@ability_required("model.view")
def model_page(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    rows = list(template.clauses.order_by("position", "pk"))
    problems = pointed(template, draft_problems(template), titles_of(rows))
    users = Convention.objects.visible_to(request.actor).filter(template=template).order_by("reference")
    context = {
        "model": template,
        "lines": clause_lines(rows, problems),
        "titles": titles_of(rows),
        "problems": [p for p in problems if p.problem.blocking],
        "advice": [p for p in problems if not p.problem.blocking],
        "can_write": may_write(request, template),
        "can_copy": request.actor.can("model.edit") and not template.is_draft,
        "users": users[:SHOWN_CONVENTIONS],
        "users_count": users.count(),
    }
    return render(request, "conventions/models/page.html", context)


@require_safe
@ability_required("model.view")
def model_preview(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The whole text on a convention of the territory (``?convention=<uuid>``), or on the examples."""
    template = find_model(request, uuid)
    convention = chosen_convention(request, request.GET.get("convention", ""))
    model, _mistakes = examine_clause_set(as_data(template))
    tried = try_model(model.clauses, family=template.family, convention=convention)
    context = {
        "model": template,
        "convention": convention,
        "conventions": conventions_to_try(request, template.family),
        "tried": tried,
        "titles": titles_of(template.clauses.all()),
    }
    return render(request, "conventions/models/preview.html", context)


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    if not may_write(request, template):
        return _closed(request, template)
    initial = {"name": template.name, "note": template.note, "lock_version": template.lock_version}
    form = TitleForm(request.POST or None, initial=initial)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        name, note = form.cleaned_data["name"], form.cleaned_data["note"]
        status = try_form(
            form,
            lambda: model_drafts.rename_draft(
                template=template, name=name, note=note, by=request.actor, expected=form.expected
            ),
        )
        if not status:
            messages.success(request, "Le brouillon est enregistré.")
            return redirect(template)
        if status == 409:
            refresh_version(form, template)
    return render(request, "conventions/models/edit.html", {"form": form, "model": template}, status=status)


@require_POST
@ability_required("model.edit")
def model_publish(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    return act(
        request,
        lambda: model_drafts.publish_draft(template=template, by=request.actor, expected=expected_version(request)),
        done=f"La version {template.version} est publiée : elle ne change plus.",
        then=template.get_absolute_url(),
    )


@require_POST
@ability_required("model.edit")
def model_discard(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    discarded: list[bool] = []

    def discard() -> None:
        model_drafts.discard_draft(template=template, by=request.actor, expected=expected_version(request))
        discarded.append(True)

    answer = act(request, discard, done="Le brouillon est abandonné.", then=reverse("models"))
    return answer if discarded else redirect(template)


# --- Clauses ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_clause_add(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    if not may_write(request, template):
        return _closed(request, template)
    form = NewClauseForm(request.POST or None, catalogue=_catalogue(template))
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data, made = form.cleaned_data, []
        status = try_form(
            form,
            lambda: made.append(
                model_drafts.add_clause(template=template, title=data["title"], source=data["source"], by=request.actor)
            ),
        )
        if made:
            messages.success(request, f"La clause « {made[0].title} » est ajoutée à la fin : placez-la.")
            return redirect("model-clause", uuid=template.uuid, kind=made[0].kind)
    return render(request, "conventions/models/clause_add.html", {"form": form, "model": template}, status=status)


def _catalogue(template: Template) -> list[Clause]:
    """Clauses of the latest national models that this one lacks: those of its family first, one per kind."""
    rows = Clause.objects.filter(
        template__in=Template.objects.national().published(), template__territory__isnull=True
    ).select_related("template")
    ranked = sorted(
        rows, key=lambda row: (row.template.family != template.family, row.template.family, -row.template.version)
    )
    taken = set(template.clauses.values_list("kind", flat=True))
    found: dict[str, Clause] = {}
    for row in ranked:
        if row.kind not in taken:
            found.setdefault(row.kind, row)
    return sorted(found.values(), key=lambda row: row.title)


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_clause(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    """The title and conditions of a clause, and its variants."""
    template = find_model(request, uuid)
    if not may_write(request, template):
        return _closed(request, template)
    clause = find_clause(template, kind)
    data = request.POST or None
    always = bool(clause.mandatory_when) and not any(clause.mandatory_when)
    initial = {"title": clause.title, "lock_version": clause.lock_version, "always_mandatory": always}
    form = ClauseSettingsForm(data, initial=initial)
    when = condition_rows("when", clause.when, data)
    mandatory = condition_rows("mandatory", [] if always else clause.mandatory_when, data)
    status = 422 if request.method == "POST" else 200
    if form.is_valid() and when.is_valid() and mandatory.is_valid():
        needed = [[]] if form.cleaned_data["always_mandatory"] else mandatory.condition
        status = try_form(form, lambda: _save(request, clause, form, when.condition, needed))
        if not status:
            messages.success(request, f"La clause « {form.cleaned_data['title']} » est enregistrée.")
            return redirect("model-clause", uuid=template.uuid, kind=kind)
        if status == 409:
            refresh_version(form, clause)
    context = _clause_context(template, clause) | {"form": form, "when": when, "mandatory": mandatory}
    return render(request, "conventions/models/clause.html", context, status=status)


def _save(request: ActorRequest, clause: Clause, form: ClauseSettingsForm, when: Any, mandatory: Any) -> None:
    model_drafts.save_clause_settings(
        clause=clause,
        title=form.cleaned_data["title"],
        when=when,
        mandatory_when=mandatory,
        by=request.actor,
        expected=form.expected,
    )


def _clause_context(template: Template, clause: Clause) -> dict[str, Any]:
    rows = list(template.clauses.order_by("position", "pk"))
    problems = pointed(template, draft_problems(template), titles_of(rows))
    [line] = [line for line in clause_lines(rows, problems) if line.row.pk == clause.pk]
    body = [row for row in rows if row.kind not in model_drafts.HEAD_KINDS]
    before = [row.kind for row in body if row.position < clause.position]
    return {
        "model": template,
        "clause": clause,
        "line": line,
        "others": [row for row in body if row.pk != clause.pk],
        "previous": before[-1] if before else "",
    }


@require_POST
@ability_required("model.edit")
def model_clause_move(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    """``sens`` (monter, descendre), or ``apres`` (a kind, empty for the first place)."""
    template = find_model(request, uuid)
    clause = find_clause(template, kind)
    after = None if "sens" in request.POST else request.POST.get("apres", "")
    back = f"{template.get_absolute_url()}#clause-{kind}"
    return act(
        request,
        lambda: model_drafts.move_clause(
            clause=clause, by=request.actor, up=request.POST.get("sens") == "monter", after=after
        ),
        done=f"La clause « {clause.title} » est déplacée.",
        then=back,
    )


@require_POST
@ability_required("model.edit")
def model_clause_remove(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    template = find_model(request, uuid)
    clause = find_clause(template, kind)
    return act(
        request,
        lambda: model_drafts.remove_clause(clause=clause, by=request.actor, expected=expected_version(request)),
        done=f"La clause « {clause.title} » est retirée du brouillon.",
        then=f"{template.get_absolute_url()}#clauses",
    )


def _closed(request: ActorRequest, template: Template) -> HttpResponse:
    messages.error(request, CLOSED)
    return redirect(template)


def refresh_version(form: Any, row: Template | Clause) -> None:
    """After a conflict: what was typed stays, and sending it again bears on what stands now."""
    row.refresh_from_db()
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["lock_version"] = str(row.lock_version)
    form.data = data
