"""Clause sets: the models of conventions and their pure renderer."""

from conventions.clauses.conditions import FLAGS, holds
from conventions.clauses.engine import (
    Article,
    Block,
    ClauseError,
    ClauseProblem,
    ClauseText,
    ClauseVariant,
    ListItem,
    mandatory_kinds,
    render_clauses,
)
from conventions.clauses.sets import ClauseSet, ClauseSetError, read_clause_set, shipped_set
from conventions.clauses.variables import VARIABLES, Variable, example_context

__all__ = [
    "FLAGS",
    "VARIABLES",
    "Article",
    "Block",
    "ClauseError",
    "ClauseProblem",
    "ClauseSet",
    "ClauseSetError",
    "ClauseText",
    "ClauseVariant",
    "ListItem",
    "Variable",
    "example_context",
    "holds",
    "mandatory_kinds",
    "read_clause_set",
    "render_clauses",
    "shipped_set",
]
