"""The outer ring of every request: the health check, and business errors that no view caught."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import BusinessError

HEALTH_PATH = "/sante/"


class HealthMiddleware:
    """Answers ``/sante/`` before sessions, hosts and database: it says that the process serves, nothing else.

    Probes come by address rather than by name, over plain HTTP, and while the database may be restarting.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == HEALTH_PATH and request.method in ("GET", "HEAD"):
            return HttpResponse("ok", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
        return self.get_response(request)


class BusinessErrorMiddleware:
    """Shows a business error that a view let through as a page in French, with its status.

    The view's own transaction is already rolled back when this runs: nothing is half written.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, BusinessError):
            return None
        return render(request, "business_error.html", {"error": exception}, status=exception.status)
