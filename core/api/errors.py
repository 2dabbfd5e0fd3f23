"""Refusals as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler as framework_handler
from rest_framework.views import set_rollback

from core.errors import BusinessError

NOT_FOUND = "Objet introuvable : il n'existe pas, ou votre organisation ne peut pas le voir."
ANONYMOUS = "Connectez-vous pour utiliser l'API, ou présentez un jeton."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as ``{"detail", "place"}``; a body that is not valid also lists all its ``errors``."""
    if isinstance(error, BusinessError):
        set_rollback()
        return Response({"detail": error.message, "place": error.place}, status=error.status)
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(serializers.as_serializer_error(error))
    response = framework_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        problems = list(_problems(error.detail))
        first = problems[0] if problems else {"place": "", "message": "Cette saisie n'est pas acceptée."}
        detail = f"{first['place']} : {first['message']}" if first["place"] else first["message"]
        response.data = {"detail": detail, "place": first["place"], "errors": problems}
    else:
        response.data = {"detail": _words(error), "place": ""}
    return response


def _words(error: Exception) -> str:
    if isinstance(error, Http404 | exceptions.NotFound):
        return NOT_FOUND
    if isinstance(error, exceptions.NotAuthenticated):
        return ANONYMOUS
    if isinstance(error, exceptions.Throttled):
        return f"Trop de demandes : réessayez dans {max(int(getattr(error, 'wait', 0) or 1), 1)} s."
    return str(getattr(error, "detail", error))


def _problems(detail: Any, place: str = "") -> Iterator[dict[str, str]]:
    """The tree of a framework's validation error as places (``shares[1].percent``) and messages."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            # The framework writes the errors of a list's items as {0: …} since 3.15.
            step = f"[{name}]" if isinstance(name, int) else f".{name}" if place else name
            yield from _problems(inner, place if whole else f"{place}{step}")
    elif isinstance(detail, list):
        for rank, inner in enumerate(detail):
            yield from _problems(inner, f"{place}[{rank}]" if isinstance(inner, dict) else place)
    else:
        yield {"place": place, "message": str(detail)}


class ErrorItemSerializer(serializers.Serializer):
    place = serializers.CharField(label="Champ ou chemin")
    message = serializers.CharField(label="Ce qui ne va pas")


class ProblemSerializer(serializers.Serializer):
    detail = serializers.CharField(label="Message en français")
    place = serializers.CharField(label="Champ ou chemin concerné, vide s'il n'y en a pas", allow_blank=True)
    errors = ErrorItemSerializer(many=True, required=False, label="Toutes les erreurs d'un corps invalide")  # type: ignore[assignment]
