"""The Markdown of the user guide as HTML: headings, paragraphs, lists, tables, bold, code and links. Nothing else.

The guide is written with these only, so that one file reads well in the repository and in the application. Everything
is escaped; a page never holds markup of its own.
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

_HEADING = re.compile(r"(#{1,3}) +(.+)")
_ITEM = re.compile(r"(?:-|(\d+)\.) +(.+)")
_NUM = ' class="num"'
_RULE = re.compile(r"\|(?: *:?-+:? *\|)+")
_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\[(?P<text>[^\]]+)\]\((?P<link>[^)\s]+)\)")


@dataclass
class Page:
    """``title`` is the first heading, left out of ``html``: the page shows it as its own."""

    title: str = ""
    html: SafeString = field(default_factory=lambda: SafeString(""))


def render(text: str, links: Links) -> Page:
    """``text`` as a page. ``links`` turns the address of a link of the text into one of the application."""
    page = Page()
    parts: list[str] = []
    section, tables = "", 0
    for block in _blocks(text):
        heading = _HEADING.fullmatch(block[0])
        section, tables = (heading[2], 0) if heading else (section, tables + _is_table(block))
        if heading and len(heading[1]) == 1 and not page.title:
            page.title = fr_text(heading[2])
        else:
            parts.append(_block(block, links, section if tables < 2 else f"{section} ({tables})"))
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


def _block(lines: list[str], links: Links, label: str) -> str:
    heading = _HEADING.fullmatch(lines[0])
    if heading:
        level = len(heading[1])
        return f'<h{level} id="{slugify(heading[2])}">{inline(heading[2], links)}</h{level}>'
    if _ITEM.fullmatch(lines[0]):
        return _list(lines, links)
    if _is_table(lines):
        return _table(lines, links, label)
    return f"<p>{inline(_joined(lines), links)}</p>"


def _is_table(lines: list[str]) -> bool:
    return len(lines) > 1 and bool(_RULE.fullmatch(lines[1].strip()))


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _list(lines: list[str], links: Links) -> str:
    """Lines that begin no item continue the one before."""
    items: list[list[str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item:
            items.append([item[2]])
        else:
            items[-1].append(line)
    tag = "ol" if lines[0][0].isdigit() else "ul"
    inner = "".join(f"<li>{inline(_joined(item), links)}</li>" for item in items)
    return f"<{tag}>{inner}</{tag}>"


def _table(lines: list[str], links: Links, label: str) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    numeric = [cell.endswith(":") for cell in rows[1]]
    head = "".join(
        f'<th scope="col"{_NUM * number}>{inline(cell, links)}</th>'
        for cell, number in zip(rows[0], numeric, strict=True)
    )
    body = "".join(_row(row, numeric, links) for row in rows[2:])
    # A table wider than the screen scrolls: the keyboard must reach it, hence a region, named by its section.
    name = escape(f"Tableau : {label}")
    return (
        f'<div class="table-wrap" role="region" aria-label="{name}" tabindex="0">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: list[str], numeric: list[bool], links: Links) -> str:
    first = cells[0]
    others = zip(cells[1:], numeric[1:], strict=True)
    inner = "".join(f"<td{_NUM * number}>{inline(cell, links)}</td>" for cell, number in others)
    head = f'<th scope="row">{inline(first, links)}</th>' if first else "<td></td>"
    return f"<tr>{head}{inner}</tr>"


def inline(text: str, links: Links) -> str:
    """Bold, code and links; the rest escaped, with the spaces and apostrophes of French typography."""
    text = fr_text(text)
    parts: list[str] = []
    position = 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[position : found.start()]))
        if found["code"]:
            parts.append(f"<code>{escape(found['code'])}</code>")
        elif found["bold"]:
            parts.append(f"<strong>{escape(found['bold'])}</strong>")
        else:
            parts.append(f'<a href="{escape(links(found["link"]))}">{escape(found["text"])}</a>')
        position = found.end()
    return "".join([*parts, escape(text[position:])])


__all__ = ["Page", "inline", "render"]
