"""Creates the two roles and the database. Idempotent: run at each start of the embedded server.

For a server of your own: `python -m config.provision` with ADMIN_DATABASE_URL (a superuser, on any database of the
server), DATABASE_OWNER_URL and DATABASE_URL set; roles, passwords and database name are read from the last two.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from config.database import parse_database_url

PROVISIONING_LOCK = 7_402_300_312  # any number nobody else uses


def provision(
    admin: Mapping[str, Any],
    *,
    database: str,
    owner: str,
    runtime: str,
    owner_password: str = "",
    runtime_password: str = "",
) -> None:
    """Create or repair the roles, the database and their privileges.

    `admin` holds psycopg parameters of a superuser. An empty password leaves the role's password as it is.
    """
    with psycopg.connect(**dict(admin), autocommit=True) as connection:
        # Two commands started together would otherwise collide on the same rows of the catalogue; released on closing.
        connection.execute("SELECT pg_advisory_lock(%s)", [PROVISIONING_LOCK])
        _role(connection, owner, owner_password)
        _role(connection, runtime, runtime_password)
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
        if not exists:
            command = "CREATE DATABASE {database} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'"
            connection.execute(sql.SQL(command).format(**names))
        else:
            connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
        close_database(connection, database=database, runtime=runtime)
        with psycopg.connect(**{**admin, "dbname": database}, autocommit=True) as target:
            grant(target, owner=owner, runtime=runtime)


def close_database(connection: psycopg.Connection[Any], *, database: str, runtime: str) -> None:
    """Take back what PostgreSQL gives everybody: a temporary table could stand in for a real one, or carry a trigger.

    Privileges of a database are not copied with it: a copy needs this again.
    """
    names = {"database": sql.Identifier(database), "runtime": sql.Identifier(runtime)}
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {runtime}").format(**names))


def grant(connection: psycopg.Connection[Any], *, owner: str, runtime: str) -> None:
    """Give the schema to the owner, and the runtime role the use of what the owner creates in it."""
    for command in privileges(owner=owner, runtime=runtime):
        connection.execute(command)


def privileges(*, owner: str, runtime: str) -> list[sql.Composed]:
    """The statements of :func:`grant`; a restoration runs them again on the schema it created."""
    commands = (
        "ALTER SCHEMA public OWNER TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {runtime}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {runtime}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {runtime}",
        # Drawing the next number is all that an insertion needs, and only where a column is not an identity; reading a
        # sequence would tell how many rows all territories have, setting it would break their insertions.
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public REVOKE SELECT, UPDATE ON SEQUENCES FROM {runtime}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {runtime}",
        "REVOKE SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public FROM {runtime}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {runtime}",
    )
    names = {"owner": sql.Identifier(owner), "runtime": sql.Identifier(runtime)}
    return [sql.SQL(command).format(**names) for command in commands]


def _role(connection: psycopg.Connection[Any], name: str, password: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    command = sql.SQL("{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS{password}").format(
        verb=sql.SQL("ALTER" if exists else "CREATE"),
        name=sql.Identifier(name),
        password=sql.SQL(" PASSWORD {}").format(sql.Literal(password)) if password else sql.SQL(""),
    )
    connection.execute(command)


def main() -> int:
    """Provision an external server from the environment; returns the exit status."""
    missing = [n for n in ("ADMIN_DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_URL") if not os.environ.get(n)]
    if missing:
        print(f"Variables d'environnement à renseigner : {', '.join(missing)}.", file=sys.stderr)
        return 1
    owner = parse_database_url(os.environ["DATABASE_OWNER_URL"])
    runtime = parse_database_url(os.environ["DATABASE_URL"])
    provision(
        psycopg.conninfo.conninfo_to_dict(os.environ["ADMIN_DATABASE_URL"]),
        database=runtime["NAME"],
        owner=owner["USER"],
        runtime=runtime["USER"],
        owner_password=owner["PASSWORD"],
        runtime_password=runtime["PASSWORD"],
    )
    print(f"Base « {runtime['NAME']} » prête : {owner['USER']} la possède, {runtime['USER']} l'utilise.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
