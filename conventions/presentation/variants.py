"""The wordings a model offers for one clause, and which one the convention has."""

from __future__ import annotations

from dataclasses import dataclass

from conventions.clauses.conditions import holds
from conventions.models import Convention
from conventions.text.clauses import EDITED, chosen_clauses, template_clauses
from conventions.text.context import context_of
from conventions.text.dossier import read
from conventions.text.flags import flags_of


@dataclass(frozen=True)
class VariantView:
    """One wording: ``fits`` when its conditions hold here, ``current`` when it is the one printed."""

    key: str
    label: str
    fits: bool
    current: bool


def variants_of(convention: Convention, kind: str) -> list[VariantView]:
    """In the model's order; empty when there is nothing to choose from."""
    if convention.template is None:
        return []
    clause = next((c for c in template_clauses(convention.template) if c.kind == kind), None)
    if clause is None or len(clause.variants) < 2:
        return []
    draft = read(convention)
    flags, known = flags_of(draft), {name for name, value in context_of(draft).items() if value}
    chosen = chosen_clauses(convention).choices.get(kind)
    first = next((v.key for v in clause.variants if holds(v.when, flags, known)), "")
    current = "" if chosen == EDITED else (chosen or first)
    return [VariantView(v.key, v.label, holds(v.when, flags, known), v.key == current) for v in clause.variants]
