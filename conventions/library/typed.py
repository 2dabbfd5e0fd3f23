"""A variant's blocks as one text to type, and back: what the editor's field holds.

An empty line parts paragraphs, "- " and "1. " begin the points of a list, "[tableau de financement]" calls for a table,
and "[si …]" at the start of a paragraph, of a point, or alone above a list, says when it is printed. Nothing typed is
refused here: what cannot be is kept as it is, and the checks say where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conventions.clauses.conditions import Condition
from conventions.clauses.engine import LISTS
from conventions.clauses.variables import VARIABLES
from conventions.library.words import both, condition_words, read_condition
from conventions.text.clauses import TABLE_NAMES

_BLOCKS = {name: block for block, name in TABLE_NAMES.items()}
_POINTS = (("ul", re.compile(r"[-–•]\s+")), ("ol", re.compile(r"\d{1,2}[.)]\s+")))
_MARK = re.compile(r"\[\s*((?:sauf\s+)?si\s[^\]]*)\]\s*", re.IGNORECASE)
#: A mark that nothing closes: read as words, and told.
UNCLOSED = re.compile(r"\[\s*(?:sauf\s+)?si\s", re.IGNORECASE)

Json = dict[str, Any]


@dataclass
class TypedText:
    """``places``: (block, item or -1) → where its own words begin in ``text``, ranks and characters from 0."""

    text: str = ""
    places: dict[tuple[int, int], int] = field(default_factory=dict)

    def put(self, words: str, block: int = -1, item: int = -1) -> None:
        if block >= 0:
            self.places[block, item] = len(self.text)
        self.text += words


def type_blocks(blocks: Sequence[Mapping[str, Any]]) -> TypedText:
    """Blocks as the JSON of a model holds them, typed."""
    typed = TypedText()
    for rank, block in enumerate(blocks):
        if rank:
            typed.put("\n\n")
        mark = _mark(block.get("when") or [])
        if block["type"] == "p":
            typed.put(mark + " " if mark else "")
            typed.put(str(block.get("text", "")), rank)
        elif block["type"] in LISTS:
            typed.put(mark + "\n" if mark else "")
            _type_points(typed, rank, block)
        else:
            typed.put(mark + " " if mark else "")
            typed.put(TABLE_NAMES.get(block["type"], f"[{block['type']}]"), rank)
    return typed


def _type_points(typed: TypedText, rank: int, block: Mapping[str, Any]) -> None:
    typed.places[rank, -1] = len(typed.text)
    for number, item in enumerate(block.get("items", ())):
        mark = _mark(item.get("when") or [])
        typed.put("\n" if number else "")
        typed.put("- " if block["type"] == "ul" else f"{number + 1}. ")
        typed.put(mark + " " if mark else "")
        typed.put(str(item.get("text", "")), rank, number)


def _mark(condition: Condition) -> str:
    return f"[{condition_words(condition, tags=True)}]" if condition else ""


def read_blocks(text: str) -> list[Json]:
    """The blocks of a typed text, as the JSON of a model holds them."""
    reader = _Reader()
    for chunk in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip()):
        for line in (line.strip() for line in chunk.split("\n")):
            if line:
                reader.line(line)
        reader.close()
    if reader.when:
        reader.blocks.append(_with_when({"type": "p", "text": ""}, reader.when))
    return reader.blocks


@dataclass
class _Reader:
    blocks: list[Json] = field(default_factory=list)
    #: The block being read, and a condition waiting for the block it is about.
    current: Json | None = None
    when: Condition = field(default_factory=list)

    def line(self, line: str) -> None:
        condition, words = _marks(line)
        if condition:
            self.close()
            self.when = both(self.when, condition)
        if not words:
            return
        kind, words = _point(words)
        if kind in LISTS:
            self._item(kind, words)
        elif words.lower() in _BLOCKS:
            self.close()
            self._open({"type": _BLOCKS[words.lower()]})
            self.close()
        elif self.current is not None and self.current["type"] == "p":
            self.current["text"] += f" {words}"
        else:
            self.close()
            self._open({"type": "p", "text": words})

    def _item(self, kind: str, words: str) -> None:
        if self.current is None or self.current["type"] != kind:
            self.close()
            self._open({"type": kind, "items": []})
        assert self.current is not None
        condition, words = _marks(words)
        self.current["items"].append(_with_when({"text": words}, condition))

    def _open(self, block: Json) -> None:
        self.current = _with_when(block, self.when)
        self.when = []

    def close(self) -> None:
        if self.current is not None:
            self.blocks.append(self.current)
        self.current = None


def _marks(line: str) -> tuple[Condition, str]:
    """The conditions a line begins with, all needed, and the rest of it."""
    condition: Condition = []
    while found := _MARK.match(line):
        condition, line = both(condition, read_condition(found[1])), line[found.end() :]
    return condition, line.strip()


def _point(words: str) -> tuple[str, str]:
    for kind, mark in _POINTS:
        if found := mark.match(words):
            return kind, words[found.end() :].strip()
    return "p", words


def _with_when(item: Json, condition: Condition) -> Json:
    return {**item, "when": condition} if condition else item


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A typed text cut for showing it: ("text" | "variable" | "reference" | "condition" | "table" | "bold", words)."""
    last = 0
    for found in _PIECE.finditer(text):
        if found.start() > last:
            yield "text", text[last : found.start()]
        kind = str(found.lastgroup)
        words = found[0]
        if kind == "table" and words.lower() not in _BLOCKS:
            kind = "text"
        yield kind, words
        last = found.end()
    if last < len(text):
        yield "text", text[last:]


def readable(text: str, titles: Mapping[str, str]) -> str:
    """A typed text with French names for its tags, between brackets: for comparing wordings, not for typing.

    ``titles``: kind of clause → its title.
    """
    return "".join(_named(kind, words, titles) for kind, words in pieces(text))


def _named(kind: str, words: str, titles: Mapping[str, str]) -> str:
    if kind == "condition":
        return f"[{condition_words(read_condition(words.strip('[] ')))}]"
    if kind not in ("variable", "reference"):
        return words
    name = words.strip("{} ")
    if kind == "reference":
        target = name.removeprefix("ref:").strip()
        return f"[article « {titles.get(target, target)} »]"
    variable = VARIABLES.get(name)
    return f"[{variable.description.partition(' ;')[0] if variable else f'inconnu : {name}'}]"


_PIECE = re.compile(
    r"(?P<condition>\[\s*(?:sauf\s+)?si\s[^\]]*\])|(?P<reference>\{\{\s*ref:[^{}]*\}\})|(?P<variable>\{\{[^{}]*\}\})"
    r"|(?P<table>\[tableau [^\]]*\])|(?P<bold>\*\*)",
    re.IGNORECASE,
)
