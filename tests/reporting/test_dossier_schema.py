"""The published schema is the one the program validates with, and says what every property is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator

from reporting.dossier.schema import schema, schema_text
from tests.reporting.dossiers import DEMO


def test_the_published_schema_is_up_to_date():
    published = Path(settings.BASE_DIR) / "docs" / "dossier.schema.json"

    assert published.read_text(encoding="utf-8") == schema_text(), "run bin/manage export_dossier --schema"


def test_the_schema_is_valid_and_accepts_the_demo():
    Draft202012Validator.check_schema(schema())

    assert list(Draft202012Validator(schema()).iter_errors(json.loads(DEMO.read_text(encoding="utf-8")))) == []


def objects(node: Any) -> list[dict[str, Any]]:
    """Every object schema found anywhere below ``node``."""
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if isinstance(node.get("properties"), dict) else []
    return own + [found for item in node.values() for found in objects(item)]


def test_every_property_is_described_and_nothing_else_is_let_in():
    for holder in objects(schema()):
        assert "additionalProperties" in holder
        for name, described in holder["properties"].items():
            assert described.get("description"), name
