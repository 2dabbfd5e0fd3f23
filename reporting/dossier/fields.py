"""Kinds of property a dossier is made of: their JSON Schema, and how they go to the database and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models

Convert = Callable[[Any], Any]

#: Named schemas every money, date or key property points at. Titles are what French messages are chosen by.
DEFINITIONS: dict[str, dict[str, Any]] = {
    "key": {
        "type": "string",
        "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
        "minLength": 1,
        "maxLength": 80,
        "description": "Natural key: unaccented letters, digits, dot, hyphen and underscore. Stable between files.",
    },
    "reference": {
        "type": "string",
        "pattern": "^[^\\s]+( [^\\s]+)*$",
        "minLength": 1,
        "maxLength": 40,
        "description": "Reference of a convention: the natural key people know it by.",
    },
    "amount": {
        "type": "string",
        "pattern": "^[0-9]{1,10}(\\.[0-9]{1,2})?$",
        "description": 'Euros, not negative, as a string with a dot: "17500.00".',
    },
    "percent": {
        "type": "string",
        "pattern": "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)$",
        "description": 'A percentage from 0 to 100, as a string with a dot: "81.32".',
    },
    "ratio": {
        "type": "string",
        "pattern": "^(1(\\.0{1,2})?|0\\.[0-9]{1,2})$",
        "description": 'A part of full time, above 0 and up to 1, as a string: "0.80".',
    },
    "hours": {
        "type": "string",
        "pattern": "^[0-9]{1,2}(\\.[0-9]{1,2})?$",
        "description": 'Hours a week, as a string: "35.00".',
    },
    "date": {"type": "string", "format": "date", "description": 'ISO 8601 calendar date: "2023-07-03".'},
    "siren": {
        "type": "string",
        "pattern": "^([0-9]{9})?$",
        "format": "siren",
        "description": "SIREN: nine digits with a valid check digit. Empty when unknown.",
    },
    "siret": {
        "type": "string",
        "pattern": "^([0-9]{14})?$",
        "format": "siret",
        "description": "SIRET: fourteen digits with a valid check digit. Empty when unknown.",
    },
}


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """One property. ``attr`` is the model's attribute; ``ref`` the section its key belongs to."""

    name: str
    attr: str
    schema: dict[str, Any]
    required: bool = False
    ref: str = ""
    to_python: Convert = field(default=_same, repr=False)
    to_json: Convert = field(default=_same, repr=False)
    #: Read at creation only: states move by acts, never by a file.
    on_create_only: bool = False

    @property
    def nullable(self) -> bool:
        return "anyOf" in self.schema or "null" in (self.schema.get("type") or ())


@dataclass(frozen=True)
class Group:
    """Several attributes of the same row shown together, as ``period: {start, end}``."""

    name: str
    fields: tuple[Field, ...]
    description: str
    required: bool = False


def _described(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return schema | {"description": description}


def _pointer(definition: str, description: str, nullable: bool) -> dict[str, Any]:
    pointer = {"$ref": f"#/$defs/{definition}"}
    return _described({"anyOf": [pointer, {"type": "null"}]} if nullable else pointer, description)


def text(
    name: str, description: str, *, most: int = 0, attr: str = "", required: bool = False, pattern: str = ""
) -> Field:
    schema: dict[str, Any] = {"type": "string"}
    if required:
        schema["minLength"] = 1
    if most:
        schema["maxLength"] = most
    if pattern:
        schema["pattern"] = pattern
    return Field(name, attr or name, _described(schema, description), required)


def key(name: str = "key", definition: str = "key") -> Field:
    return Field(name, name, _pointer(definition, "Natural key of this object in the territory.", False), True)


def code(name: str, definition: str, description: str) -> Field:
    """A SIREN or a SIRET: "" when unknown."""
    return Field(name, name, _pointer(definition, description, False))


def ref(
    name: str, section: str, description: str, *, attr: str = "", required: bool = False, nullable: bool = True
) -> Field:
    """The key of an object of ``section``, in the file or already in the territory."""
    definition = "reference" if section == "conventions" else "key"
    schema = _pointer(definition, description, nullable and not required)
    return Field(name, attr or name, schema, required, ref=section)


def choice(
    name: str,
    enum: type[models.TextChoices],
    description: str,
    *,
    attr: str = "",
    required: bool = False,
    blank: bool = False,
    on_create_only: bool = False,
) -> Field:
    values = [*([""] if blank else []), *enum.values]
    meaning = "; ".join(f"{value}: {label}" for value, label in enum.choices)
    schema = {"type": "string", "enum": values, "description": f"{description} {meaning}."}
    return Field(name, attr or name, schema, required, on_create_only=on_create_only)


def choices(name: str, enum: type[models.TextChoices], description: str) -> Field:
    meaning = "; ".join(f"{value}: {label}" for value, label in enum.choices)
    items = {"type": "string", "enum": list(enum.values)}
    schema = {"type": "array", "items": items, "uniqueItems": True, "description": f"{description} {meaning}."}
    return Field(name, name, schema, to_json=list)


def integer(
    name: str, description: str, *, least: int = 0, most: int = 0, attr: str = "", required: bool = False
) -> Field:
    schema: dict[str, Any] = {"type": "integer" if required else ["integer", "null"], "minimum": least}
    if most:
        schema["maximum"] = most
    return Field(name, attr or name, _described(schema, description), required)


def boolean(name: str, description: str) -> Field:
    return Field(name, name, {"type": "boolean", "description": description})


def decimal(
    name: str,
    definition: str,
    description: str,
    *,
    attr: str = "",
    required: bool = False,
    nullable: bool = True,
    places: int = 2,
) -> Field:
    """A figure kept exactly, with ``places`` decimals: ``definition`` is amount, percent, ratio or hours."""
    unit = Decimal(1).scaleb(-places)

    def to_json(value: Decimal | None) -> str | None:
        return None if value is None else f"{Decimal(value).quantize(unit):f}"

    def to_python(value: str | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    schema = _pointer(definition, description, nullable and not required)
    return Field(name, attr or name, schema, required, to_python=to_python, to_json=to_json)


def date(name: str, description: str, *, attr: str = "", required: bool = False) -> Field:
    def to_json(value: dt.date | None) -> str | None:
        return None if value is None else value.isoformat()

    def to_python(value: str | None) -> dt.date | None:
        return None if value is None else dt.date.fromisoformat(value)

    schema = _pointer("date", description, not required)
    return Field(name, attr or name, schema, required, to_python=to_python, to_json=to_json)


def strings(name: str, description: str, pattern: str = "") -> Field:
    items = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    schema = {"type": "array", "items": items, "uniqueItems": True, "description": description}
    return Field(name, name, schema, to_json=list)


def figures(name: str, description: str, properties: dict[str, dict[str, Any]], extra: Any = False) -> Field:
    """A JSON object kept as it is (what a published text states, variables of the clauses)."""
    schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": extra,
        "description": description,
    }
    return Field(name, name, schema, to_json=_sorted)


def _sorted(value: Any) -> Any:
    """PostgreSQL does not keep the order of an object's keys: written in one order, two exports are the same bytes."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
