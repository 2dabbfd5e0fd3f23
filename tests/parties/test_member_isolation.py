"""Accesses and invitations seen from the database: raw SQL on the runtime role, whatever the services forget."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.utils import timezone

from core import rls
from parties import links, services
from parties.models import Invitation, MemberEvent, Membership, SignIn
from tests.cast import Cast

INSERT = (
    "INSERT INTO parties_membership (uuid, created_at, updated_at, territory_id, user_id, organisation_id, role,"
    " is_admin) VALUES (gen_random_uuid(), now(), now(), %s, %s, %s, %s, false)"
)


def sql(statement: str, *params: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def seen(table: str, column: str = "id") -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {column} FROM "{table}"')
        return {value for (value,) in cursor.fetchall()}


@pytest.fixture
def admin(cast: Cast) -> Cast:
    """finances_a administers EPCI A; an invitation waits in A, one in B, one in the other territory."""
    with cast.acting("gestionnaire"):
        Membership.objects.filter(pk=cast.membership["finances_a"].pk).update(is_admin=True)
    cast.membership["finances_a"].is_admin = True
    for by, organisation in (
        ("gestionnaire", "epci_a"),
        ("gestionnaire", "epci_b"),
        ("gestionnaire_there", "epci_there"),
    ):
        with cast.acting(by):
            services.invite(
                organisation=cast.org[organisation], by=cast.actor(by), email=f"{organisation}@exemple.fr",
                role="finances", is_admin=False, link=lambda token: token,
            )  # fmt: skip
    return cast


def insert(cast: Cast, *, user: str, organisation: str, role: str, territory: str = "here") -> int:
    with transaction.atomic():
        return sql(INSERT, cast.territory[territory].pk, cast.user[user].pk, cast.org[organisation].pk, role)


# --- What is seen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["finances_b", "employeur_a", "partenaire", "instructeur"])
def test_without_the_right_one_sees_one_s_own_access_only(admin: Cast, name: str):
    with admin.acting(name):
        assert seen("parties_membership") == {admin.membership[name].pk}
        assert seen("parties_invitation") == set()
        assert seen("parties_memberevent") == set()


def test_an_administrator_sees_its_organisation_s(admin: Cast):
    epci = {admin.org["epci_a"].pk}
    with admin.acting("finances_a"):
        for table in ("parties_membership", "parties_invitation", "parties_memberevent"):
            assert seen(table, "organisation_id") == epci, table
        assert seen("parties_membership", "user_id") == {
            admin.user[name].pk for name in ("finances_a", "admin_a", "employeur_a")
        }


def test_staff_see_their_territory_s(admin: Cast):
    with admin.acting("gestionnaire"):
        for table in ("parties_membership", "parties_invitation", "parties_memberevent"):
            assert seen(table, "territory_id") == {admin.territory["here"].pk}, table


def test_a_context_that_claims_another_organisation_or_account_sees_nothing_more(admin: Cast):
    """The database reads by itself whether the account administers the organisation named."""
    here, a, b = admin.territory["here"].pk, admin.org["epci_a"].pk, admin.org["epci_b"].pk
    for claimed in (
        rls.Context(here, rls.ORGANISATION, b, admin.user["finances_a"].pk),
        rls.Context(here, rls.ORGANISATION, a, admin.user["finances_b"].pk),
        rls.Context(here, rls.ORGANISATION, a, None),
        rls.Context(admin.territory["there"].pk, rls.ORGANISATION, a, admin.user["finances_a"].pk),
    ):
        with rls.acting(claimed):
            assert seen("parties_invitation") == set(), claimed
            assert len(seen("parties_membership")) <= 1, claimed


@pytest.mark.parametrize(
    "fields",
    [
        {"is_admin": False},
        {"closed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"end": dt.date(2020, 1, 1)},
        {"start": dt.date(2099, 1, 1)},
    ],
    ids=["right taken back", "closed", "ended", "to come"],
)
def test_the_right_ends_with_the_access(admin: Cast, fields):
    with admin.acting("gestionnaire"):
        Membership.objects.filter(pk=admin.membership["finances_a"].pk).update(**fields)
    with admin.acting("finances_a"):
        assert seen("parties_invitation") == set()
        assert sql("UPDATE parties_membership SET role = 'finances'") == 0


def test_the_right_ends_with_the_account(admin: Cast):
    services.set_account_active(email="finances_a@exemple.fr", active=False)
    with admin.acting("finances_a"):
        assert seen("parties_invitation") == set()


# --- What is written --------------------------------------------------------------------------------------------------


def test_an_administrator_writes_in_its_organisation_only(admin: Cast):
    with admin.acting("finances_a"):
        assert insert(admin, user="sans_role", organisation="epci_a", role="employeur") == 1
        for organisation, territory in (("epci_b", "here"), ("departement", "here"), ("epci_there", "there")):
            with pytest.raises(ProgrammingError, match="row-level security"):
                insert(admin, user="sans_role", organisation=organisation, role="employeur", territory=territory)
        changed = sql("UPDATE parties_membership SET role = 'partenaire'")
        assert changed == 3, "those of its colleagues and of the newcomer; neither its own nor another organisation's"
    with admin.acting("gestionnaire"):
        assert Membership.objects.get(pk=admin.membership["finances_a"].pk).role == "finances"
        assert Membership.objects.get(pk=admin.membership["finances_b"].pk).role == "finances"


@pytest.mark.parametrize("role", ["gestionnaire", "instructeur"])
def test_an_administrator_cannot_raise_anybody_above_its_organisation(admin: Cast, role: str):
    with admin.acting("finances_a"):
        with pytest.raises(ProgrammingError, match="row-level security"):
            insert(admin, user="sans_role", organisation="epci_a", role=role)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql("UPDATE parties_membership SET role = %s WHERE id = %s", role, admin.membership["employeur_a"].pk)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql("UPDATE parties_invitation SET role = %s", role)
        # Its own row is out of reach altogether.
        own = admin.membership["finances_a"].pk
        assert sql("UPDATE parties_membership SET role = %s WHERE id = %s", role, own) == 0
        assert sql('UPDATE parties_membership SET "end" = NULL WHERE id = %s', own) == 0


@pytest.mark.parametrize("name", ["finances_b", "employeur_a", "partenaire", "instructeur"])
def test_without_the_right_nothing_is_written(admin: Cast, name: str):
    with admin.acting(name):
        assert sql("UPDATE parties_membership SET is_admin = true") == 0
        assert sql("UPDATE parties_invitation SET revoked_at = now()") == 0
        organisation = admin.membership[name].organisation_id
        own = next(key for key, org in admin.org.items() if org.pk == organisation)
        with pytest.raises(ProgrammingError, match="row-level security"):
            insert(admin, user="sans_role", organisation=own, role="partenaire")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Invitation.objects.create(
                territory=admin.territory["here"], organisation=admin.org[own], email="x@exemple.fr", role="partenaire",
                token_hash="0" * 64, sent_at=timezone.now(), expires_at=timezone.now(),
            )  # fmt: skip


@pytest.mark.parametrize("name", ["gestionnaire", "finances_a"])
def test_nothing_is_ever_removed(admin: Cast, name: str):
    with admin.acting(name):
        for table in ("parties_invitation", "parties_membership", "parties_memberevent"):
            before = seen(table)
            assert before
            try:
                with transaction.atomic():
                    assert sql(f"DELETE FROM {table}") == 0
            except IntegrityError:
                assert table == "parties_memberevent"
            assert seen(table) == before


def test_the_history_cannot_be_rewritten(admin: Cast):
    with admin.acting("gestionnaire"), pytest.raises(IntegrityError, match="ne se modifie pas"), transaction.atomic():
        MemberEvent.objects.update(by_label="Personne")


def test_a_row_cannot_point_at_another_territory_s(admin: Cast):
    with admin.acting("gestionnaire"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.update(membership=admin.membership["gestionnaire_there"])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


# --- The link of an invitation ----------------------------------------------------------------------------------------


def test_a_link_shows_its_invitation_and_nothing_else(admin: Cast):
    with admin.acting("gestionnaire"):
        invitation = Invitation.objects.get(email="epci_a@exemple.fr")
    token = links.token_of(invitation)
    with rls.acting(rls.NOBODY):
        assert seen("parties_invitation") == set()
        sql("SELECT set_config('cosigne.link', %s, true)", links.digest(token))
        assert seen("parties_invitation") == {invitation.pk}
        assert seen("parties_membership") == seen("parties_organisation") == seen("parties_memberevent") == set()
        assert sql("UPDATE parties_invitation SET role = 'gestionnaire'") == 0
        sql("SELECT set_config('cosigne.link', '', true)")
        assert seen("parties_invitation") == set()
        found = links.read(token)
        assert found is not None
        assert found.organisation == admin.org["epci_a"]
        assert seen("parties_invitation") == seen("parties_organisation") == set(), "the context is given back"


# --- Sessions ---------------------------------------------------------------------------------------------------------


def test_sessions_are_seen_by_their_account_only(admin: Cast):
    admin.client("finances_a"), admin.client("gestionnaire")
    for name in ("finances_a", "gestionnaire"):
        with admin.acting(name):
            assert set(SignIn.objects.values_list("user", flat=True)) == {admin.user[name].pk}
            assert SignIn.objects.exclude(user=admin.user[name]).delete()[0] == 0
    with rls.acting(rls.NOBODY):
        assert not SignIn.objects.exists()
