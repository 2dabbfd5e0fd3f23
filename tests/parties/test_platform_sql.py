"""Roles outside the territories, in raw SQL on the runtime connection: what they read of any table is nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import Error, InternalError, connection, transaction
from django.db.utils import ProgrammingError

from core import rls
from parties.enums import AccessMode, OrganisationKind
from parties.models import AccessUse, ExceptionalAccess, PlatformMembership, Territory
from posts.enums import PostKind
from reporting.contributions.definitions import FORMAT, GROUPS, TABLES, TOTAL
from reporting.contributions.measure import ZONES
from tests.cast import Cast, make_access
from tests.routes import Scene, shared_scene, undone  # noqa: F401
from tests.test_isolation_sql import JOURNAL, protected

#: Where a platform administrator reads rows that name a territory: their own requests, and what they did under them.
OWN = {"parties_exceptionalaccess", "parties_accessuse"}


def sql(statement: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def claimed(cast: Cast, scope: str, user: str) -> rls.Context:
    """A role outside the territories with a territory on top, which the application never says."""
    return rls.Context(cast.territory["here"].pk, scope, user_id=cast.user[user].pk)


@pytest.mark.parametrize("name", ["national", "plateforme"])
def test_no_row_of_any_territory_by_any_table(shared_scene: Scene, name: str):  # noqa: F811
    cast = shared_scene.cast
    filled = 0
    with cast.acting("gestionnaire"):
        filled = sum(sql(f'SELECT count(*) FROM "{table}"')[0][0] > 0 for table in protected())
    assert filled > 25
    with cast.acting(name):
        for table in protected() - OWN:
            assert sql(f'SELECT count(*) FROM "{table}"') == [(0,)], table
        for table in OWN:
            others = f'SELECT count(*) FROM "{table}" WHERE user_id <> %s'
            assert sql(others, cast.user[name].pk) == [(0,)], table


@pytest.mark.parametrize("name", ["national", "plateforme"])
def test_no_row_of_any_territory_is_touched(shared_scene: Scene, name: str):  # noqa: F811
    cast = shared_scene.cast
    with cast.acting(name):
        for table in protected() - OWN - JOURNAL:
            with undone():
                assert sql(f'UPDATE "{table}" SET updated_at = updated_at') == 0, table
                assert sql(f'DELETE FROM "{table}"') == 0, table


@pytest.mark.parametrize("scope", [rls.NATIONAL, rls.ADMINISTRATOR])
def test_a_territory_in_the_context_opens_nothing_more(shared_scene: Scene, scope: str):  # noqa: F811
    cast = shared_scene.cast
    user = "national" if scope == rls.NATIONAL else "plateforme"
    with rls.acting(claimed(cast, scope, user)):
        for table in protected() - OWN:
            # Rows with a territory: national models are everyone's within one.
            count = f'SELECT count(*) FROM "{table}" WHERE territory_id IS NOT NULL'
            assert sql(count) == [(0,)], table


@pytest.mark.parametrize("user", ["plateforme", "gestionnaire", "sans_role"])
def test_national_figures_are_told_to_the_national_role_only(shared_scene: Scene, user: str):  # noqa: F811
    cast = shared_scene.cast
    functions = (
        "cosigne_national_posts(current_date)",
        "cosigne_national_conventions()",
        "cosigne_national_contributions()",
    )
    with cast.acting("national"):
        assert all(sql(f"SELECT count(*) FROM {function}")[0][0] > 0 for function in functions)
    with rls.acting(rls.Context(scope=rls.NATIONAL, user_id=cast.user[user].pk)):
        for function in functions:
            assert sql(f"SELECT * FROM {function}") == [], function
    with rls.acting(rls.Context(user_id=cast.user["national"].pk)):
        for function in functions:
            assert sql(f"SELECT * FROM {function}") == [], "the role without its scope"


def test_technical_facts_are_told_to_the_platform_only(shared_scene: Scene):  # noqa: F811
    cast = shared_scene.cast
    with cast.acting("plateforme"):
        assert len(sql("SELECT * FROM cosigne_platform_territories()")) == 2
    for user in ("national", "gestionnaire", "sans_role"):
        with rls.acting(rls.Context(scope=rls.ADMINISTRATOR, user_id=cast.user[user].pk)):
            assert sql("SELECT * FROM cosigne_platform_territories()") == [], user


def test_what_the_functions_tell_holds_no_text_of_a_territory(shared_scene: Scene):  # noqa: F811
    """Counts, sums, dates, and words of closed lists: nothing typed by anybody."""
    columns = sql(
        "SELECT p.proname, unnest(p.proargnames), unnest(p.proallargtypes)::regtype::text FROM pg_proc p"
        " WHERE p.proname LIKE 'cosigne_national%' OR p.proname = 'cosigne_platform_territories'"
    )
    texts = {
        (function, name) for function, name, kind in columns if kind not in ("bigint", "integer", "numeric", "date")
    }
    assert texts == {
        ("cosigne_national_posts", "dimension"),
        ("cosigne_national_posts", "value"),
        ("cosigne_national_conventions", "status"),
        *(("cosigne_national_contributions", name) for name in ("code", "name", "content", "sha256", "given_at")),
    }


def test_a_contribution_holds_words_of_closed_lists_only(shared_scene: Scene):  # noqa: F811
    """Whatever its shape becomes: every word in it is the register's, a closed list's or the format's own."""
    cast = shared_scene.cast
    with cast.acting("national"):
        contents = [json.loads(row[0]) for row in sql("SELECT content FROM cosigne_national_contributions()")]
        lists = sql("SELECT code, label FROM posts_listitem")
    assert len(contents) == 2
    allowed = {word for row in lists for word in row} | {FORMAT, *TABLES, *GROUPS, *ZONES, TOTAL}
    allowed |= {word for table in TABLES.values() for row in table.rows for word in row} | {"Total"}
    allowed |= {*OrganisationKind.values, *PostKind.values}
    allowed |= {word for place in cast.territory.values() for word in (place.code, place.name)}
    for content in contents:
        words = {word for word in strings(content) if not re.fullmatch(r"\d+\.\d\d", word)}
        assert words
        assert words <= allowed


