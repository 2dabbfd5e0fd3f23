"""Pages and files of the yearly bilan."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.errors import BusinessError
from parties.access import ActorRequest, ability_required
from reporting.bilan.documents import BILAN_FORMATS, bilan_filename, bilan_pdf, bilan_sheet
from reporting.bilan.present import chart, present, shown_number
from reporting.bilan.publication import Version
from reporting.bilan.service import TerritoryBilan, territory_bilan, years_available

TOTALS = (("people", "saisines"), ("interviews", "interviews"))


@require_safe
@ability_required("bilan.view")
def bilans(request: ActorRequest) -> HttpResponse:
    lines = []
    for year in years_available(by=request.actor):
        found = territory_bilan(year=year, by=request.actor)
        total = {label: shown_number(found.bilan.totals[name].value) for name, label in TOTALS}
        lines.append({"year": year, "bilan": found.bilan, **total})
    return render(request, "reporting/bilans.html", {"lines": lines})


@require_safe
@ability_required("bilan.view")
def bilan(request: ActorRequest, year: int, version: str = "") -> HttpResponse:
    """The bilan of a year: whole, or in one of the versions that may leave (``version``)."""
    found = get_bilan(request, year, version)
    context = {
        "document": found,
        "bilan": found.bilan,
        "shown": present(found.bilan),
        "chart": chart(found.bilan, chart_id="saisines"),
        "years": [one for one in years_available(by=request.actor) if one != year],
        "can_contribute": request.actor.can("observatory.contribute") and not version,
        "can_record": request.actor.can("activity.edit") and not version,
        "version": version,
        "versions": [("", "Version complète"), *((one.value, one.label) for one in Version)],
    }
    return render(request, "reporting/bilan.html", context)


@require_safe
@ability_required("bilan.view")
def pdf(request: ActorRequest, year: int, version: str = "") -> HttpResponse:
    found = get_bilan(request, year, version)
    try:
        content = bilan_pdf(found)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("bilan", year=year)
    return as_file(content, bilan_filename(found, "pdf"), "application/pdf")


@require_safe
@ability_required("bilan.view")
def export(request: ActorRequest, year: int, file_format: str, version: str = "") -> HttpResponse:
    if file_format not in BILAN_FORMATS:
        raise Http404("Formats disponibles : xlsx, csv et json.")
    found = get_bilan(request, year, version)
    content = bilan_sheet(found, file_format=file_format)
    return as_file(content, bilan_filename(found, file_format), BILAN_FORMATS[file_format])


def get_bilan(request: ActorRequest, year: int, version: str = "") -> TerritoryBilan:
    """The bilan of the year; 404 for an impossible year or version, or a year without any post."""
    if year > timezone.localdate().year:
        raise Http404(f"L'année {year} n'a pas commencé.")
    try:
        found = territory_bilan(year=year, by=request.actor)
    except BusinessError as error:
        raise Http404(error.message) from error
    if not found.bilan.rows:
        raise Http404(f"Aucun poste en {year}.")
    if not version:
        return found
    if version not in {one.value for one in Version}:
        raise Http404("Versions disponibles : partagee et publique.")
    return found.for_readers(Version(version))


def as_file(content: bytes, filename: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)
