"""The Markdown of the user guide as HTML: headings, paragraphs, lists, tables, bold, code, links, our own pictures.

The guide is written with these only, so that one file reads well in the repository and in the application. Everything
is escaped; a page never holds markup of its own. A picture is one the application has (``pictures`` knows it): any
other address of a picture is printed as it is written, never asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from core.typography import fr_text

Links = Callable[[str], str]
Words = Callable[[str], str]

_HEADING = re.compile(r"(#{1,3}) +(.+)")
_ITEM = re.compile(r"(?:-|(\d+)\.) +(.+)")
_NUM = ' class="num"'
_RULE = re.compile(r"\|(?: *:?-+:? *\|)+")
_PICTURE = re.compile(r'!\[(?P<alt>[^\]]+)\]\(images/(?P<name>[a-z0-9-]+)\.png "(?P<caption>[^"]+)"\)')
_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\[(?P<text>[^\]]+)\]\((?P<link>[^)\s]+)\)")


@dataclass(frozen=True)
class Picture:
    """Where a picture is served, and its size in pixels: the page keeps its place before it comes."""

    src: str
    width: int
    height: int


@dataclass(frozen=True)
class Heading:
    """A heading of a text: its level (1 to 3), its words, and the anchor it has in the page."""

    level: int
    title: str
    anchor: str


Pictures = Callable[[str], "Picture | None"]


@dataclass
class Page:
    """``title`` is the first heading, left out of ``html``: the page shows it as its own."""

    title: str = ""
    html: SafeString = field(default_factory=lambda: SafeString(""))


@dataclass(frozen=True)
class _Manner:
    """How what is not the text's own is shown: ``words`` writes a run of plain words, escaped."""

    links: Links
    pictures: Pictures
    words: Words = field(default=lambda text: str(escape(text)))


def headings(text: str) -> list[Heading]:
    """Every heading of ``text``, in order."""
    found = (_HEADING.fullmatch(line) for line in text.splitlines())
    return [Heading(len(one[1]), one[2], slugify(one[2])) for one in found if one]


