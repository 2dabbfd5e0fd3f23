"""The clause texts of one convention: its template's, with the variants chosen and the local edits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from conventions.clauses.engine import Block, ClauseText, ClauseVariant, ListItem
from conventions.clauses.sets import read_clause_set
from conventions.models import Convention, ConventionClause, Template

#: Key of the variant that stands for a text edited in this convention.
EDITED = "edited"


@dataclass(frozen=True)
class ChosenClauses:
    texts: list[ClauseText]
    choices: dict[str, str]


def template_clauses(template: Template) -> list[ClauseText]:
    """The clauses of a template, in its order."""
    rows = list(template.clauses.order_by("position"))
    if not rows:
        return []
    data = {
        "family": template.family,
        "name": template.name,
        "version": template.version,
        "clauses": [
            {
                "kind": row.kind,
                "title": row.title,
                "numbered": row.numbered,
                "when": row.when,
                "mandatory_when": row.mandatory_when,
                "variants": row.variants,
            }
            for row in rows
        ],
    }
    return list(read_clause_set(data).clauses)


def chosen_clauses(convention: Convention) -> ChosenClauses:
    """What the convention keeps of its template, in its own order. A clause it says nothing about stays as it is."""
    if convention.template is None:
        return ChosenClauses([], {})
    texts = {clause.kind: clause for clause in template_clauses(convention.template)}
    local = {row.kind: row for row in convention.clauses.all()}
    order = sorted(texts, key=lambda kind: (_position(kind, local, texts), list(texts).index(kind)))
    kept: list[ClauseText] = []
    choices: dict[str, str] = {}
    for kind in order:
        row = local.get(kind)
        if row is not None and row.removed:
            continue
        text = texts[kind]
        if row is not None:
            text, choice = _localised(text, row)
            if choice:
                choices[kind] = choice
        kept.append(text)
    return ChosenClauses(kept, choices)


def _position(kind: str, local: dict[str, ConventionClause], texts: dict[str, ClauseText]) -> int:
    row = local.get(kind)
    return row.position if row is not None and row.position else (list(texts).index(kind) + 1) * 10


def _localised(text: ClauseText, row: ConventionClause) -> tuple[ClauseText, str]:
    if row.edited_title:
        text = replace(text, title=row.edited_title)
    if row.edited_text:
        edited = ClauseVariant(key=EDITED, label="Texte modifié", blocks=tuple(blocks_of_text(row.edited_text)))
        return replace(text, variants=(*text.variants, edited)), EDITED
    return text, row.variant


_ITEM = re.compile(r"^\s*[-–•]\s+")
_TABLE = re.compile(r"^\s*\[tableau de financement\]\s*$", re.IGNORECASE)


def blocks_of_text(text: str) -> Iterable[Block]:
    """Typed text as blocks: an empty line parts paragraphs, "- " begins a list item, "[tableau de financement]"
    stands for the table."""
    for chunk in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = chunk.split("\n")
        paragraph: list[str] = []
        items: list[ListItem] = []
        for line in lines:
            if _TABLE.match(line):
                yield from _flush(paragraph, items)
                yield Block("funding_table")
            elif _ITEM.match(line):
                if paragraph:
                    yield Block("p", text=" ".join(paragraph))
                    paragraph.clear()
                items.append(ListItem(_ITEM.sub("", line).strip()))
            elif line.strip():
                if items:
                    yield Block("ul", items=tuple(items))
                    items.clear()
                paragraph.append(line.strip())
        yield from _flush(paragraph, items)


def _flush(paragraph: list[str], items: list[ListItem]) -> Iterable[Block]:
    if paragraph:
        yield Block("p", text=" ".join(paragraph))
        paragraph.clear()
    if items:
        yield Block("ul", items=tuple(items))
        items.clear()


def text_of_blocks(blocks: Iterable[dict]) -> str:
    """The reverse, for the editor: rendered or raw blocks as typed text."""
    parts = []
    for block in blocks:
        if block["type"] == "p":
            parts.append(block["text"])
        elif block["type"] == "ul":
            parts.append("\n".join(f"- {item}" for item in block["items"]))
        else:
            parts.append("[tableau de financement]")
    return "\n\n".join(parts)
