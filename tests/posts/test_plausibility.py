"""What surrounds a month: each rule broken once, an ordinary month silent, and the remark that lets it be validated."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from core import rls
from core.errors import BusinessError
from parties.enums import OrganisationKind, Role
from posts.enums import PostKind, Zone
from posts.plausibility import Range, Surroundings, split_breaches, surprises
from posts.services.detail import record_detail, validate_month
from posts.services.surroundings import people_range
from tests.posts.builders import (
    actor,
    add_return,
    add_unit,
    make_organisation,
    make_post,
    make_territory,
    make_unit,
    occupy,
    staff,
)
from tests.posts.test_relations import HOLDS

AROUND = Surroundings(2024, 2, days=29, filled=29, usual=Range((5, 20), (10, 30)))
COUNTS = {"women": 30, "men": 9, "children": 6}


def rules(cells=HOLDS, counts=COUNTS, around=AROUND):
    return [(breach.rule, breach.blocking) for breach in surprises(cells, counts, around)]


def test_an_ordinary_month_is_silent():
    assert rules() == []
    assert rules({("I0", "jours", ""): 29, ("I0", "personnes", ""): 45}) == []
    assert rules({}, {}, Surroundings(2024, 2, days=29, filled=0)) == []


@pytest.mark.parametrize(
    ("cells", "counts", "changes", "found"),
    [
        ({("I0", "personnes", ""): 44}, COUNTS, {}, (1, True)),
        ({("I0", "saisines", ""): 1}, {}, {"filled": 0}, (12, False)),
        ({}, COUNTS, {"filled": 0, "usual": None}, (12, False)),
        ({("I0", "saisines", ""): 1}, {}, {"filled": 0, "exists": False}, (10, False)),
        ({("I0", "jours", ""): 30}, {}, {}, (10, True)),
        ({("I0", "jours", ""): 20}, {}, {"filled": 12}, (12, False)),
        ({}, {"women": 30, "men": 9, "children": 12}, {}, (13, False)),
        ({}, {"women": 10, "men": 20, "children": 4}, {}, (13, False)),
    ],
)
def test_each_rule_is_broken_once(cells, counts, changes, found):
    around = Surroundings(**{**AROUND.__dict__, **changes})
    assert rules(cells, counts, around) == [found]


def test_small_numbers_and_unknown_ones_ask_nothing():
    assert rules({}, {"women": 3, "men": 0, "children": 9}) == []
    assert rules({}, {"women": 30, "men": None, "children": 30}) == []


@pytest.mark.parametrize(
    ("saisines", "time", "asked"),
    [
        ({"police": 66, "gendarmerie": 34}, {"police": Decimal(50), "gendarmerie": Decimal(50)}, True),
        ({"police": 64, "gendarmerie": 36}, {"police": Decimal(50), "gendarmerie": Decimal(50)}, False),
        ({"police": 6, "gendarmerie": 1}, {"police": Decimal(50), "gendarmerie": Decimal(50)}, False),
        ({"police": 66, "gendarmerie": None}, {"police": Decimal(50), "gendarmerie": Decimal(50)}, False),
        ({"police": 66, "gendarmerie": 34}, {"police": None, "gendarmerie": Decimal(50)}, False),
        ({"police": 66}, {"police": Decimal(100)}, False),
    ],
)
def test_the_part_of_a_zone_against_its_working_time(saisines, time, asked):
    assert [breach.rule for breach in split_breaches(saisines, time)] == ([14] if asked else [])


# --- With the database ------------------------------------------------------------------------------------------------


@pytest.fixture
def department(db):
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def epci(department):
    return make_organisation(department.territory, "CC du Sud-Artois")


def test_a_vacant_month_with_figures_is_validated_with_a_remark_only(department, epci):
    by = staff(department)
    post = make_post(epci, "Poste vacant", created_on=dt.date(2022, 1, 1))
    record_detail(post=post, year=2024, month=2, cells=HOLDS, by=by)
    with pytest.raises(BusinessError, match="vacant tout le mois en février 2024"):
        validate_month(post=post, year=2024, month=2, by=by)
    record_detail(post=post, year=2024, month=2, cells=HOLDS, note="Suivi repris par un collègue.", by=by)
    validate_month(post=post, year=2024, month=2, by=by)


def test_a_mixed_post_far_from_its_working_time_needs_a_remark(department, epci):
    by = staff(department)
    mixed = make_post(epci, "Poste ISCG", PostKind.ISCG)
    occupy(mixed, dt.date(2022, 1, 1))
    add_unit(mixed, make_unit(department, "Commissariat", Zone.POLICE), 50)
    add_unit(mixed, make_unit(department, "Brigade", Zone.GENDARMERIE), 50)
    for zone, saisines in (("police", 40), ("gendarmerie", 10)):
        record_detail(post=mixed, year=2024, month=2, zone=zone, cells={("I0", "saisines", ""): saisines}, by=by)
    with pytest.raises(BusinessError, match="80 % des saisines pour 50 % du temps"):
        validate_month(post=mixed, year=2024, month=2, by=by)
    record_detail(
        post=mixed, year=2024, month=2, zone="police", cells={("I0", "saisines", ""): 40}, note="Brigade fermée.", by=by
    )
    validate_month(post=mixed, year=2024, month=2, by=by)


def test_the_range_is_the_territory_s_rounded_and_never_of_one_or_two_posts(department, epci):
    assert people_range(2023) is None
    for name, children in (("A", 8), ("B", 12)):
        add_return(make_post(epci, name), 2023, 1, women=70, men=18, children=children)
    assert people_range(2023) is None
    other = make_organisation(department.territory, "CC du Ternois")
    add_return(make_post(other, "C"), 2023, women=70, men=30, children=23)
    add_return(make_post(other, "Petit"), 2023, 1, women=1, men=0, children=30)
    expected = Range((5, 20), (15, 25))
    assert people_range(2023) == expected
    with rls.acting(actor(epci, Role.EMPLOYEUR).context):
        assert people_range(2023) == expected
    with rls.acting(rls.NOBODY):
        assert people_range(2023) is None
    elsewhere = make_territory("80", "Somme")
    with rls.acting(rls.Context(elsewhere.pk, rls.STAFF)), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cosigne_people_range(2023)")
        assert cursor.fetchall() == []


def test_a_part_of_children_out_of_the_range_needs_a_remark(department, epci):
    by = staff(department)
    for name, children in (("A", 10), ("B", 12), ("C", 14)):
        add_return(make_post(epci, name), 2023, women=86 - children, men=14, children=children)
    post = make_post(epci, "Poste ISG Bapaume")
    occupy(post, dt.date(2022, 1, 1))
    ages = {("I4", "26_40", "f"): 20, ("I4", "26_40", "h"): 3, ("I4", "6_12", "f"): 7}
    record_detail(post=post, year=2024, month=2, cells=ages, by=by)
    with pytest.raises(BusinessError, match="23 % d'enfants, quand les postes du département allaient de 10 à 15 %"):
        validate_month(post=post, year=2024, month=2, by=by)
