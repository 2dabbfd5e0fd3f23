"""The JSON Schema of the dossier, generated from the sections. `docs/dossier.schema.json` is its published copy."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from .fields import DEFINITIONS, Group
from .sections import SECTIONS
from .structure import Children, Links, Section

FORMAT = "cosigne-dossier"
VERSION = 1
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


@cache
def schema() -> Schema:
    """The whole schema (JSON Schema draft 2020-12). Do not change the result."""
    definitions = dict(DEFINITIONS)
    lists = {section.name: _list(section, definitions) for section in SECTIONS}
    return {
        "$schema": DRAFT,
        "$id": "urn:cosigne:dossier:1",
        "title": "Cosigne dossier",
        "description": "A territory's scheme: bodies, posts, funding, conventions, votes and activity. Version 1.",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT, "description": "Always cosigne-dossier."},
            "version": {"const": VERSION, "description": "Version of the format."},
            "source": {"type": "string", "description": "Where the data come from, in a sentence."},
            "territory": _territory(),
            **lists,
        },
        "required": ["format", "version", "territory"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def schema_text() -> str:
    """The published file, byte for byte."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _territory() -> Schema:
    return {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[0-9AB]{2,3}$", "description": "INSEE code of the département."},
            "name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "Name of the département."},
            "administrative_court": {
                "type": "string",
                "maxLength": 120,
                "description": "Administrative court its disputes go to.",
            },
        },
        "required": ["code", "name"],
        "additionalProperties": False,
        "description": "The département the scheme belongs to.",
    }


def _list(holder: Section | Children, definitions: dict[str, Schema]) -> Schema:
    name = _definition_name(holder)
    definitions[name] = {}  # reserved first: a tree points at itself
    definitions[name] = _object(holder, name, definitions)
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "description": holder.description}


def _definition_name(holder: Section | Children) -> str:
    return holder.model.__name__[0].lower() + holder.model.__name__[1:]


def _object(holder: Section | Children, name: str, definitions: dict[str, Schema]) -> Schema:
    properties: dict[str, Schema] = {}
    required = [item.name for item in holder.fields if item.required]
    for item in holder.fields:
        properties[item.name] = _group(item) if isinstance(item, Group) else item.schema
    for links in holder.links:
        properties[links.name] = _keys(links)
    if isinstance(holder, Section):
        for children in holder.children:
            properties[children.name] = _list(children, definitions)
    elif holder.tree:
        properties[holder.tree] = {
            "type": "array",
            "items": {"$ref": f"#/$defs/{name}"},
            "description": "Rows this one is split among.",
        }
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _group(group: Group) -> Schema:
    return {
        "type": "object",
        "properties": {item.name: item.schema for item in group.fields},
        "required": [item.name for item in group.fields if item.required],
        "additionalProperties": False,
        "description": group.description,
    }


def _keys(links: Links) -> Schema:
    definition = "reference" if links.section == "conventions" else "key"
    return {
        "type": "array",
        "items": {"$ref": f"#/$defs/{definition}"},
        "uniqueItems": True,
        "description": links.description,
    }
