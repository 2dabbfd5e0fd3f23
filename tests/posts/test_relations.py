"""Relations between the figures of a month: each broken once, and a month that holds stays silent."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.figures import Month, MonthState, year_disagreement, year_states
from posts.indicators import INDICATORS, LISTS
from posts.relations import breaches, derived, outliers, year_breaches
from posts.timeline import PostLife

HOLDS = {
    ("I0", "saisines", ""): 10,
    ("I0", "situations", ""): 8,
    ("I0", "prises_en_charge", ""): 6,
    ("I0", "personnes", ""): 9,
    ("I1", "plainte", ""): 4,
    ("I1", "personne", ""): 6,
    ("I2", "refuse", ""): 1,
    ("I3", "24h", ""): 9,
    ("I3", "nr", ""): 1,
    ("I4", "26_40", "f"): 5,
    ("I4", "41_60", "h"): 2,
    ("I4", "6_12", "f"): 1,
    ("I4", "13_17", "h"): 1,
    ("I4R", "victime", "f"): 6,
    ("I4R", "mis_en_cause", "h"): 3,
    ("I6", "inconnue", ""): 5,
    ("I6", "suivie", ""): 4,
    ("I7", "conjugales", "principale"): 5,
    ("I7", "intrafamiliales", "principale"): 1,
    ("I7", "logement", "principale"): 2,
    ("I7", "addictions", "secondaire"): 11,
    ("I11", "unite", ""): 7,
    ("I11", "telephone", ""): 4,
    ("I14", "cidff", "proposee"): 3,
    ("I14", "cidff", "acceptee"): 2,
    ("I14", "cidff", "effective"): 2,
}


def test_a_month_that_holds_is_silent():
    assert breaches(HOLDS) == []


@pytest.mark.parametrize(
    ("cell", "value", "rule", "blocking"),
    [
        (("I4", "26_40", "f"), 6, 2, True),
        (("I4R", "victime", "f"), 5, 2, True),
        (("I6", "suivie", ""), 5, 2, True),
        (("I1", "plainte", ""), 3, 3, True),
        (("I3", "nr", ""), 3, 3, True),
        (("I0", "situations", ""), 11, 4, True),
        (("I0", "prises_en_charge", ""), 9, 4, True),
        (("I2", "refuse", ""), 11, 4, True),
        (("I7", "logement", "principale"), 3, 6, True),
        (("I11", "unite", ""), 1, 7, False),
        (("I14", "cidff", "effective"), 3, 8, True),
    ],
)
def test_each_relation_broken_is_found_where_it_is(cell, value, rule, blocking):
    found = [breach for breach in breaches(HOLDS | {cell: value}) if breach.rule == rule]
    assert found
    assert {breach.blocking for breach in found} == {blocking}


def test_what_is_unknown_breaks_nothing():
    assert breaches({key: value for key, value in HOLDS.items() if key[0] != "I0"}) == []
    assert breaches({}) == []


def test_the_counts_of_bilans_are_computed_from_the_cells():
    found = derived(HOLDS)
    assert (found.women, found.men, found.children) == (5, 2, 2)
    assert (found.interviews_in_person, found.interviews_phone) == (7, 4)
    assert (found.vif_count, found.vif_base) == (6, 8)
    # Somebody of unknown age may be a child: the three numbers are unknown, not one short.
    unsure = derived(HOLDS | {("I4", "nr", "f"): 1})
    assert (unsure.women, unsure.men, unsure.children) == (None, None, None)
    assert derived({}).vif_base is None


def test_quarters_of_people_are_not_the_year():
    assert year_breaches([40, 30, 35, 20], 110) == []
    (found,) = year_breaches([40, 30], 75)
    assert (found.rule, found.stated, found.computed) == (5, 75, 70)


def test_an_outlier_asks_for_a_comment_and_small_numbers_do_not():
    assert [b.place[1] for b in outliers({("I0", "saisines", ""): 40}, {("I0", "saisines", ""): 30})] == ["saisines"]
    assert outliers({("I0", "saisines", ""): 39}, {("I0", "saisines", ""): 30}) == []
    assert outliers({("I0", "saisines", ""): 9}, {("I0", "saisines", ""): 3}) == []


cells = st.dictionaries(
    st.tuples(
        st.sampled_from(sorted(INDICATORS)),
        st.sampled_from(["saisines", "situations", "personnes", "26_40", "nr", "cidff", "unite", "conjugales"]),
        st.sampled_from(["", "f", "h", "nr", "principale", "proposee", "acceptee"]),
    ),
    st.integers(0, 500),
)


@given(cells)
def test_any_figures_are_read_without_failing_and_every_breach_says_its_figures(figures):
    for breach in breaches(figures):
        assert breach.stated != breach.computed
        assert breach.message.endswith(".") or ":" in breach.message
    found = derived(figures)
    if found.vif_base is not None:
        assert found.vif_count is not None
        assert found.vif_count <= found.vif_base


def test_every_list_of_an_indicator_exists():
    used = {name for one in INDICATORS.values() for name in (one.rows, one.columns) if name}
    assert used == set(LISTS)


@pytest.mark.parametrize(
    ("counts", "year", "told"),
    [
        ({1: 10, 2: 12}, 22, ""),
        ({1: 10, 2: 12}, 25, "Les mois font 22 saisines, l'année entière 25"),
        ({1: 10, 2: None}, 25, ""),
        ({1: 10, 2: 12}, None, ""),
        ({1: 10}, 25, ""),
    ],
)
def test_the_year_entered_as_a_whole_is_the_sum_of_its_months_once_all_are_known(counts, year, told):
    life = PostLife(dt.date(2024, 1, 1), dt.date(2024, 2, 29))
    months = year_states(year=2024, life=life, filled=counts, today=dt.date(2025, 1, 1))
    # Vacant months and those outside the post's life are no missing ones: a month neither entered nor vacant is.
    states = [m if m.number > 2 or m.number in counts else Month(m.number, MonthState.MISSING) for m in months]
    assert year_disagreement(states, year).startswith(told)
    assert bool(year_disagreement(states, year)) == bool(told)
