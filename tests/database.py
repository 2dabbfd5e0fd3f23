"""The tests' database: real PostgreSQL, same two roles as in production.

The migrations run once per state of what they are made from, as the owner, into a template database; each pytest
process then works in its own copy (a tenth of a second) as the runtime role, and drops it at the end.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from config.database import OWNER, RUNTIME
from config.postgres import Server
from config.provision import close_database, provision

TEMPLATE_PREFIX = "template_"
COPY_PREFIX = "test_"
#: The table a migration fills, and its rows.
SHIPPED = "posts_listitem"
_shipped: list[bytes] = []
APPS = ("config", "core", "parties", "posts", "funding", "conventions", "reporting")


@contextmanager
def private_database(server: Server, worker: str) -> Iterator[str]:
    """A migrated database for this process only; yields its name. The server is started and stopped as needed."""
    with server.in_use(), psycopg.connect(**server.conninfo(), autocommit=True) as admin:
        with _one_at_a_time(server):
            _drop_leftovers(admin)
            template = _migrated_template(server, admin)
            name = f"{COPY_PREFIX}{os.getpid()}_{worker}"
            command = "CREATE DATABASE {} OWNER {} TEMPLATE {}"
            admin.execute(
                sql.SQL(command).format(sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template))
            )
            close_database(admin, database=name, runtime=RUNTIME)
        try:
            _point_django_to(name)
            with _owner() as owner, owner.cursor().copy(f"COPY {SHIPPED} TO STDOUT") as rows:
                _shipped[:] = [bytes(row) for row in rows]
            yield name
        finally:
            connections.close_all()
            _drop(admin, name)


def clean_after_commits() -> None:
    """After Django's flush, in a session of its own: every job and worker goes, what a migration ships comes back."""
    with _owner() as owner:
        for table in ("events", "periodic_defers", "jobs", "workers"):
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(f"procrastinate_{table}")))
        if owner.execute(f"SELECT NOT EXISTS (SELECT FROM {SHIPPED})").fetchone() == (True,):
            with owner.cursor().copy(f"COPY {SHIPPED} FROM STDIN") as rows:
                for row in _shipped:
                    rows.write(row)


def _owner() -> psycopg.Connection:
    """A session of the owner of the tables, in this process's database."""
    target = connections["owner"].settings_dict
    conninfo = settings.TEST_SERVER.conninfo(database=target["NAME"], user=target["USER"])
    return psycopg.connect(**conninfo, autocommit=True)


def _migrated_template(server: Server, admin: psycopg.Connection) -> str:
    """Name of the template for the present source code, building it if it does not exist yet."""
    template = TEMPLATE_PREFIX + _source_digest(Path(settings.BASE_DIR))
    draft = f"{template}_draft"
    if template in _databases(admin, TEMPLATE_PREFIX):
        return template
    for outdated in _databases(admin, TEMPLATE_PREFIX):
        _drop(admin, outdated)
    provision(server.conninfo(), database=draft, owner=OWNER, runtime=RUNTIME)
    _point_django_to(draft)
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
    # Renamed once complete: a failed or interrupted migration leaves no template to trust.
    admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(template)))
    return template


def _source_digest(root: Path) -> str:
    """Changes with what the schema is made from: the migrations, the modules of ours they import, the pinned libraries.

    Not with the rest of the code: building the template is most of the time of a short run of tests.
    """
    digest = hashlib.sha256((root / "requirements" / "base.txt").read_bytes())
    files = {root / "config" / "provision.py", root / "config" / "settings" / "base.py"}
    for app in APPS:
        for path in (root / app).rglob("migrations/*"):
            files.add(path)
            if path.suffix == ".py":
                files |= {found for name in _imports(path) if (found := _module_file(root, name))}
    for path in sorted(path for path in files if path.suffix in {".py", ".sql"}):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _imports(path: Path) -> Iterator[str]:
    """Dotted names of what a file imports, modules and members alike."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_file(root: Path, name: str) -> Path | None:
    path = root.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _point_django_to(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _drop_leftovers(admin: psycopg.Connection) -> None:
    """Drop the copies of pytest processes that were killed before they could clean up."""
    for name in _databases(admin, COPY_PREFIX):
        pid = name.removeprefix(COPY_PREFIX).split("_")[0]
        if not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            _drop(admin, name)


def _databases(admin: psycopg.Connection, prefix: str) -> list[str]:
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    return [name for (name,) in admin.execute(query, [prefix])]


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _one_at_a_time(server: Server) -> Iterator[None]:
    with server.data_dir.with_name(".tests.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
