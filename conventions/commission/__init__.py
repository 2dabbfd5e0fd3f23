"""A deliberation made from the conventions it adopts: who votes, which articles, in which words."""

from .articles import article_texts
from .assembly import Assembly, assembly_of
from .plan import PlannedDecision, planned_decisions

__all__ = ["Assembly", "PlannedDecision", "article_texts", "assembly_of", "planned_decisions"]
