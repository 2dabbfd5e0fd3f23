"""Creating, changing and filling posts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.errors import Conflict, InvalidInput, NotAllowed
from parties.enums import OrganisationKind, Role
from parties.models import Territory
from posts.models import Occupancy, Post
from posts.services import UnitShare, add_occupancy, create_post, remove_occupancy, update_occupancy, update_post
from tests.posts.builders import actor, make_organisation, make_post, make_territory, make_unit, occupy, staff

pytestmark = pytest.mark.django_db
D = dt.date


@pytest.fixture
def department(db):
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def epci(department):
    return make_organisation(department.territory, "CC du Ternois")


@pytest.fixture
def group(department):
    return make_organisation(department.territory, "Groupement", OrganisationKind.GENDARMERIE)


def test_a_post_is_created_with_its_units_and_epci(department, epci, group):
    units = [
        UnitShare(make_unit(group, "BTA Frévent"), Decimal(60)),
        UnitShare(make_unit(group, "BTA Heuchin"), Decimal(40)),
    ]
    post = create_post(by=staff(department), label="Poste ISG", kind="ISG", employer=epci, units=units, epcis=[epci])
    assert [(link.unit.name, link.percent) for link in post.post_units.all()] == [
        ("BTA Frévent", 60),
        ("BTA Heuchin", 40),
    ]
    assert [link.organisation for link in post.coverage.all()] == [epci]
    assert post.territory == department.territory


def test_parts_of_time_make_a_hundred_when_all_are_given(department, epci, group):
    first, second = make_unit(group, "A"), make_unit(group, "B")
    with pytest.raises(InvalidInput, match="font 90") as refused:
        create_post(
            by=staff(department),
            label="Poste",
            kind="ISG",
            employer=epci,
            units=[UnitShare(first, Decimal(60)), UnitShare(second, Decimal(30))],
        )
    assert refused.value.place == "units"
    assert not Post.objects.exists()
    partly = [UnitShare(first, Decimal(60)), UnitShare(second)]
    assert create_post(by=staff(department), label="Poste", kind="ISG", employer=epci, units=partly).pk
    with pytest.raises(InvalidInput, match="deux fois"):
        create_post(
            by=staff(department), label="P", kind="ISG", employer=epci, units=[UnitShare(first), UnitShare(first)]
        )


def test_a_police_service_employs_nobody(department, group):
    with pytest.raises(InvalidInput, match="personnalité morale"):
        create_post(by=staff(department), label="Poste", kind="ISG", employer=group)


def test_an_impossible_working_time_is_refused_in_french(department, epci):
    with pytest.raises(InvalidInput) as refused:
        create_post(by=staff(department), label="Poste", kind="ISG", employer=epci, etp=Decimal(2))
    assert refused.value.place == "etp"


def test_an_employer_of_another_territory_is_refused(department):
    by = staff(department)
    other = Territory.objects.create(code="59", name="Nord")
    stranger = make_organisation(make_territory("80", "Somme"), "CC étrangère")
    assert other.pk != stranger.territory_id
    with pytest.raises(InvalidInput, match="territoire"):
        create_post(by=by, label="Poste", kind="ISG", employer=stranger)


def test_an_update_replaces_the_units_and_keeps_the_rest(department, epci, group):
    first, second = make_unit(group, "A"), make_unit(group, "B")
    post = create_post(by=staff(department), label="Poste", kind="ISG", employer=epci, units=[UnitShare(first)])
    update_post(post=post, by=staff(department), label="Nouveau", units=[UnitShare(second)])
    post.refresh_from_db()
    assert (post.label, [link.unit for link in post.post_units.all()]) == ("Nouveau", [second])


def test_somebody_elses_save_is_not_overwritten(department, epci):
    post = make_post(epci, "Poste")
    seen = post.updated_at
    update_post(post=post, by=staff(department), label="Le leur", seen_at=seen)
    with pytest.raises(Conflict):
        update_post(post=post, by=staff(department), label="Le mien", seen_at=seen)
    assert Post.objects.get().label == "Le leur"


@pytest.mark.parametrize("role", [Role.EMPLOYEUR, Role.INSTRUCTEUR, Role.FINANCES, Role.PARTENAIRE])
def test_only_the_manager_edits_posts(epci, role):
    by = actor(epci, role)
    post = make_post(epci, "Poste")
    period = occupy(post, D(2023, 1, 1))
    for act in (
        lambda: create_post(by=by, label="P", kind="ISG", employer=epci),
        lambda: update_post(post=post, by=by, label="P"),
        lambda: add_occupancy(post=post, by=by, start=D(2022, 1, 1), end=D(2022, 2, 1)),
        lambda: update_occupancy(occupancy=period, by=by, start=D(2023, 1, 1), end=None),
        lambda: remove_occupancy(occupancy=period, by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("start", "end"),
    [(D(2022, 6, 1), None), (D(2022, 1, 1), D(2023, 1, 1)), (D(2023, 5, 1), D(2023, 5, 2)), (D(2023, 12, 31), None)],
)
def test_overlapping_periods_are_refused_with_the_constraints_message(department, epci, start, end):
    post = make_post(epci, "Poste")
    occupy(post, D(2023, 1, 1), D(2023, 12, 31))
    with pytest.raises(InvalidInput, match="déjà pourvu sur une partie de cette période"):
        add_occupancy(post=post, by=staff(department), start=start, end=end)


def test_neighbouring_periods_and_other_posts_do_not_overlap(department, epci):
    post, other = make_post(epci, "Poste"), make_post(epci, "Autre")
    occupy(post, D(2023, 1, 1), D(2023, 12, 31))
    add_occupancy(post=post, by=staff(department), start=D(2024, 1, 1))
    add_occupancy(post=post, by=staff(department), start=D(2022, 1, 1), end=D(2022, 12, 31))
    add_occupancy(post=other, by=staff(department), start=D(2023, 1, 1))
    assert Occupancy.objects.count() == 4


def test_a_period_is_closed_and_corrected(department, epci):
    period = occupy(make_post(epci, "Poste"), D(2023, 1, 1))
    update_occupancy(occupancy=period, by=staff(department), start=D(2023, 1, 1), end=D(2023, 6, 30))
    period.refresh_from_db()
    assert period.end == D(2023, 6, 30)
    with pytest.raises(InvalidInput, match="précède"):
        update_occupancy(occupancy=period, by=staff(department), start=D(2023, 1, 1), end=D(2022, 6, 30))


def test_a_period_already_removed_is_told(department, epci):
    period = occupy(make_post(epci, "Poste"), D(2023, 1, 1))
    remove_occupancy(occupancy=period, by=staff(department))
    with pytest.raises(Conflict):
        update_occupancy(occupancy=period, by=staff(department), start=D(2023, 1, 1), end=None)
