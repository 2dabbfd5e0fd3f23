"""Service units: created and changed from pages, the tree kept sound, communes checked against the reference."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.errors import Conflict, InvalidInput, NotAllowed
from parties.enums import OrganisationKind, Role
from parties.models import RefCommune, RefDepartement
from posts.models import ServiceUnit
from posts.services import create_unit, update_unit
from tests.cast import cast  # noqa: F401  (a fixture)
from tests.posts.builders import actor, add_unit, make_member, make_organisation, make_post, make_territory, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def department(db):
    here = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    elsewhere = RefDepartement.objects.create(code="59", name="Nord")
    for code, name, where in (
        ("62080", "Bapaume", here),
        ("62041", "Arras", here),
        ("62765", "Saint-Omer", here),
        ("59350", "Lille", elsewhere),
        ("62001", "Doublon", here),
        ("62002", "Doublon", here),
    ):
        RefCommune.objects.create(code=code, name=name, search_name=name.lower().replace("-", " "), departement=where)
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def by(department):
    return staff(department)


@pytest.fixture
def group(department):
    return make_organisation(department.territory, "Groupement", OrganisationKind.GENDARMERIE)


@pytest.fixture
def police(department):
    return make_organisation(department.territory, "Police", OrganisationKind.POLICE)


@pytest.fixture
def staff_client(client, department):
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


def company(by, group, name="Compagnie d'Arras", **fields):
    return create_unit(by=by, organisation=group, kind="compagnie", name=name, **fields)


def form(group, **changes):
    data = {"kind": "brigade", "name": "Brigade de Bapaume", "organisation": group.pk, "parent": "", "communes": ""}
    return data | changes


# --- Services ---------------------------------------------------------------------------------------------------------


def test_a_unit_takes_its_zone_from_its_kind(by, group, police):
    assert company(by, group, communes=["62080", "62041", "62080"]).zone == "gendarmerie"
    station = create_unit(by=by, organisation=police, kind="commissariat", name="Commissariat d'Arras")
    assert (station.zone, station.territory) == ("police", by.territory)
    assert ServiceUnit.objects.get(zone="gendarmerie").communes == ["62080", "62041"]


def test_only_managers_write_units(by, group, department):
    unit = company(by, group)
    other = actor(department, Role.FINANCES)
    with pytest.raises(NotAllowed):
        create_unit(by=other, organisation=group, kind="brigade", name="B")
    with pytest.raises(NotAllowed):
        update_unit(unit=unit, by=other, name="B")


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"name": " "}, "name", "vide"),
        ({"kind": "caserne"}, "kind", "choix"),
        ({"zone": "police"}, "zone", "ne vont pas ensemble"),
        ({"communes": ["62080", "99999"]}, "communes", "99999 n'est celui d'aucune commune"),
        ({"communes": ["88888", "99999"]}, "communes", "88888, 99999 ne sont ceux"),
    ],
)
def test_what_is_wrong_is_named(by, group, fields, place, words):
    given = {"organisation": group, "kind": "brigade", "name": "Brigade"} | fields
    with pytest.raises(InvalidInput, match=words) as refused:
        create_unit(by=by, **given)
    assert refused.value.place == place
    assert not ServiceUnit.objects.exists()


def test_a_unit_belongs_to_police_or_gendarmerie_as_its_kind_says(by, department, group, police):
    with pytest.raises(InvalidInput, match="ni un service de police"):
        create_unit(by=by, organisation=department, kind="brigade", name="B")
    with pytest.raises(InvalidInput, match="relève de la gendarmerie nationale") as refused:
        create_unit(by=by, organisation=police, kind="brigade", name="B")
    assert refused.value.place == "organisation"


def test_the_unit_above_is_of_the_same_body(by, group, police):
    station = create_unit(by=by, organisation=police, kind="commissariat", name="Commissariat")
    with pytest.raises(InvalidInput, match="n'appartient pas à Groupement") as refused:
        create_unit(by=by, organisation=group, kind="brigade", name="Brigade", parent=station)
    assert refused.value.place == "parent"


def test_no_unit_is_above_itself(by, group):
    top = company(by, group)
    middle = create_unit(by=by, organisation=group, kind="cob", name="COB", parent=top)
    low = create_unit(by=by, organisation=group, kind="brigade", name="Brigade", parent=middle)
    for above in (top, middle, low):
        with pytest.raises(InvalidInput, match="au-dessus d'elle-même"):
            update_unit(unit=top, by=by, parent=above)
    top.refresh_from_db()
    assert top.parent is None
    assert update_unit(unit=low, by=by, parent=top).parent == top


def test_a_unit_does_not_leave_the_ones_below_in_another_body(by, group, department):
    top = company(by, group)
    create_unit(by=by, organisation=group, kind="brigade", name="Brigade", parent=top)
    other = make_organisation(department.territory, "Groupement du Nord", OrganisationKind.GENDARMERIE)
    with pytest.raises(InvalidInput, match=r"\(Brigade\)") as refused:
        update_unit(unit=top, by=by, organisation=other)
    assert refused.value.place == "organisation"


def test_the_same_name_twice_in_a_body_is_refused(by, group):
    company(by, group)
    with pytest.raises(InvalidInput, match="existe déjà") as refused:
        company(by, group, name="COMPAGNIE D'ARRAS")
    assert refused.value.place == "name"


def test_a_second_saver_is_told(by, group):
    unit = company(by, group)
    seen = unit.updated_at
    update_unit(unit=unit, by=by, name="Compagnie de Béthune", seen_at=seen)
    with pytest.raises(Conflict, match="Une autre personne"):
        update_unit(unit=unit, by=by, name="Compagnie de Calais", seen_at=seen)


def test_another_territorys_units_and_bodies_are_out_of_reach(cast):  # noqa: F811
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        with pytest.raises(InvalidInput, match="pas de votre territoire"):
            update_unit(unit=cast.unit["police_there"], by=by, name="X")
        with pytest.raises(InvalidInput, match="pas de votre territoire"):
            create_unit(by=by, organisation=cast.org["police_there"], kind="commissariat", name="X")
    client = cast.client("gestionnaire")
    assert client.get(reverse("unit-edit", args=[cast.unit["police_there"].uuid])).status_code == 404
    assert "Amiens" not in client.get(reverse("units")).content.decode()


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_unit_is_created_then_the_person_is_back_where_they_came_from(staff_client, group):
    back = reverse("post-create")
    typed = "62080 Bapaume\narras, Saint-Omer; 62041"
    answer = staff_client.post(reverse("unit-create"), form(group, communes=typed, next=back))
    assert answer.headers["Location"] == back
    assert ServiceUnit.objects.get().communes == ["62080", "62041", "62765"]
    assert "Brigade de Bapaume" in staff_client.get(back).content.decode()
    away = staff_client.post(reverse("unit-create"), form(group, name="B", next="https://ailleurs.test/"))
    assert away.headers["Location"] == reverse("units")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("62999", "62999 n&#x27;est celui d&#x27;aucune commune"),
        ("Nulle-Part\n62999", "62999 n&#x27;est celui d&#x27;aucune commune"),
        ("62080\nNulle-Part", "« Nulle-Part » n&#x27;est pas le nom d&#x27;une commune du département"),
        ("Lille", "« Lille » n&#x27;est pas le nom d&#x27;une commune du département"),
        ("62041 Bapaume", "le code 62041 est celui de Arras"),
        ("Doublon", "plusieurs communes (62001, 62002)"),
    ],
)
def test_communes_not_understood_come_back_as_typed(staff_client, group, typed, words):
    answer = staff_client.post(reverse("unit-create"), form(group, communes=typed))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert typed.splitlines()[-1] in text
    assert not ServiceUnit.objects.exists()


def test_a_unit_is_changed_and_a_stale_form_is_refused(staff_client, by, group):
    unit = company(by, group, communes=["62080"])
    address = reverse("unit-edit", args=[unit.uuid])
    page = staff_client.get(address).content.decode()
    assert "62080 Bapaume" in page
    stale = unit.updated_at.isoformat()
    data = form(group, kind="compagnie", name="Compagnie de Bapaume", seen_at=stale)
    assert staff_client.post(address, data).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.communes) == ("Compagnie de Bapaume", [])
    refused = staff_client.post(address, data | {"name": "Encore"})
    assert refused.status_code == 422
    assert "Une autre personne" in refused.content.decode()
    assert staff_client.post(address, data | {"seen_at": "hier"}).status_code == 302


def test_a_form_left_empty_says_what_to_write(staff_client, group):
    text = staff_client.post(reverse("unit-create"), {"name": ""}).content.decode()
    for words in ("Choisissez le type d&#x27;unité.", "Indiquez le nom de l&#x27;unité.", "Choisissez la direction"):
        assert words in text


def test_the_list_is_searched_filtered_and_taken_away(staff_client, by, group, police):
    add_unit(make_post(by.organisation, "Poste Arras"), company(by, group, communes=["62041"]))
    create_unit(by=by, organisation=police, kind="commissariat", name="Commissariat d'Arras")
    page = staff_client.get(reverse("units"))
    assert "2 unités" in page.content.decode()
    assert "Poste Arras" in page.content.decode()
    names = lambda **query: [u.name for u in staff_client.get(reverse("units"), query).context["page_obj"]]  # noqa: E731
    assert names(zone="police") == ["Commissariat d'Arras"]
    assert names(type="compagnie") == ["Compagnie d'Arras"]
    assert names(q="groupement") == ["Compagnie d'Arras"]
    assert names(q="rien") == []
    sheet = staff_client.get(reverse("units"), {"format": "csv", "q": "compagnie"}).content.decode("utf-8-sig")
    assert len(sheet.splitlines()) == 2
    assert "62041" in sheet


def test_the_list_asks_the_database_as_often_for_one_unit_as_for_three(
    staff_client, by, group, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    add_unit(make_post(by.organisation, "Poste 0"), company(by, group))
    staff_client.get(reverse("units"))
    with CaptureQueriesContext(connection) as one:
        staff_client.get(reverse("units"))
    for name in ("Compagnie de Calais", "Compagnie de Béthune"):
        add_unit(make_post(by.organisation, f"Poste {name}"), company(by, group, name))
    with django_assert_num_queries(len(one)):
        staff_client.get(reverse("units"))


def test_communes_are_found_by_name_or_code(staff_client):
    find = lambda text: staff_client.get(reverse("unit-communes"), {"commune": text}).content.decode()  # noqa: E731
    assert "62765" in find("saint omer")
    assert "Bapaume" in find("6208")
    assert "Nord" in find("Lille")
    assert "aucune commune" in find("zzz")
    assert "62041" in find("62\x00")  # PostgreSQL refuses the null character
    assert "62765" in staff_client.get(reverse("unit-create"), {"commune": "omer"}).content.decode()


def test_others_read_the_list_and_write_nothing(client, by, group, department):
    unit = company(by, group)
    client.force_login(make_member(department, Role.FINANCES))
    page = client.get(reverse("units")).content.decode()
    assert "Compagnie d&#x27;Arras" in page
    assert reverse("unit-create") not in page
    for address in (reverse("unit-create"), reverse("unit-edit", args=[unit.uuid]), reverse("unit-communes")):
        assert client.get(address).status_code == 403
    assert client.post(reverse("unit-create"), form(group)).status_code == 403


def test_posts_lead_to_units_and_back(staff_client, group):
    assert reverse("units") in staff_client.get(reverse("posts")).content.decode()
    assert (
        f"{reverse('unit-create')}?next={reverse('post-create')}"
        in staff_client.get(reverse("post-create")).content.decode()
    )
