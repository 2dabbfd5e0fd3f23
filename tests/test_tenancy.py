"""Isolation, seen from the database: PostgreSQL and the runtime role, whatever a page or a filter forgets."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from config.database import OWNER, RUNTIME
from conventions.models import Convention
from core import rls
from funding.models import FundingPlan, Share, Titre
from parties.models import Mandate, Membership, Organisation, Territory
from posts.models import Occupancy, Post
from tests.cast import Cast

#: Tables that hold no territory's data, and why anyone signed in, or nobody, may read them.
PUBLIC = {
    "parties_territory": "the register of tenants: a code and a name that are public",
    "parties_user": "accounts; what they may act for is in parties_membership, which is protected",
    "parties_signin": "one's own open sessions: a policy of its own shows them to their account only",
    "parties_firststeps": "one's own first steps: policies of its own show them to their account only",
    "parties_platformmembership": "roles outside any territory: a policy of its own shows one's own",
    "parties_platformevent": "acts outside any territory: a policy of its own shows them there only",
    "mfa_authenticator": "one's own second factors: policies of its own show them to their account only",
    "socialaccount_socialaccount": "one's own link to ProConnect: policies of its own show it to its account only",
    "account_emailaddress": "allauth's, unused: row-level security without a policy takes no row",
    "account_emailconfirmation": "allauth's, unused: row-level security without a policy takes no row",
    "socialaccount_socialapp": "allauth's, unused: row-level security without a policy takes no row",
    "socialaccount_socialtoken": "allauth's, unused: row-level security without a policy takes no row",
    "parties_throttle": "counters of attempts under keyed digests: nobody's name, address or content",
    "posts_listitem": "the closed lists of indicators, public; policies let the platform alone keep them",
    "parties_refcommune": "public reference data, the same for everyone",
    "parties_refcommuneyear": "public reference data, the same for everyone",
    "parties_refdepartement": "public reference data, the same for everyone",
    "parties_refepci": "public reference data, the same for everyone",
    "parties_refepciyear": "public reference data, the same for everyone",
    "auth_group": "Django's own, unused: rights come from memberships",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "Django's own, unused",
    "django_content_type": "Django's own: names of models",
    "django_migrations": "Django's own: names of migrations",
    "django_session": "opaque session contents, read by their secret key only",
    "procrastinate_events": "the job queue: ids and names of tasks, never a territory's content",
    "procrastinate_jobs": "the job queue: ids and names of tasks, never a territory's content",
    "procrastinate_periodic_defers": "the job queue",
    "procrastinate_workers": "the job queue",
}


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def tables() -> dict[str, bool]:
    """Every table of the schema → whether it has a ``territory_id``."""
    found = rows(
        "SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'territory_id'"
        " AND NOT a.attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1"
    )
    return dict(found)


def protected() -> list[str]:
    return [name for name, has_territory in tables().items() if has_territory]


# --- The schema -------------------------------------------------------------------------------------------------------


def test_every_table_of_a_territory_is_protected_for_each_command(db):
    policies: dict[str, set[str]] = {}
    for table, command in rows("SELECT tablename, cmd FROM pg_policies WHERE schemaname = 'public'"):
        policies.setdefault(table, set()).add(command)
    enabled = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relrowsecurity")}
    assert len(protected()) > 25
    for table in protected():
        assert table in enabled, f"{table}: row-level security is not enabled"
        missing = {"SELECT", "INSERT", "UPDATE", "DELETE"} - policies.get(table, set())
        assert not missing or "ALL" in policies[table], f"{table}: no policy for {sorted(missing)}"


def test_every_other_table_is_public_for_a_written_reason(db):
    others = {name for name, has_territory in tables().items() if not has_territory}
    assert others == set(PUBLIC)
    assert all(PUBLIC.values())


def test_every_business_model_is_one_or_the_other(db):
    known = set(protected()) | set(PUBLIC)
    assert {model._meta.db_table for model in apps.get_models(include_auto_created=True)} <= known


def test_the_runtime_role_owns_nothing_and_cannot_bypass(db):
    [(user, bypass, superuser, create_role, create_db)] = rows(
        "SELECT rolname, rolbypassrls, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert user == RUNTIME
    assert (bypass, superuser, create_role, create_db) == (False, False, False, False)
    assert rows(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    ) == [(0,)]
    assert rows("SELECT pg_has_role(current_user, %s, 'MEMBER')", OWNER) == [(False,)]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE posts_post DISABLE ROW LEVEL SECURITY",
        "DROP POLICY posts_post_read ON posts_post",
        "CREATE POLICY open_bar ON posts_post FOR SELECT USING (true)",
        "TRUNCATE posts_post CASCADE",
        "SET ROLE cosigne_owner",
        "CREATE OR REPLACE FUNCTION cosigne_scope() RETURNS text LANGUAGE sql AS $$ SELECT 'staff' $$",
    ],
)
def test_the_runtime_role_cannot_lift_the_protection(db, statement):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# --- No context, no rows ----------------------------------------------------------------------------------------------


def test_without_a_context_no_row_of_any_protected_table(cast: Cast):
    filled = 0
    with cast.acting("gestionnaire"):
        filled = sum(rows(f'SELECT count(*) FROM "{table}"')[0][0] > 0 for table in protected())
    assert filled > 15, "the cast must fill enough tables for this test to mean something"
    with rls.acting(rls.NOBODY):
        for table in protected():
            assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)], table


def test_a_known_account_reads_its_memberships_and_nothing_else(cast: Cast):
    with rls.acting(rls.Context(user_id=cast.user["double"].pk)):
        assert set(Membership.objects.order_by().values_list("pk", flat=True)) == {
            cast.membership["double"].pk,
            cast.membership["double_there"].pk,
        }
        for table in protected():
            if table != "parties_membership":
                assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)], table


def test_the_context_ends_with_its_transaction(db, owner_connection):
    info = owner_connection.info
    with psycopg.connect(host=info.host, port=info.port, dbname=info.dbname, user=RUNTIME, autocommit=True) as session:
        with session.transaction():
            session.execute(
                "SELECT set_config('cosigne.territory', '1', true), set_config('cosigne.scope', 'staff', true)"
            )
            assert session.execute("SELECT cosigne_territory(), cosigne_scope()").fetchone() == (1, "staff")
        assert session.execute("SELECT cosigne_territory(), cosigne_scope()").fetchone() == (None, "")


def test_a_context_needs_a_transaction(transactional_db):
    with pytest.raises(RuntimeError, match="open a transaction first"):
        rls.set_context(rls.NOBODY)


# --- Two territories --------------------------------------------------------------------------------------------------


def test_staff_of_one_territory_see_nothing_of_the_other(cast: Cast):
    here, there = cast.territory["here"].pk, cast.territory["there"].pk
    for name, own, other in (("gestionnaire", here, there), ("gestionnaire_there", there, here)):
        with cast.acting(name):
            for table in protected():
                assert rows(f'SELECT count(*) FROM "{table}" WHERE territory_id = %s', other) == [(0,)], table
            assert Post.objects.count() > 0
            assert not Post.objects.exclude(territory_id=own).exists()
            assert Organisation.objects.filter(siren="200035442").count() == 1, "the same SIREN is in both"


def test_a_row_cannot_be_written_into_another_territory(cast: Cast):
    there = cast.territory["there"]
    with cast.acting("gestionnaire"):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Organisation.objects.create(territory=there, kind="other", name="Intrus")
        assert Organisation.objects.filter(pk=cast.org["epci_there"].pk).update(name="Pris") == 0
        assert Post.objects.filter(pk=cast.post["there"].pk).delete()[0] == 0
    with cast.acting("gestionnaire_there"):
        assert Organisation.objects.get(pk=cast.org["epci_there"].pk).name == "CC du Sud-Artois"


def test_a_row_cannot_point_at_another_territory_s(cast: Cast):
    with cast.acting("gestionnaire"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        stranger = Mandate(territory=cast.territory["here"], organisation_id=cast.org["epci_there"].pk, person="X")
        with pytest.raises(IntegrityError), transaction.atomic():
            stranger.save()
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_territories_are_a_public_register(cast: Cast):
    with rls.acting(rls.NOBODY):
        assert set(Territory.objects.values_list("code", flat=True)) == {"62", "80"}


# --- Inside a territory: organisations see their own ------------------------------------------------------------------

SEEN = {
    # person: posts, plans, conventions, titres
    "gestionnaire": ("abcde", "abcde", "abcde", {"a_departement", "a_prefecture", "c_epci_b", "c_prefecture"}),
    "instructeur": ("abcde", "abce", "abce", {"a_prefecture", "c_prefecture"}),
    "finances_a": ("ae", "ae", "a", {"a_departement", "a_prefecture"}),
    "finances_b": ("bc", "bc", "bc", {"c_epci_b"}),
    "partenaire": ("bc", "", "bc", set()),
    "employeur_a": ("ae", "ae", "a", {"a_departement", "a_prefecture"}),
    "employeur_d": ("d", "d", "", set()),
    "finances_there": (["there"], ["there"], ["there"], {"there"}),
}


@pytest.mark.parametrize("name", sorted(SEEN))
def test_each_organisation_sees_its_own_posts_plans_conventions_and_titres(cast: Cast, name):
    posts, plans, conventions, titres = SEEN[name]
    with cast.acting(name):
        for model, everything, expected in (
            (Post, cast.post, posts),
            (FundingPlan, cast.plan, plans),
            (Convention, cast.convention, conventions),
            (Titre, cast.titre, titres),
        ):
            keys = {row.pk: key for key, row in everything.items()}
            assert {keys[pk] for pk in model.objects.values_list("pk", flat=True)} == set(expected), model.__name__
        # Children follow their parents, in raw SQL too.
        for child, column, parent in (
            ("posts_occupancy", "post_id", "posts_post"),
            ("funding_share", "plan_id", "funding_fundingplan"),
            ("funding_costcomponent", "plan_id", "funding_fundingplan"),
            ("conventions_party", "convention_id", "conventions_convention"),
            ("conventions_signatory", "convention_id", "conventions_convention"),
            ("conventions_transition", "convention_id", "conventions_convention"),
            ("conventions_conventionversion", "convention_id", "conventions_convention"),
        ):
            orphans = f"SELECT count(*) FROM {child} WHERE {column} NOT IN (SELECT id FROM {parent})"
            assert rows(orphans) == [(0,)], child


@pytest.mark.parametrize("name", ["finances_a", "partenaire", "employeur_a", "instructeur"])
def test_only_staff_write_the_territory_s_objects(cast: Cast, name):
    own = cast.org[{"finances_a": "epci_a", "partenaire": "police", "employeur_a": "epci_a"}.get(name, "prefecture")]
    with cast.acting(name):
        assert Post.objects.update(label="Pris") == 0
        assert Organisation.objects.exclude(pk=own.pk).update(name="Pris") == 0
        # Of its own record an organisation's people change the finance settings only; the préfecture's, nothing.
        with suppress(ProgrammingError), transaction.atomic():
            assert Organisation.objects.filter(pk=own.pk).update(name="Pris") == 0
        assert not Organisation.objects.filter(name="Pris").exists()
        assert FundingPlan.objects.update(label="Pris") == 0
        assert Share.objects.update(amount=0) == 0
        assert Occupancy.objects.all().delete()[0] == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            Occupancy.objects.create(territory=cast.territory["here"], post=cast.post["a"], start="2020-01-01")


def test_an_issuer_changes_its_own_titres_only(cast: Cast):
    with cast.acting("finances_a"):
        assert Titre.objects.filter(pk=cast.titre["a_departement"].pk).update(subject="Participation 2026") == 1
    with cast.acting("finances_b"):
        # The debtor reads what it owes and cannot touch it.
        assert Titre.objects.filter(pk=cast.titre["c_epci_b"].pk).exists()
        assert Titre.objects.update(amount=0) == 0
