"""The archive: a plain tar holding ``base.dump``, ``fichiers/…`` and, last, ``manifest.json`` with every SHA-256.

The manifest comes last because the sums are known once the parts are written; an archive cut short has none, and is
refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from config.backup.errors import BAD_ARGUMENT, BackupError, reason

FORMAT = "cosigne-backup"
VERSION = 1
MANIFEST = "manifest.json"
DATABASE = "base.dump"
FILES = "fichiers/"
MANIFEST_LIMIT = 256 * 1024 * 1024  # bytes; about a million files
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """Size in bytes and SHA-256 (hexadecimal) of one member of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself. ``migrations`` are (application, name) pairs applied when it was made."""

    created_at: str
    server: int
    owner: str
    runtime: str
    migrations: list[tuple[str, str]]
    parts: dict[str, Part] = field(default_factory=dict)

    def as_json(self) -> bytes:
        text = json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, ensure_ascii=False, indent=1)
        return text.encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Raises BackupError when this is not the manifest of a Cosigne backup this version can read."""
        try:
            data = json.loads(content)
            kind, version = data.pop("format"), data.pop("version")
            if kind != FORMAT:
                raise ValueError(kind)
            if version != VERSION:
                raise BackupError(
                    f"Cette sauvegarde est au format {version} ; cette version de Cosigne lit le format {VERSION}. "
                    "Restaurez-la avec la version de Cosigne qui l'a produite."
                )
            parts = {
                str(name): Part(int(part["size"]), str(part["sha256"])) for name, part in data.pop("parts").items()
            }
            datetime.fromisoformat(data["created_at"])
            migrations = [(str(app), str(name)) for app, name in data.pop("migrations")]
            return cls(**data, migrations=migrations, parts=parts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(
                f"{MANIFEST} n'est pas celui d'une sauvegarde de Cosigne : rien n'a été restauré."
            ) from error

    @property
    def files(self) -> dict[str, Part]:
        """Name in the storage → part."""
        return {name.removeprefix(FILES): part for name, part in self.parts.items() if name.startswith(FILES)}


class Summing:
    """A readable stream that sums what goes through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data

    def part(self) -> Part:
        return Part(self.size, self.digest.hexdigest())


class Writer:
    """Adds members one after the other and remembers their sums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.parts: dict[str, Part] = {}

    def add(self, name: str, stream: IO[bytes], size: int) -> None:
        """Add ``size`` bytes of ``stream``; OSError when it holds fewer."""
        member = tarfile.TarInfo(name)
        member.size = size
        member.mode = 0o600
        member.mtime = int(time.time())
        summing = Summing(stream)
        self.tar.addfile(member, summing)  # type: ignore[arg-type]  # only read() is used
        self.parts[name] = summing.part()

    def add_manifest(self, manifest: Manifest) -> str:
        """Close the list; returns the SHA-256 of the manifest, which vouches for everything else."""
        content = manifest.as_json()
        self.add(MANIFEST, io.BytesIO(content), len(content))
        return self.parts[MANIFEST].sha256


class Reader:
    """An archive opened for restoring. :meth:`verify` reads it all before anything else is done."""

    def __init__(self, path: Path) -> None:
        self.stream = _opened(path)
        try:
            self.tar = tarfile.open(fileobj=self.stream, mode="r:")  # noqa: SIM115  (close() closes it)
            self.members = self.tar.getmembers()
            self.manifest = self._manifest(path)
        except (OSError, tarfile.TarError) as error:
            self.stream.close()
            raise BackupError(
                f"{path} n'est pas une sauvegarde de Cosigne, ou elle est abîmée : rien n'a été restauré."
            ) from error
        except BaseException:
            self.stream.close()
            raise

    def close(self) -> None:
        self.tar.close()
        self.stream.close()

    def _manifest(self, path: Path) -> Manifest:
        found = [member for member in self.members if member.name == MANIFEST and member.isfile()]
        if len(found) != 1 or found[0].size > MANIFEST_LIMIT:
            raise BackupError(
                f"{path} n'est pas une sauvegarde complète de Cosigne ({MANIFEST} y manque) : rien n'a été restauré."
            )
        return Manifest.from_json(self._open(MANIFEST).read())

    def verify(self) -> None:
        """Read every member: exactly those of the manifest, with their sizes and sums. Raises BackupError."""
        names = [member.name for member in self.members if member.name != MANIFEST]
        expected = set(self.manifest.parts)
        if sorted(names) != sorted(expected) or DATABASE not in expected:
            odd = sorted(expected.symmetric_difference(names)) or sorted(names)
            raise _damaged(odd[0], "le contenu de l'archive n'est pas celui qu'annonce le manifeste")
        for member in self.members:
            if not member.isfile() or not _is_safe(member.name):
                raise _damaged(member.name, "ce n'est pas un fichier ordinaire")
        for name, part in self.manifest.parts.items():
            try:
                actual = sum_of(self._open(name))
            except (OSError, tarfile.TarError) as error:
                raise _damaged(name, "l'archive est coupée") from error
            if actual != part:
                raise _damaged(name, "sa somme de contrôle SHA-256 n'est pas celle du manifeste")

    def copy(self, name: str, target: IO[bytes]) -> None:
        """Copy a member into ``target``, summing it again: the archive may have changed since it was verified."""
        source = Summing(self._open(name))
        for block in blocks(source):
            target.write(block)
        if source.part() != self.manifest.parts[name]:
            raise _damaged(name, "l'archive a changé pendant la restauration")

    def _open(self, name: str) -> IO[bytes]:
        stream = self.tar.extractfile(name)
        if stream is None:
            raise _damaged(name, "ce n'est pas un fichier ordinaire")
        return stream


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise BackupError(f"Fichier introuvable : {path}", status=BAD_ARGUMENT) from error
    except OSError as error:
        raise BackupError(f"Fichier illisible : {path} ({reason(error)})", status=BAD_ARGUMENT) from error


def blocks(stream: IO[bytes] | Summing) -> Iterator[bytes]:
    """The stream by pieces of one mebibyte."""
    while block := stream.read(BLOCK):
        yield block


def sum_of(stream: IO[bytes]) -> Part:
    """Size and SHA-256 of a whole stream."""
    summing = Summing(stream)
    for _block in blocks(summing):
        pass
    return summing.part()


def _is_safe(name: str) -> bool:
    path: Any = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == name
    return plain and (name in (MANIFEST, DATABASE) or name.startswith(FILES))


def _damaged(name: str, reason: str) -> BackupError:
    return BackupError(f"Sauvegarde abîmée : {name} : {reason}. Rien n'a été restauré ; prenez une autre sauvegarde.")
