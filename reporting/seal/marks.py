"""The mark printed on each page of an approved version, as a QR code: which document, which version, which page.

With a public address it is a link to the verification page, so that any telephone opens it; without one it is a short
text that Cosigne alone reads. Both hold the same values; :func:`read_mark` reads both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from conventions.text.content import content_hash
from conventions.text.marking import MARK

#: Hexadecimal characters of the content's SHA-256 in a mark: who invents a document's number does not guess them.
CODE_LENGTH = 12
SCHEME = "COSIGNE"

_UUID = r"(?P<version>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_VALUES = rf"{_UUID}/(?P<code>[0-9a-f]{{0,12}})/(?P<number>\d{{1,5}})-(?P<page>\d{{1,5}})-(?P<pages>\d{{1,5}})"
_LINK = re.compile(rf"https?://[^/\s]+/(?:[^\s?#]*/)?verifier/{_VALUES}/?", re.IGNORECASE)
_TEXT = re.compile(rf"{SCHEME}:{_VALUES}", re.IGNORECASE)
#: The mark of the document as a whole, among its key words: in clear in the file, page and number of pages being 1.
DOCUMENT_MARK = re.compile(rb"COSIGNE:[0-9a-f-]{36}/[0-9a-f]{12}/\d{1,5}-1-1")


@dataclass(frozen=True)
class Mark:
    """What a page says of itself: ``page`` of ``pages`` of version ``number`` (all from 1), ``version`` its uuid.

    ``code`` is the beginning of the SHA-256 of the version's content.
    """

    version: UUID
    number: int
    page: int
    pages: int
    code: str = ""


def page_mark(
    version_uuid: UUID | str, number: int, page: int, pages: int, *, code: str = "", address: str | None = None
) -> str:
    """The text of a page's QR code. ``address``: the site's public one, by default that of the settings."""
    base = settings.COSIGNE_PUBLIC_URL if address is None else address
    values = f"{UUID(str(version_uuid))}/{code}/{number}-{page}-{pages}"
    return f"{base.rstrip('/')}/verifier/{values}/" if base else f"{SCHEME}:{values}"


def read_mark(text: str) -> Mark | None:
    """The mark a QR code holds; None when it is another QR code, or a page number that cannot be."""
    found = _LINK.fullmatch(text.strip()) or _TEXT.fullmatch(text.strip())
    if found is None:
        return None
    number, page, pages = (int(found[name]) for name in ("number", "page", "pages"))
    if not (number >= 1 and 1 <= page <= pages):
        return None
    return Mark(UUID(found["version"]), number, page, pages, found["code"].lower())


def version_code(sha256: str) -> str:
    """The code of a version, from the SHA-256 of its content."""
    return sha256[:CODE_LENGTH]


def marks_of(content: Mapping[str, Any], pages: int) -> list[str]:
    """The marks of the pages of an approved content, in order; none for a draft.

    They come from the content alone, public address at approval included: rendering it again gives the same bytes.
    """
    if not _is_marked(content):
        return []
    held, code = content[MARK], _code(content)
    return [
        page_mark(held["version"], content["version"], page, pages, code=code, address=held["address"])
        for page in range(1, pages + 1)
    ]


def document_mark(content: Mapping[str, Any]) -> str:
    """The mark of the whole document, "" for a draft: what a copy says it is, even when it is no longer that."""
    if not _is_marked(content):
        return ""
    return page_mark(content[MARK]["version"], content["version"], 1, 1, code=_code(content), address="")


def _is_marked(content: Mapping[str, Any]) -> bool:
    return bool(content.get(MARK)) and not content.get("draft")


def _code(content: Mapping[str, Any]) -> str:
    return version_code(content_hash(dict(content)))
