"""The list of conventions, on screen and as a file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from conventions.avenants import signed_by_convention
from conventions.filters import ConventionFilter, ordered
from conventions.models import Convention, ReadingRequest
from conventions.presentation.states import state_on
from conventions.terms import in_effect
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
    rows = list(queryset.prefetch_related("convention_plans__plan__shares"))
    told = columns(rows)
    data = sheets.write_sheet(
        file_format,
        told,
        sheets.values(told, rows),
        title="Conventions",
        created=timezone.now(),
    )
    response = HttpResponse(data, content_type=sheets.MEDIA_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="conventions.{file_format}"'
    return response


def columns(rows: list[Convention]) -> list[sheets.SheetColumn]:
    """As in force today: the avenants of all the rows are read at once."""
    day = timezone.localdate()
    signed = signed_by_convention(rows)

    def avenants(convention: Any) -> str:
        return ", ".join(item.label for item in in_effect(signed[convention.pk], day))

    def in_force(convention: Any) -> Decimal | None:
        links = convention.convention_plans.all()
        return total_in_force(links) if links else None

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
        sheets.SheetColumn("Dernier jour", lambda c: c.known_end, sheets.Kind.DATE, 12),
        sheets.SheetColumn("Avenants signés", avenants, width=24),
        sheets.SheetColumn("Montant en vigueur", in_force, sheets.Kind.AMOUNT, 14),
        sheets.SheetColumn("État", lambda c: state_on(c, day).label, width=16),
        sheets.SheetColumn("Signée le", lambda c: c.signed_on, sheets.Kind.DATE, 12),
    ]


def total_in_force(links: Any) -> Decimal | None:
    """Euros of the plans a convention binds, as in force today; None while one of their lines is unknown."""
    total = Decimal(0)
    for link in links:
        for share in link.plan.shares.all():
            if share.is_group or (link.only_financer_id and share.financer_id != link.only_financer_id):
                continue
            if share.amount is None:
                return None
            total += share.amount
    return total
