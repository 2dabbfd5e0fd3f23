"""Pages of service units: the list, creation, change, and the search for communes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from core import sheets
from core.errors import BusinessError
from core.french import plural
from core.search import containing
from parties.access import ActorRequest, ability_required, member_required
from posts.enums import UnitKind, Zone
from posts.forms import show_error
from posts.forms_units import UnitForm, found_communes
from posts.models import Post, ServiceUnit
from posts.services.units import create_unit, update_unit
from posts.views.posts import page
from posts.views.shown import file_response

PER_PAGE = 50

COLUMNS = (
    sheets.SheetColumn("cle", lambda unit: unit.key, width=24),
    sheets.SheetColumn("unite", lambda unit: unit.name, width=44),
    sheets.SheetColumn("type", lambda unit: unit.get_kind_display(), width=32),
    sheets.SheetColumn("zone", lambda unit: unit.get_zone_display(), width=18),
    sheets.SheetColumn("direction", lambda unit: unit.organisation.name, width=44),
    sheets.SheetColumn("unite_superieure", lambda unit: unit.parent.name if unit.parent else "", width=44),
    sheets.SheetColumn("communes", lambda unit: " ".join(unit.communes), width=60),
)


class UnitListFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search")
    type = django_filters.ChoiceFilter(field_name="kind", choices=UnitKind.choices, label="Type", empty_label="Tous")
    zone = django_filters.ChoiceFilter(choices=Zone.choices, label="Zone", empty_label="Toutes")

    class Meta:
        model = ServiceUnit
        fields: tuple[str, ...] = ()

    def search(self, units: QuerySet[ServiceUnit], name: str, value: str) -> QuerySet[ServiceUnit]:
        return containing(units, value, "name", "organisation__name")


@require_safe
@member_required
def units(request: ActorRequest) -> HttpResponse:
    everything = ServiceUnit.objects.visible_to(request.actor)
    filtered = UnitListFilter(request.GET, queryset=everything)
    found = filtered.qs.select_related("organisation", "parent").order_by("name", "pk")
    file_format = request.GET.get("format", "")
    if file_format in sheets.MEDIA_TYPES:
        return units_file(found, file_format)
    seen = Post.objects.visible_to(request.actor).order_by("label")
    paginator = Paginator(found.prefetch_related(Prefetch("posts", queryset=seen)), PER_PAGE)
    context = {
        "filter": filtered,
        "page_obj": paginator.get_page(request.GET.get("page")),
        "can_edit": request.actor.can("post.edit"),
        "count": f"{paginator.count} {plural(paginator.count, 'unité')}",
        "any_unit": paginator.count or everything.exists(),
    }
    return render(request, "posts/units.html", context)


def units_file(found: QuerySet[ServiceUnit], file_format: str) -> HttpResponse:
    rows = sheets.values(COLUMNS, found)
    content = sheets.write_sheet(file_format, COLUMNS, rows, title="Unités", created=timezone.now())
    return file_response(content, f"unites.{file_format}", sheets.MEDIA_TYPES[file_format])


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def create(request: ActorRequest) -> HttpResponse:
    form = UnitForm(request.POST or None, by=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            created = create_unit(by=request.actor, **form.values)
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, f"« {created} » est créée : les postes peuvent y être rattachés.")
            return redirect(back(request))
    return unit_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def edit(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(ServiceUnit.objects.visible_to(request.actor), uuid=uuid)
    form = UnitForm(request.POST or None, instance=found, by=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            update_unit(unit=found, by=request.actor, seen_at=form.seen, **form.values)
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, f"« {form.cleaned_data['name']} » est enregistrée.")
            return redirect(back(request))
    # The form may have been refused: the title keeps the name that is saved.
    return unit_page(request, form, get_object_or_404(ServiceUnit.objects.visible_to(request.actor), uuid=uuid))


@require_safe
@ability_required("post.edit")
def communes(request: ActorRequest) -> HttpResponse:
    """The communes found, alone, for the page that is being typed in."""
    return render(request, "posts/_communes.html", searched(request))


def searched(request: ActorRequest) -> dict[str, Any]:
    text = request.GET.get("commune", "").strip()
    return {"commune_text": text, "found": found_communes(text, departement=request.actor.territory.code)}


def unit_page(request: ActorRequest, form: UnitForm, found: ServiceUnit | None) -> HttpResponse:
    context = {"form": form, "unit": found, "next": safe_next(request)} | searched(request)
    return page(request, "posts/unit_form.html", context)


def safe_next(request: HttpRequest) -> str:
    """The page to come back to, when it is one of ours."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}) else ""


def back(request: HttpRequest) -> str:
    return safe_next(request) or reverse("units")
