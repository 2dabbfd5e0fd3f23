"""The outer ring of every request: probes, the request's line in the log, and business errors that no view caught."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from config import health
from config.logs import new_request_id, path_of, request_id
from core.errors import BusinessError

NO_STORE = {"Cache-Control": "no-store"}

requests_logger = logging.getLogger("cosigne.requests")


class HealthMiddleware:
    """Answers the probes before sessions and hosts.

    ``/sante/`` and ``/healthz`` say that the process serves, nothing else; ``/readyz`` that the deployment has what it
    needs. Probes come by address rather than by name, over plain HTTP, and while the database may be restarting.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            if request.path_info in health.ALIVE_PATHS:
                return HttpResponse("ok", content_type="text/plain; charset=utf-8", headers=NO_STORE)
            if request.path_info in health.READY_PATHS:
                return self.ready()
        return self.get_response(request)

    def ready(self) -> HttpResponse:
        checks = health.report()
        ready = all(state == health.OK for state in checks.values())
        content = {"ready": ready, "checks": checks}
        return JsonResponse(
            content, status=200 if ready else 503, headers=NO_STORE, json_dumps_params={"ensure_ascii": False}
        )


class RequestLogMiddleware:
    """Gives the request its id, says it back in ``X-Request-ID``, and writes one line when the answer is ready.

    The line names the account by its number and the territory by its code: enough to follow an incident, nothing
    about a person. See config.logs for what is left out of the path.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        identifier = new_request_id(request.headers.get("X-Request-ID"))
        token = request_id.set(identifier)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = identifier
            write_line(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)


def write_line(request: HttpRequest, status: int, seconds: float) -> None:
    """The request's line, at INFO whatever the status: errors have a record of their own."""
    path = path_of(request)
    duration = round(seconds * 1000)
    extra: dict[str, object] = {"method": request.method, "path": path, "status": status, "duration_ms": duration}
    # TenancyMiddleware has read the account when it has set the actor; asking earlier would query the database here.
    if hasattr(request, "actor"):
        extra["user_id"] = request.user.pk
        extra["territory"] = request.actor.territory.code if request.actor else None
    requests_logger.info("%s %s %s %s ms", request.method, path, status, duration, extra=extra)


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
