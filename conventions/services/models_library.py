"""National models shipped with the product, loaded once per version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conventions.clauses.sets import MODELS, read_clause_set, shipped_files
from conventions.models import Clause, Template
from core import rls


def load_shipped_models(directory: Path = MODELS) -> list[str]:
    """Create the national templates not yet in the database; a published version is never rewritten.

    Every version shipped is loaded, older ones included: a convention or a dossier may name any of them.
    Returns a French line per file; one says so when the file no longer is what was published under its number.
    Raises ClauseSetError on a file with mistakes.
    """
    lines = []
    with rls.acting(rls.Context(scope="platform")):
        for path in shipped_files(directory):
            data = json.loads(path.read_text(encoding="utf-8"))
            read_clause_set(data)
            template, created = Template.objects.get_or_create(
                territory=None, family=data["family"], version=data["version"], defaults={"name": data["name"]}
            )
            rows = [_row(clause, position) for position, clause in enumerate(data["clauses"], start=1)]
            if created:
                Clause.objects.bulk_create(Clause(template=template, **row) for row in rows)
            state = "chargé" if created else "déjà présent" if rows == _stored(template) else CHANGED
            lines.append(f"Modèle {template.family} version {template.version} ({template.name}) : {state}")
    return lines


CHANGED = "déjà présent, gardé tel que publié : le fichier a changé, donnez-lui un nouveau numéro de version"
_COLUMNS = ("position", "kind", "title", "numbered", "when", "mandatory_when", "variants")


def _row(clause: dict[str, Any], position: int) -> dict[str, Any]:
    """A clause of a file as its row, in the order of ``_COLUMNS``."""
    given = {"position": position, "numbered": True, "when": [], "mandatory_when": []} | clause
    return {name: given[name] for name in _COLUMNS}


def _stored(template: Template) -> list[dict[str, Any]]:
    return list(template.clauses.order_by("position").values(*_COLUMNS))
