"""The user guide (``docs/guide``) as the application reads it: pages, pictures, glossary, search."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape

from core import markdown
from core.typography import fr_text

GUIDE: Path = settings.BASE_DIR / "docs" / "guide"
#: The pictures the browser tests make (tests/e2e/pictures.py), served as static files under ``guide/``.
IMAGES = GUIDE / "images"
INDEX, STATEMENT, GLOSSARY = "index", "accessibilite", "glossaire"
#: Pages in the order they are read, with the name they go by in lists.
PAGES: dict[str, str] = {
    INDEX: "Guide",
    "gestionnaire": "Gestionnaire",
    "instructeur": "Instructeur",
    "finances": "Finances",
    "partenaire": "Partenaire",
    "employeur": "Employeur",
    "national": "Observatoire national",
    "plateforme": "Plateforme",
    "pilotage": "Le pilotage",
    "bilans": "Les bilans",
    "signature": "Les signatures",
    "compte": "Votre compte",
    "modeles": "Les modèles de convention",
    "calculs": "Les calculs",
    "controles": "Les contrôles",
    "calendrier": "Le calendrier",
    "tableau": "Le tableau pluriannuel",
    "verification": "Vérifier un document",
    "dossier": "Le dossier",
    GLOSSARY: "Le glossaire",
    STATEMENT: "L'accessibilité",
}
#: Glossary entries whose word is too common to be linked wherever it stands: « personne ne… », « d'autre part ».
NOT_LINKED = frozenset({"personne", "situation", "part", "version", "poste", "contrôle", "plan", "partie", "mode"})


@dataclass(frozen=True)
class Section:
    """What stands under one heading; the introduction of a page has no anchor."""

    page: str
    title: str
    anchor: str
    text: str

    @property
    def url(self) -> str:
        return address(f"{self.page}.md#{self.anchor}" if self.anchor else f"{self.page}.md")


@dataclass(frozen=True)
class Found:
    """An answer of the guide's search: ``title`` is « Page : section », ``excerpt`` plain text around the words."""

    title: str
    url: str
    excerpt: str


