"""Word-by-word comparison of two texts, and of two sets of clauses. Pure: no database, no markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

#: A figure keeps its thousands and decimals together: "17 500,00" is one word, or half of it would seem unchanged.
_TOKENS = re.compile(r"\n\n|\d+(?:[\u202f\u00a0 ]\d{3})*(?:,\d+)?|\w+(?:['’]\w+)*['’]?|\s|[^\w\s]")
_PARAGRAPH = "\n\n"
#: Unchanged stretches shorter than this many characters between two changes are read as changed: fewer, longer marks.
_ISLAND = 5


class Op(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    op: Op
    text: str


Paragraph = tuple[Piece, ...]


def compare_words(old: str, new: str) -> list[Piece]:
    """The pieces that turn ``old`` into ``new``; joining what is not removed gives ``new``, what is not added ``old``.

    Line ends inside a paragraph count as spaces do; an empty line between paragraphs is a token of its own.
    """
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Op.SAME, "".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Op.REMOVED, "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Op.ADDED, "".join(after[j1:j2])))
    return _merged(pieces)


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Changes separated by a mere space or comma become one, so that a rewritten phrase reads as a phrase."""
    result: list[Piece] = []
    removed = added = ""

    def flush() -> None:
        nonlocal removed, added
        if removed:
            result.append(Piece(Op.REMOVED, removed))
        if added:
            result.append(Piece(Op.ADDED, added))
        removed = added = ""

    for rank, piece in enumerate(pieces):
        inside = 0 < rank < len(pieces) - 1
        island = inside and len(piece.text) < _ISLAND and _PARAGRAPH not in piece.text
        word = any(character.isalnum() for character in piece.text)
        # A mere space between two removals stays as it is: marking it as typed again would say nothing.
        if piece.op is Op.SAME and not (island and (removed or added) and (word or (removed and added))):
            flush()
            result.append(piece)
        elif piece.op is Op.SAME:
            removed, added = removed + piece.text, added + piece.text
        elif piece.op is Op.REMOVED:
            removed += piece.text
        else:
            added += piece.text
    flush()
    return result


def paragraphs(pieces: Sequence[Piece]) -> list[Paragraph]:
    """The same pieces cut at empty lines, for showing one ``<p>`` each; empty paragraphs are left out."""
    done: list[list[Piece]] = [[]]
    for piece in pieces:
        for rank, part in enumerate(piece.text.split(_PARAGRAPH)):
            if rank:
                done.append([])
            if part:
                done[-1].append(Piece(piece.op, part))
    return [tuple(paragraph) for paragraph in done if paragraph]


def redline(old: str, new: str) -> list[Paragraph]:
    """Paragraphs of the comparison of two texts; a list with no removed or added piece when they are the same."""
    return paragraphs(compare_words(old, new))


@dataclass(frozen=True)
class Wording:
    """A clause as two texts can be compared: its title and its plain text."""

    title: str
    text: str


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class ClauseChange:
    """What became of one clause; ``title`` and ``text`` are redlines."""

    kind: str
    change: Change
    name: str
    title: Paragraph
    text: list[Paragraph]

    @property
    def title_changed(self) -> bool:
        return any(piece.op is not Op.SAME for piece in self.title)


def compare_clauses(old: Mapping[str, Wording], new: Mapping[str, Wording]) -> list[ClauseChange]:
    """Every clause of ``new`` in its order, then those of ``old`` that are gone."""
    changes = [_clause(kind, old.get(kind), wording) for kind, wording in new.items()]
    changes += [_clause(kind, wording, None) for kind, wording in old.items() if kind not in new]
    return changes


def _clause(kind: str, before: Wording | None, after: Wording | None) -> ClauseChange:
    empty = Wording("", "")
    if before is None:
        change = Change.ADDED
    elif after is None:
        change = Change.REMOVED
    else:
        change = Change.SAME if before == after else Change.CHANGED
    one, two = before or empty, after or empty
    return ClauseChange(
        kind=kind,
        change=change,
        name=two.title or one.title,
        title=tuple(compare_words(one.title, two.title)),
        text=redline(one.text, two.text),
    )
