"""Pages and files of the yearly bilan."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.french import plural
from parties.access import ActorRequest, ability_required
from reporting.bilan.documents import BILAN_FORMATS, bilan_file, bilan_filename, bilan_pdf
from reporting.bilan.full import FullBilan, full_bilan
from reporting.bilan.opendata import OPEN_DATA, open_data, open_data_name
from reporting.bilan.present import chart, comparisons, present, shown_number
from reporting.bilan.publication import Version
from reporting.bilan.service import covers_all, territory_bilans, years_available

TOTALS = (("people", "saisines"), ("interviews", "interviews"))


@require_safe
@ability_required("bilan.view")
def bilans(request: ActorRequest) -> HttpResponse:
    lines = []
    for found in territory_bilans(by=request.actor):
        total = {label: shown_number(found.bilan.totals[name].value) for name, label in TOTALS}
        lines.append({"year": found.bilan.year, "bilan": found.bilan, **total})
    return render(request, "reporting/bilans.html", {"lines": lines})


@require_safe
@ability_required("bilan.view")
def bilan(request: ActorRequest, year: int, version: str = "") -> HttpResponse:
    """The bilan of a year: whole, or in one of the versions that may leave (``version``)."""
    found = get_bilan(request, year, version)
    context = {
        "document": found.document,
        "bilan": found.bilan,
        "full": found,
        "shown": present(found.bilan, found.before),
        "comparisons": comparisons(found.bilan, found.before),
        "chart": chart(found.bilan, chart_id="saisines"),
        "checks_label": f"{len(found.checks)} {plural(len(found.checks), 'point')} à regarder",
        "csv_url": reverse(f"bilan-{'version-' * bool(version)}export", args=[year, *filter(None, [version]), "csv"]),
        "open_data": open_data_files(request, year, version),
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
    return as_file(content, bilan_filename(found.document, "pdf"), "application/pdf")


@require_safe
@ability_required("bilan.view")
def export(request: ActorRequest, year: int, file_format: str, version: str = "") -> HttpResponse:
    if file_format not in BILAN_FORMATS:
        raise Http404("Formats disponibles : xlsx, csv et json.")
    found = get_bilan(request, year, version)
    table = request.GET.get("tableau", "")
    try:
        content = bilan_file(found, file_format=file_format, table=table)
    except InvalidInput as error:
        raise Http404(error.message) from error
    return as_file(content, bilan_filename(found.document, file_format, table), BILAN_FORMATS[file_format])


@require_safe
@ability_required("bilan.view")
def open_data_file(request: ActorRequest, year: int, open_file: str) -> HttpResponse:
    """The public figures under a stable name, to be put online: CSV, JSON, and the schema that describes them."""
    if open_file not in OPEN_DATA:
        raise Http404(f"Fichiers disponibles : {', '.join(OPEN_DATA)}.")
    if not covers_all(request.actor):
        raise NotAllowed("Les données ouvertes portent sur tous les postes du département, que vous ne voyez pas tous.")
    found = get_bilan(request, year, Version.PUBLISHED.value)
    return as_file(open_data(found, open_file), open_data_name(found, open_file), OPEN_DATA[open_file])


def open_data_files(request: ActorRequest, year: int, version: str) -> list[tuple[str, str]]:
    """(file, address) of what may be put online, beside the version it comes from."""
    if version != Version.PUBLISHED.value or not covers_all(request.actor):
        return []
    return [(name, reverse("bilan-open-data", args=[year, name])) for name in OPEN_DATA]


def get_bilan(request: ActorRequest, year: int, version: str = "") -> FullBilan:
    """The bilan of the year; 404 for an impossible year or version, or a year without any post."""
    if year > timezone.localdate().year:
        raise Http404(f"L'année {year} n'a pas commencé.")
    if version and version not in {one.value for one in Version}:
        raise Http404("Versions disponibles : partagee et publique.")
    try:
        found = full_bilan(year=year, by=request.actor, version=Version(version) if version else None)
    except BusinessError as error:
        raise Http404(error.message) from error
    if not found.bilan.rows:
        raise Http404(f"Aucun poste en {year}.")
    return found


def as_file(content: bytes, filename: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)
