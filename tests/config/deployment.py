"""A deployment of its own for a test: a database, a folder of documents, a cast; and all that can be compared of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections, transaction
from psycopg import sql

from config.database import OWNER, RUNTIME
from config.provision import provision
from tests.cast import Cast, build_cast
from tests.database import TEMPLATE_PREFIX, _databases, _drop, _point_django_to

PDF = "documents/ab/abcdef"

#: What a schema is made of besides its rows; every line must be the same after a restoration.
CATALOGUE = {
    "policies": "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies",
    "row security": "SELECT relname, relrowsecurity, relforcerowsecurity, relkind FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace",
    "rights": "SELECT c.relname, a.grantee::regrole::text, a.privilege_type FROM pg_class c,"
    " aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END, c.relowner))) a"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v')",
    "rights on functions": "SELECT p.oid::regprocedure::text, a.grantee::text, a.privilege_type FROM pg_proc p,"
    " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.pronamespace = 'public'::regnamespace",
    "rights to come": "SELECT defaclobjtype, a.grantee::regrole::text, a.privilege_type FROM pg_default_acl,"
    " aclexplode(defaclacl) a WHERE defaclnamespace = 'public'::regnamespace",
    "owners": "SELECT relname, relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
    " WHERE p.pronamespace = 'public'::regnamespace AND l.lanname IN ('sql', 'plpgsql')"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
    "sequences": "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'",
}

#: PostgreSQL moves its own casts and parentheses when it reads back a condition it has printed.
CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")


@dataclass
class Site:
    """A deployment of its own: a database, a folder of documents, a cast in both."""

    name: str
    cast: Cast
    admin: psycopg.Connection

    def as_role(self, role: str) -> psycopg.Connection:
        return psycopg.connect(**django_settings.TEST_SERVER.conninfo(database=self.name, user=role), autocommit=True)

    def recreate_empty(self) -> None:
        """As a new server has it: the roles and an empty database."""
        connections.close_all()
        _drop(self.admin, self.name)
        provision(django_settings.TEST_SERVER.conninfo(), database=self.name, owner=OWNER, runtime=RUNTIME)


def content_of(site: Site) -> dict[str, Any]:
    """Every row (as a count and a digest per table), everything of CATALOGUE, every file."""
    found: dict[str, Any] = {}
    with site.as_role(OWNER) as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        for (table,) in tables:
            query = "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
            found[f"rows of {table}"] = owner.execute(sql.SQL(query).format(sql.Identifier(table))).fetchone()
        for name, query in CATALOGUE.items():
            found[name] = sorted(CASTS.sub("", str(row)) for row in owner.execute(query).fetchall())
    found["files"] = files_of()
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Names of what is not the same in two contents."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def files_of(folder: str = "") -> dict[str, bytes]:
    folders, files = default_storage.listdir(folder)
    found = {}
    for name in files:
        with default_storage.open(f"{folder}{name}") as stream:
            found[f"{folder}{name}"] = stream.read()
    for name in folders:
        found |= files_of(f"{folder}{name}/")
    return found


@pytest.fixture
def site(django_db_setup: None, django_db_blocker: Any, settings: Any, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "files").mkdir()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }
    before = connections["default"].settings_dict["NAME"]
    name = f"{before}_backup"
    server = settings.TEST_SERVER
    with django_db_blocker.unblock(), psycopg.connect(**server.conninfo(), autocommit=True) as admin:
        [template] = [found for found in _databases(admin, TEMPLATE_PREFIX) if not found.endswith("_draft")]
        command = "CREATE DATABASE {} OWNER {} TEMPLATE {}"
        admin.execute(sql.SQL(command).format(sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)))
        _point_django_to(name)
        try:
            with transaction.atomic():
                cast = build_cast()
            default_storage.save(PDF, ContentFile("%PDF-é".encode()))
            yield Site(name, cast, admin)
        finally:
            connections.close_all()
            _point_django_to(before)
            _drop(admin, name)
