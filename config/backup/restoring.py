"""Putting an archive back: everything is verified first, then the files, then the database in one transaction."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from config.backup import postgres
from config.backup.archive import DATABASE, FILES, Manifest, Reader, sum_of
from config.backup.errors import BackupError, reason
from config.provision import privileges
from core.french import plural

#: Left out of the script for a server that does not know the setting yet (it came with PostgreSQL 17).
RECENT_SETTING = b"SET transaction_timeout = 0;\n"
RECENT_SETTING_SINCE = 17
LOCK_TIMEOUT = "15s"  # how long to wait for a running service to let go of the tables
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Restored:
    """What was put back; ``pending`` counts the migrations of this version the archive did not have."""

    created_at: str
    files: int
    added: int
    pending: int


def restore(path: Path, *, force: bool = False) -> Restored:
    """Put the archive ``path`` back. ``force`` allows replacing what the database holds. Raises BackupError.

    Files already in the storage are kept: documents are named by their content. A failure leaves the database as it
    was, and takes back the files that were added.
    """
    with closing(Reader(path)) as archive, tempfile.TemporaryDirectory(prefix="cosigne-restauration-") as folder:
        archive.verify()
        manifest = archive.manifest
        pending = _check_version(manifest)
        _check_roles(manifest)
        with postgres.connect() as connection:
            postgres.require_owner(connection)
            if not force:
                _check_empty(connection)
            server = postgres.major_version(connection)
        script = _script(archive, Path(folder), server)
        missing, different = _compare_files(archive)
        if different and not force:
            raise BackupError(
                f"Le stockage contient déjà d'autres fichiers sous les mêmes noms ({_some(different)}) : rien n'a été "
                "restauré. Restaurez dans un stockage vide, ou remplacez-les avec --force."
            )
        added: list[str] = []
        try:
            _add_files(archive, [*different, *missing], added)
            _load(script, Path(folder), server, force=force)
        except BaseException:
            # What was there under another content cannot come back; what was not there goes.
            for name in set(added) - set(different):
                default_storage.delete(name)
            raise
        return Restored(manifest.created_at, len(manifest.files), len(added), pending)


def _check_version(manifest: Manifest) -> int:
    known = set(MigrationLoader(None).disk_migrations or ())
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"Cette sauvegarde vient d'une version plus récente de Cosigne (elle contient {_some(unknown)}) : rien n'a "
            "été restauré. Installez cette version, puis recommencez."
        )
    return len(known - set(manifest.migrations))


def _check_roles(manifest: Manifest) -> None:
    """The archive grants rights to roles by name: under other names they would be lost, or the wrong ones given."""
    here = postgres.roles()
    if here != (manifest.owner, manifest.runtime):
        raise BackupError(
            f"Cette sauvegarde a pour propriétaire « {manifest.owner} » et pour rôle d'exécution "
            f"« {manifest.runtime} » ; ici ce sont « {here[0]} » et « {here[1]} ». Donnez les mêmes noms aux rôles "
            "dans DATABASE_OWNER_URL et DATABASE_URL (python -m config.provision les crée), puis recommencez."
        )


def _check_empty(connection: psycopg.Connection) -> None:
    query = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
    )
    tables = connection.execute(query).fetchall()
    if tables:
        count = f"{len(tables)} {plural(len(tables), 'table')}"
        raise BackupError(
            f"La base « {connection.info.dbname} » n'est pas vide ({count}) : rien n'a été restauré. "
            "Restaurez dans une base neuve, ou remplacez tout son contenu avec --force."
        )


def _script(archive: Reader, folder: Path, server: int) -> Path:
    """The SQL of the dump, written out in full before the database is touched."""
    dump, script = folder / DATABASE, folder / "base.sql"
    with dump.open("wb") as stream:
        archive.copy(DATABASE, stream)
    postgres.run(
        [
            postgres.program("pg_restore", server),
            "--no-owner",
            "--exit-on-error",
            f"--file={script}",
            str(dump),
        ],
        failure="La base de cette sauvegarde n'est pas lisible par pg_restore : rien n'a été restauré.",
    )
    if server < RECENT_SETTING_SINCE:
        _leave_out(script, RECENT_SETTING)
    return script


def _leave_out(script: Path, line: bytes) -> None:
    older = script.with_suffix(".older.sql")
    with script.open("rb") as source, older.open("wb") as target:
        found = False  # the first such line is in the heading; one further down would be somebody's text
        for text in source:
            if not found and text == line:
                found = True
                continue
            target.write(text)
    older.replace(script)


def _compare_files(archive: Reader) -> tuple[list[str], list[str]]:
    """Names the storage lacks, and names under which it holds something else."""
    missing, different = [], []
    for name, part in archive.manifest.files.items():
        if not default_storage.exists(name):
            missing.append(name)
            continue
        with default_storage.open(name) as stream:
            if sum_of(stream) != part:
                different.append(name)
    return missing, different


def _add_files(archive: Reader, names: list[str], added: list[str]) -> None:
    for name in names:
        with tempfile.TemporaryFile() as content:
            archive.copy(f"{FILES}{name}", content)
            content.seek(0)
            try:
                default_storage.delete(name)
                added.append(name)
                written = default_storage.save(name, File(content, name))
            except OSError as error:
                raise BackupError(
                    f"Le fichier {name} n'a pas pu être écrit dans le stockage : {reason(error)}. "
                    "La base n'a pas été modifiée."
                ) from error
        if written != name:
            default_storage.delete(written)
            raise BackupError(
                f"Le stockage a refusé le nom {name} : arrêtez le service, puis recommencez. "
                "La base n'a pas été modifiée."
            )


def _load(script: Path, folder: Path, server: int, *, force: bool) -> None:
    """Replace the schema by the script, in one transaction: all of it, or the database stays as it was."""
    before, after = folder / "before.sql", folder / "after.sql"
    # RESTRICT refuses what may have been created since the database was found empty.
    before.write_text(
        f"SET client_min_messages = warning;\nSET lock_timeout = '{LOCK_TIMEOUT}';\n"
        f"DROP SCHEMA public {'CASCADE' if force else 'RESTRICT'};\nCREATE SCHEMA public;\n"
    )
    owner, runtime = postgres.roles()
    with postgres.connect() as connection:
        grants = [command.as_string(connection) for command in privileges(owner=owner, runtime=runtime)]
    # Statistics are not part of a dump; without them the first requests would be slow.
    after.write_text("".join(f"{grant};\n" for grant in grants) + "SET client_min_messages = error;\nANALYZE;\n")
    connections.close_all()  # our own locks would be in the way
    postgres.run(
        [
            postgres.program("psql", server),
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            *(f"--file={part}" for part in (before, script, after)),
        ],
        failure=(
            "La base n'a pas pu être remplacée et reste comme avant. Si le service tourne encore (web, worker), "
            "arrêtez-le, puis recommencez."
        ),
    )


def _some(names: list[str]) -> str:
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" et {rest} de plus" if rest > 0 else "")
