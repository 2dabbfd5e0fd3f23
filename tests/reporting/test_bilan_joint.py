"""All the tables of a year protected together: what an attacker who lays them side by side cannot find."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.bilan.activity_parts import ratios
from reporting.bilan.compute import year_bilan
from reporting.bilan.joint import table_of
from reporting.bilan.model import Bilan, PostYear, Return
from reporting.bilan.publication import Version, protected, publication
from reporting.protection import Cause, Sum, Table, protect
from reporting.protection.communes import Commune, grouped
from tests.reporting.attacker import found_out, reader_of, small_cells

THRESHOLDS = {Version.INTERNAL: 5, Version.PUBLISHED: 11}


def a_post(key: str, *returns: Return, **fields: Any) -> PostYear:
    values = {"label": f"Poste {key}", "employer": "CC", "group": "Postes", "epci_count": 1, "communes": {}}
    return PostYear(key=key, returns=returns, **{**values, **fields})


def a_month(month: int | None, women: int, men: int, children: int, vif: int = 0, base: int = 0, zone: str = ""):
    counts = {"women": women, "men": men, "children": children, "vif_count": vif, "vif_base": base}
    return Return(month, zone, counts | {"interviews_in_person": women + men, "interviews_phone": 2})


def by_month(key: str, women: int, men: int, children: int) -> PostYear:
    return a_post(key, *(a_month(m, women, men, children, min(women, 3), women + men) for m in range(1, 13)))


def mixed_year() -> Bilan:
    """Months and annual figures, a mixed post, a quiet one: the cases of a département."""
    return year_bilan(
        year=2023,
        posts=[
            by_month("arras", 20, 6, 2),
            by_month("bethune", 14, 5, 1),
            a_post("calais", a_month(None, 146, 24, 8, 90, 120), population={"": 104_000}),
            a_post("calme", *(a_month(m, 1, 0, int(m == 5)) for m in (1, 2, 4, 5, 6, 9))),
            a_post(
                "mixte",
                *(a_month(m, 12, 2, 1, 3, 9, "police") for m in range(1, 13)),
                *(a_month(m, 6, 1, int(m % 2), 2, 5, "gendarmerie") for m in range(1, 13)),
            ),
        ],
    )


def shown_by(full: Bilan, version: Version) -> Bilan:
    return publication(full, version).bilan


@pytest.mark.parametrize("version", list(Version))
def test_nobody_finds_a_small_count_by_laying_the_tables_side_by_side(version):
    full = mixed_year()
    shown = shown_by(full, version)
    assert len(list(small_cells(full, version.threshold))) > 20
    assert found_out(full, shown, THRESHOLDS[version], ratios(shown, full=full, inhabitants=None)) == []


def test_the_attacker_does_find_what_is_protected_table_by_table():
    """The year alone is safe; its quarters, left whole beside it, give everything back: the attacker is no fool."""
    full = mixed_year()
    shown = shown_by(full, Version.PUBLISHED)
    rows = tuple(replace(row, quarters=whole.quarters) for row, whole in zip(shown.rows, full.rows, strict=True))
    careless = replace(shown, rows=rows, quarters=full.quarters)
    assert found_out(full, careless, 11)


COUNTS = st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 4), st.integers(0, 9))


@settings(max_examples=8, deadline=None)
@given(
    posts=st.lists(st.lists(st.tuples(st.integers(1, 12), COUNTS), max_size=5, unique_by=lambda m: m[0]), max_size=3),
    annual=st.tuples(st.integers(0, 60), st.integers(0, 20), st.integers(0, 12), st.integers(0, 20)),
    version=st.sampled_from(list(Version)),
)
def test_whatever_the_returns_nobody_finds_a_small_count(posts, annual, version):
    years = [
        a_post(f"p{number}", *(a_month(month, w, m, c, min(v, w + m), w + m) for month, (w, m, c, v) in months))
        for number, months in enumerate(posts)
    ]
    women, men, children, vif = annual
    years.append(a_post("an", a_month(None, women, men, children, min(vif, women), women)))
    full = year_bilan(year=2023, posts=years)
    assert found_out(full, shown_by(full, version), THRESHOLDS[version]) == []


@settings(max_examples=8, deadline=None)
@given(cells=st.tuples(*[st.integers(0, 4)] * 4), threshold=st.sampled_from([3, 4]))
def test_every_table_there_is_was_tried(cells, threshold):
    """Two posts, women and men: all the tables of whole numbers are listed, and those that print the same kept."""
    a, b, c, d = cells
    counts = {"a": a, "b": b, "c": c, "d": d, "ab": a + b, "cd": c + d, "ac": a + c, "bd": b + d}
    sums = (Sum("ab", ("a", "b")), Sum("cd", ("c", "d")), Sum("ac", ("a", "c")), Sum("bd", ("b", "d")))
    found = protect(Table(counts, sums, frozenset(counts)), threshold=threshold)
    believable: dict[str, set[int]] = {name: set() for name in found.hidden}
    for one in product(range(max(cells) * threshold + 1), repeat=4):
        other = dict(zip("abcd", one, strict=True))
        other |= {each.total: sum(other[part] for part in each.parts) for each in sums}
        if all(other[name] == counts[name] for name in counts if name not in found.hidden):
            for name in believable:
                believable[name].add(other[name])
    for name, cause in found.hidden.items():
        if cause is Cause.SMALL:
            assert max(believable[name]) - min(believable[name]) + 1 >= threshold


def test_who_holds_both_versions_learns_no_more_than_from_the_partners_one():
    full = mixed_year()
    _, inner = protected(full, Version.INTERNAL)
    _, outer = protected(full, Version.PUBLISHED)
    assert set(inner.hidden) <= set(outer.hidden)
    assert len(inner.hidden) < len(outer.hidden)


def test_the_bilan_of_some_posts_gives_nothing_back_beside_the_whole_one():
    """The annex of another body covers its own posts: their rows are those of the whole bilan, their total is new."""
    full = mixed_year()
    some = year_bilan(
        year=2023, posts=[by_month("bethune", 14, 5, 1), a_post("calais", a_month(None, 146, 24, 8, 90, 120))]
    )
    whole = shown_by(full, Version.PUBLISHED)
    part = publication(some, Version.PUBLISHED, whole=full).bilan
    by_key = {row.key: row for row in whole.rows}
    assert all(row.figures == by_key[row.key].figures for row in part.rows)
    attacker = reader_of(whole)
    lines = [number for number, row in enumerate(whole.rows) if row.key in ("bethune", "calais")]
    for name in ("women", "men", "children", "people", "vif_count", "vif_base"):
        attacker.reads(("part", name), part.totals[name])
        attacker.adds_up(("part", name), [(number, name) for number in lines])
    for cell in small_cells(full, 11):
        low, high = attacker.interval(*cell)
        assert high - low + 1 >= 11, cell


def test_a_percentage_is_shown_with_both_its_counts_or_not_at_all():
    """90 of 95 shown beside « 94,7 % » would give 95 back."""
    full = year_bilan(year=2023, posts=[a_post("a", a_month(None, 50, 40, 30, 8, 9)), by_month("b", 30, 20, 15)])
    shown = shown_by(full, Version.PUBLISHED)
    for row in shown.rows:
        hidden = row.figures["vif_count"].hidden or row.figures["vif_base"].hidden
        assert (row.vif.value is None) == hidden
    assert shown.rows[0].figures["vif_base"].hidden, "nine situations are few too"


def test_the_time_one_person_worked_is_not_told():
    post = a_post("a", a_month(None, 50, 40, 30), worked=7, etp_worked=7)
    full = year_bilan(year=2023, posts=[post])
    part = ratios(shown_by(full, Version.PUBLISHED), full=full, inhabitants=None)
    assert [item.text for item in part.rows[0][4:7]] == ["n.d.", "n.d.", "n.d."]
    assert part.total[4].text == "n.d.", "one post's time is one person's"


def test_what_no_table_prints_is_counted_nowhere_and_protected_all_the_same():
    full = mixed_year()
    table, found = protected(full, Version.PUBLISHED)
    assert table == table_of(full)
    assert all(found.hidden[name] is Cause.UNPRINTED for name in table.unprinted)
    made = publication(full, Version.PUBLISHED)
    assert made.small + made.others == len(found.hidden) - len(table.unprinted)


# --- Small communes ---------------------------------------------------------------------------------------------------


def commune(code: int, population: int, epci: str = "1") -> Commune:
    return Commune(f"62{code:03d}", f"Commune {code}", population, epci)


def test_small_communes_are_told_together_and_never_alone():
    given_ones = [commune(1, 9000), commune(2, 180), commune(3, 900), commune(4, 500, "2"), commune(5, 3000, "2")]
    told = grouped(given_ones, under=2000)
    names = [[one.code for one in line.communes] for line in told]
    assert ["62001"] in names
    assert ["62002", "62003"] in names
    assert ["62004", "62005"] in names, "a lone small commune takes the smallest of the others with it"


def test_lone_small_communes_of_several_epci_join():
    told = grouped([commune(1, 300, "1"), commune(2, 400, "2"), commune(3, 9000, "3")], under=2000)
    assert [[one.code for one in line.communes] for line in told if line.is_group] == [["62001", "62002"]]


@given(
    st.lists(st.tuples(st.integers(1, 4000), st.sampled_from("123")), max_size=12),
    st.sampled_from([500, 2000]),
)
def test_every_commune_is_told_once_and_no_small_one_alone(drawn, under):
    communes = [commune(number, population, epci) for number, (population, epci) in enumerate(drawn)]
    told = grouped(communes, under=under)
    assert sorted(one.code for line in told for one in line.communes) == sorted(one.code for one in communes)
    alone = [line.communes[0] for line in told if not line.is_group]
    assert len(communes) == 1 or not [one for one in alone if one.population < under]
