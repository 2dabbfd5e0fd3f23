"""Fills the tags of one clause and reads its emphasis: what is typed becomes plain text and the places to print bold.

``**…**`` prints in bold. The marks never reach the text: a rendered paragraph is plain words, and its bold stretches
are positions kept beside it, so that what a value holds (asterisks included) can never become markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_TOKEN = re.compile(r"\{\{\s*(?P<tag>.*?)\s*\}\}|(?P<bold>\*\*)", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_REFERENCE = "ref:"

#: Start and end (excluded) of a bold stretch, in characters of the plain text.
Range = list[int]


@dataclass(frozen=True)
class ClauseProblem:
    """One thing to mend: the clause's kind, the place inside it, and what is wrong, in French."""

    clause: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"Clause « {self.clause} », {self.place} : {self.message}"


@dataclass(frozen=True)
class Written:
    """A finished text: plain words, and which of them are bold."""

    text: str
    bold: tuple[tuple[int, int], ...] = ()

    def ending(self, text: str) -> "Written":
        """The same words with another end: bold stretches are kept within ``text``."""
        kept = ((start, min(end, len(text))) for start, end in self.bold)
        return Written(text, tuple((start, end) for start, end in kept if start < end))

    def ranges(self) -> list[Range]:
        return [[start, end] for start, end in self.bold]


def unpaired_bold(text: str) -> bool:
    """Whether a ``**`` of ``text`` opens a stretch that nothing closes."""
    return sum(1 for match in _TOKEN.finditer(text) if match["bold"]) % 2 == 1


@dataclass
class Writer:
    """Fills the tags of one clause, noting problems instead of stopping at the first."""

    kind: str
    values: Mapping[str, Any]
    numbers: Mapping[str, int]
    problems: list[ClauseProblem]

    def fill(self, text: str, place: str) -> Written:
        """``text`` with its tags replaced. ``place`` locates it in French, for the problems noted."""
        if "{{" in (rest := TAG.sub("", text)) or "}}" in rest:
            self._note(place, "une balise {{ … }} est mal fermée.")
        if unpaired_bold(text):
            self._note(place, "une mise en gras ** … ** n'est pas fermée.")
        parts: list[str] = []
        bold: list[tuple[int, int]] = []
        written, opened, last = 0, -1, 0
        for match in _TOKEN.finditer(text):
            piece = text[last : match.start()]
            if match["bold"] is None:
                piece += self._value(match["tag"], f"{place}, caractère {match.start() + 1}")
            parts.append(piece)
            written, last = written + len(piece), match.end()
            if match["bold"] is not None:
                if opened < 0:
                    opened = written
                else:
                    bold += [(opened, written)] if written > opened else []
                    opened = -1
        parts.append(text[last:])
        return Written("".join(parts), tuple(bold))

    def _value(self, tag: str, place: str) -> str:
        if tag.startswith(_REFERENCE):
            return self._reference(tag.removeprefix(_REFERENCE).strip(), place)
        if not _PATH.fullmatch(tag):
            return self._note(place, f"« {tag} » n'est pas un nom de variable.")
        if tag not in self.values:
            return self._note(place, f"la variable « {tag} » n'existe pas.")
        value = self.values[tag]
        if not isinstance(value, str):
            return self._note(place, f"la variable « {tag} » n'est pas un texte.")
        if not value.strip():
            return self._note(place, f"la variable « {tag} » n'est pas renseignée.")
        return value

    def _reference(self, kind: str, place: str) -> str:
        number = self.numbers.get(kind)
        if number is None:
            return self._note(
                place, f"le renvoi vise la clause « {kind} », qui n'est pas un article de cette convention."
            )
        return f"article {number}"

    def _note(self, place: str, message: str) -> str:
        self.problems.append(ClauseProblem(self.kind, place, message))
        return ""
