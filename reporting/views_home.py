"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from parties.access import member_required
from parties.actors import Actor
from parties.roles import platform_home
from reporting.home import board_for


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where one begins: « À faire », or the page of a role outside the territories."""
    platform = getattr(request, "platform", None)
    return redirect(platform_home(platform.role)) if platform else board(request)


@member_required
def board(request: HttpRequest) -> HttpResponse:
    """« À faire »: ``?annee=`` counts another year."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("annee", "")
    asked = int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else None
    return render(request, "reporting/home.html", {"board": board_for(by, today=timezone.localdate(), year=asked)})
