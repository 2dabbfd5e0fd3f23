"""Isolation in the database: the context of a transaction, and the policies of a table.

Who acts is told to PostgreSQL once per transaction, by :func:`set_context`; every table holding a territory's data
compares its rows to it. Without a context no row is visible. The runtime role owns no table: it cannot lift a policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, migrations, transaction

STAFF = "staff"
PREFECTURE = "prefecture"
ORGANISATION = "organisation"
#: Scopes of no territory: the figures of all of them, their register, what belongs to none (docs/adr/0008).
NATIONAL = "national"
ADMINISTRATOR = "administrator"
PLATFORM = "platform"
#: Reads one territory as its staff does: only in a read-only transaction, only while an access granted for it lasts.
EXCEPTIONAL = "exceptional"

#: The functions policies read the context with. ``true``: an unset context is NULL, not an error.
CONTEXT_SQL = """
CREATE OR REPLACE FUNCTION cosigne_territory() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.territory', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION cosigne_organisation() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.organisation', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION cosigne_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('cosigne.user', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION cosigne_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(current_setting('cosigne.scope', true), '') $$;
CREATE OR REPLACE FUNCTION cosigne_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

IS_STAFF = "(SELECT cosigne_scope()) = 'staff'"
IS_PREFECTURE = "(SELECT cosigne_scope()) = 'prefecture'"
IS_ANYONE = "(SELECT cosigne_scope()) IN ('staff', 'prefecture', 'organisation')"
IN_TERRITORY = "territory_id = (SELECT cosigne_territory())"


@dataclass(frozen=True)
class Context:
    """Who acts: ids as in the database; ``scope`` is one of the constants above, or "" for nobody.

    ``label`` is the person or the command in words, for the journal; it gives no right. ``system`` is for commands and
    jobs, which enter a suspended territory too; nobody else does. ``signing_in_id`` is the account that gave its
    password and not yet its second factor: it opens that account's factors and nothing else.
    """

    territory_id: int | None = None
    scope: str = ""
    organisation_id: int | None = None
    user_id: int | None = None
    label: str = field(default="", compare=False)
    system: bool = False
    signing_in_id: int | None = None


NOBODY = Context()


def set_context(context: Context) -> None:
    """Tell PostgreSQL who acts until the end of the transaction. Needs an open transaction.

    PostgreSQL does not let anyone but the system, and an exceptional access, enter a suspended territory.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the isolation context is transaction-local: open a transaction first")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('cosigne.territory', cosigne_enter(%s, %s, %s), true),"
            " set_config('cosigne.system', %s, true), set_config('cosigne.scope', %s, true),"
            " set_config('cosigne.organisation', %s, true), set_config('cosigne.user', %s, true),"
            " set_config('cosigne.actor', %s, true), set_config('cosigne.signing_in', %s, true),"
            # What was presented to be recognised serves once.
            " set_config('cosigne.token', '', true), set_config('cosigne.subject', '', true)",
            [
                context.territory_id,
                context.scope,
                context.system,
                "on" if context.system else "",
                context.scope,
                _text(context.organisation_id),
                _text(context.user_id),
                context.label,
                _text(context.signing_in_id),
            ],
        )


def present_token(digest: str) -> None:
    """Show PostgreSQL the digest of a secret: its row, and no other, can then be read, until a context is set."""
    set_context(NOBODY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cosigne.token', %s, true)", [digest])


def present_subject(provider: str, subject: str) -> None:
    """Show PostgreSQL whom an identity provider vouches for: their link can be read, until a context is set."""
    set_context(NOBODY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cosigne.subject', %s, true)", [f"{provider}:{subject}"])


def current_context() -> Context:
    """The context in force, read back from PostgreSQL: as it was told, not what it opens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cosigne_territory(), coalesce(current_setting('cosigne.scope', true), ''), cosigne_organisation(),"
            " cosigne_user(), coalesce(current_setting('cosigne.actor', true), ''),"
            " coalesce(current_setting('cosigne.system', true), '') = 'on',"
            " nullif(current_setting('cosigne.signing_in', true), '')::bigint"
        )
        return Context(*cursor.fetchone())


def refuse_writing() -> None:
    """Until the end of the transaction (or savepoint) PostgreSQL refuses every write, and cannot be asked otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


@contextmanager
def acting(context: Context) -> Iterator[None]:
    """Run a block in a transaction under ``context``, then give back the one in force before."""
    with transaction.atomic():
        before = current_context()
        set_context(context)
        yield
        set_context(before)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def protect(
    table: str,
    *,
    read: str = IS_ANYONE,
    write: str = IS_STAFF,
    remove: str | None = None,
    in_territory: str = IN_TERRITORY,
) -> list:
    """Migration operations that put ``table`` under row-level security.

    ``read``, ``write`` and ``remove`` (the same as ``write`` unless given) are SQL conditions added to "the row
    belongs to the context's territory".
    """
    remove = write if remove is None else remove
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({in_territory} AND ({read}))",
        f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({in_territory} AND ({write}))",
        f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({in_territory} AND ({write}))"
        f" WITH CHECK ({in_territory} AND ({write}))",
        f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({in_territory} AND ({remove}))",
    ]
    return [migrations.RunSQL(";\n".join(statements) + ";", migrations.RunSQL.noop)]


def same_territory(table: str, **parents: str) -> list:
    """Composite foreign keys: a row and its parent belong to the same territory.

    Plain foreign keys are checked behind row-level security's back, so they alone would let a row of one territory
    point at another's. ``parents`` maps a column to the table it references.
    """
    statements = []
    for column, parent in parents.items():
        statements.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_here FOREIGN KEY (territory_id, {column})"
            f" REFERENCES {parent} (territory_id, id) DEFERRABLE INITIALLY DEFERRED"
        )
    return [migrations.RunSQL(";\n".join(statements) + ";", migrations.RunSQL.noop)]


def territory_key(*tables: str) -> list:
    """The unique (territory, id) pair that :func:`same_territory` references."""
    sql = "".join(f"ALTER TABLE {t} ADD CONSTRAINT {t}_here UNIQUE (territory_id, id);\n" for t in tables)
    return [migrations.RunSQL(sql, migrations.RunSQL.noop)]


def append_only(table: str, message: str) -> list:
    """Rows of ``table`` are written once: a trigger refuses any change or removal with ``message`` (French)."""
    sql = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION cosigne_refuse('{message.replace(chr(39), chr(39) * 2)}');"
    )
    return [migrations.RunSQL(sql, migrations.RunSQL.noop)]
