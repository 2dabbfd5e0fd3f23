"""Pages of posts: lists, the page of one post, and forms that keep what was typed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parties.enums import OrganisationKind, Role
from posts.enums import PostKind, Zone
from posts.models import Occupancy, Post
from tests.posts.builders import (
    add_return,
    add_unit,
    cover,
    make_member,
    make_organisation,
    make_post,
    make_territory,
    make_unit,
    occupy,
)

pytestmark = pytest.mark.django_db
D = dt.date


@pytest.fixture
def territory(db):
    return make_territory()


@pytest.fixture
def department(territory):
    return make_organisation(territory, "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def epci(territory):
    return make_organisation(territory, "CC du Ternois")


@pytest.fixture
def staff_client(client, department):
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


@pytest.fixture
def posts(territory, department, epci):
    group = make_organisation(territory, "Groupement", OrganisationKind.GENDARMERIE)
    police = make_organisation(territory, "Police", OrganisationKind.POLICE)
    vacant = make_post(epci, "Poste ISG Ternois", created_on=D(2020, 1, 1))
    add_unit(vacant, make_unit(group, "Brigade de Frévent"))
    occupy(vacant, D(2020, 1, 1), D(2022, 9, 30))
    filled = make_post(department, "Poste ISC Artois", PostKind.ISC)
    add_unit(filled, make_unit(police, "Commissariat de Béthune", Zone.POLICE), 100)
    occupy(filled, D(2022, 1, 1))
    return [vacant, filled]


def page(client, name, *args, **query):
    response = client.get(reverse(name, args=args), query)
    return response, response.content.decode()


def test_the_list_shows_every_post_and_its_situation(staff_client, posts):
    response, text = page(staff_client, "posts")
    assert response.status_code == 200
    assert "2 postes" in text
    assert "Vacant depuis" in text
    assert "Pourvu" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ternois"}, ["Poste ISG Ternois"]),
        ({"q": "béthune"}, ["Poste ISC Artois"]),
        ({"type": "ISC"}, ["Poste ISC Artois"]),
        ({"zone": "gendarmerie"}, ["Poste ISG Ternois"]),
        ({"etat": "vacant"}, ["Poste ISG Ternois"]),
        ({"etat": "pourvu"}, ["Poste ISC Artois"]),
        ({"etat": "ferme"}, []),
        ({"tri": "-label"}, ["Poste ISG Ternois", "Poste ISC Artois"]),
        ({"tri": "label"}, ["Poste ISC Artois", "Poste ISG Ternois"]),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(staff_client, posts, query, found):
    response, _ = page(staff_client, "posts", **query)
    assert [line.post.label for line in response.context["lines"]] == found


def test_the_list_is_filtered_by_employer(staff_client, posts, epci):
    response, _ = page(staff_client, "posts", employeur=str(epci.uuid))
    assert [line.post.label for line in response.context["lines"]] == ["Poste ISG Ternois"]


def test_the_list_as_a_spreadsheet(staff_client, posts):
    response = staff_client.get(reverse("posts"), {"format": "csv", "type": "ISC"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Commissariat de Béthune (100\u202f%)" in lines[1]


def test_the_list_asks_the_database_as_often_for_one_post_as_for_three(
    staff_client, posts, department, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as two:
        page(staff_client, "posts")
    for number in range(3):
        occupy(make_post(department, f"Poste {number}", PostKind.ISC), D(2022, 1, 1))
    with django_assert_num_queries(len(two)):
        page(staff_client, "posts")


def test_the_post_page_shows_units_coverage_and_vacancies(staff_client, posts, epci):
    cover(posts[0], epci)
    add_return(posts[0], 2022, women=127, men=91, children=27)
    _, text = page(staff_client, "post", posts[0].uuid)
    for expected in (
        "Brigade de Frévent",
        "CC du Ternois",
        "Du 1er janvier 2020 au 30 septembre 2022",
        "Vacant",
        "245",
    ):
        assert expected in text
    assert "1\u202f004 jours" in text


def test_a_post_is_created_from_the_form(staff_client, posts, epci):
    unit = posts[0].units.get()
    data = form_data(epci, **{"units-0-unit": unit.pk, "units-0-percent": "100", "epcis": [epci.pk]})
    response = staff_client.post(reverse("post-create"), data)
    created = Post.objects.get(label="Poste neuf")
    assert response.url == created.get_absolute_url()
    assert created.post_units.get().percent == 100
    assert created.coverage.get().organisation == epci


@pytest.mark.parametrize("typed", ["0,8", "0.8", " 0,80 "])
def test_decimals_are_typed_with_a_comma(staff_client, posts, epci, typed):
    unit = posts[0].units.get()
    data = form_data(epci, etp=typed, weekly_hours="28,5") | {"units-0-unit": unit.pk, "units-0-percent": "100,00"}
    assert staff_client.post(reverse("post-create"), data).status_code == 302
    created = Post.objects.get(label="Poste neuf")
    assert (created.etp, created.weekly_hours) == (Decimal("0.8"), Decimal("28.5"))
    assert 'value="28,50"' in page(staff_client, "post-edit", created.uuid)[1]
    period = {"start": "2023-01-01", "working_time": "0,5"}
    assert staff_client.post(reverse("post-occupancy-add", args=[created.uuid]), period).status_code == 302
    assert created.occupancies.get().working_time == Decimal("0.5")


def form_data(employer, **changes):
    return {
        "label": "Poste neuf",
        "kind": "ISG",
        "employer": employer.pk,
        "etp": "1",
        "units-TOTAL_FORMS": "3",
        "units-INITIAL_FORMS": "0",
        **changes,
    }


def test_parts_that_do_not_make_a_hundred_come_back_with_what_was_typed(staff_client, posts, epci):
    unit = posts[0].units.get()
    response = staff_client.post(
        reverse("post-create"), form_data(epci, **{"units-0-unit": unit.pk, "units-0-percent": "80"})
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "elles doivent faire 100" in text
    assert 'value="Poste neuf"' in text
    assert not Post.objects.filter(label="Poste neuf").exists()


def test_a_post_is_changed_and_a_stale_form_is_refused(staff_client, posts, epci):
    post = posts[0]
    stale = post.updated_at.isoformat()
    data = form_data(epci, seen_at=stale, label="Premier") | {"units-INITIAL_FORMS": "1"}
    data |= {"units-0-unit": post.units.get().pk}
    assert staff_client.post(reverse("post-edit", args=[post.uuid]), data).status_code == 302
    response = staff_client.post(reverse("post-edit", args=[post.uuid]), data | {"label": "Second"})
    assert response.status_code == 422
    assert "Une autre personne a modifié ce poste" in response.content.decode()
    post.refresh_from_db()
    assert post.label == "Premier"


def test_an_overlap_is_said_on_the_form(staff_client, posts):
    address = reverse("post-occupancy-add", args=[posts[1].uuid])
    response = staff_client.post(address, {"start": "2023-01-01", "working_time": "1"})
    assert response.status_code == 422
    assert "déjà pourvu sur une partie de cette période" in response.content.decode()


def test_a_period_is_added_closed_and_removed(staff_client, posts):
    post = posts[0]
    added = staff_client.post(
        reverse("post-occupancy-add", args=[post.uuid]), {"start": "2023-03-15", "working_time": "1"}
    )
    assert added.status_code == 302
    period = Occupancy.objects.get(post=post, end=None)
    address = reverse("post-occupancy-edit", args=[post.uuid, period.uuid])
    staff_client.post(address, {"start": "2023-03-15", "end": "2023-12-31", "working_time": "0.5"})
    period.refresh_from_db()
    assert (period.end, period.working_time) == (D(2023, 12, 31), Decimal("0.5"))
    staff_client.post(address, {"retirer": "1"})
    assert not Occupancy.objects.filter(pk=period.pk).exists()


def test_people_without_the_right_see_but_do_not_edit(client, epci, posts):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    response, text = page(client, "posts")
    assert [line.post.label for line in response.context["lines"]] == ["Poste ISG Ternois"]
    assert "Créer un poste" not in text
    assert page(client, "post", posts[0].uuid)[0].status_code == 200
    for name, args in (("post-create", []), ("post-edit", [posts[0].uuid]), ("post-occupancy-add", [posts[0].uuid])):
        assert client.get(reverse(name, args=args)).status_code == 403


def test_another_employers_post_does_not_exist(client, epci, posts):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    assert client.get(reverse("post", args=[posts[1].uuid])).status_code == 404


def test_an_empty_list_says_how_to_begin(staff_client):
    assert "Créer un poste" in page(staff_client, "posts")[1]
