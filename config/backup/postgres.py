"""The PostgreSQL programs (pg_dump, pg_restore, psql) and the owner's connection they work with.

The owner's: row-level security hides nothing from the role that owns the tables, and only it may create them again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

from config.backup.errors import BackupError
from config.postgres import VERSION, PostgresError, binaries

#: What Django understands in OPTIONS and libpq does not.
DJANGO_OPTIONS = {"assume_role", "isolation_level", "pool", "server_side_binding", "context", "prepare_threshold"}
LINES_SHOWN = 6  # of a program's complaint


def settings_of(alias: str) -> dict[str, Any]:
    """libpq parameters of a Django database, password included."""
    settings = connections[alias].settings_dict
    named = {name.lower(): settings[name] for name in ("USER", "PASSWORD", "HOST", "PORT") if settings[name]}
    options = {name: value for name, value in settings["OPTIONS"].items() if name not in DJANGO_OPTIONS}
    return {"dbname": settings["NAME"], **named, **options}


def connect() -> psycopg.Connection[Any]:
    """A connection of the owner, apart from Django's. Raises BackupError when the database does not answer."""
    try:
        return psycopg.connect(**{"connect_timeout": 10, **settings_of("owner")})
    except psycopg.OperationalError as error:
        raise BackupError(
            f"La base de données ne répond pas : {_tail(str(error))}\n"
            "Vérifiez DATABASE_OWNER_URL et le serveur PostgreSQL."
        ) from error


def roles() -> tuple[str, str]:
    """Names of the owner and of the runtime role."""
    return connections["owner"].settings_dict["USER"], connections["default"].settings_dict["USER"]


def require_owner(connection: psycopg.Connection[Any]) -> None:
    """Refuse a role that would read only what policies show it, or could not create the tables again."""
    row = connection.execute(
        """
        SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'public' AND pg_has_role(nspowner, 'USAGE'))
               AND has_database_privilege(current_database(), 'CREATE'),
               EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace
                       AND relkind IN ('r', 'p', 'S', 'v') AND NOT pg_has_role(relowner, 'USAGE'))
        """
    ).fetchone()
    if row != (True, False):
        raise BackupError(
            f"Le rôle PostgreSQL « {connection.info.user} » ne possède pas la base « {connection.info.dbname} ». "
            "Indiquez dans DATABASE_OWNER_URL le rôle propriétaire (voir docs/operations.md)."
        )


def program(name: str, server: int) -> str:
    """Path of a PostgreSQL program able to talk to a server of major version ``server``.

    The one shipped with Cosigne, so that an archive made on one machine can be read on another; that of the system
    when the server is more recent than what is shipped.
    """
    try:
        shipped = binaries() / name
    except PostgresError:
        shipped = None
    if shipped is not None and shipped.exists() and server <= VERSION:
        return str(shipped)
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"Le programme {name} est introuvable : installez le client de PostgreSQL {server} "
            f"(paquet postgresql-client-{server}), puis recommencez."
        )
    return found


def run(command: list[str], *, failure: str) -> None:
    """Run a PostgreSQL program on the owner's database; BackupError with ``failure`` and its last words when it fails.

    The password goes through the environment: a command line is readable by every account of the machine.
    """
    parameters = settings_of("owner")
    password = parameters.pop("password", "")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    where = [f"--dbname={make_conninfo(**parameters)}", "--no-password"]
    if Path(command[0]).name == "pg_restore":
        where = []  # it only turns a dump into SQL
    done = subprocess.run(
        [command[0], *where, *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        errors="replace",
    )
    if done.returncode != 0:
        raise BackupError(f"{failure}\n{_tail(done.stderr)}")


def major_version(connection: psycopg.Connection[Any]) -> int:
    """Major version of the server, 18 for 18.4."""
    return connection.info.server_version // 10000


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LINES_SHOWN:])