def strings(value: Any) -> Iterator[str]:
    """Every text among the values of a JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def test_roles_outside_are_given_by_the_system_only(cast: Cast):
    for name in ("plateforme", "national", "gestionnaire"):
        with cast.acting(name):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                PlatformMembership.objects.create(user=cast.user["sans_role"], role="plateforme")
            assert PlatformMembership.objects.update(role="plateforme") == 0
            assert PlatformMembership.objects.all().delete()[0] == 0
    with cast.acting("national"):
        assert PlatformMembership.objects.get() == cast.role["national"]


def test_a_role_withdrawn_opens_nothing_from_then_on(cast: Cast):
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        PlatformMembership.objects.filter(user=cast.user["plateforme"]).update(closed_at="2026-01-01 00:00Z")
    with cast.acting("plateforme"):
        assert sql("SELECT * FROM cosigne_platform_territories()") == []
        assert sql("SELECT count(*) FROM parties_platformevent") == [(0,)]


@pytest.mark.parametrize(
    "statement", ["UPDATE parties_platformevent SET text = 'x'", "DELETE FROM parties_platformevent"]
)
def test_the_platform_s_log_is_not_rewritten(cast: Cast, statement: str):
    insert = "INSERT INTO parties_platformevent (uuid, created_at, updated_at, act, text, by_label, by_user_id)"
    values = " VALUES (gen_random_uuid(), now(), now(), 'suspended', '', 'X', %s)"
    with cast.acting("plateforme"):
        assert sql(insert + values, cast.user["plateforme"].pk) == 1
        assert sql(statement) == 0, "no policy lets it through, and a trigger would refuse it"
        with pytest.raises(ProgrammingError, match="row-level security"), undone():
            sql(insert + values, cast.user["enquete"].pk)  # in another's name
    for name in ("gestionnaire", "national"):
        with cast.acting(name):
            assert sql("SELECT count(*) FROM parties_platformevent") == [(0,)]


# --- A suspended territory --------------------------------------------------------------------------------------------


def suspend(cast: Cast, territory: str) -> None:
    with cast.acting("plateforme"):
        Territory.objects.filter(pk=cast.territory[territory].pk).update(suspended_at="2026-01-01 00:00Z")


def test_nobody_enters_a_suspended_territory(cast: Cast):
    suspend(cast, "here")
    for name in ("gestionnaire", "instructeur", "finances_a"):
        with cast.acting(name):
            for table in protected():
                mine = " WHERE user_id <> %s" if table == "parties_membership" else ""
                counted = sql(f'SELECT count(*) FROM "{table}"{mine}', *([cast.user[name].pk] if mine else []))
                assert counted == [(0,)], (name, table)
    with cast.acting("gestionnaire_there"):
        assert sql("SELECT count(*) FROM posts_post") == [(1,)], "the other territory goes on"


@pytest.mark.parametrize("name", ["gestionnaire", "national", "sans_role"])
def test_only_the_platform_suspends(cast: Cast, name: str):
    context = cast.actor(name).context if name == "gestionnaire" else rls.Context(user_id=cast.user[name].pk)
    for claims in (context, rls.Context(scope=rls.ADMINISTRATOR, user_id=cast.user[name].pk)):
        with rls.acting(claims), pytest.raises(Error, match="administrateur de la plateforme"), undone():
            sql("UPDATE parties_territory SET suspended_at = now()")


# --- Exceptional access -----------------------------------------------------------------------------------------------


def reading(cast: Cast, name: str = "enquete", territory: str = "here") -> rls.Context:
    return rls.Context(cast.territory[territory].pk, rls.EXCEPTIONAL, user_id=cast.user[name].pk)


def test_an_access_reads_everything_of_its_territory_and_nothing_of_another(shared_scene: Scene):  # noqa: F811
    cast = shared_scene.cast
    with cast.acting("gestionnaire"):
        seen = {table: sql(f'SELECT count(*) FROM "{table}"') for table in protected()}
    with transaction.atomic():
        rls.refuse_writing()
        with rls.acting(reading(cast)):
            assert {table: sql(f'SELECT count(*) FROM "{table}"') for table in protected()} == seen
        with rls.acting(reading(cast, territory="there")):
            assert sql("SELECT count(*) FROM posts_post") == [(0,)]
        with rls.acting(reading(cast, "plateforme")):
            assert sql("SELECT count(*) FROM posts_post") == [(0,)], "another administrator has no access"
        with rls.acting(reading(cast, "gestionnaire_there")):
            assert sql("SELECT count(*) FROM posts_post") == [(0,)]


def test_an_access_reads_nothing_where_it_could_write(shared_scene: Scene):  # noqa: F811
    with rls.acting(reading(shared_scene.cast)):
        for table in protected() - OWN:
            assert sql(f'SELECT count(*) FROM "{table}"') == [(0,)], table


def test_an_access_writes_in_no_table(shared_scene: Scene):  # noqa: F811
    cast = shared_scene.cast
    statements = [f'DELETE FROM "{table}"' for table in protected()]
    statements += [f'UPDATE "{table}" SET id = id' for table in protected()]
    statements += ["SELECT nextval('posts_post_id_seq')", "SELECT lo_create(0)", "CREATE TABLE x (id int)"]
    with transaction.atomic():
        rls.refuse_writing()
        rls.set_context(reading(cast))
        assert sql("SELECT count(*) FROM posts_post") != [(0,)]
        for statement in statements:
            with pytest.raises((InternalError, ProgrammingError), match=r"read-only|permission"), transaction.atomic():
                sql(statement)


def test_writing_cannot_be_allowed_again(shared_scene: Scene):  # noqa: F811
    with transaction.atomic():
        rls.refuse_writing()
        rls.set_context(reading(shared_scene.cast))
        assert sql("SELECT count(*) FROM posts_post") != [(0,)]
        for statement in (
            "SET TRANSACTION READ WRITE",
            "SET transaction_read_only = off",
            "SET LOCAL transaction_read_only = 0",
        ):
            with pytest.raises(Error, match="read-write mode"), transaction.atomic():
                sql(statement)


def test_an_access_ends_by_itself(cast: Cast):
    """Its hour has passed: PostgreSQL's own clock says so, whatever the application believes."""
    make_access(cast, "plateforme", "here", mode=AccessMode.IMMEDIATE, started=dt.timedelta(minutes=59))
    late = make_access(cast, "plateforme", "there", mode=AccessMode.IMMEDIATE, started=dt.timedelta(minutes=61))
    assert late.state == "over"
    with transaction.atomic():
        rls.refuse_writing()
        for territory, count in (("here", 5), ("there", 0)):
            with rls.acting(reading(cast, "plateforme", territory)):
                assert sql("SELECT count(*) FROM posts_post") == [(count,)], territory


