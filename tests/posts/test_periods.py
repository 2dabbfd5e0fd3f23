"""People of quarters and years: counted once, held between the months they come from, read with a reason."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import Error, transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.enums import OrganisationKind, Role
from posts.enums import PostKind
from posts.models import ActivityCell, PeriodPeople
from posts.periods import MonthPeople, file_active, files_active, people_by_month
from posts.services.detail import record_detail, validate_month
from posts.services.periods import closing_breaches, record_people
from tests.posts.builders import actor, add_return, make_organisation, make_post, make_territory, occupy, staff
from tests.posts.test_relations import HOLDS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 12, 31, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def department(db):
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def epci(department):
    return make_organisation(department.territory, "CC du Sud-Artois")


@pytest.fixture
def post(epci):
    found = make_post(epci, "Poste ISG Bapaume")
    occupy(found, dt.date(2022, 1, 1))
    return found


def months(post, *values):
    """The people of each month, in its detail."""
    for month, value in enumerate(values, start=1):
        row = add_return(post, 2024, month)
        ActivityCell.objects.create(activity=row, indicator="I0", row="personnes", value=value)


def test_months_of_people_are_never_added_up(post):
    months(post, 10, 12, 9)
    known = file_active(post, year=2024, quarter=1)
    assert known.people is None
    assert known.reason.endswith("la file active du 1er trimestre 2024 n'est pas saisie.")
    assert "la file active de 2024" in file_active(post, year=2024).reason


def test_a_quarter_lies_between_its_fullest_month_and_the_sum_of_its_months(post, department):
    months(post, 10, 12, 9)
    by = staff(department)
    for people, words in ((11, "février 2024 en compte 12"), (32, "n'en font que 31")):
        with pytest.raises(InvalidInput, match=words) as refused:
            record_people(post=post, year=2024, people={1: {"people": people}}, by=by)
        assert refused.value.place == "T1:people"
    assert record_people(post=post, year=2024, people={1: {"people": 20}}, by=by) == 1
    assert record_people(post=post, year=2024, people={1: {"people": 20}}, by=by) == 0
    assert file_active(post, year=2024, quarter=1).people == 20


def test_a_quarter_with_a_month_missing_has_no_maximum(post, department):
    months(post, 10, 12)
    assert record_people(post=post, year=2024, people={1: {"people": 60}}, by=staff(department)) == 1


def test_a_year_is_no_more_than_its_quarters_and_no_less_than_the_fullest(post, department):
    by = staff(department)
    quarters = {1: {"people": 30}, 2: {"people": 20}, 3: {"people": 25}, 4: {"people": 10}}
    record_people(post=post, year=2024, people=quarters, by=by)
    with pytest.raises(InvalidInput, match="86 personnes dans l'année pour 85"):
        record_people(post=post, year=2024, people={None: {"people": 86}}, by=by)
    with pytest.raises(InvalidInput, match="1er trimestre 2024 en compte 30"):
        record_people(post=post, year=2024, people={None: {"people": 29}}, by=by)
    record_people(post=post, year=2024, people={None: {"people": 70, "women": 40, "men": 20, "children": 10}}, by=by)
    found = file_active(post, year=2024)
    assert (found.people, found.women, found.men, found.children, found.reason) == (70, 40, 20, 10, "")


@pytest.mark.parametrize(
    ("counts", "place", "words"),
    [
        ({"people": 5, "women": 3, "men": 1, "children": 2}, "T1:people", "font 6, pas 5"),
        ({"people": 5, "women": 6}, "T1:people", "déjà 6"),
        ({"women": 6}, "T1:people", "en tout"),
        ({"people": -1}, "T1:people", "vraisemblable"),
    ],
)
def test_figures_that_cannot_be_are_refused_where_they_are(post, department, counts, place, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        record_people(post=post, year=2024, people={1: counts}, by=staff(department))
    assert refused.value.place == place
    assert not PeriodPeople.objects.exists()


def test_a_period_to_come_and_an_unknown_one_are_refused(post, department):
    with pytest.raises(InvalidInput, match="n'a pas commencé"):
        record_people(post=post, year=2025, people={1: {"people": 3}}, by=staff(department))
    with pytest.raises(InvalidInput, match="n'existe pas"):
        record_people(post=post, year=2024, people={5: {"people": 3}}, by=staff(department))


def test_saisines_typed_as_women_men_and_children_are_neither_people_nor_bounds(post, department):
    add_return(post, 2024, women=50, men=20, children=5)
    for month in (1, 2, 3):
        add_return(post, 2024, month, women=10, men=0, children=0)
    assert file_active(post, year=2024).people is None
    record_people(post=post, year=2024, people={1: {"people": 8}, None: {"people": 80}}, by=staff(department))
    assert file_active(post, year=2024).people == 80


def test_the_table_of_ages_tells_the_people_of_a_month(post, department):
    row = add_return(post, 2024, 1)
    for age, value in (("26_40", 7), ("6_12", 4)):
        ActivityCell.objects.create(activity=row, indicator="I4", row=age, column="f", value=value)
    assert people_by_month(post, year=2024) == {1: MonthPeople(11, 11)}


def test_march_is_not_validated_while_the_quarter_is_wrong_then_keeps_it(post, department):
    by = staff(department)
    record_people(post=post, year=2024, people={1: {"people": 8}}, by=by)
    for month in (1, 2, 3):
        record_detail(post=post, year=2024, month=month, cells=HOLDS, by=by)
    validate_month(post=post, year=2024, month=1, by=by)
    assert [breach.place for breach in closing_breaches(post=post, year=2024, month=3)] == [
        ("file_active", "T1", "people")
    ]
    with pytest.raises(BusinessError, match="1er trimestre 2024 : 8 personnes, alors que janvier 2024 en compte 9"):
        validate_month(post=post, year=2024, month=3, by=by)
    record_people(post=post, year=2024, people={1: {"people": 15}}, by=by)
    validate_month(post=post, year=2024, month=3, by=by)
    with pytest.raises(BusinessError, match="mars 2024 est validé"):
        record_people(post=post, year=2024, people={1: {"people": 16}}, by=by)
    with pytest.raises(Error), transaction.atomic():
        PeriodPeople.objects.update(people=17)
    with pytest.raises(Error), transaction.atomic():
        PeriodPeople.objects.all().delete()


def test_only_the_employer_and_managers_may(post, epci, department):
    record_people(post=post, year=2024, people={1: {"people": 3}}, by=actor(epci, Role.EMPLOYEUR))
    other = make_organisation(department.territory, "CC du Ternois")
    for by in (actor(other, Role.EMPLOYEUR), actor(epci, Role.PARTENAIRE)):
        with pytest.raises(NotAllowed):
            record_people(post=post, year=2024, people={1: {"people": 4}}, by=by)


def test_somebody_met_in_both_zones_of_a_mixed_post_is_one_person(epci, department):
    mixed = make_post(epci, "Poste ISCG", PostKind.ISCG)
    for zone, value in (("police", 10), ("gendarmerie", 6)):
        row = add_return(mixed, 2024, 1, zone)
        ActivityCell.objects.create(activity=row, indicator="I0", row="personnes", value=value)
    assert people_by_month(mixed, year=2024) == {1: MonthPeople(10, 16)}
    record_people(post=mixed, year=2024, people={1: {"people": 12}}, by=staff(department))
    with pytest.raises(InvalidInput, match="en compte 10"):
        record_people(post=mixed, year=2024, people={1: {"people": 9}}, by=staff(department))


def test_many_posts_are_read_in_one_query(post, epci, django_assert_num_queries):
    others = [make_post(epci, f"Poste {n}") for n in range(3)]
    with django_assert_num_queries(1):
        assert len(files_active([post, *others], year=2024)) == 4
