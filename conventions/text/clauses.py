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


#: What begins a point of a list, by type of list.
_POINTS = (("ul", re.compile(r"^\s*[-–•]\s+")), ("ol", re.compile(r"^\s*\d{1,2}[.)]\s+")))
#: How a table is called for in a typed text.
TABLE_NAMES = {
    "funding_table": "[tableau de financement]",
    "funding_years": "[tableau pluriannuel]",
    "funding_posts": "[tableau par poste]",
    "posts_list": "[liste des postes]",
}
_TABLES = {name: block for block, name in TABLE_NAMES.items()}


def blocks_of_text(text: str) -> Iterable[Block]:
    """Typed text as blocks: an empty line parts paragraphs, "- " begins a point of a list, "1. " a numbered one, and
    the name of a table between brackets stands for it (``TABLE_NAMES``). ``**…**`` stays as typed: the engine reads it.
    """
    for chunk in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        pending: tuple[str, list[str]] = ("p", [])
        for line in (line for line in chunk.split("\n") if line.strip()):
            table = _TABLES.get(line.strip().lower())
            kind, words = _line(line)
            if table or kind != pending[0]:
                yield from _flush(*pending)
                pending = (kind, [])
            if table:
                yield Block(table)
            else:
                pending[1].append(words)
        yield from _flush(*pending)


def _line(line: str) -> tuple[str, str]:
    """The type of block a typed line belongs to, and its words without the mark of a list."""
    for kind, mark in _POINTS:
        if mark.match(line):
            return kind, mark.sub("", line).strip()
    return "p", line.strip()


def _flush(kind: str, lines: list[str]) -> Iterable[Block]:
    if lines and kind == "p":
        yield Block("p", text=" ".join(lines))
    elif lines:
        yield Block(kind, items=tuple(ListItem(line) for line in lines))


def text_of_blocks(blocks: Iterable[dict]) -> str:
    """The reverse, for the editor: rendered or raw blocks as typed text."""
    parts = []
    for block in blocks:
        if block["type"] == "p":
            parts.append(block["text"])
        elif block["type"] == "ul":
            parts.append("\n".join(f"- {item}" for item in block["items"]))
        elif block["type"] == "ol":
            parts.append("\n".join(f"{rank}. {item}" for rank, item in enumerate(block["items"], start=1)))
        else:
            parts.append(TABLE_NAMES.get(block["type"], TABLE_NAMES["funding_table"]))
    return "\n\n".join(parts)