@pytest.mark.parametrize("change", ["ended", "role", "account"])
def test_an_access_stops_with_what_it_stands_on(cast: Cast, change: str):
    if change == "ended":
        with cast.acting("gestionnaire"):
            ExceptionalAccess.objects.filter(pk=cast.access.pk).update(ended_at="2026-01-01 00:00Z", ended_by="X")
    elif change == "role":
        with rls.acting(rls.Context(scope=rls.PLATFORM)):
            PlatformMembership.objects.filter(user=cast.user["enquete"]).update(closed_at="2026-01-01 00:00Z")
    else:
        type(cast.user["enquete"]).objects.filter(pk=cast.user["enquete"].pk).update(is_active=False)
    with transaction.atomic():
        rls.refuse_writing()
        with rls.acting(reading(cast)):
            assert sql("SELECT count(*) FROM posts_post") == [(0,)]


def test_a_waiting_access_opens_nothing_and_its_asker_cannot_grant_it(cast: Cast):
    asked = make_access(cast, "plateforme", "here")
    with transaction.atomic():
        rls.refuse_writing()
        with rls.acting(reading(cast, "plateforme")):
            assert sql("SELECT count(*) FROM posts_post") == [(0,)]
    grant = (
        "UPDATE parties_exceptionalaccess SET granted_at = now(), granted_by = 'X',"
        " expires_at = now() + interval '1 hour' WHERE id = %s"
    )
    with cast.acting("plateforme"), pytest.raises(Error, match="à quelqu'un d'autre que soi"), undone():
        sql(grant, asked.pk)
    for name in ("instructeur", "finances_a", "gestionnaire_there", "national", "enquete"):
        with cast.acting(name):
            assert sql(grant, asked.pk) == 0, name
    with cast.acting("gestionnaire"):
        assert sql(grant, asked.pk) == 1


