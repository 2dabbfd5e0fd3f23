"""National models shipped with the product, loaded once per version."""

from __future__ import annotations

import json
from pathlib import Path

from conventions.clauses.sets import MODELS, read_clause_set
from conventions.models import Clause, Template
from core import rls


def load_shipped_models(directory: Path = MODELS) -> list[str]:
    """Create the national templates not yet in the database; a published version is never rewritten.

    Returns a French line per family. Raises ClauseSetError on a file with mistakes.
    """
    lines = []
    with rls.acting(rls.Context(scope="platform")):
        for path in sorted(directory.glob("F*.json")):
            data = json.loads(path.read_text(encoding="utf-8"))
            read_clause_set(data)
            template, created = Template.objects.get_or_create(
                territory=None, family=data["family"], version=data["version"], defaults={"name": data["name"]}
            )
            if created:
                Clause.objects.bulk_create(
                    Clause(
                        template=template,
                        position=position,
                        kind=clause["kind"],
                        title=clause["title"],
                        numbered=clause.get("numbered", True),
                        when=clause.get("when", []),
                        mandatory_when=clause.get("mandatory_when", []),
                        variants=clause["variants"],
                    )
                    for position, clause in enumerate(data["clauses"], start=1)
                )
            state = "chargé" if created else "déjà présent"
            lines.append(f"Modèle {template.family} version {template.version} ({template.name}) : {state}")
    return lines
