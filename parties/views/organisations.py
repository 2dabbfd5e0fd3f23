"""The directory: list, creation and change of organisations. Their own page gathers every floor: see reporting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import sheets
from core.errors import BusinessError
from core.french import plural
from core.search import Folded, containing
from parties import directory, services
from parties.access import ability_required, member_required
from parties.actors import Actor
from parties.forms import OrganisationFilter, OrganisationForm
from parties.models import Organisation

#: Sort key of the address → ordering. Names are sorted as read: accents and case aside.
SORTS = {
    "nom": (Folded("name").asc(),),
    "-nom": (Folded("name").desc(),),
    "nature": ("kind", Folded("name").asc()),
    "-nature": ("-kind", Folded("name").asc()),
}


def selected(request: HttpRequest, by: Actor) -> QuerySet[Organisation]:
    """The organisations the address asks for: ``q``, ``nature``, ``tri``."""
    found: QuerySet[Organisation] = Organisation.objects.visible_to(by).select_related("parent")
    kind = OrganisationFilter(request.GET)
    if kind.is_valid() and kind.cleaned_data["nature"]:
        found = found.filter(kind=kind.cleaned_data["nature"])
    found = containing(found, request.GET.get("q", ""), "name", "short_name", "siren")
    return found.order_by(*SORTS.get(request.GET.get("tri", ""), SORTS["nom"]), "pk")


@require_GET
@member_required
def organisation_list(request: HttpRequest) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    page = Paginator(selected(request, by), 50).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "count": f"{page.paginator.count} {plural(page.paginator.count, 'organisation')}",
        "filter_form": OrganisationFilter(request.GET),
        "may_edit": by.can("party.edit"),
        "query": request.GET.urlencode(),
    }
    return render(request, "parties/organisation_list.html", context)


@require_GET
@member_required
def organisation_export(request: HttpRequest, file_format: str) -> HttpResponse:
    """What the list shows, all pages, as a spreadsheet."""
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404
    by: Actor = request.actor  # type: ignore[attr-defined]
    rows = sheets.values(directory.COLUMNS, selected(request, by))
    content = sheets.write_sheet(file_format, directory.COLUMNS, rows, title="Annuaire", created=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="annuaire-{by.territory.code}.{file_format}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


@require_http_methods(["GET", "POST"])
@ability_required("party.edit")
def organisation_create(request: HttpRequest) -> HttpResponse:
    """A new organisation; ``?siren=`` takes over the official name from the reference data."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    form = OrganisationForm(request.POST or None, by=by, initial=taken_over(request))
    if request.method == "POST" and form.is_valid():
        try:
            organisation = services.create_organisation(by=by, **form.values())
        except BusinessError as error:
            form.refuse(error)
        else:
            return saved(request, organisation, "ajoutée à l'annuaire")
    return shown(request, form, None)


@require_http_methods(["GET", "POST"])
@ability_required("party.edit")
def organisation_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    organisation = get_object_or_404(Organisation.objects.visible_to(by), uuid=uuid)
    initial = OrganisationForm.initial_of(organisation) | taken_over(request)
    form = OrganisationForm(request.POST or None, by=by, organisation=organisation, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            organisation = services.update_organisation(
                organisation=organisation, by=by, seen_at=form.cleaned_data["seen_at"], **form.values()
            )
        except BusinessError as error:
            form.refuse(error, current=organisation)
        else:
            return saved(request, organisation, "enregistrée")
    return shown(request, form, organisation)


@require_GET
@ability_required("party.edit")
def organisation_reference(request: HttpRequest) -> HttpResponse:
    """The suggestions alone, for the page that is being typed in."""
    return render(request, "parties/_suggestions.html", suggested(request) | {"target": request.GET.get("page", "")})


def taken_over(request: HttpRequest) -> dict[str, Any]:
    """Initial values from the reference data when the address names a SIREN."""
    found = directory.official(request.GET.get("siren", ""))
    if found is None:
        return {}
    return {"kind": found.kind, "legal_form": found.legal_form, "name": found.name, "siren": found.siren}


def suggested(request: HttpRequest) -> dict[str, Any]:
    text = request.GET.get("reference", "").strip()
    found = directory.suggestions(text, by=request.actor)  # type: ignore[attr-defined]
    return {"reference_text": text, "suggestions": found}


def shown(request: HttpRequest, form: OrganisationForm, organisation: Organisation | None) -> HttpResponse:
    context = {"form": form, "organisation": organisation} | suggested(request)
    status = 422 if form.is_bound else 200
    return render(request, "parties/organisation_form.html", context, status=status)


def saved(request: HttpRequest, organisation: Organisation, word: str) -> HttpResponse:
    messages.success(request, f"« {organisation.name} » est {word}.")
    difference = directory.difference_with_official(organisation)
    if difference:
        messages.warning(request, difference)
    return redirect(organisation)