@pytest.mark.parametrize(
    "change",
    [
        "justification = 'autre'",
        "incident = 'autre'",
        "hours = 20",
        "expires_at = expires_at + interval '1 minute'",
        "granted_at = NULL, expires_at = NULL",
    ],
)
def test_what_was_asked_and_granted_does_not_change(cast: Cast, change: str):
    for name in ("gestionnaire", "enquete"):
        with cast.acting(name), pytest.raises(Error), undone():
            assert sql(f"UPDATE parties_exceptionalaccess SET {change} WHERE id = %s", cast.access.pk) == 1
    with cast.acting("gestionnaire"):
        assert sql("DELETE FROM parties_exceptionalaccess") == 0


def test_an_access_is_asked_in_one_s_own_name_and_never_longer_than_said(cast: Cast):
    def asked(name: str, **fields: Any) -> None:
        with cast.acting(name), undone():
            ExceptionalAccess.objects.create(
                **{
                    "territory": cast.territory["there"],
                    "user": cast.user[name],
                    "user_label": "X",
                    "justification": "X",
                    "incident": "X",
                    "hours": 1,
                    "mode": AccessMode.APPROVAL,
                }
                | fields
            )

    asked("plateforme")
    now = dt.datetime.now(dt.UTC)
    hour = {"granted_at": now, "expires_at": now + dt.timedelta(hours=1)}
    for name, fields in (
        ("plateforme", {"user": cast.user["enquete"]}),
        ("plateforme", hour),
        ("plateforme", {**hour, "mode": AccessMode.IMMEDIATE, "expires_at": now + dt.timedelta(minutes=61)}),
        ("plateforme", {"hours": 25}),
        ("gestionnaire_there", {}),
        ("national", {}),
    ):
        with pytest.raises(Error):
            asked(name, **fields)


def test_the_record_of_what_was_read_is_only_added_to(cast: Cast):
    with rls.acting(rls.Context(user_id=cast.user["enquete"].pk)):
        AccessUse.objects.create(access=cast.access, user=cast.user["enquete"], method="GET", path="/postes/")
    for name in ("enquete", "gestionnaire"):
        with cast.acting(name):
            assert AccessUse.objects.count() == 1
            for statement in ("UPDATE parties_accessuse SET path = 'x'", "DELETE FROM parties_accessuse"):
                assert sql(statement) == 0
    for name in ("gestionnaire_there", "instructeur", "national", "plateforme"):
        with cast.acting(name):
            assert AccessUse.objects.count() == 0, name
    stranger = rls.Context(user_id=cast.user["plateforme"].pk)
    with rls.acting(stranger), pytest.raises(ProgrammingError, match="row-level security"), undone():
        AccessUse.objects.create(access=cast.access, user=cast.user["plateforme"], method="GET", path="/")
