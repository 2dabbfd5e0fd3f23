"""The printed convention: from the canonical content (plain data, frozen at approval) to the PDF.

The canonical content is a JSON-able dict, the same for the page, the PDF and the attachment:

- ``reference``, ``title``, ``subtitle``, ``status_label``: texts; ``draft``: watermark; ``version``: int or None;
- ``parties``: ``name_le``, ``designation`` (the whole sentence naming the party), ``roles_label``;
- ``visas``: texts; ``preamble``: blocks;
- ``articles``: ``number`` (None for an unnumbered one), ``kind``, ``title``, ``blocks``;
- ``closing``: ``place``, ``copies_sentence``;
- ``signatories``: ``id`` (``sig-<n>``), ``name``, ``function``, ``organisation``, ``mention``;
- ``annexes``: ``number``, ``title``, ``blocks``.

A block is ``{"type": "p", "text"}``, ``{"type": "ul" or "ol", "items"}`` or ``{"type": "table", "caption", "head",
"rows", "foot", "align"}`` with one letter l, r or c per column; the first cell of a row is its header. A paragraph or a
list may have ``bold``: the stretches of its plain text printed in bold, as ``[start, end]`` positions.
Texts are plain: markup is printed as typed, and French spacing is added here, not stored.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from reporting.pdf.engine import PdfAttachment, printable_html, render_pdf
from reporting.seal.marks import PrintedMark

TEMPLATE = "pdf/convention.html"
ATTACHMENT_NAME = "convention.json"

_ALIGNMENTS = {"l": "left", "r": "right", "c": "center"}


def render_convention(
    *,
    content: Mapping[str, Any],
    created: datetime,
    attachments: Sequence[PdfAttachment] = (),
    mark: PrintedMark | None = None,
) -> bytes:
    """The convention's PDF/A-3a, with one empty signature field per signatory and its own data attached.

    ``content`` is the canonical dict described above; ``mark``, that of an approved version, is printed as a QR code on
    each page. The same content, date and mark give the same bytes.
    Errors are those of ``render_pdf``.
    """
    data = PdfAttachment(
        name=ATTACHMENT_NAME,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode(),
        description="Texte et chiffres de la convention, sous forme de données",
        moment=created,
    )
    return render_pdf(
        template=TEMPLATE,
        context={"content": printable(content)},
        title=f"{content['title']} – {content['reference']}",
        created=created,
        attachments=[data, *attachments],
        signature_fields=True,
        page_marks=mark.pages if mark else None,
        keywords=mark.document if mark else "",
    )


def check_convention(content: Mapping[str, Any]) -> None:
    """Raise ``MissingGlyphs`` when ``render_convention`` would: no layout is done, a few milliseconds."""
    printable_html(template=TEMPLATE, context={"content": printable(content)}, title=str(content["title"]))


def printable(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content`` with what a template cannot work out: each cell's alignment, which paragraph announces a list."""
    return {
        **content,
        "preamble": blocks_for_print(content.get("preamble", [])),
        "articles": [{**article, "blocks": blocks_for_print(article["blocks"])} for article in content["articles"]],
        "annexes": [{**annex, "blocks": blocks_for_print(annex["blocks"])} for annex in content.get("annexes", [])],
    }


def blocks_for_print(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks with what the print templates need: alignments, and which paragraph announces what follows."""
    printed = [_table(block) if block["type"] == "table" else dict(block) for block in blocks]
    for block, following in pairwise(printed):
        # What announces a list or a table must not be left alone at the foot of a page.
        block["announces"] = following["type"] in ("ul", "ol", "table")
    return printed


def _table(block: Mapping[str, Any]) -> dict[str, Any]:
    aligns = [_ALIGNMENTS[letter] for letter in block.get("align") or ["l"] * len(block["head"])]

    def cells(row: Sequence[str]) -> list[dict[str, str]]:
        return [{"text": text, "align": align} for text, align in zip(row, aligns, strict=True)]

    return {
        "type": "table",
        "caption": block.get("caption", ""),
        "head": cells(block["head"]),
        "rows": [cells(row) for row in block["rows"]],
        "foot": cells(block["foot"]) if block.get("foot") else [],
    }
