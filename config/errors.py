"""What answers an address that leads nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

API = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The French page; for a program, the JSON every other refusal of the API is made of."""
    if request.path_info.startswith(API):
        return JsonResponse({"detail": "Cette adresse ne mène nulle part.", "place": ""}, status=404)
    return defaults.page_not_found(request, exception)
