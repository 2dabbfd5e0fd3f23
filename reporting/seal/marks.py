"""The mark printed on each page of an approved version, as a QR code: which document, which version, which page.

With a public address it is a link to the verification page, so that any telephone opens it; without one it is a short
text that Cosigne alone reads. Both hold the same values; :func:`read_mark` reads both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from conventions.models import ConventionVersion

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


@dataclass(frozen=True)
class PrintedMark:
    """What the pages of one approved version bear. ``address``: the site's public one on the day of the approval."""

    version: UUID
    number: int
    code: str
    address: str = ""

    def pages(self, count: int) -> list[str]:
        """The text of each page's code, in order."""
        return [
            page_mark(self.version, self.number, page, count, code=self.code, address=self.address)
            for page in range(1, count + 1)
        ]

    @property
    def document(self) -> str:
        """The mark of the whole file: what a copy says it is, even when it is no longer that."""
        return page_mark(self.version, self.number, 1, 1, code=self.code, address="")


def printed_mark(version: ConventionVersion) -> PrintedMark:
    """Read from the frozen row alone, so that rendering it again gives the same bytes."""
    address = version.content.get("public_address", "")
    return PrintedMark(version.uuid, version.number, version_code(version.sha256), address)
