"""Putting a file in the storage as it is written: memory does not grow with it, and it is whole or absent."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.core.files.base import File
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


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
