"""What the préfecture reads: each clause beside the approved model, and beside the text of the convention renewed."""

from __future__ import annotations

from dataclasses import dataclass, field

from conventions.enums import Anchor
from conventions.models import Comment, Convention
from conventions.redline import Change, ClauseChange, compare_clauses
from conventions.text import model_content, preview_content
from conventions.text.reading import Section, latest_version, sections_of, wordings
from core.errors import BusinessError

from .clauses import by_target


@dataclass(frozen=True)
class ClauseReview:
    """One clause with its two comparisons; ``section`` is None when the clause was taken out."""

    kind: str
    name: str
    section: Section | None
    model: ClauseChange | None
    former: ClauseChange | None
    comments: list[Comment]

    @property
    def changed(self) -> bool:
        return self.differs_from_model or self.differs_from_former

    @property
    def differs_from_model(self) -> bool:
        return self.model is not None and self.model.change is not Change.SAME

    @property
    def differs_from_former(self) -> bool:
        return self.former is not None and self.former.change is not Change.SAME

    @property
    def same_changes(self) -> bool:
        """The model and the former text said the same thing: one comparison is enough."""
        if self.model is None or self.former is None or not self.differs_from_model:
            return False
        return (self.model.title, self.model.text) == (self.former.title, self.former.text)

    @property
    def heading(self) -> str:
        return self.section.heading if self.section else f"{self.name} (retirée)"


@dataclass(frozen=True)
class Review:
    """Clauses that differ first, then those that do not; ``former`` is the reference of the text compared to."""

    changed: list[ClauseReview] = field(default_factory=list)
    same: list[ClauseReview] = field(default_factory=list)
    former: str = ""
    obstacle: str = ""


def clause_reviews(convention: Convention, comments: list[Comment]) -> Review:
    """Every clause of the draft, and those the model or the former text had, in the order of the draft."""
    try:
        content = preview_content(convention).content
    except BusinessError as error:
        return Review(obstacle=error.message)
    now = wordings(content)
    model = {c.kind: c for c in compare_clauses(wordings(model_content(convention)), now)}
    previous = latest_version(convention.previous) if convention.previous else None
    former = {c.kind: c for c in compare_clauses(wordings(previous.content), now)} if previous else {}
    remarks = by_target(comments, Anchor.CLAUSE)
    sections = {section.kind: section for section in sections_of(content)}
    lines: list[ClauseReview] = []
    for kind in [*sections, *(k for k in [*model, *former] if k not in sections)]:
        if any(line.kind == kind for line in lines):
            continue
        change = model.get(kind) or former[kind]
        lines.append(
            ClauseReview(
                kind, change.name, sections.get(kind), model.get(kind), former.get(kind), remarks.get(kind, [])
            )
        )
    return Review(
        changed=[line for line in lines if line.changed],
        same=[line for line in lines if not line.changed],
        former=str(convention.previous) if previous else "",
    )
