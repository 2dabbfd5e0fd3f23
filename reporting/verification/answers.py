"""The answer to who holds a file or a sheet of paper.

A file is read by the signature library only when it begins with the very bytes of an approved document: whatever else
people send is compared by its digests, and never interpreted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from reporting.seal.marks import DOCUMENT_MARK, Mark, read_mark
from reporting.seal.pdf import FieldVerification, Verification, verify
from reporting.verification.facts import VersionFacts, version_facts

#: An end of revision of a PDF. A file we made has one, and one or two more for each signature.
_REVISION_END = re.compile(rb"%%EOF")
#: More revisions than any file signed by twenty people has.
MOST_REVISIONS = 200


class Finding(Enum):
    """The verdict on a file, or on the mark of a page."""

    #: The very file Cosigne keeps.
    KEPT = "kept"
    #: The approved text, byte for byte, then signatures that all hold and are all believed.
    SIGNED = "signed"
    #: The same, but a signature is by a certificate nobody vouches for here.
    DOUBTFUL = "doubtful"
    #: Begins with an approved text, and something was changed or added.
    ALTERED = "altered"
    #: Says it is an approved version and is not its file.
    IMITATION = "imitation"
    #: No relation to anything approved here.
    UNKNOWN = "unknown"
    #: A mark read from paper names this version.
    NAMED = "named"


@dataclass(frozen=True)
class Answer:
    """What was found; ``facts`` of the version concerned, ``signatures`` read in the file, ``page`` of a mark."""

    finding: Finding
    facts: VersionFacts | None = None
    signatures: tuple[FieldVerification, ...] = ()
    mark: Mark | None = None
    sha256: str = ""

    @property
    def is_authentic(self) -> bool:
        return self.finding in (Finding.KEPT, Finding.SIGNED)

    @property
    def is_false(self) -> bool:
        return self.finding in (Finding.ALTERED, Finding.IMITATION, Finding.UNKNOWN)


def verify_file(data: bytes) -> Answer:
    """Judge a file. Reads it in memory, keeps nothing, never raises for what a file holds."""
    digests = list(_digests(data))
    whole = digests[-1]
    facts = version_facts(digests=digests)
    if facts is None:
        return _imitation(data, whole)
    found = verify(data) if data.startswith(b"%PDF") else Verification(fields=(), untouched=False, readable=False)
    if facts.document_sha256 == whole:
        return Answer(Finding.KEPT, facts, _people(found), sha256=whole)
    if not (found.untouched and found.sealed):
        return Answer(Finding.ALTERED, facts, _people(found), sha256=whole)
    believed = all(field.bottom_line for field in found.fields)
    return Answer(Finding.SIGNED if believed else Finding.DOUBTFUL, facts, _people(found), sha256=whole)


def verify_mark(mark: Mark) -> Answer:
    """What the mark of a page names. A mark can be copied: it proves that the version exists, not what a sheet says."""
    facts = known_version(mark.version, mark.code)
    if facts is None or facts.number != mark.number:
        return Answer(Finding.UNKNOWN, mark=mark)
    return Answer(Finding.NAMED, facts, mark=mark)


def known_version(version: UUID, code: str) -> VersionFacts | None:
    """The version of this number and this code; None unless both are right."""
    return version_facts(version=version, code=code)


def _imitation(data: bytes, whole: str) -> Answer:
    """The file is not one of ours; when it says it is, that is worth telling."""
    for found in DOCUMENT_MARK.finditer(data):
        mark = read_mark(found[0].decode("ascii"))
        facts = known_version(mark.version, mark.code) if mark else None
        if facts is not None:
            return Answer(Finding.IMITATION, facts, mark=mark, sha256=whole)
    return Answer(Finding.UNKNOWN, sha256=whole)


def _digests(data: bytes) -> Iterator[str]:
    """SHA-256 of each beginning of the file that ends where a PDF can end; the whole file last."""
    running = hashlib.sha256()
    position = 0
    for count, end in enumerate(_REVISION_END.finditer(data)):
        if count == MOST_REVISIONS:
            break
        for stop in (end.end(), *_line_ends(data, end.end())):
            running.update(data[position:stop])
            position = stop
            if stop < len(data):
                yield running.copy().hexdigest()
    running.update(data[position:])
    yield running.hexdigest()


def _line_ends(data: bytes, position: int) -> list[int]:
    """Where the end of line after ``%%EOF`` may stop."""
    if data[position : position + 2] == b"\r\n":
        return [position + 2]
    return [position + 1] if data[position : position + 1] in (b"\n", b"\r") else []


def _people(found: Verification) -> tuple[FieldVerification, ...]:
    return tuple(field for field in found.fields if not field.is_seal)
