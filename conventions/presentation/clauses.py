"""The text of a convention, clause by clause, with what the page says beside each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from conventions.clauses.engine import ClauseProblem
from conventions.enums import Anchor, Family
from conventions.models import Comment, Convention
from conventions.models.agreement import UNDER_REVIEW
from conventions.redline import Paragraph, redline
from conventions.text import model_content, preview_content
from conventions.text.clauses import template_clauses
from conventions.text.reading import Section, latest_version, sections_of
from core.errors import BusinessError

#: What is said in place of a text a bipartite attribution does not have.
BIPARTITE = (
    "Cette convention bipartite attribue la contribution d'un seul financeur :"
    " ses clauses sont celles de la convention de partenariat dont elle dépend."
)


@dataclass(frozen=True)
class ClauseView:
    """A clause as the page shows it. ``changes`` compares a local edit with the model, empty when there is none."""

    section: Section
    edited: bool
    changes: list[Paragraph]
    problems: list[ClauseProblem]
    comments: list[Comment]
    #: What this clause is the first to ask for and nobody gave (presentation.holes.Hole).
    holes: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class TextView:
    """The whole text: what is printed, and what was taken out of the model."""

    content: dict[str, Any] | None
    clauses: list[ClauseView] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    problems: list[ClauseProblem] = field(default_factory=list)
    obstacle: str = ""
    bipartite: bool = False
    version: Any = None

    @property
    def missing(self) -> int:
        """How many pieces of information the text asks for and does not have."""
        return sum(len(view.holes) for view in self.clauses)


def text_view(convention: Convention, comments: list[Comment]) -> TextView:
    """The draft as it stands, or the approved version once there is one being signed."""
    version = None if convention.is_editable or convention.status in UNDER_REVIEW else latest_version(convention)
    if version is not None:
        content, problems = version.content, []
    else:
        try:
            preview = preview_content(convention)
        except BusinessError as error:
            bipartite = convention.family == Family.F5
            return TextView(None, obstacle=BIPARTITE if bipartite else error.message, bipartite=bipartite)
        content, problems = preview.content, preview.problems
    local = {row.kind: row for row in convention.clauses.all()}
    edited = {kind for kind, row in local.items() if (row.edited_text or row.edited_title) and not row.removed}
    model = {s.kind: s.wording for s in sections_of(model_content(convention))} if edited else {}
    remarks = by_target(comments, Anchor.CLAUSE)
    clauses = []
    for section in sections_of(content):
        former = model.get(section.kind)
        changes = redline(former.text, section.wording.text) if section.kind in edited and former is not None else []
        clauses.append(
            ClauseView(
                section=section,
                edited=section.kind in edited,
                changes=changes,
                problems=[p for p in problems if p.clause == section.kind],
                comments=remarks.get(section.kind, []),
            )
        )
    titles = {c.kind: c.title for c in template_clauses(convention.template)} if convention.template else {}
    removed = [(kind, titles.get(kind, kind)) for kind, row in local.items() if row.removed]
    shown = {view.section.kind for view in clauses}
    loose = [p for p in problems if p.clause not in shown]
    return TextView(content, clauses, removed, loose, version=version)


def by_target(comments: list[Comment], anchor: str) -> dict[str, list[Comment]]:
    """Comments of one kind of anchor, by what they are about."""
    found: dict[str, list[Comment]] = defaultdict(list)
    for comment in comments:
        if comment.anchor == anchor:
            found[comment.target].append(comment)
    return found
