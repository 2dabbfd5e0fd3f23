"""The published description of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import SAFE_METHODS


class Schema(AutoSchema):
    """The published description: in French, without our docstrings, with the errors each operation may answer."""

    def get_description(self) -> str:  # type: ignore[override]  # the stubs mix two ancestors
        return ""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        schema.pop("description", None)
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        # Imported late: the framework imports this module while its own views are not complete.
        from core.api.errors import ProblemSerializer

        bodies = super()._get_response_bodies(direction)
        codes = ["401", "403", "429"]
        if "{" in self.path:
            codes.append("404")
        if self.method not in SAFE_METHODS:
            codes = ["400", *codes, "409"]
        for code in codes:
            body = self._get_response_for_code(ProblemSerializer, code, direction=direction)
            bodies.setdefault(code, {**body, "description": ERROR_WORDS[code]})
        return bodies


ERROR_WORDS = {
    "400": "Saisie refusée : `place` dit où, `detail` pourquoi.",
    "401": "Ni session ni jeton, ou jeton qui n'est pas valable.",
    "403": "Acte que votre rôle ou votre jeton ne permet pas.",
    "404": "Objet absent ou hors de votre vue.",
    "409": "Acte impossible dans l'état présent, ou objet modifié entre-temps.",
    "429": "Trop de demandes : l'en-tête `Retry-After` dit combien de secondes attendre.",
}


def documented(tag: str, **actions: str | tuple[str, str]) -> Callable[[Any], Any]:
    """French summaries of a view's actions: ``list="Les postes"``, or (summary, description)."""
    schemas = {}
    for name, words in actions.items():
        summary, description = (words, "") if isinstance(words, str) else words
        schemas[name] = extend_schema(tags=[tag], summary=summary, description=description)
    return extend_schema_view(**schemas)
