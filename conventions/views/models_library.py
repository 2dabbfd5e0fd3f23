"""The models of a territory: the national ones and its own, which one new conventions follow, files in and out."""

from __future__ import annotations

import json
import uuid as uuidlib
from collections import Counter
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.enums import Family
from conventions.forms.models import ChoiceForm, ImportForm
from conventions.library.compare import compare_models
from conventions.library.data import as_data
from conventions.models import Convention, ModelChoice, Template
from conventions.redline import Change
from conventions.services.model_drafts import import_draft, start_draft
from conventions.services.models_library import AUTOMATIC, NATIONAL, choose_model
from parties.access import ActorRequest, ability_required

from .common import act, try_form
from .models_common import find_model, may_write


@require_safe
@ability_required("model.view")
def model_list(request: ActorRequest) -> HttpResponse:
    """By family: the territory's own models, then the national ones, latest first."""
    templates = list(Template.objects.visible_to(request.actor).own_first())
    used = Counter(
        dict(
            Convention.objects.visible_to(request.actor)
            .order_by()
            .values_list("template_id")
            .annotate(number=Count("pk"))
        )
    )
    chosen = {row.family: row for row in ModelChoice.objects.visible_to(request.actor)}
    families = [
        _family(family, [t for t in templates if t.family == family], used, chosen.get(family))
        for family in Family.values
        if any(t.family == family for t in templates)
    ]
    context = {"families": families, "can_write": request.actor.can("model.edit")}
    return render(request, "conventions/models/list.html", context)


def _family(family: str, templates: list[Template], used: Counter, choice: ModelChoice | None) -> dict[str, Any]:
    published = [t for t in templates if not t.is_draft]
    own = [t for t in published if not t.is_national]
    national = [t for t in published if t.is_national]
    latest = {t.pk for t in (*own[:1], *national[:1])}
    current: Template | None
    if choice is None:
        current, selected = next(iter(own or national), None), AUTOMATIC
    elif choice.template_id is None:
        current, selected = next(iter(national), None), NATIONAL
    else:
        current = next((t for t in published if t.pk == choice.template_id), None)
        selected = str(current.uuid) if current else AUTOMATIC
    return {
        "code": family,
        "label": Family(family).label,
        "rows": [{"model": t, "used": used[t.pk], "latest": t.pk in latest} for t in templates],
        "draft": next((t for t in templates if t.is_draft), None),
        "current": current,
        "selected": selected,
        "published": published,
        "has_own": bool(own),
        "has_national": bool(national),
    }


@require_POST
@ability_required("model.edit")
def model_choose(request: ActorRequest) -> HttpResponse:
    form = ChoiceForm(request.POST)
    if not form.is_valid() or form.cleaned_data["family"] not in Family.values:
        messages.error(request, "Choisissez un modèle de la liste.")
        return redirect("models")
    family, wanted = form.cleaned_data["family"], form.cleaned_data["model"]
    template = None
    if wanted not in (AUTOMATIC, NATIONAL):
        template = get_object_or_404(Template.objects.visible_to(request.actor), uuid=_uuid(wanted))
    return act(
        request,
        lambda: choose_model(family=family, template=template, rule=wanted, by=request.actor),
        done="Le choix est enregistré : il vaut pour les conventions préparées à partir de maintenant.",
        then=f"{reverse('models')}#famille-{family}",
    )


def _uuid(text: str) -> uuidlib.UUID:
    """No row has the answer's identifier when the text is none."""
    try:
        return uuidlib.UUID(text)
    except ValueError:
        return uuidlib.UUID(int=0)


@require_POST
@ability_required("model.edit")
def model_copy(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    source = find_model(request, uuid)
    made: list[Template] = []
    answer = act(
        request,
        lambda: made.append(start_draft(source=source, by=request.actor)),
        done="Le brouillon est créé : modifiez ses clauses, puis publiez-le.",
        then=reverse("models"),
    )
    return redirect(made[0]) if made else answer


@require_http_methods(["GET", "POST"])
@ability_required("model.edit")
def model_import(request: ActorRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        made: list[Template] = []
        data = _json(form)
        if not form.errors:
            status = try_form(form, lambda: made.append(import_draft(data=data, by=request.actor)))
        if made:
            messages.success(request, f"« {made[0].name} » est repris dans un brouillon : relisez-le, puis publiez-le.")
            return redirect(made[0])
    return render(request, "conventions/models/import.html", {"form": form}, status=status)


def _json(form: ImportForm) -> Any:
    try:
        return json.loads(form.cleaned_data["file"].read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        where = f" (ligne {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        form.add_error("file", f"Ce fichier n'est pas du JSON lisible{where} : exportez-le de nouveau.")
        return None


@require_safe
@ability_required("model.view")
def model_export(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    template = find_model(request, uuid)
    content = json.dumps(as_data(template), ensure_ascii=False, indent=1) + "\n"
    name = f"modele-{template.family}-{slugify(template.name)[:60]}-v{template.version}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json; charset=utf-8", headers=headers)


@require_safe
@ability_required("model.view")
def model_compare(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """``?avec=<uuid>``: the version to compare with; by default the one it was copied from, else the one before."""
    template = find_model(request, uuid)
    others = list(
        Template.objects.visible_to(request.actor).filter(family=template.family).exclude(pk=template.pk).own_first()
    )
    asked = next((t for t in others if str(t.uuid) == request.GET.get("avec")), None)
    other = asked or next((t for t in others if t.pk == template.based_on_id), None) or (others[0] if others else None)
    changes = compare_models(as_data(other), as_data(template)) if other else []
    context = {
        "model": template,
        "other": other,
        "others": others,
        "changed": [change for change in changes if not change.same],
        "same": [change for change in changes if change.same],
        "counts": _counts(changes),
        "can_write": may_write(request, template),
    }
    return render(request, "conventions/models/compare.html", context)


def _counts(changes: list[Any]) -> list[str]:
    words = (
        ("ajoutée", sum(c.change is Change.ADDED for c in changes)),
        ("retirée", sum(c.change is Change.REMOVED for c in changes)),
        ("modifiée", sum(c.change is Change.CHANGED for c in changes)),
        ("déplacée", sum(c.moved for c in changes)),
    )
    return [f"{n} clause{'s' if n > 1 else ''} {word}{'s' if n > 1 else ''}" for word, n in words if n]
