"""The API's documentation page, written by the server from the schema: no script, nothing fetched, readable by all."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {
    "string": "texte",
    "integer": "nombre entier",
    "number": "nombre",
    "boolean": "vrai ou faux",
    "object": "objet",
    "date": "date (AAAA-MM-JJ)",
    "date-time": "date et heure (ISO 8601)",
    "decimal": "nombre décimal, en texte",
    "uuid": "identifiant (uuid)",
    "email": "adresse électronique",
    "binary": "fichier",
    "uri": "adresse",
}


@dataclass(frozen=True)
class Kind:
    """What a value is: words, and the object or list of values it leads to."""

    words: str
    target: str = ""
    many: bool = False


@dataclass(frozen=True)
class Property:
    name: str
    label: str
    kind: Kind
    required: bool


@dataclass(frozen=True)
class Answer:
    code: str
    words: str
    kind: Kind | None


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Property, ...]
    bodies: tuple[Kind, ...]
    answers: tuple[Answer, ...]


@dataclass
class Group:
    name: str
    anchor: str
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class Thing:
    """A named object, with its properties, or a list of values with their labels."""

    name: str
    properties: tuple[Property, ...]
    values: tuple[tuple[str, str], ...]


@login_not_required
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    groups, objects, choices = read_schema()
    return render(request, "api/docs.html", {"groups": groups, "objects": objects, "choices": choices})


@lru_cache(maxsize=1)
def read_schema() -> tuple[list[Group], list[Thing], list[Thing]]:
    """Operations by subject, objects, lists of values. The schema only changes with the code: read once per process."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, Group] = {}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                tag = operations[method]["tags"][0]
                group = groups.setdefault(tag, Group(tag, f"sujet-{slugify(tag)}"))
                group.operations.append(_operation(path, method, operations[method]))
    things = [_thing(name, value) for name, value in sorted(schema["components"]["schemas"].items())]
    return list(groups.values()), [t for t in things if not t.values], [t for t in things if t.values]


def _operation(path: str, method: str, spec: dict[str, Any]) -> Operation:
    parameters = sorted(spec.get("parameters", []), key=lambda p: (p["in"] != "path", p["name"]))
    content = spec.get("requestBody", {}).get("content", {})
    return Operation(
        anchor=f"op-{spec['operationId']}",
        method=method.upper(),
        path=path,
        summary=spec.get("summary", ""),
        description=spec.get("description", ""),
        parameters=tuple(
            Property(p["name"], p.get("description", ""), _kind(p["schema"]), p.get("required", False))
            for p in parameters
        ),
        bodies=tuple(_kind(media["schema"]) for media in content.values()),
        answers=tuple(_answer(code, answer) for code, answer in sorted(spec["responses"].items())),
    )


def _answer(code: str, answer: dict[str, Any]) -> Answer:
    media = next(iter(answer.get("content", {}).values()), None)
    return Answer(code, answer.get("description", ""), _kind(media["schema"]) if media else None)


def _thing(name: str, spec: dict[str, Any]) -> Thing:
    required = set(spec.get("required", []))
    properties = tuple(
        Property(key, value.get("title", ""), _kind(value), key in required)
        for key, value in spec.get("properties", {}).items()
    )
    return Thing(name, properties, _values(spec))


def _values(spec: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Codes and French labels; the generator writes the labels as ``* `code` - label`` lines."""
    lines = [line.removeprefix("* `").split("` - ", 1) for line in spec.get("description", "").splitlines()]
    labels = {line[0]: line[1] for line in lines if len(line) == 2}
    return tuple((str(value), labels.get(str(value), "")) for value in spec.get("enum", []) if value != "")


def _kind(spec: dict[str, Any]) -> Kind:
    if "$ref" in spec:
        return Kind("", target=spec["$ref"].rsplit("/", 1)[1])
    for choice in ("allOf", "oneOf", "anyOf"):
        named = [_kind(option) for option in spec.get(choice, []) if "$ref" in option]
        # A choice that may be empty is published as "one of these, or blank, or null": the list is what matters.
        found = next((kind for kind in named if kind.target not in ("BlankEnum", "NullEnum")), None)
        if found:
            return found
    if spec.get("type") == "array":
        inner = _kind(spec["items"])
        return Kind(inner.words, inner.target, many=True)
    words = TYPES.get(spec.get("format", "")) or TYPES.get(spec.get("type", ""), "valeur quelconque")
    return Kind(f"{words}, ou null" if spec.get("nullable") else words)
