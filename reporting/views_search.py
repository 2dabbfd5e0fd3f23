"""The page of the search; what it looks into is in ``reporting.search``."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from parties.access import member_required
from parties.actors import Actor
from reporting.search import MOST_RESULTS, SHORTEST, found

__all__ = ["MOST_RESULTS", "search"]


@require_GET
@member_required
def search(request: HttpRequest) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip()
    groups = found(text, by=by) if len(text) >= SHORTEST else []
    context = {"text": text, "groups": groups, "too_short": bool(text) and len(text) < SHORTEST}
    return render(request, "reporting/search.html", context)
