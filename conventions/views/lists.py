"""The list of conventions, on screen and as a file."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from conventions.filters import ConventionFilter, ordered
from conventions.models import Convention, ReadingRequest
from conventions.presentation.states import state_on
from core import sheets
from core.french.numbers import counted
from parties.access import ActorRequest, member_required

PER_PAGE = 50


def shown(request: ActorRequest) -> tuple[ConventionFilter, QuerySet[Convention]]:
    """What the address asks for, among what the reader may see."""
    mine = Convention.objects.visible_to(request.actor).for_list()
    chosen = ConventionFilter(request.GET, queryset=mine, request=request)
    queryset = chosen.qs if chosen.form.is_valid() else mine
    return chosen, ordered(queryset, request.GET.get("tri", ""))


@require_safe
@member_required
def convention_list(request: ActorRequest) -> HttpResponse:
    chosen, queryset = shown(request)
    page = Paginator(queryset, PER_PAGE).get_page(request.GET.get("page"))
    asked = ReadingRequest.objects.filter(organisation=request.actor.organisation, closed_at=None)
    context = {
        "readings": asked.select_related("convention") if request.actor.organisation else [],
        "filter": chosen,
        "page_obj": page,
        "count": counted(page.paginator.count, "convention", "conventions", gender="f").capitalize()
        if page.paginator.count < 2
        else f"{page.paginator.count} conventions",
        "can_review": request.actor.can("convention.review"),
        "can_create": request.actor.can("convention.edit"),
        "is_filtered": any(request.GET.get(name) for name in chosen.filters),
        "query": request.GET.urlencode(),
    }
    return render(request, "conventions/list.html", context)


@require_safe
@member_required
def convention_export(request: ActorRequest, file_format: str) -> HttpResponse:
    """The conventions of the list as it is filtered and sorted, all pages."""
    _chosen, queryset = shown(request)
    data = sheets.write_sheet(
        file_format,
        columns(),
        sheets.values(columns(), queryset),
        title="Conventions",
        created=timezone.now(),
    )
    response = HttpResponse(data, content_type=sheets.MEDIA_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="conventions.{file_format}"'
    return response


def columns() -> list[sheets.SheetColumn]:
    day = timezone.localdate()

    def parties(convention: Any) -> str:
        return ", ".join(party.organisation.label for party in convention.parties.all())

    return [
        sheets.SheetColumn("Référence", lambda c: c.reference, width=14),
        sheets.SheetColumn("Intitulé", lambda c: c.title, width=60),
        sheets.SheetColumn("Famille", lambda c: c.family, width=8),
        sheets.SheetColumn("Postes", lambda c: ", ".join(p.label for p in c.posts.all()), width=40),
        sheets.SheetColumn("Parties", parties, width=60),
        sheets.SheetColumn("Nombre de parties", lambda c: len(c.parties.all()), sheets.Kind.NUMBER, 10),
        sheets.SheetColumn("Du", lambda c: c.period_start, sheets.Kind.DATE, 12),
        sheets.SheetColumn("Au", lambda c: c.period_end, sheets.Kind.DATE, 12),
        sheets.SheetColumn("État", lambda c: state_on(c, day).label, width=16),
        sheets.SheetColumn("Signée le", lambda c: c.signed_on, sheets.Kind.DATE, 12),
    ]
