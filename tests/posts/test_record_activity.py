"""Recording activity: what is refused, what is only said, and that doing it twice is doing it once."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from core import rls
from core.errors import InvalidInput, NotAllowed
from parties.enums import OrganisationKind, Role
from posts.enums import PostKind
from posts.models import ActivityReturn
from posts.services import record_activity, record_year
from tests.posts.builders import actor, make_organisation, make_post, make_territory, occupy, staff

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def department(db):
    territory = make_territory()
    return make_organisation(territory, "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def employer(department):
    return make_organisation(department.territory, "CC du Sud-Artois")


@pytest.fixture
def post(employer):
    found = make_post(employer, "Poste ISG Bapaume")
    occupy(found, dt.date(2022, 1, 1))
    return found


def record(post, by, month=1, zone="", year=2024, note="", **counts):
    return record_activity(post=post, year=year, month=month, zone=zone, counts=counts, note=note, by=by)


def test_a_month_is_recorded_and_unknown_counts_stay_unknown(post, department):
    done = record(post, staff(department), women=5, men=2, children=0)
    held = ActivityReturn.objects.get()
    assert (held.women, held.men, held.children, held.interviews_phone) == (5, 2, 0, None)
    assert (done.changed, held.people, held.territory_id) == (True, 7, post.territory_id)


def test_recording_the_same_again_changes_nothing(post, department):
    record(post, staff(department), women=5)
    before = ActivityReturn.objects.get().updated_at
    done = record(post, staff(department), women=5)
    assert not done.changed
    assert ActivityReturn.objects.get().updated_at == before


def test_a_new_value_replaces_the_old_one_and_says_what_it_was(post, department):
    record(post, staff(department), women=5)
    done = record(post, staff(department), women=6)
    assert (done.before["women"], ActivityReturn.objects.get().women) == (5, 6)


def test_an_emptied_month_is_no_longer_entered(post, department):
    record(post, staff(department), women=5)
    assert record(post, staff(department)).activity is None
    assert not ActivityReturn.objects.exists()


def test_emptying_keeps_what_was_published(post, department):
    ActivityReturn.objects.create(post=post, year=2022, month=None, women=1, stated={"people": 9})
    record(post, staff(department), month=None, year=2022)
    assert ActivityReturn.objects.get().stated == {"people": 9}


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ({"women": -1}, "women"),
        ({"women": 100_000}, "women"),
        ({"interviews_phone": 4, "interviews_partners": 5}, "interviews_partners"),
        ({"interviews_partners": 5}, "interviews_phone"),
        ({"vif_count": 5, "vif_base": 4}, "vif_count"),
        ({"vif_count": 5}, "vif_base"),
        ({"interviews_in_person": 2, "interviews_phone": 2, "interviews_total": 5}, "interviews_total"),
    ],
)
def test_relations_that_cannot_hold_are_refused(post, department, counts, place):
    with pytest.raises(InvalidInput) as refused:
        record(post, staff(department), **counts)
    assert refused.value.place == place
    assert not ActivityReturn.objects.exists()


@pytest.mark.parametrize(
    ("period", "place"),
    [
        ({"month": 13}, "month"),
        ({"month": 4}, "month"),
        ({"year": 2025}, "year"),
        ({"year": 1999}, "year"),
        ({"zone": "police"}, "zone"),
        ({"zone": "montagne"}, "zone"),
    ],
)
def test_periods_and_zones_that_cannot_be_are_refused(post, department, period, place):
    with pytest.raises(InvalidInput) as refused:
        record(post, staff(department), women=1, **period)
    assert refused.value.place == place


def test_activity_while_vacant_is_said_and_kept(employer, department):
    vacant = make_post(employer, "Poste vacant", created_on=dt.date(2022, 1, 1))
    done = record(vacant, staff(department), women=3, men=0, children=0)
    assert done.warnings == ("Janvier 2024 : des chiffres sont saisis alors que le poste était vacant tout le mois.",)
    assert ActivityReturn.objects.get().women == 3


def test_a_mixed_post_is_entered_by_zone_or_as_a_whole_not_both(employer, department):
    mixed = make_post(employer, "Poste ISCG", PostKind.ISCG)
    record(mixed, staff(department), zone="police", women=1)
    record(mixed, staff(department), zone="gendarmerie", women=2)
    with pytest.raises(InvalidInput, match="déjà saisi par zone"):
        record(mixed, staff(department), women=3)
    record(mixed, staff(department), month=2, women=3)
    with pytest.raises(InvalidInput, match="pour l'ensemble du poste"):
        record(mixed, staff(department), month=2, zone="police", women=3)


def test_a_year_is_saved_whole_or_not_at_all(post, department):
    with pytest.raises(InvalidInput):
        record_year(
            post=post, year=2023, zone="", months={1: ({"women": 1}, ""), 2: ({"women": -1}, "")}, by=staff(department)
        )
    assert not ActivityReturn.objects.exists()


def test_the_employer_enters_its_own_posts_under_its_own_context(post, employer):
    by = actor(employer, Role.EMPLOYEUR)
    with rls.acting(by.context):
        record(post, by, women=5)
        record(post, by, women=6)
        assert ActivityReturn.objects.get().women == 6


def test_another_employer_may_not(post, department):
    other = make_organisation(department.territory, "CC du Ternois")
    with pytest.raises(NotAllowed):
        record(post, actor(other, Role.EMPLOYEUR), women=5)


@pytest.mark.parametrize("role", [Role.FINANCES, Role.PARTENAIRE, Role.INSTRUCTEUR])
def test_roles_without_the_ability_may_not(post, employer, role):
    with pytest.raises(NotAllowed):
        record(post, actor(employer, role), women=5)
