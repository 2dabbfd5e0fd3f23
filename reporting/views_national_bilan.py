"""The national bilan of a year: the page, its PDF, and each of its tables as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import sheets
from core.errors import BusinessError, InvalidInput
from parties.access import PlatformRequest, platform_required
from reporting.national.bilan import NationalBilan
from reporting.national.present import bilans_of, context_of, national_pdf
from reporting.national.tables import FORMATS, JSON, TABLES, as_json, table
from reporting.views_bilan import as_file


@require_safe
@platform_required("national.view")
def bilan(request: PlatformRequest, year: int) -> HttpResponse:
    return render(request, "reporting/national_bilan.html", context_of(_bilans(request, year)))


@require_safe
@platform_required("national.view")
def pdf(request: PlatformRequest, year: int) -> HttpResponse:
    found = _bilans(request, year)
    try:
        content = national_pdf(found)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("national-bilan", year=year)
    return as_file(content, f"observatoire-{year}.pdf", "application/pdf")


@require_safe
@platform_required("national.view")
def export(request: PlatformRequest, year: int, file_format: str) -> HttpResponse:
    """``?tableau=`` one of ``TABLES``; the activity without it, and every table in JSON."""
    name = request.GET.get("tableau", "" if file_format == JSON else "activite")
    if file_format not in FORMATS or (name or "activite") not in TABLES:
        raise Http404(f"Tableaux disponibles : {', '.join(TABLES)}, en xlsx, csv ou json.")
    found = _bilans(request, year)
    filename = f"observatoire-{year}{f'-{name}' if name else ''}.{file_format}"
    if file_format == JSON:
        return as_file(as_json(found, [name] if name else tuple(TABLES)), filename, FORMATS[JSON])
    columns, lines = table(found, name)
    created = found[0].data_at or timezone.now()
    rows = sheets.values(columns, lines)
    content = sheets.write_sheet(file_format, columns, rows, title=TABLES[name], created=created)
    return as_file(content, filename, FORMATS[file_format])


def _bilans(request: PlatformRequest, year: int) -> list[NationalBilan]:
    try:
        return bilans_of(year=year, by=request.platform)
    except InvalidInput as error:
        raise Http404(error.message) from error
