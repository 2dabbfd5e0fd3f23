"""A model as plain data: the JSON that is exported, checked, imported, and that ``read_clause_set`` reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conventions.models import Clause, Template

Json = dict[str, Any]


def as_data(template: Template, clauses: Iterable[Clause] | None = None) -> Json:
    """The model with its clauses in order (one query unless ``clauses`` are given)."""
    rows = template.clauses.order_by("position", "pk") if clauses is None else clauses
    return {
        "family": template.family,
        "name": template.name,
        "version": template.version,
        "numbering": "article",
        "clauses": [clause_data(row) for row in rows],
    }


def clause_data(clause: Clause) -> Json:
    return {
        "kind": clause.kind,
        "title": clause.title,
        "when": clause.when,
        "mandatory_when": clause.mandatory_when,
        "numbered": clause.numbered,
        "variants": clause.variants,
    }
