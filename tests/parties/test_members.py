"""Managing people's access: who may, what changes, what nobody may do; the pages and the history."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from core.errors import Conflict, InvalidInput, NotAllowed
from parties import services
from parties.enums import MemberAct, OrganisationKind, Role
from parties.models import MemberEvent, Membership
from parties.roles import roles_for
from parties.services.members import LAST_MANAGER, assignable_roles
from tests.cast import Cast

LIST = "/membres/"


@pytest.fixture
def admin(cast: Cast) -> Cast:
    """The finance officer of EPCI A administers its people; so does the instructor at the préfecture."""
    for name in ("finances_a", "instructeur"):
        with cast.acting("gestionnaire"):
            Membership.objects.filter(pk=cast.membership[name].pk).update(is_admin=True)
        cast.membership[name].is_admin = True
    return cast


def url(cast: Cast, name: str, act: str = "") -> str:
    return f"{LIST}{cast.membership[name].uuid}/{act}"


def change(cast: Cast, by: str, name: str, **fields: object) -> Membership:
    membership = cast.membership[name]
    values = {"role": membership.role, "is_admin": membership.is_admin, "end": membership.end} | fields
    with cast.acting(by):
        return services.change_membership(membership=membership, by=cast.actor(by), **values)  # type: ignore[arg-type]


def close(cast: Cast, by: str, name: str) -> Membership:
    with cast.acting(by):
        return services.close_membership(membership=cast.membership[name], by=cast.actor(by))


def stored(cast: Cast, name: str) -> Membership:
    with cast.acting("gestionnaire_there" if name.endswith("there") else "gestionnaire"):
        return Membership.objects.select_related("user", "organisation").get(pk=cast.membership[name].pk)


# --- Who manages whom -------------------------------------------------------------------------------------------------


def test_roles_follow_the_nature_of_the_organisation():
    assert Role.GESTIONNAIRE in roles_for(OrganisationKind.DEPARTEMENT)
    assert Role.INSTRUCTEUR in roles_for(OrganisationKind.PREFECTURE)
    for kind in OrganisationKind:
        roles = set(roles_for(kind))
        assert {Role.PARTENAIRE, Role.EMPLOYEUR} <= roles
        assert (Role.GESTIONNAIRE in roles) == (kind == OrganisationKind.DEPARTEMENT)
        assert (Role.INSTRUCTEUR in roles) == (kind == OrganisationKind.PREFECTURE)
    assert Role.FINANCES not in roles_for(OrganisationKind.POLICE)


def test_an_administrator_gives_no_role_that_sees_the_territory(admin: Cast):
    epci, departement, prefecture = (admin.org[key] for key in ("epci_a", "departement", "prefecture"))
    assert set(assignable_roles(admin.actor("finances_a"), epci)) == {Role.FINANCES, Role.PARTENAIRE, Role.EMPLOYEUR}
    assert assignable_roles(admin.actor("finances_a"), departement) == ()
    assert Role.INSTRUCTEUR in assignable_roles(admin.actor("instructeur"), prefecture)
    assert Role.GESTIONNAIRE in assignable_roles(admin.actor("gestionnaire"), departement)


@pytest.mark.parametrize("name", ["finances_b", "employeur_a", "partenaire", "instructeur"])
def test_others_have_neither_page_nor_menu(cast: Cast, name: str):
    client = cast.client(name)
    assert client.get(LIST).status_code == 403
    assert LIST not in client.get("/annuaire/").content.decode()
    with cast.acting(name), pytest.raises(NotAllowed):
        services.close_membership(membership=cast.membership["employeur_d"], by=cast.actor(name))


def test_the_list_is_the_territory_s_or_the_organisation_s(admin: Cast):
    everyone = admin.client("gestionnaire").get(LIST).content.decode()
    assert all(f"{name}@exemple.fr" in everyone for name in ("finances_a", "finances_b", "partenaire", "instructeur"))
    assert "finances_there@exemple.fr" not in everyone
    client = admin.client("finances_a")
    own = client.get(LIST).content.decode()
    assert LIST in client.get("/annuaire/").content.decode()
    assert "employeur_a@exemple.fr" in own
    assert "finances_b@exemple.fr" not in own
    assert "Personne ne correspond" in client.get(LIST, {"q": "finances_b", "etat": "tous"}).content.decode()
    assert client.get(url(admin, "employeur_a")).status_code == 200
    for stranger in ("finances_b", "gestionnaire", "gestionnaire_there"):
        for act in ("", "fermer/", "rouvrir/"):
            assert client.post(url(admin, stranger, act)).status_code == 404


def test_an_administrator_who_loses_the_right_loses_it_at_once(admin: Cast):
    client = admin.client("finances_a")
    assert client.get(LIST).status_code == 200
    change(admin, "gestionnaire", "finances_a", is_admin=False)
    assert client.get(LIST).status_code == 403


# --- Changing ---------------------------------------------------------------------------------------------------------


def test_a_change_holds_from_the_next_request_and_is_in_the_history(cast: Cast):
    person, manager = cast.client("employeur_a"), cast.client("gestionnaire")
    assert person.get("/titres/").status_code == 403
    page = manager.get(url(cast, "employeur_a"))
    answer = manager.post(
        url(cast, "employeur_a"),
        {"role": "finances", "end": "2099-12-31", "seen_at": page.context["form"]["seen_at"].value()},
        follow=True,
    )
    html = answer.content.decode()
    assert "L&#x27;accès de Employeur_a est enregistré." in html
    assert "« Responsable de service (employeur) » devient « Responsable financier »" in html.replace("\u00a0", " ")
    assert person.get("/titres/").status_code == 200
    row = stored(cast, "employeur_a")
    assert (row.role, row.end) == (Role.FINANCES, dt.date(2099, 12, 31))


def test_saving_without_a_change_writes_nothing(cast: Cast):
    before = stored(cast, "employeur_a").updated_at
    change(cast, "gestionnaire", "employeur_a")
    assert stored(cast, "employeur_a").updated_at == before
    with cast.acting("gestionnaire"):
        assert not MemberEvent.objects.exists()


def test_a_save_over_somebody_else_s_is_refused(cast: Cast):
    with pytest.raises(Conflict, match="Une autre personne"):
        change(cast, "gestionnaire", "employeur_a", role="finances", seen_at=timezone.now())
    assert stored(cast, "employeur_a").role == Role.EMPLOYEUR


@pytest.mark.parametrize(
    ("name", "fields", "place", "message"),
    [
        ("employeur_a", {"role": "gestionnaire"}, "role", "n'existe pas dans une organisation de cette nature"),
        ("employeur_a", {"role": "instructeur"}, "role", "n'existe pas dans une organisation de cette nature"),
        ("employeur_a", {"end": dt.date(2020, 1, 1)}, "end", "Cette date est passée"),
    ],
)
def test_a_change_that_makes_no_sense_names_its_field(cast: Cast, name, fields, place, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        change(cast, "gestionnaire", name, **fields)
    assert caught.value.place == place


def test_the_same_role_twice_is_refused(cast: Cast):
    with cast.acting("gestionnaire"):
        user, organisation = cast.user["finances_a"], cast.org["epci_a"]
        second = Membership.objects.create(user=user, organisation=organisation, role=Role.EMPLOYEUR)
    cast.membership["second"] = second
    with pytest.raises(InvalidInput, match="déjà ce rôle"):
        change(cast, "gestionnaire", "second", role="finances")


# --- What nobody may do -----------------------------------------------------------------------------------------------


def test_nobody_changes_their_own_access(admin: Cast):
    for name in ("gestionnaire", "finances_a"):
        with pytest.raises(NotAllowed, match="son propre accès"):
            change(admin, name, name, role="partenaire")
        with pytest.raises(NotAllowed, match="son propre accès"):
            close(admin, name, name)
        html = admin.client(name).get(url(admin, name)).content.decode()
        assert "Fermer l’accès" not in html
    answer = admin.client("finances_a").post(url(admin, "finances_a"), {"role": "employeur"})
    assert answer.status_code == 422
    assert "Personne ne modifie son propre accès" in answer.content.decode().replace("\u202f", " ")


def test_an_administrator_does_not_touch_the_managers_of_its_own_organisation(cast: Cast):
    with cast.acting("gestionnaire"):
        user = cast.user["sans_role"]
        row = Membership.objects.create(
            user=user, organisation=cast.org["departement"], role=Role.FINANCES, is_admin=True
        )
    cast.membership["admin_dpt"] = row
    for act in (close, lambda *a: change(*a, role="finances")):
        with pytest.raises(NotAllowed, match="gestionnaire du dispositif"):
            act(cast, "admin_dpt", "gestionnaire")
    assert "Fermer l’accès" not in cast.client("sans_role").get(url(cast, "gestionnaire")).content.decode()


def second_manager(cast: Cast, **fields: object) -> None:
    with cast.acting("gestionnaire"):
        cast.membership["second"] = Membership.objects.create(
            user=cast.user["sans_role"], organisation=cast.org["departement"], role=Role.GESTIONNAIRE, **fields
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"closed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"end": dt.date(2020, 1, 1)},
        {"start": dt.date(2099, 7, 1)},
    ],
    ids=["closed", "ended", "to come"],
)
def test_the_last_manager_stays(cast: Cast, fields):
    """Somebody whose access opens nothing today does not count as another manager."""
    second_manager(cast, **fields)
    # The second one acts all the same (a request already on its way): the rule is the service's.
    for act in (close, lambda *a: change(*a, role="finances"), lambda *a: change(*a, end=dt.date(2099, 6, 1))):
        with pytest.raises(Conflict) as caught:
            act(cast, "second", "gestionnaire")
        assert caught.value.message == LAST_MANAGER
    row = stored(cast, "gestionnaire")
    assert (row.role, row.end, row.closed_at) == (Role.GESTIONNAIRE, None, None)


def test_a_closed_account_is_no_other_manager(cast: Cast):
    second_manager(cast)
    services.set_account_active(email="sans_role@exemple.fr", active=False)
    with pytest.raises(Conflict, match="dernier gestionnaire"):
        close(cast, "second", "gestionnaire")


def test_with_another_manager_one_may_leave(cast: Cast):
    second_manager(cast)
    assert close(cast, "second", "gestionnaire").closed_at is not None
    with pytest.raises(Conflict, match="dernier gestionnaire"):
        close(cast, "gestionnaire", "second")


def test_a_manager_who_ends_before_the_other_may_have_a_last_day(cast: Cast):
    second_manager(cast, end=dt.date(2099, 6, 30))
    assert change(cast, "second", "gestionnaire", end=dt.date(2099, 6, 1)).end == dt.date(2099, 6, 1)
    with pytest.raises(Conflict, match="dernier gestionnaire"):
        change(cast, "gestionnaire", "second", end=dt.date(2099, 6, 2))


# --- Closing and reopening --------------------------------------------------------------------------------------------


def test_closing_ends_what_is_open_at_once_and_keeps_everything(cast: Cast):
    person, manager = cast.client("finances_a"), cast.client("gestionnaire")
    assert person.get("/titres/").status_code == 200
    assert manager.post(url(cast, "finances_a", "fermer/")).status_code == 302
    assert person.get("/titres/").status_code == 403
    assert person.get("/mon-compte/").status_code == 200, "the account itself stays"
    html = manager.get(url(cast, "finances_a")).content.decode()
    assert "Rouvrir l’accès" in html
    assert "Accès fermé" in html
    assert "finances_a@exemple.fr" not in manager.get(LIST).content.decode()
    assert "finances_a@exemple.fr" in manager.get(LIST, {"etat": "clos"}).content.decode()
    assert manager.post(url(cast, "finances_a", "rouvrir/")).status_code == 302
    assert person.get("/titres/").status_code == 200
    with cast.acting("gestionnaire"):
        acts = list(MemberEvent.objects.filter(membership=cast.membership["finances_a"]).values_list("act", "by_label"))
    assert [act for act, _by in acts] == [MemberAct.REOPENED, MemberAct.CLOSED]
    assert {by for _act, by in acts} == {"Gestionnaire (Département)"}


def test_closing_one_membership_leaves_the_others(cast: Cast):
    person = cast.client("double")
    close(cast, "gestionnaire", "double")
    assert "Département de la Somme" in person.get("/").content.decode()


def test_closing_twice_is_one_act(cast: Cast):
    first = close(cast, "gestionnaire", "finances_a").closed_at
    assert close(cast, "gestionnaire", "finances_a").closed_at == first
    with cast.acting("gestionnaire"):
        assert MemberEvent.objects.count() == 1
    with pytest.raises(Conflict, match="Rouvrez-le"):
        change(cast, "gestionnaire", "finances_a", role="employeur")


def test_an_access_whose_last_day_has_passed_is_reopened_without_end(cast: Cast):
    with cast.acting("gestionnaire"):
        Membership.objects.filter(pk=cast.membership["finances_a"].pk).update(end=dt.date(2020, 1, 1))
    assert cast.client("gestionnaire").post(url(cast, "finances_a", "rouvrir/")).status_code == 302
    assert stored(cast, "finances_a").end is None


def test_a_closed_account_opens_nothing_any_more(cast: Cast):
    person = cast.client("finances_a")
    assert services.set_account_active(email=" Finances_A@exemple.fr", active=False)
    assert person.get("/").status_code == 302
    assert "Compte fermé" in cast.client("gestionnaire").get(url(cast, "finances_a")).content.decode()
    assert not services.set_account_active(email="inconnu@exemple.fr", active=False)