def read(name: str) -> str:
    """The text of a page. Raises ``LookupError`` for a page the guide does not have."""
    path = GUIDE / f"{name}.md"
    if name not in PAGES or not path.is_file():
        raise LookupError(f"the guide has no page {name}")
    return _text(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _text(path: Path, _changed: int) -> str:
    return path.read_text(encoding="utf-8")


def shown(name: str) -> markdown.Page:
    """A page as HTML, its pictures in place and the first use of each glossary word leading there."""
    words = None if name == GLOSSARY else first_uses()
    return markdown.render(read(name), address, pictures=picture, words=words)


def address(link: str) -> str:
    """« calculs.md » is the page of that name here; any other address is left alone."""
    name, _, anchor = link.partition("#")
    if not name.endswith(".md"):
        return link
    name = name.removesuffix(".md")
    url = reverse("accessibility") if name == STATEMENT else reverse("guide", args=[name])
    return f"{url}#{anchor}" if anchor else url


def picture(name: str) -> markdown.Picture | None:
    """A picture of ``docs/guide/images``; None when there is no PNG of that name."""
    path = IMAGES / f"{name}.png"
    if not path.is_file():
        return None
    width, height = _size(path, path.stat().st_mtime_ns)
    return markdown.Picture(static(f"guide/{name}.png"), width, height)


@lru_cache(maxsize=128)
def _size(path: Path, _changed: int) -> tuple[int, int]:
    """Width and height in pixels, from the first chunk of a PNG."""
    with path.open("rb") as stream:
        head = stream.read(24)
    width, height = struct.unpack(">II", head[16:24])
    return width, height


# --- Sections and search ----------------------------------------------------------------------------------------------


def sections(name: str) -> list[Section]:
    """The page cut at its headings; the first one is its introduction."""
    return _sections(name, read(name))


@lru_cache(maxsize=128)
def _sections(name: str, text: str) -> list[Section]:
    found: list[Section] = []
    heads = markdown.headings(text)
    parts = re.split(r"^#{1,3} +.+$", text, flags=re.MULTILINE)[1:]
    for head, part in zip(heads, parts, strict=True):
        anchor = head.anchor if head.level > 1 else ""
        found.append(Section(name, head.title, anchor, markdown.plain(part)))
    return found


def search_guide(words: str, *, limit: int = 12, in_titles: bool = False) -> list[Found]:
    """The sections that hold every one of ``words``, accents and case aside, best first.

    A word in the title counts more than many in the text; ``in_titles``: titles alone are looked at. Nothing for an
    empty question.
    """
    wanted = [word for word in re.split(r"[^0-9a-z]+", folded(words)) if len(word) > 1]
    if not wanted:
        return []
    ranked: list[tuple[int, int, Section]] = []
    for name in PAGES:
        for section in sections(name):
            title, text = folded(f"{PAGES[name]} {section.title}"), "" if in_titles else folded(section.text)
            if section.text and all(word in title or word in text for word in wanted):
                weight = 50 * (folded(section.title) == " ".join(wanted)) + sum(
                    20 * (word in title) + min(text.count(word), 10) for word in wanted
                )
                ranked.append((-weight, len(ranked), section))
    best = [section for _weight, _rank, section in sorted(ranked)[:limit]]
    return [Found(_titled(section), section.url, excerpt(section.text, wanted)) for section in best]


def _titled(section: Section) -> str:
    return fr_text(f"{PAGES[section.page]} : {section.title}" if section.anchor else section.title)


def folded(text: str) -> str:
    """Lower case without accents, letter for letter: a place in one is the same place in the other."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text).lower()


def excerpt(text: str, wanted: list[str], *, length: int = 180) -> str:
    """Some words of ``text`` around the first of ``wanted`` found in it; the beginning when none is."""
    places = [place for place in (folded(text).find(word) for word in wanted) if place >= 0]
    start = max(min(places, default=0) - length // 3, 0)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = len(text) if start + length >= len(text) else text.rfind(" ", start, start + length)
    end = end if end > start else start + length
    return fr_text(f"{'… ' if start else ''}{text[start:end].strip()}{' …' if end < len(text) else ''}")


# --- Glossary ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _glossary(text: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds a word of the glossary in a text, and the anchor of each form it can take, folded."""
    forms: dict[str, str] = {}
    patterns: list[tuple[int, str]] = []
    for head in markdown.headings(text):
        if head.level != 3:
            continue
        named, _, short = head.title.rstrip(")").partition(" (")
        for form in filter(None, (named, short)):
            if form.lower() not in NOT_LINKED:
                forms[folded(form)] = head.anchor
                patterns.append((len(form), _form(form)))
    every = "|".join(pattern for _length, pattern in sorted(patterns, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{every})(?![\w-])"), forms


def _form(form: str) -> str:
    """A pattern for ``form``, in the plural too; what is written in capitals only is met in capitals only."""
    if form.isupper():
        return re.escape(form)
    words = []
    for word in fr_text(form).split(" "):
        safe = re.escape(word)
        words.append(rf"{safe[:-1]}(?:l|ux)" if word.endswith("al") else rf"{safe}[sx]?")
    return rf"(?i:{' '.join(words)})"


def first_uses() -> Callable[[str], str]:
    """A writer of plain words for one page: escaped, the first use of each glossary word being a link to it."""
    pattern, forms = _glossary(read(GLOSSARY))
    glossary, done = address(f"{GLOSSARY}.md"), set()

    def write(text: str) -> str:
        parts: list[str] = []
        position = 0
        for found in pattern.finditer(text):
            anchor = anchor_of(found[0], forms)
            if anchor in done:
                continue
            done.add(anchor)
            parts.append(escape(text[position : found.start()]))
            parts.append(f'<a class="term" href="{glossary}#{anchor}">{escape(found[0])}</a>')
            position = found.end()
        return "".join([*parts, escape(text[position:])])

    return write


def anchor_of(found: str, forms: dict[str, str]) -> str:
    """The anchor of a word as it was met: « Titres de recettes » is that of « titre de recettes »."""
    singular = [re.sub(r"ux$", "l", word) if word.endswith("aux") else word for word in folded(found).split(" ")]
    for form, anchor in forms.items():
        own = fr_text(form).split(" ")
        if len(own) == len(singular) and all(
            word in (mine, f"{mine}s", f"{mine}x") for word, mine in zip(singular, own, strict=True)
        ):
            return anchor
    raise LookupError(found)
