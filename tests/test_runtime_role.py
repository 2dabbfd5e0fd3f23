"""What the application's own database role may do to the database itself: nothing.

Everything here is tried on the runtime connection; tests/test_isolation_sql.py says what this wall is worth.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error, transaction
from django.db.utils import ProgrammingError

from core import rls
from tests.routes import Scene, shared_scene, undone  # noqa: F401
from tests.test_isolation_sql import protected, sql


def definers() -> list[tuple[Any, ...]]:
    return sql(
        "SELECT p.proname, p.proconfig, p.provolatile, p.pronargs, l.lanname, t.typname, pg_get_userbyid(p.proowner)"
        " FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_type t ON t.oid = p.prorettype"
        " WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND NOT p.proname LIKE 'cosigne_journal%'"
        " ORDER BY 1"
    )


def test_the_journal_s_functions_run_as_the_owner_and_are_not_the_application_s_to_call(shared_scene: Scene):  # noqa: F811
    """Attached to a table of its own making, they would let it write in the journal (tests/parties/test_journal.py)."""
    found = sql(
        "SELECT proname, proconfig, has_function_privilege(oid, 'EXECUTE'), prorettype::regtype::text FROM pg_proc"
        " WHERE prosecdef AND proname LIKE 'cosigne_journal%' AND proname <> 'cosigne_journal_cut' ORDER BY 1"
    )
    safe = (["search_path=public, pg_temp"], False, "trigger")
    assert found == [(f"cosigne_journal{part}", *safe) for part in ("", "_queue", "_seal")]


#: Functions run as the owner that do something else than tell ids of the acting organisation. Each is tried by somebody
#: who may not in tests/parties/test_platform_sql.py, or tests/test_isolation_sql.py for the share.
OTHERS = {
    "cosigne_charge_share": "puts a share under a budget line of who pays it",
    "cosigne_exceptional": "a scope, to the holder of an access in force",
    "cosigne_holds": "whether the acting account holds a role outside the territories",
    "cosigne_national_conventions": "counts, to the national role",
    "cosigne_national_contributions": "what territories chose to give, to the national role",
    "cosigne_national_posts": "counts, to the national role",
    "cosigne_verify": "what a copy in hand may be told: a closed list of facts (tests/reporting/test_verification.py)",
    "cosigne_people_range": "a range over the posts of one's territory (tests/posts/test_plausibility.py)",
    "cosigne_platform_territories": "technical facts, to the platform's administrators",
}


def test_functions_that_run_as_the_owner_only_tell_ids_of_the_acting_organisation(shared_scene: Scene):  # noqa: F811
    found = definers()
    assert len(found) >= 4 + len(OTHERS)
    [(me,)] = sql("SELECT current_user")
    for name, settings, volatility, arguments, language, returned, owner in found:
        assert settings == ["search_path=public, pg_temp"], f"{name}: {settings}"
        assert owner != me, name
        if name in OTHERS:
            assert (volatility, language) in (("s", "sql"), ("v", "plpgsql")), name
            continue
        assert (volatility, arguments, language, returned) == ("s", 0, "sql", "int8"), name
        with rls.acting(rls.NOBODY):
            assert sql(f"SELECT * FROM {name}()") == [], name


def test_temporary_tables_are_not_the_application_s_to_make(shared_scene: Scene):  # noqa: F811
    """A name is looked for among temporary tables first: none can stand in for a real one."""
    assert sql("SELECT has_database_privilege(current_database(), 'TEMPORARY')") == [(False,)]
    with pytest.raises(ProgrammingError, match="temporary"), shared_scene.cast.acting("finances_a"), undone():
        sql("CREATE TEMPORARY TABLE funding_share AS SELECT * FROM public.funding_share")


def test_sequences_are_only_drawn_from(shared_scene: Scene):  # noqa: F811
    """Their state tells how many rows all territories have; setting it would break everybody's insertions."""
    rights = sql(
        "SELECT count(*), bool_or(has_sequence_privilege(oid, 'SELECT')),"
        " bool_or(has_sequence_privilege(oid, 'UPDATE'))"
        " FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    )
    assert rights[0][0] > 30
    assert rights[0][1:] == (False, False)
    for statement in ("SELECT last_value FROM posts_post_id_seq", "SELECT setval('posts_post_id_seq', 1)"):
        with pytest.raises(ProgrammingError, match="permission denied"), undone():
            sql(statement)


FORBIDDEN = [
    "ALTER TABLE posts_post DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE posts_post NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE conventions_transition DISABLE TRIGGER ALL",
    "ALTER TABLE posts_post ADD COLUMN x int",
    "ALTER TABLE posts_post OWNER TO CURRENT_USER",
    "DROP TABLE conventions_comment",
    "DROP POLICY posts_post_read ON posts_post",
    "ALTER POLICY posts_post_read ON posts_post USING (true)",
    "CREATE POLICY open_bar ON posts_post FOR SELECT USING (true)",
    "DROP TRIGGER conventions_transition_append_only ON conventions_transition",
    "TRUNCATE conventions_comment",
    "CREATE TABLE public.x (id int)",
    "CREATE VIEW public.x AS SELECT * FROM posts_post",
    "CREATE SCHEMA x",
    "CREATE TEMPORARY TABLE x (id int)",
    "CREATE TEMPORARY VIEW x AS SELECT 1",
    "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION cosigne_visible_plans() RETURNS SETOF bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "ALTER FUNCTION cosigne_visible_plans() SECURITY INVOKER",
    "DROP FUNCTION cosigne_scope() CASCADE",
    "CREATE EXTENSION dblink",
    "SET ROLE cosigne_owner",
    "SET SESSION AUTHORIZATION cosigne_owner",
    "SET session_replication_role = replica",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "CREATE ROLE x",
    "REINDEX TABLE posts_post",
    "LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE",
    "COPY posts_post TO '/var/x.csv'",
    "COPY posts_post TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT lo_import('/etc/hostname')",
    "UPDATE pg_catalog.pg_class SET relrowsecurity = false",
    "SELECT rolpassword FROM pg_catalog.pg_authid",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_runtime_role_cannot(shared_scene: Scene, statement: str):  # noqa: F811
    with pytest.raises(Error), undone():
        sql(statement)


def test_turning_row_security_off_refuses_the_query_instead_of_opening_the_table(shared_scene: Scene):  # noqa: F811
    with shared_scene.cast.acting("finances_a"), undone():
        sql("SET LOCAL row_security = off")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql("SELECT count(*) FROM posts_post")


def test_the_runtime_role_has_no_right_to_create(shared_scene: Scene):  # noqa: F811
    assert sql(
        "SELECT has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE')"
    ) == [(False, False)]
    granted = sql(
        "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee IN (current_user, 'PUBLIC') AND table_schema = 'public'"
    )
    assert {kind for (kind,) in granted} == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_statistics_tell_no_value_of_a_protected_table(shared_scene: Scene):  # noqa: F811
    """The planner's histograms hold real values; PostgreSQL hides those of tables under row-level security."""
    with shared_scene.cast.acting("finances_a"):
        assert sql("SELECT count(*) FROM pg_stats WHERE tablename = ANY(%s)", [sorted(protected())]) == [(0,)]
