"""Where the database is and who logs in to it: connection settings, the two roles, the router.

`cosigne_owner` owns the database and its tables and runs the migrations. `cosigne_app` is the role of the running
application: it owns nothing and cannot bypass row-level security, so that a forgotten filter shows no row rather than
another territory's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.postgres import Server

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE = "cosigne"
OWNER = "cosigne_owner"
RUNTIME = "cosigne_app"

_running_migrations: ContextVar[bool] = ContextVar("running_migrations", default=False)


def var_dir() -> Path:
    """Directory of everything the program writes by itself (database, files, logs); COSIGNE_VAR moves it."""
    return Path(os.environ.get("COSIGNE_VAR") or BASE_DIR / "var").resolve()


def embedded_server() -> Server | None:
    """The embedded server of this checkout, or None when DATABASE_URL names another one."""
    return None if os.environ.get("DATABASE_URL") else Server(var_dir() / "postgres")


def parse_database_url(url: str) -> dict[str, Any]:
    """Django connection settings for `postgresql://user:password@host:port/name?option=value`.

    A Unix socket directory is given as `?host=/directory`. Raises ImproperlyConfigured on anything else.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ImproperlyConfigured(
            "DATABASE_URL (et DATABASE_OWNER_URL) : forme attendue postgresql://utilisateur:motdepasse@machine:5432/base"
        )
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def database_settings(environment: Mapping[str, str] = os.environ) -> dict[str, dict[str, Any]]:
    """DATABASES: `default` (runtime role, one transaction per request) and `owner` (migrations only).

    DATABASE_URL is the runtime role's, DATABASE_OWNER_URL the owner's. With DATABASE_URL alone both are the same role,
    which works but loses the guarantee of row-level security: `manage.py check --database default` says so.
    """
    runtime_url = environment.get("DATABASE_URL")
    if runtime_url:
        runtime = parse_database_url(runtime_url)
        owner = parse_database_url(environment.get("DATABASE_OWNER_URL") or runtime_url)
    else:
        runtime = server_settings(Server(var_dir() / "postgres"), user=RUNTIME)
        owner = server_settings(Server(var_dir() / "postgres"), user=OWNER)
    common = {"ENGINE": "django.db.backends.postgresql"}
    return {
        "default": common | runtime | {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
        "owner": common | owner | {"ATOMIC_REQUESTS": False},
    }


def server_settings(server: Server, *, user: str, name: str = DATABASE) -> dict[str, Any]:
    """Django connection settings for an embedded server."""
    where = server.conninfo(database=name, user=user)
    return {
        "NAME": name,
        "USER": user,
        "PASSWORD": "",
        "HOST": where["host"],
        "PORT": str(where["port"]),
        "OPTIONS": {},
    }


@contextmanager
def migrating() -> Iterator[None]:
    """Inside this block the ORM reads and writes as the owner, in the migration's own connection and transaction."""
    token = _running_migrations.set(True)
    try:
        yield
    finally:
        _running_migrations.reset(token)


class RoleRouter:
    """Keeps the application on the runtime role and schema changes on the owner."""

    def db_for_read(self, model: type, **hints: Any) -> str:
        return "owner" if _running_migrations.get() else "default"

    def db_for_write(self, model: type, **hints: Any) -> str:
        return "owner" if _running_migrations.get() else "default"

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return True  # both aliases are the same database

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
