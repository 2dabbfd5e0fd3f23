"""What each body owes this year and the next two, and the statements of it that can be cited."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.errors import BusinessError
from core.french import plural
from funding.models import FundingPlan
from funding.views.titres import as_uuid, titre_tabs
from parties.access import ActorRequest, ability_required
from parties.actors import Actor
from parties.models import Organisation
from reporting.forecast import ForecastLine, State, by_debtor, by_year, forecast_lines
from reporting.forecast.documents import forecast_sheet
from reporting.models import ForecastStatement
from reporting.services_forecast import issue_forecast, statement_bytes

PER_PAGE = 50
#: Forecasts of years the application cannot know are not asked for.
YEARS = range(2000, 2099)


@dataclass(frozen=True)
class Asked:
    """What the address asks: first year, body (None: every one, staff only), creditor, state."""

    first: int
    debtor: Organisation | None
    creditor: str
    state: str

    def keeps(self, line: ForecastLine) -> bool:
        return (not self.creditor or str(line.creditor.uuid) == self.creditor) and self.state in ("", line.state)


def asked(request: ActorRequest) -> Asked:
    """A body's people ask about their own body only, whatever the address says."""
    params, actor = request.GET, request.actor
    text = params.get("annee", "")
    wanted = int(text) if text.isascii() and text.isdigit() and int(text) in YEARS else None
    debtor = actor.organisation
    if actor.is_staff:
        bodies = Organisation.objects.visible_to(actor)
        debtor = get_object_or_404(bodies, uuid=as_uuid(params["debiteur"])) if params.get("debiteur") else None
    return Asked(wanted or usual_year(actor), debtor, params.get("creancier", ""), params.get("etat", ""))


def usual_year(actor: Actor) -> int:
    """This year; the last one that has a plan when every plan is past."""
    last = FundingPlan.objects.visible_to(actor).order_by("-year").values_list("year", flat=True).first()
    today = timezone.localdate().year
    return today if last is None or last >= today else last


@require_safe
@ability_required("titre.view")
def forecast(request: ActorRequest) -> HttpResponse:
    wanted = asked(request)
    everything = forecast_lines(first=wanted.first, debtor=wanted.debtor)
    lines = [line for line in everything if wanted.keeps(line)]
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return as_file(lines, wanted, request.GET["format"])
    context = {
        "wanted": wanted,
        "years": by_year(lines, wanted.first),
        "bodies": by_debtor(lines, wanted.first) if wanted.debtor is None else [],
        "debtors": debtors(request.actor),
        "creditors": sorted({line.creditor for line in everything}, key=lambda body: body.name),
        "states": State.choices,
        "choices": range(wanted.first - 2, wanted.first + 3),
        "count": f"{len(lines)} {plural(len(lines), 'ligne')}",
        "filtered": len(lines) != len(everything),
        "tabs": titre_tabs(request.actor, "forecast"),
        "issued": ForecastStatement.objects.filter(debtor=wanted.debtor)[:5] if wanted.debtor else [],
        "can_issue": request.actor.can("forecast.issue") and wanted.debtor is not None and bool(everything),
    }
    return render(request, "reporting/forecast.html", context)


def debtors(actor: Actor) -> Any:
    """Bodies that pay a share somewhere, for those who may look at each."""
    if not actor.is_staff:
        return []
    return Organisation.objects.visible_to(actor).filter(shares__isnull=False).distinct().order_by("name")


def as_file(lines: list[ForecastLine], wanted: Asked, file_format: str) -> HttpResponse:
    content = forecast_sheet(lines, file_format=file_format, created=timezone.localtime())
    name = f"participations-{wanted.first}-{wanted.first + 2}-{timezone.localdate():%Y-%m-%d}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


# --- Statements -------------------------------------------------------------------------------------------------------


@require_POST
@ability_required("forecast.issue")
def issue(request: ActorRequest) -> HttpResponse:
    bodies = Organisation.objects.visible_to(request.actor)
    debtor = get_object_or_404(bodies, uuid=as_uuid(request.POST.get("debiteur")))
    text = request.POST.get("annee", "")
    year = int(text) if text.isascii() and text.isdigit() else 0
    try:
        made = issue_forecast(debtor=debtor, first_year=year, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("forecast")
    messages.success(request, f"L’état {made.number} est établi : il ne changera plus et peut être cité.")
    return redirect(made)


@require_safe
@ability_required("titre.view")
def statements(request: ActorRequest) -> HttpResponse:
    """Every statement the person may read: the managers all, a body its own."""
    rows = ForecastStatement.objects.visible_to(request.actor).select_related("debtor")
    if not request.actor.is_staff:
        rows = rows.filter(debtor=request.actor.organisation)
    elif request.GET.get("debiteur"):
        rows = rows.filter(debtor__uuid=as_uuid(request.GET["debiteur"]))
    page = Paginator(rows.defer("content"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "count": f"{page.paginator.count} {plural(page.paginator.count, 'état')}"}
    return render(request, "reporting/forecast_statements.html", context)


def find(request: ActorRequest, uuid: UUID) -> ForecastStatement:
    rows = ForecastStatement.objects.visible_to(request.actor).select_related("debtor")
    found: ForecastStatement = get_object_or_404(rows, uuid=uuid)
    return found


@require_safe
@ability_required("titre.view")
def statement(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """How to cite a statement and check a copy of it: ``?empreinte=`` compares a digest with those recorded."""
    found = find(request, uuid)
    typed = "".join(request.GET.get("empreinte", "").split()).lower()
    known = {found.sha256: "document", found.data_sha256: "data"}
    context = {"statement": found, "typed": typed, "match": known.get(typed, ""), "years": totals(found)}
    return render(request, "reporting/forecast_statement.html", context)


def totals(found: ForecastStatement) -> list[dict[str, Any]]:
    """The sums a statement prints, as amounts."""
    names = ("due", "firm", "received", "remaining")
    return [
        year | {name: Decimal(year[name]) if year[name] else None for name in names} for year in found.content["years"]
    ]


@require_safe
@ability_required("titre.view")
def statement_pdf(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    try:
        data = statement_bytes(found)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(found)
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)
