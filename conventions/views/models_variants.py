"""Writing one wording of a clause: its text with the values it names, when it is chosen, and how it reads."""

from __future__ import annotations

import uuid as uuidlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from conventions.clauses.sets import examine_clause_set
from conventions.clauses.variables import example_context
from conventions.forms.models import VariantForm, condition_rows
from conventions.library.data import as_data
from conventions.library.palette import palette
from conventions.library.preview import Tried, try_model
from conventions.library.problems import problems_of
from conventions.library.typed import read_blocks, type_blocks
from conventions.models import Clause, Convention, Template
from conventions.redline import redline
from conventions.services import model_drafts
from conventions.services.clauses import unix_lines
from conventions.services.models_library import national_set
from conventions.text.context import context_of
from conventions.text.dossier import read
from parties.access import ActorRequest, ability_required

from .common import act, expected_version, try_form
from .models_common import (
    chosen_convention,
    conventions_to_try,
    find_clause,
    find_model,
    find_variant,
    may_write,
    pointed,
    titles_of,
)
from .models_draft import CLOSED, refresh_version

#: The key of a wording not saved yet, while it is tried out.
NEW = "nouvelle-variante"


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_variant(request: ActorRequest, uuid: uuidlib.UUID, kind: str, variant: str) -> HttpResponse:
    """POST saves; with ``essai`` it only shows how what is typed reads, and writes nothing."""
    template = find_model(request, uuid)
    if not may_write(request, template):
        messages.error(request, CLOSED)
        return redirect(template)
    clause = find_clause(template, kind)
    stored = find_variant(clause, variant)
    text = type_blocks(stored["blocks"]).text
    data = request.POST or None
    form = VariantForm(data, initial={"label": stored["label"], "text": text, "lock_version": clause.lock_version})
    rows = condition_rows("when", stored.get("when") or [], data)
    status = 422 if request.method == "POST" and "essai" not in request.POST else 200
    if "essai" not in request.POST and form.is_valid() and rows.is_valid():
        status = try_form(form, lambda: _save(request, clause, variant, form, rows.condition))
        if not status:
            messages.success(request, f"La variante « {form.cleaned_data['label']} » est enregistrée.")
            return redirect("model-variant", uuid=template.uuid, kind=kind, variant=variant)
        if status == 409:
            refresh_version(form, clause)
    context = _context(request, template, clause, form, rows, variant)
    if status == 409:
        typed = unix_lines(form.data.get("text", ""))
        context["conflict"] = redline(type_blocks(find_variant(clause, variant)["blocks"]).text, typed)
    return render(request, "conventions/models/variant.html", context, status=status)


def _save(request: ActorRequest, clause: Clause, key: str, form: VariantForm, when: Any) -> None:
    model_drafts.save_variant(
        clause=clause,
        key=key,
        label=form.cleaned_data["label"],
        text=unix_lines(form.cleaned_data["text"]),
        when=when,
        by=request.actor,
        expected=form.expected,
    )


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_variant_add(request: ActorRequest, uuid: uuidlib.UUID, kind: str) -> HttpResponse:
    template = find_model(request, uuid)
    if not may_write(request, template):
        messages.error(request, CLOSED)
        return redirect(template)
    clause = find_clause(template, kind)
    data = request.POST or None
    form, rows = VariantForm(data), condition_rows("when", [], data)
    status = 422 if request.method == "POST" and "essai" not in request.POST else 200
    if "essai" not in request.POST and form.is_valid() and rows.is_valid():
        made: list[str] = []
        status = try_form(form, lambda: made.append(_add(request, clause, form, rows.condition)))
        if made:
            messages.success(request, f"La variante « {form.cleaned_data['label']} » est ajoutée.")
            return redirect("model-variant", uuid=template.uuid, kind=kind, variant=made[0])
    context = _context(request, template, clause, form, rows, NEW)
    return render(request, "conventions/models/variant.html", context, status=status)


def _add(request: ActorRequest, clause: Clause, form: VariantForm, when: Any) -> str:
    return model_drafts.add_variant(
        clause=clause,
        label=form.cleaned_data["label"],
        text=unix_lines(form.cleaned_data["text"]),
        when=when,
        by=request.actor,
    )


def _context(
    request: ActorRequest, template: Template, clause: Clause, form: VariantForm, rows: Any, key: str
) -> dict[str, Any]:
    """The editor around the form: problems of what is typed, what can be inserted, and how it reads."""
    clauses = list(template.clauses.order_by("position", "pk"))
    asked = request.POST.get("convention") or request.GET.get("convention", "")
    convention = chosen_convention(request, asked)
    data = as_data(template, clauses)
    _put(data, clause, key, form, rows)
    found = [p for p in problems_of(data, national_set(template.family)) if p.kind == clause.kind and p.variant == key]
    values = context_of(read(convention)) if convention else example_context()
    return {
        "model": template,
        "clause": clause,
        "key": key,
        "is_new": key == NEW,
        "form": form,
        "rows": rows,
        "problems": pointed(template, found, titles_of(clauses)),
        "tried": _tried(data, template, clause, key, convention),
        "convention": convention,
        "conventions": conventions_to_try(request, template.family),
        "palette": palette(clauses, values),
        "conflict": [],
    }


def _put(data: dict[str, Any], clause: Clause, key: str, form: VariantForm, rows: Any) -> None:
    """What is typed takes the place of what is saved, in the data that are checked and tried."""
    typed = form.data.get("text") if form.is_bound else form.initial.get("text", "")
    stored = next((v for v in clause.variants if v["key"] == key), None)
    when = rows.condition if rows.is_bound and rows.is_valid() else (stored or {}).get("when") or []
    variant = {
        "key": key,
        "label": (form.data.get("label") if form.is_bound else form.initial.get("label")) or "Nouvelle variante",
        "when": when,
        "blocks": read_blocks((typed or "").replace("\0", "")),
    }
    for item in data["clauses"]:
        if item["kind"] == clause.kind:
            kept = [variant if v["key"] == key else v for v in item["variants"]]
            item["variants"] = kept if stored else [variant, *kept]


def _tried(data: dict[str, Any], template: Template, clause: Clause, key: str, convention: Convention | None) -> Tried:
    model, _mistakes = examine_clause_set(data)
    focus = (clause.kind, key)
    return try_model(model.clauses, family=template.family, convention=convention, focus=focus).only(clause.kind)


@require_POST
@ability_required("model.edit")
def model_variant_move(request: ActorRequest, uuid: uuidlib.UUID, kind: str, variant: str) -> HttpResponse:
    template = find_model(request, uuid)
    clause = find_clause(template, kind)
    label = find_variant(clause, variant)["label"]
    return act(
        request,
        lambda: model_drafts.move_variant(
            clause=clause, key=variant, up=request.POST.get("sens") == "monter", by=request.actor
        ),
        done=f"La variante « {label} » est déplacée.",
        then=f"{reverse('model-clause', args=[template.uuid, kind])}#variantes",
    )


@require_POST
@ability_required("model.edit")
def model_variant_remove(request: ActorRequest, uuid: uuidlib.UUID, kind: str, variant: str) -> HttpResponse:
    template = find_model(request, uuid)
    clause = find_clause(template, kind)
    label = find_variant(clause, variant)["label"]
    return act(
        request,
        lambda: model_drafts.remove_variant(
            clause=clause, key=variant, by=request.actor, expected=expected_version(request)
        ),
        done=f"La variante « {label} » est retirée.",
        then=f"{reverse('model-clause', args=[template.uuid, kind])}#variantes",
    )
