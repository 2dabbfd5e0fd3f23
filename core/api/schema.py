"""The published description of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.fields import ChoiceField
from rest_framework.permissions import SAFE_METHODS


class Schema(AutoSchema):
    """The published description: in French, without our docstrings, with the errors each operation may answer."""

    def get_description(self) -> str:  # type: ignore[override]  # the stubs mix two ancestors
        return ""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        schema.pop("description", None)
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        # The framework forgets, for fields only read, that the model lets a choice be left empty.
        if isinstance(field, ChoiceField) and field.read_only and _may_be_blank(field):
            field.allow_blank = True
        return super()._map_serializer_field(field, direction, bypass_extensions)

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        # Imported late: the framework imports this module while its own views are not complete.
        from core.api.errors import ProblemSerializer

        bodies = super()._get_response_bodies(direction)
        codes = ["401", "403", "429"]
        paged = self._is_list_view() and self._get_paginator() is not None
        if paged or "{" in self.path:
            codes.append("404")
        if self.method not in SAFE_METHODS:
            codes.append("409")
        # Filters and what else a question says, and the year of an address, are checked like a body.
        asked = any(getattr(each, "location", "") == "query" for each in self.get_override_parameters())
        if paged or asked or self.method not in SAFE_METHODS or "{year}" in self.path:
            codes.append("400")
        for code in sorted(codes):
            body = self._get_response_for_code(ProblemSerializer, code, direction=direction)
            bodies.setdefault(code, {**body, "description": ERROR_WORDS[code]})
        return bodies


def _may_be_blank(field: ChoiceField) -> bool:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    try:
        return model is not None and bool(model._meta.get_field(field.source).blank)
    except FieldDoesNotExist:
        return False


ERROR_WORDS = {
    "400": "Saisie ou filtre refusé : `place` dit où, `detail` pourquoi.",
    "401": "Ni session ni jeton, ou jeton qui n'est pas valable.",
    "403": "Acte que votre rôle ou votre jeton ne permet pas.",
    "404": "Objet absent ou hors de votre vue ; pour une liste, page qui n'existe pas.",
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