def plain(text: str) -> str:
    """``text`` without its marks, on one line: what a search reads."""
    text = re.sub(_PICTURE, r"\g<caption>", text)
    text = re.sub(r"^\s*(?:#{1,3}|-|\d+\.) +", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\|[ |:-]+\|$", "", text, flags=re.MULTILINE).replace("|", " ")
    kept = (one["code"] or one["bold"] or one["text"] for one in _INLINE.finditer(text))
    return " ".join(_INLINE.sub(lambda _one: next(kept), text).split())


def render(text: str, links: Links, *, pictures: Pictures | None = None, words: Words | None = None) -> Page:
    """``text`` as a page. ``links`` turns the address of a link of the text into one of the application, ``pictures``
    the name of a picture into what is served (None: unknown), ``words`` plain words into HTML (escaped if not given).
    """
    page = Page()
    manner = _Manner(links, pictures or (lambda _name: None), **({"words": words} if words else {}))
    parts: list[str] = []
    section, tables = "", 0
    for block in _blocks(text):
        heading = _HEADING.fullmatch(block[0])
        section, tables = (heading[2], 0) if heading else (section, tables + _is_table(block))
        if heading and len(heading[1]) == 1 and not page.title:
            page.title = fr_text(heading[2])
        else:
            parts.append(_block(block, manner, section if tables < 2 else f"{section} ({tables})"))
    page.html = mark_safe("\n".join(parts))
    return page


def _blocks(text: str) -> Iterator[list[str]]:
    """Runs of lines: a blank line parts them, and so do a heading and the beginning of a list."""
    current: list[str] = []
    for line in [*text.splitlines(), ""]:
        starts_list = bool(_ITEM.fullmatch(line)) and bool(current) and not _ITEM.fullmatch(current[0])
        if current and (not line.strip() or _HEADING.fullmatch(line) or starts_list):
            yield current
            current = []
        if line.strip():
            current.append(line)
            if _HEADING.fullmatch(line):
                yield current
                current = []


def _block(lines: list[str], manner: _Manner, label: str) -> str:
    heading = _HEADING.fullmatch(lines[0])
    if heading:
        level = len(heading[1])
        return f'<h{level} id="{slugify(heading[2])}">{_inline(heading[2], _bare(manner))}</h{level}>'
    if _ITEM.fullmatch(lines[0]):
        return _list(lines, manner)
    if _is_table(lines):
        return _table(lines, manner, label)
    return _figure(lines, manner) or f"<p>{_inline(_joined(lines), manner)}</p>"


def _bare(manner: _Manner) -> _Manner:
    """Without anything added to the words: for headings."""
    return _Manner(manner.links, manner.pictures)


def _figure(lines: list[str], manner: _Manner) -> str:
    """A picture alone in its block; "" when the block is not that, or the picture is not one of ours."""
    found = _PICTURE.fullmatch(_joined(lines))
    picture = manner.pictures(found["name"]) if found else None
    if not found or not picture:
        return ""
    alt, caption, src = escape(fr_text(found["alt"])), escape(fr_text(found["caption"])), escape(picture.src)
    return (
        f'<figure><img src="{src}" alt="{alt}" width="{picture.width}" height="{picture.height}" loading="lazy"'
        f' decoding="async"><figcaption>{caption} <a class="no-print" href="{src}">Agrandir'
        f'<span class="visually-hidden"> : {caption}</span></a></figcaption></figure>'
    )


def _is_table(lines: list[str]) -> bool:
    return len(lines) > 1 and bool(_RULE.fullmatch(lines[1].strip()))


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _list(lines: list[str], manner: _Manner) -> str:
    """Lines that begin no item continue the one before."""
    items: list[list[str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item:
            items.append([item[2]])
        else:
            items[-1].append(line)
    tag = "ol" if lines[0][0].isdigit() else "ul"
    inner = "".join(f"<li>{_inline(_joined(item), manner)}</li>" for item in items)
    return f"<{tag}>{inner}</{tag}>"


def _table(lines: list[str], manner: _Manner, label: str) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    numeric = [cell.endswith(":") for cell in rows[1]]
    head = "".join(
        f'<th scope="col"{_NUM * number}>{_inline(cell, _bare(manner))}</th>'
        for cell, number in zip(rows[0], numeric, strict=True)
    )
    body = "".join(_row(row, numeric, manner) for row in rows[2:])
    # A table wider than the screen scrolls: the keyboard must reach it, hence a region, named by its section.
    name = escape(f"Tableau : {label}")
    return (
        f'<div class="table-wrap" role="region" aria-label="{name}" tabindex="0">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: list[str], numeric: list[bool], manner: _Manner) -> str:
    first = cells[0]
    others = zip(cells[1:], numeric[1:], strict=True)
    inner = "".join(f"<td{_NUM * number}>{_inline(cell, manner)}</td>" for cell, number in others)
    head = f'<th scope="row">{_inline(first, manner)}</th>' if first else "<td></td>"
    return f"<tr>{head}{inner}</tr>"


def _inline(text: str, manner: _Manner) -> str:
    """Bold, code and links; the rest escaped, with the spaces and apostrophes of French typography."""
    text = fr_text(text)
    parts: list[str] = []
    position = 0
    for found in _INLINE.finditer(text):
        parts.append(manner.words(text[position : found.start()]))
        if found["code"]:
            parts.append(f"<code>{escape(found['code'])}</code>")
        elif found["bold"]:
            parts.append(f"<strong>{escape(found['bold'])}</strong>")
        else:
            parts.append(f'<a href="{escape(manner.links(found["link"]))}">{escape(found["text"])}</a>')
        position = found.end()
    return "".join([*parts, manner.words(text[position:])])


__all__ = ["Heading", "Page", "Picture", "headings", "plain", "render"]
