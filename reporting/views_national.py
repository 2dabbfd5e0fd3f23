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
from reporting.national.figures import SMALLEST_TOLD, ActivityLine
from reporting.national.sheets import COUNTS, GROUPS, TABLES, table


@require_safe
@platform_required("national.view")
def national(request: PlatformRequest) -> HttpResponse:
    found = national_figures(by=request.platform, day=timezone.localdate())
    rows = [{"line": line, "cells": cells_of(line)} for line in found.activity]
    context = {
        "found": found,
        "groups": [(GROUPS[name], found.posts_by(name)) for name in ("zone", "employer", "kind")],
        "activity": rows,
        "counts": COUNTS.values(),
        "smallest": SMALLEST_TOLD,
        "etp": number_fr(found.total.etp, 2),
    }
    return render(request, "reporting/national.html", context)


def cells_of(line: ActivityLine) -> list[tuple[str, str, bool]]:
    """Label, what is printed, and whether it stands for a number that is not told."""
    told = [(label, getattr(line, name), line.cell(name)) for name, label in COUNTS.items()]
    return [(label, cell if value is None else number_fr(value, 0), value is None) for label, value, cell in told]


@require_safe
@platform_required("national.view")
def export(request: PlatformRequest, file_format: str) -> HttpResponse:
    """``?tableau=postes|conventions|activite``; the posts without it."""
    name = request.GET.get("tableau", "postes")
    if file_format not in sheets.MEDIA_TYPES or name not in TABLES:
        raise Http404("Tableaux disponibles : postes, conventions et activite, en xlsx ou csv.")
    columns, lines = table(national_figures(by=request.platform, day=timezone.localdate()), name)
    rows = sheets.values(columns, lines)
    return sheet_response(file_format, columns, rows, title=TABLES[name], name=f"national-{name}")
