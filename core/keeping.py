"""Files in the storage: whole or absent, never overwritten; by their SHA-256, or as they are written."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

CHUNK = 64 * 1024  # bytes


class KeptFile:
    """A temporary ``file`` to write to; ``digest`` (SHA-256) and ``size`` once it is complete, then ``keep``."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    @property
    def size(self) -> int:
        self.file.flush()
        self.file.seek(0, 2)
        return self.file.tell()

    @property
    def digest(self) -> str:
        return _digest(self.file)

    def keep(self, name: str) -> str:
        """Copy it to the storage under ``name``, and return the name it really has there.

        A file of that name is never overwritten: it is kept as it is when it is the same, whole; when it is not (a
        machine that stopped while copying), the storage gives another name.
        """
        if default_storage.exists(name):
            with default_storage.open(name) as there:
                if _digest(there) == self.digest:
                    return name
        self.file.seek(0)
        # Without a name of its own: the storage must copy it, not take it away.
        stored: str = default_storage.save(name, File(self.file, name=""))
        return stored


@contextmanager
def kept_file() -> Iterator[KeptFile]:
    """A file on disk for the time of the block."""
    with tempfile.TemporaryFile() as file:
        yield KeptFile(file)


@dataclass(frozen=True)
class Shelf:
    """A folder of the storage whose files are named by their SHA-256: a content is kept once, never overwritten."""

    folder: str
    suffix: str = ""

    def name(self, digest: str) -> str:
        """Two levels, so that no folder holds a whole département."""
        return f"{self.folder}/{digest[:2]}/{digest}{self.suffix}"

    def keep(self, content: bytes) -> str:
        """Put ``content`` there unless it is there already; its digest."""
        digest = hashlib.sha256(content).hexdigest()
        if not default_storage.exists(self.name(digest)):
            default_storage.save(self.name(digest), ContentFile(content))
        return digest

    def read(self, digest: str) -> bytes | None:
        """What was kept under this digest; None when the file is missing or is no longer that."""
        if not default_storage.exists(self.name(digest)):
            return None
        with default_storage.open(self.name(digest)) as file:
            content: bytes = file.read()
        return content if hashlib.sha256(content).hexdigest() == digest else None


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
