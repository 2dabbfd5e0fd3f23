"""Answers to what no view handled: pages for people, JSON for the programs that call the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

API = "/api/"
NO_ADDRESS = "Cette adresse ne mène nulle part."
BAD_REQUEST = "Cette requête n'est pas acceptable."
BROKEN = "Une erreur est survenue de notre côté ; rien n'a été enregistré. Réessayez plus tard."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address of the API that leads nowhere: an identifier that is not one, for example."""
    return _json(NO_ADDRESS, 404) if _is_api(request) else defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused before any view: too many fields, a host that is not ours."""
    return _json(BAD_REQUEST, 400) if _is_api(request) else defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, already in the log; nothing about it is told."""
    return _json(BROKEN, 500) if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def _json(detail: str, status: int) -> HttpResponse:
    return JsonResponse({"detail": detail, "place": ""}, status=status)
