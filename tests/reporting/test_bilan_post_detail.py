"""The sums of a post's year: what adds up, what does not, what stays unknown. No database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from posts.relations import breaches
from reporting.bilan_post.detail import MONTHS, Entry, completed, year_detail
from reporting.bilan_post.grid import Box, Kind
from reporting.demo_detail import month_cells
from tests.reporting.bilan_post_world import LISTS, ZONES, entries, pure_tables, pure_year

SAISINES = ("I0", "saisines", "")


def test_the_generator_keeps_every_relation_and_repeats_itself():
    for zone in ("", *ZONES):
        for month in MONTHS:
            cells = month_cells(year=2025, month=month, zone=zone, size=25)
            assert breaches(cells) == []
            assert cells == month_cells(year=2025, month=month, zone=zone, size=25)


def test_saisines_and_acts_add_up_over_months_quarters_and_zones():
    detail = year_detail(entries(2025, size=30, zones=ZONES), lists=LISTS)
    whole = detail.tally(SAISINES)
    by_hand = sum(e.cells[SAISINES] for e in entries(2025, size=30, zones=ZONES))
    assert whole.value == by_hand
    assert whole.months == MONTHS
    assert sum(q.value or 0 for q in detail.quarters(SAISINES)) == by_hand
    police = year_detail(entries(2025, size=30, zones=("police",)), lists=LISTS).tally(SAISINES).value
    other = year_detail(entries(2025, size=30, zones=("gendarmerie",)), lists=LISTS).tally(SAISINES).value
    assert (police or 0) + (other or 0) == by_hand


@pytest.mark.parametrize("cell", [("I4", "18_25", "f"), ("I6", "inconnue", ""), ("I0", "personnes", "")])
def test_people_are_never_added_up_over_time(cell):
    detail = year_detail(entries(2025, size=30), lists=LISTS)
    with pytest.raises(ValueError, match="do not add up"):
        detail.tally(cell)
    assert detail.month(cell, 3) is not None
    assert detail.people == {}


def test_the_people_of_a_year_are_those_counted_over_the_year():
    cells = month_cells(year=2025, month=0, size=200)
    detail = year_detail([*entries(2025, size=30), Entry(None, cells)], lists=LISTS)
    assert detail.people["I4", "26_40", "f"] == cells["I4", "26_40", "f"]
    assert ("I1", "plainte", "") not in detail.people  # a saisine of the year is the sum of its months


def test_a_blank_is_zero_only_where_the_table_makes_the_total():
    cells = {SAISINES: 5, ("I1", "plainte", ""): 3, ("I1", "personne", ""): 2, ("I3", "24h", ""): 4}
    found = completed(cells, LISTS)
    assert found["I1", "bailleur", ""] == 0
    assert ("I3", "72h", "") not in found  # 4 of 5: one saisine is somewhere, nobody knows where
    assert completed({("I1", "plainte", ""): 3}, LISTS)[SAISINES] == 3
    assert SAISINES not in completed({("I3", "24h", ""): 4}, LISTS)


def test_a_partial_year_is_said_and_never_scaled():
    some = [e for e in entries(2025, size=30) if e.month in (1, 2, 5)]
    detail = year_detail(some, lists=LISTS)
    tally = detail.tally(SAISINES)
    assert tally.months == (1, 2, 5)
    assert tally.value == sum(e.cells[SAISINES] for e in some)
    assert [q.months for q in detail.quarters(SAISINES)] == [(1, 2), (5,), (), ()]
    assert detail.quarters(SAISINES)[2].value is None


def test_what_one_zone_does_not_know_is_unknown_for_the_post():
    police = Entry(1, {SAISINES: 4, ("I13", "tribunal", ""): 1}, "police")
    other = Entry(1, {SAISINES: 3}, "gendarmerie")
    detail = year_detail([police, other], lists=LISTS)
    assert detail.month(SAISINES, 1) == 7
    assert detail.month(("I13", "tribunal", ""), 1) is None


def test_every_line_adds_up_to_its_total_and_quarters_to_the_year():
    _ledger, tables = pure_tables(pure_year(2025, size=30, zones=ZONES), pure_year(2024, size=30, zones=ZONES))
    found = {table.key: table for table in tables.all()}
    assert {"totaux", "taux", "trimestres", "mois", "zones", "I1", "I7", "I14", "I18", "personnes-mois"} <= set(found)
    for key in ("I1", "I2", "I3", "I9", "I10", "I11", "I12", "I13", "I15", "I16"):
        for rank, column in enumerate(found[key].columns):
            if column.kind is Kind.COUNT:
                *lines, total = [line.boxes[rank].value for line in found[key].lines]
                assert sum(lines) == total, (key, column)
    for line in found["trimestres"].lines:
        *quarters, year = [box.value for box in line.boxes]
        assert sum(quarters) == year, line.label
    for line in found["zones"].lines:
        *zones, post = [box.value for box in line.boxes]
        assert sum(zones) == post, line.label
    # The figures of the territory's bilan are its own.
    rows = {f"chiffres-{row.zone}": row for row in tables.now.of.rows}
    for key, row in rows.items():
        shown = {line.label: line.boxes[0].value for line in found[key].lines}
        assert shown["Femmes, hommes et enfants"] == row.figures["people"].value


def test_percentages_are_computed_from_what_is_printed_beside_them():
    _ledger, tables = pure_tables(pure_year(2025, size=30), pure_year(2024, size=30))
    table = tables.rates()
    assert table is not None
    for line in table.lines:
        part, whole, rate, _before = [box.value for box in line.boxes]
        assert rate == round(rate, 1)
        assert abs(rate - Decimal(part * 100) / whole) <= Decimal("0.05")
    delays = {line.label: line.boxes[0].value for line in tables.simple("I3").lines}
    assert table.lines[0].boxes[1].value == delays["Total"] - delays["Non renseigné"]


def test_annual_people_by_age_sex_role_and_what_services_knew_of_them():
    extra = [Entry(None, {c: v for c, v in month_cells(year=2025, month=0, size=150).items() if c[0] != "I1"})]
    _ledger, tables = pure_tables(pure_year(2025, size=30, extra=extra), pure_year(2024, size=30))
    found = {table.key: table for table in tables.all()}
    ages, roles, known = found["I4"].lines[-1], found["I4R"].lines[-1], found["I6"].lines[-1]
    assert ages.boxes[-1].value == roles.boxes[-1].value == known.boxes[0].value
    assert "Personnes inconnues des services sociaux" in [line.label for line in found["taux"].lines]
    shown = {line.label: line.boxes[0].value for line in found["totaux"].lines}
    assert shown["Personnes différentes dans l'année"] == ages.boxes[-1].value


def test_unknown_people_are_said_to_be_with_the_reason_and_zero_is_not_unknown():
    _ledger, tables = pure_tables(pure_year(2025, size=30), pure_year(2024, size=30))
    totals = tables.totals()
    assert totals is not None
    people = next(line for line in totals.lines if line.label.startswith("Personnes"))
    assert people.boxes[0].text == "n.d."
    assert any("ne s'additionnent pas" in note for note in totals.notes)
    assert (Box(0).text, Box(None).text, Box(-3, Kind.CHANGE).text) == ("0", "n.d.", "\u22123")


def test_without_detail_there_is_no_empty_table():
    _ledger, tables = pure_tables(pure_year(2025, size=30, zones=()), pure_year(2024, size=30, zones=()))
    assert {table.key for table in tables.all()} <= {"chiffres"}


def test_items_shown_are_those_of_the_lists():
    _ledger, tables = pure_tables(pure_year(2025, size=30), pure_year(2024, size=30))
    labels = {item.label for item in LISTS["probleme"]}
    assert {line.label for line in tables.problems().lines} - {"Total"} <= labels
