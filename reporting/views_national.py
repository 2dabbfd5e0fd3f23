"""The national figures: the page, and each of its tables as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import sheets
from core.money import number_fr
from parties.access import PlatformRequest, platform_required
from parties.views.platform import sheet_response
from reporting.national import national_figures
from reporting.national.sheets import GROUPS, TABLES, table


@require_safe
@platform_required("national.view")
def national(request: PlatformRequest) -> HttpResponse:
    found = national_figures(by=request.platform, day=timezone.localdate())
    context = {
        "found": found,
        "groups": [(GROUPS[name], found.posts_by(name)) for name in ("zone", "employer", "kind")],
        "etp": number_fr(found.total.etp, 2),
    }
    return render(request, "reporting/national.html", context)


@require_safe
@platform_required("national.view")
def export(request: PlatformRequest, file_format: str) -> HttpResponse:
    """``?tableau=postes|conventions``; the posts without it."""
    name = request.GET.get("tableau", "postes")
    if file_format not in sheets.MEDIA_TYPES or name not in TABLES:
        raise Http404("Tableaux disponibles : postes et conventions, en xlsx ou csv.")
    columns, lines = table(national_figures(by=request.platform, day=timezone.localdate()), name)
    rows = sheets.values(columns, lines)
    return sheet_response(file_format, columns, rows, title=TABLES[name], name=f"national-{name}")
