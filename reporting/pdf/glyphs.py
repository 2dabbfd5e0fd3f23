"""Refuse, before rendering, a text holding characters the document's fonts cannot print.

A missing character breaks PDF/A (ISO 19005-3, 6.2.11.8) and, worse, prints as an empty box in a signed act.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from html.parser import HTMLParser

from core.errors import InvalidInput

# Elements whose text never reaches the page.
_SILENT = {"title", "style", "script", "desc", "metadata"}
_HEADINGS = {"h1", "h2", "h3", "h4", "caption"}
# HTML elements that have no end tag: they must not stay on the stack.
_VOID = {"br", "hr", "img", "meta", "link", "col", "wbr", "input"}
_EXCERPT = 30


@dataclass(frozen=True)
class MissingGlyph:
    """A character and where it was first met: ``where`` is the nearest heading above, ``excerpt`` the text around."""

    character: str
    where: str
    excerpt: str

    def __str__(self) -> str:
        name = unicodedata.name(self.character, "caractère sans nom")
        return f"« {self.character} » (U+{ord(self.character):04X}, {name}) dans « {self.where} » : « {self.excerpt} »"


class MissingGlyphs(InvalidInput):
    """Raised with every unprintable character; ``missing`` keeps them for the screen that shows where to mend.

    A business error: whoever asks for the document, by page, API or command, is told which words to change.
    """

    def __init__(self, missing: list[MissingGlyph]) -> None:
        self.missing = missing
        places = " ; ".join(str(item) for item in missing)
        super().__init__(f"Caractères absents des polices du document, à remplacer dans le texte : {places}.")


class _TextWalker(HTMLParser):
    """Walks the page, keeping the last heading so that a finding can be located by a person."""

    def __init__(self, printable: Collection[int]) -> None:
        super().__init__(convert_charrefs=True)
        self.printable = printable
        self.stack: list[str] = []
        self.heading = "début du document"
        self.building_heading = ""
        self.missing: dict[str, MissingGlyph] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        self.stack.append(tag)
        if tag in _HEADINGS:
            self.building_heading = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A self-closed element (SVG shapes) holds no text."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.stack:
            return
        while self.stack.pop() != tag:
            pass
        if tag in _HEADINGS and self.building_heading:
            self.heading = self.building_heading

    def handle_data(self, data: str) -> None:
        if _SILENT.intersection(self.stack):
            return
        if _HEADINGS.intersection(self.stack):
            self.building_heading = " ".join((self.building_heading + data).split())
        for position, character in enumerate(data):
            if character in self.missing or self._prints(character):
                continue
            start = max(0, position - _EXCERPT)
            excerpt = " ".join(data[start : position + _EXCERPT].split())
            self.missing[character] = MissingGlyph(character, self.building_heading or self.heading, excerpt)

    def _prints(self, character: str) -> bool:
        # Line ends and tabs are collapsed by the layout; soft hyphens and joiners (category Cf) have no ink.
        return ord(character) in self.printable or character in "\n\r\t" or unicodedata.category(character) == "Cf"


def check_glyphs(html: str, printable: Collection[int]) -> None:
    """Raise ``MissingGlyphs`` when the visible text of ``html`` needs characters outside ``printable`` code points."""
    walker = _TextWalker(printable)
    walker.feed(html)
    walker.close()
    if walker.missing:
        raise MissingGlyphs(list(walker.missing.values()))
