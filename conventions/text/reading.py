"""Reading a content clause by clause: for the page, the redline and the editor. Nothing here changes the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conventions.clauses.conditions import holds
from conventions.clauses.engine import LISTS, ClauseVariant
from conventions.models import Convention, ConventionVersion
from conventions.redline import Wording

from .clauses import template_clauses, text_of_blocks
from .context import context_of
from .dossier import Draft, read
from .flags import flags_of

#: The two clauses that are no numbered article, with the name they have on the page.
UNNUMBERED = {"visas": "Visas", "preambule": "Préambule"}


@dataclass(frozen=True)
class Section:
    """One clause as it is read: ``number`` is None for visas and preamble, ``blocks`` are those of the content."""

    kind: str
    number: int | None
    title: str
    blocks: list[dict[str, Any]]

    @property
    def heading(self) -> str:
        return f"Article {self.number} – {self.title}" if self.number else self.title

    @property
    def wording(self) -> Wording:
        """Without its number: a clause added above does not change this one."""
        return Wording(self.title, text_of_blocks(self.blocks))


def sections_of(content: Mapping[str, Any]) -> list[Section]:
    """The clauses of a content, visas and preamble first."""
    sections = []
    if content.get("visas"):
        blocks = [{"type": "p", "text": text} for text in content["visas"]]
        sections.append(Section("visas", None, UNNUMBERED["visas"], blocks))
    if content.get("preamble"):
        sections.append(Section("preambule", None, UNNUMBERED["preambule"], list(content["preamble"])))
    sections += [Section(a["kind"], a["number"], a["title"], list(a["blocks"])) for a in content.get("articles", [])]
    return sections


def wordings(content: Mapping[str, Any]) -> dict[str, Wording]:
    """The clauses of a content as the redline compares them, by kind."""
    return {section.kind: section.wording for section in sections_of(content)}


def latest_version(convention: Convention) -> ConventionVersion | None:
    """The last approved version; None while the first draft is being written."""
    return convention.versions.order_by("-number").first()


@dataclass(frozen=True)
class TypedClause:
    """A clause as the editor shows it: title and text with their ``{{ tags }}``, and whether they are local."""

    kind: str
    title: str
    text: str
    edited: bool
    removed: bool


def typed_clause(convention: Convention, kind: str) -> TypedClause | None:
    """The clause to put in the editor: the local text, else the model's variant that applies. None when unknown."""
    clause = (
        next((c for c in template_clauses(convention.template) if c.kind == kind), None)
        if convention.template
        else None
    )
    if clause is None:
        return None
    row = convention.clauses.filter(kind=kind).first()
    title = row.edited_title if row and row.edited_title else clause.title
    if row and row.edited_text:
        return TypedClause(kind, title, row.edited_text, True, row.removed)
    draft = read(convention)
    variant = _variant(clause.variants, row.variant if row else "", draft)
    text = text_of_blocks(_raw(variant, draft)) if variant else ""
    return TypedClause(kind, title, text, bool(row and row.edited_title), bool(row and row.removed))


def _conditions(draft: Draft) -> tuple[set[str], set[str]]:
    return flags_of(draft), {name for name, value in context_of(draft).items() if value}


def _variant(variants: tuple[ClauseVariant, ...], chosen: str, draft: Draft) -> ClauseVariant | None:
    if chosen:
        return next((v for v in variants if v.key == chosen), None)
    flags, known = _conditions(draft)
    return next((v for v in variants if holds(v.when, flags, known)), None)


def _raw(variant: ClauseVariant, draft: Draft) -> list[dict[str, Any]]:
    """The blocks whose conditions hold, tags untouched."""
    flags, known = _conditions(draft)
    blocks: list[dict[str, Any]] = []
    for block in variant.blocks:
        if not holds(block.when, flags, known):
            continue
        if block.type in LISTS:
            items = [item.text for item in block.items if holds(item.when, flags, known)]
            blocks.append({"type": block.type, "items": items})
        else:
            blocks.append({"type": block.type, "text": block.text})
    return blocks
