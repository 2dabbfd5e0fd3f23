"""The wording of each clause before its variables are filled in: what tells a changed clause from a changed figure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, field
from typing import Any

from conventions.clauses.conditions import holds
from conventions.clauses.engine import ClauseText, ClauseVariant
from conventions.clauses.variables import VARIABLES
from conventions.text.clauses import chosen_clauses
from conventions.text.context import context_of
from conventions.text.dossier import Draft
from conventions.text.flags import flags_of
from core.french import lower_first

_TAG = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")


@dataclass(frozen=True)
class RawClause:
    """A clause as the conditions chose it; ``content`` holds its paragraphs with their ``{{ tags }}``."""

    title: str
    content: tuple[Any, ...]
    #: The same as people read it, a paragraph or a point each, what a variable stands for between brackets.
    texts: tuple[str, ...] = field(default=(), compare=False)


def raw_clauses(draft: Draft, *, as_renewal: bool = False) -> dict[str, RawClause]:
    """The clauses this convention prints, by kind. ``as_renewal``: as they would read for a post carried on."""
    flags = flags_of(draft)
    if as_renewal:
        flags = (flags - {"creation"}) | {"renewal"}
    known = {name for name, value in context_of(draft).items() if value}
    chosen = chosen_clauses(draft.convention)
    found = {}
    for clause in chosen.texts:
        if not holds(clause.when, flags, known):
            continue
        variant = _variant(clause, chosen.choices, flags, known)
        content, texts = _content(variant, flags, known) if variant else ((), ())
        found[clause.kind] = RawClause(clause.title, content, texts)
    return found


def _variant(clause: ClauseText, choices: Mapping[str, str], flags: Set[str], known: Set[str]) -> ClauseVariant | None:
    wanted = choices.get(clause.kind)
    if wanted:
        return next((v for v in clause.variants if v.key == wanted), None)
    return next((v for v in clause.variants if holds(v.when, flags, known)), None)


def _content(variant: ClauseVariant, flags: Set[str], known: Set[str]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Blocks as plain data, those the conditions leave out excepted, whatever kinds there are; and in words."""
    kept, texts = [], []
    for block in variant.blocks:
        if holds(block.when, flags, known):
            data = asdict(block)
            data["items"] = [item for item in data.get("items") or () if holds(item.get("when") or [], flags, known)]
            kept.append(str(data))
            texts += [_in_words(text) for text in (data.get("text"), *(i.get("text") for i in data["items"])) if text]
    return tuple(kept), tuple(texts)


def _in_words(text: str) -> str:
    return _TAG.sub(lambda tag: f"[{_meaning(tag[1])}]", text).replace("**", "")


def _meaning(name: str) -> str:
    known = VARIABLES.get(name)
    text = known.description if known else "renvoi à un article"
    return lower_first(text)
