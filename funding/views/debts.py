"""What an organisation owes, for its finance officer and for the managers of the scheme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import sheets
from core.sheets import Kind, SheetColumn
from funding.debts import YearOfDebts, debts_of
from funding.models import Share
from funding.views.titres import actor_of, as_uuid, sheet, titre_tabs
from parties.access import ability_required
from parties.actors import Actor
from parties.models import Organisation

COLUMNS = (
    SheetColumn("Année", lambda d: d.year, Kind.NUMBER, 8),
    SheetColumn("Créancier", lambda d: d.creditor.name, width=34),
    SheetColumn("Postes", lambda d: d.posts, width=36),
    SheetColumn("Convention", lambda d: d.reference),
    SheetColumn("Recouvrement", lambda d: d.instrument, width=18),
    SheetColumn("Part convenue (euros)", lambda d: d.agreed, Kind.AMOUNT),
    SheetColumn("Dû (euros)", lambda d: d.due, Kind.AMOUNT),
    SheetColumn("Payé (euros)", lambda d: d.received, Kind.AMOUNT),
    SheetColumn("Reste (euros)", lambda d: d.remaining, Kind.AMOUNT),
    SheetColumn("État", lambda d: d.state, width=22),
    SheetColumn("Calcul", lambda d: d.explanation, width=80),
)


@require_safe
@ability_required("titre.view")
def debts(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    organisation = debtor_of(request, actor)
    years = debts_of(organisation) if organisation else []
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        lines = [debt for year in years for debt in year.debts]
        return sheet(COLUMNS, lines, request.GET["format"], "sommes-a-payer")
    context = {
        "organisation": organisation,
        "years": years,
        "horizon": horizon(years),
        "tabs": titre_tabs(actor, "debts"),
        "debtors": debtors() if actor.is_staff else [],
    }
    return render(request, "funding/debts.html", context)


def debtor_of(request: HttpRequest, actor: Actor) -> Organisation | None:
    """One's own organisation; managers may look at another's."""
    wanted = request.GET.get("organisation", "")
    if actor.is_staff and wanted:
        return get_object_or_404(Organisation.objects.visible_to(actor), uuid=as_uuid(wanted))
    return actor.organisation


def debtors() -> Any:
    return Organisation.objects.filter(pk__in=Share.objects.values("financer_id")).order_by("name")


def horizon(years: list[YearOfDebts]) -> list[dict[str, Any]]:
    """A year and the next two: what remains to pay, or that nothing is settled yet.

    This year, or the last one known when nothing is settled for this year or later.
    """
    known = {year.year: year for year in years}
    today = timezone.localdate().year
    first = today if not known or max(known) >= today else max(known)
    return [{"year": year, "owed": known.get(year)} for year in range(first, first + 3)]
