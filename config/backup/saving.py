"""Making an archive."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.storage import Storage, default_storage

from config.backup import postgres
from config.backup.archive import DATABASE, FILES, Manifest, Writer
from config.backup.errors import BAD_ARGUMENT, BackupError, reason
from config.health import PROBE_PREFIX


@dataclass(frozen=True)
class Saved:
    """An archive just written: how many files it holds, its size in bytes, the SHA-256 of its manifest."""

    path: Path
    files: int
    size: int
    sha256: str


def backup(output: Path) -> Saved:
    """Write the database and the files of the default storage into ``output``, which must not exist yet.

    The database is read in one snapshot, the files after it: files are only ever added, so every file the snapshot
    names is in the archive. The archive takes its name once complete and on disk. Raises BackupError.
    """
    if output.exists():
        raise _taken(output)
    try:
        draft = tempfile.TemporaryDirectory(prefix=".cosigne-sauvegarde-", dir=output.parent)  # closed to others
    except OSError as error:
        raise BackupError(
            f"Impossible d'écrire dans {output.parent} : {reason(error)}. Indiquez avec --output un fichier dans un "
            "dossier qui existe et où vous pouvez écrire.",
            status=BAD_ARGUMENT,
        ) from error
    with draft as folder:
        try:
            saved = _write(Path(folder), output)
        except OSError as error:
            raise BackupError(f"La sauvegarde n'a pas pu être écrite : {reason(error)}.") from error
    return saved


def _write(folder: Path, output: Path) -> Saved:
    dump, archive = folder / DATABASE, folder / "archive.tar"
    manifest = dump_database(dump)
    with os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            writer = Writer(tar)
            with dump.open("rb") as content:
                writer.add(DATABASE, content, dump.stat().st_size)
            for name in stored_files(default_storage):
                with default_storage.open(name) as content:
                    writer.add(f"{FILES}{name}", content, default_storage.size(name))
            manifest.parts.update(writer.parts)
            digest = writer.add_manifest(manifest)
        stream.flush()
        os.fsync(stream.fileno())
    # A hard link rather than a renaming: it fails when the name was taken meanwhile.
    try:
        os.link(archive, output)
    except FileExistsError as error:
        raise _taken(output) from error
    except OSError:
        os.replace(archive, output)  # a file system without hard links
    return Saved(output, len(manifest.files), output.stat().st_size, digest)


def _taken(output: Path) -> BackupError:
    return BackupError(f"{output} existe déjà : indiquez un autre nom avec --output.", status=BAD_ARGUMENT)


def dump_database(target: Path) -> Manifest:
    """pg_dump into ``target``; the manifest describes the same snapshot, parts left to fill in."""
    with postgres.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        postgres.require_owner(connection)
        migrations = applied_migrations(connection)
        if not migrations:
            raise BackupError("La base est vide : il n'y a rien à sauvegarder.")
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        server = postgres.major_version(connection)
        owner, runtime = postgres.roles()
        postgres.run(
            [
                postgres.program("pg_dump", server),
                "--format=custom",
                "--no-owner",
                f"--snapshot={snapshot}",
                f"--file={target}",
            ],
            failure="pg_dump a échoué : aucune sauvegarde n'a été écrite.",
        )
    return Manifest(datetime.now(UTC).isoformat(timespec="seconds"), server, owner, runtime, migrations)


def applied_migrations(connection: postgres.psycopg.Connection) -> list[tuple[str, str]]:
    """(application, name) of the migrations applied, oldest first; none on an empty database."""
    (exists,) = connection.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone() or (False,)
    if not exists:
        return []
    return connection.execute("SELECT app, name FROM public.django_migrations ORDER BY id").fetchall()


def stored_files(storage: Storage, folder: str = "") -> Iterator[str]:
    """Names of all the files of a storage, sorted, whatever its kind."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored: the root does not exist yet
        return
    prefix = f"{folder}/" if folder else ""
    yield from sorted(f"{prefix}{name}" for name in files if name and not name.startswith(PROBE_PREFIX))
    for name in sorted(folders):
        yield from stored_files(storage, f"{prefix}{name}")
