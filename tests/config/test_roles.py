"""What PostgreSQL itself refuses the running application."""

import psycopg
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction
from psycopg import sql

from config.provision import provision


def test_the_runtime_role_owns_nothing_and_bypasses_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("cosigne_app", False, False)
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("cosigne_owner",)]
    assert [message.id for message in run_checks(databases=["default"])] == []


@pytest.mark.parametrize(
    "command",
    [
        "CREATE TABLE intruder (id int)",
        "TRUNCATE parties_user CASCADE",
        "ALTER TABLE parties_user DISABLE ROW LEVEL SECURITY",
        "DROP TABLE parties_user CASCADE",
    ],
)
def test_the_runtime_role_cannot_change_the_schema(db, command):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(command)


def test_migrate_refuses_the_runtime_role(db):
    with pytest.raises(CommandError, match="owner of the tables"):
        call_command("migrate", database="default", verbosity=0)


@pytest.fixture
def other_database(db):
    """An empty database and two roles of its own, dropped afterwards."""
    server = settings.TEST_SERVER
    suffix = connections["default"].settings_dict["NAME"]
    names = {"database": f"other_{suffix}", "owner": f"owner_{suffix}", "runtime": f"runtime_{suffix}"}
    yield names
    with psycopg.connect(**server.conninfo(), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(names["database"])))
        for role in ("owner", "runtime"):
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(names[role])))


def test_provisioning_twice_gives_what_the_owner_creates_to_the_runtime_role(other_database):
    server = settings.TEST_SERVER
    for _ in range(2):
        provision(server.conninfo(), **other_database)
    place = other_database["database"]
    with psycopg.connect(**server.conninfo(database=place, user=other_database["owner"]), autocommit=True) as owner:
        owner.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    with psycopg.connect(**server.conninfo(database=place, user=other_database["runtime"]), autocommit=True) as runtime:
        runtime.execute("INSERT INTO thing (name) VALUES ('é')")
        assert runtime.execute("UPDATE thing SET name = upper(name) RETURNING id, name").fetchall() == [(1, "É")]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runtime.execute("DROP TABLE thing")
