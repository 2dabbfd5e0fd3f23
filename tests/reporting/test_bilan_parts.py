"""Coverage, ratios, time worked and checks, from plain rows: no database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from posts.timeline import life_of
from reporting.bilan.activity_parts import quarters, quarters_by_post, ratios
from reporting.bilan.checks import Known, checks, known_of
from reporting.bilan.compute import year_bilan
from reporting.bilan.coverage import Reach, State, coverage_of
from reporting.bilan.coverage_parts import coverage_parts
from reporting.bilan.model import PostYear, Return
from reporting.bilan.present import comparisons
from reporting.bilan.worked import etp_worked, months_worked
from reporting.protection.communes import Commune

COMMUNES = [
    Commune("62001", "Ablain", 1_000, "1"),
    Commune("62002", "Acq", 3_000, "1"),
    Commune("62003", "Berck", 14_000, "2"),
    Commune("62004", "Calais", 70_000, "2"),
]
EPCIS = {"1": "CC des Collines", "2": "CA de la Côte"}


def a_post(key: str, *returns: Return, **fields: Any) -> PostYear:
    values = {"label": f"Poste {key}", "employer": "CC", "group": "Postes", "epci_count": 1, "communes": {}}
    return PostYear(key=key, returns=returns, **{**values, **fields})


def counts(month: int | None, women: int, men: int, children: int, interviews: int = 50, **more: Any) -> Return:
    given = {
        "women": women,
        "men": men,
        "children": children,
        "interviews_in_person": interviews,
        "interviews_phone": 0,
    }
    return Return(month, "", given | more.pop("counts", {}), **more)


# --- Coverage ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def coverage():
    reaches = [
        Reach("a", "ISG A", {"gendarmerie": frozenset({"62001", "62002", "59999"})}),
        Reach("b", "ISG B", {"gendarmerie": frozenset({"62002"})}),
        Reach("c", "ISC C", {"police": frozenset({"62001", "62003"})}, declared=True),
    ]
    return coverage_of(COMMUNES, reaches, epcis=EPCIS, vintage=2022)


def test_a_commune_is_covered_once_twice_or_not_at_all(coverage):
    states = {one.commune.code: one.state for one in coverage.served}
    assert states == {
        "62001": State.ONCE,  # a police post and a gendarmerie post each serve their own zone
        "62002": State.OVERLAP,
        "62003": State.ONCE,
        "62004": State.WHITE,
    }
    assert coverage.totals == {State.ONCE: 15_000, State.OVERLAP: 3_000, State.WHITE: 70_000}
    assert coverage.outside == ("59999",)


def test_inhabitants_of_each_epci_are_split_and_said(coverage):
    by_epci, _ = coverage_parts(coverage, code="62")
    texts = [[item.text for item in row][:7] for row in by_epci.rows]
    assert texts == [
        ["CA de la Côte", "2", "84\u202f000", "14\u202f000", "0", "70\u202f000", "1"],
        ["CC des Collines", "2", "4\u202f000", "1\u202f000", "3\u202f000", "0", "0"],
    ]
    assert "18\u202f000 habitants sur 88\u202f000 sont couverts" in by_epci.intro
    assert any("ISC C" in note for note in by_epci.notes), "its communes are not listed: said"
    assert any("59999" in note for note in by_epci.notes)
    assert "En zone blanche 70" in by_epci.chart.replace("\u202f", " ")


def test_small_communes_are_grouped_in_what_leaves(coverage):
    _, whole = coverage_parts(coverage, code="62")
    _, safe = coverage_parts(coverage, code="62", under=2_000)
    assert len(whole.rows) == 4
    assert [row[1].text for row in safe.rows] == ["Berck", "Calais", "Autres communes (2)"]
    assert safe.rows[2][5].text == "couverte : 1, recouvrement : 1"
    assert "2\u202f000 habitants" in safe.notes[0]


def test_without_reference_data_nothing_is_invented():
    [part] = coverage_parts(None, code="62")
    assert "ne sont pas dans les données de référence" in part.intro


# --- Time worked ------------------------------------------------------------------------------------------------------


@dataclass
class Stay:
    start: dt.date
    end: dt.date | None
    working_time: Decimal = Decimal(1)


def test_time_worked_counts_days_in_post_and_working_time():
    stays = [Stay(dt.date(2021, 3, 1), dt.date(2022, 6, 30)), Stay(dt.date(2022, 12, 20), None, Decimal("0.5"))]
    life = life_of(None, None, stays)
    late = dt.date(2024, 1, 1)
    assert months_worked(life, 2022, late) == 7
    worked = etp_worked(Decimal("0.8"), stays, 2022, late)
    assert worked == Decimal("0.8") * (181 + Decimal("0.5") * 12) / 365
    assert months_worked(life, 2022, dt.date(2022, 3, 15)) == 3, "what is to come is not worked"
    assert etp_worked(Decimal(1), stays, 2022, dt.date(2022, 1, 10)) == Decimal(10) / 365


def test_nothing_known_of_the_occupancy_nothing_said_of_the_time():
    assert months_worked(life_of(None, None, []), 2022, dt.date(2024, 1, 1)) is None
    assert etp_worked(Decimal(1), [], 2022, dt.date(2024, 1, 1)) is None


# --- Ratios -----------------------------------------------------------------------------------------------------------


def test_a_ratio_is_given_with_what_it_divides():
    posts = [
        a_post("a", counts(None, 100, 30, 20), population={"": 50_000}, etp_worked=Decimal("0.75"), worked=9),
        a_post("b", counts(None, 40, 5, 5), population={"": 10_000}, etp_worked=Decimal(1), worked=12),
    ]
    bilan = year_bilan(year=2023, posts=posts)
    part = ratios(bilan, full=bilan, inhabitants=55_000)
    first = dict(zip([column.name for column in part.columns], [item.raw for item in part.rows[0]], strict=True))
    assert first["saisines_pour_10000_habitants"] == Decimal("30.0")
    assert (first["etp_travailles"], first["saisines_par_etp"]) == (Decimal("0.75"), Decimal("200.0"))
    assert first["periode"] == "chiffres annuels ; 9 mois travaillés"
    assert part.total[3].raw == Decimal("36.4"), "200 for 55 000, a shared inhabitant being counted once"
    assert part.total[5].raw == Decimal("114.3")


def test_a_year_with_months_missing_has_no_ratio_and_says_why():
    post = a_post("a", counts(1, 10, 3, 2), counts(2, 10, 3, 2), population={"": 50_000}, etp_worked=Decimal(1))
    bilan = year_bilan(year=2023, posts=[post])
    part = ratios(bilan, full=bilan, inhabitants=50_000)
    assert (part.rows[0][3].text, part.rows[0][3].note) == ("n.d.", "dix mois manquent")
    assert part.total[3].note == "des mois manquent pour au moins un poste"


# --- Quarters ---------------------------------------------------------------------------------------------------------


def test_quarters_are_compared_and_people_said_not_to_add_up():
    months = [counts(month, month, 1, 0) for month in range(1, 13)]
    bilan = year_bilan(year=2023, posts=[a_post("a", *months), a_post("b", counts(None, 7, 7, 7))])
    part = quarters(bilan)
    assert [[item.text for item in row][1:5] for row in part.rows] == [
        ["6", "3", "0", "9"],
        ["15", "3", "0", "18"],
        ["24", "3", "0", "27"],
        ["33", "3", "0", "36"],
    ]
    assert any("Les personnes ne s'additionnent pas" in note for note in part.notes)
    assert any("dont seule l'année est connue" in note for note in part.notes)
    [row] = quarters_by_post(bilan).rows
    assert [item.raw for item in row][1:6] == [9, 18, 27, 36, 90]


def test_the_year_before_is_beside():
    now, before = (
        year_bilan(year=year, posts=[a_post("a", counts(None, women, 20, 0))])
        for year, women in ((2023, 130), (2022, 80))
    )
    lines = {label: (this, then, change) for label, this, then, change in comparisons(now, before)}
    assert lines["Saisines"] == ("150", "100", "+\u202f50\u202f%")
    assert comparisons(now, None) == []


# --- Checks -----------------------------------------------------------------------------------------------------------


def codes(*posts: PostYear, before: list[PostYear] | None = None) -> list[str]:
    bilan = year_bilan(year=2023, posts=posts)
    earlier = year_bilan(year=2022, posts=before) if before else None
    return [one.code for one in checks(bilan, known=known_of(posts), before=earlier, threshold=11)]


def test_a_bilan_without_surprise_has_no_remark():
    assert codes(a_post("a", counts(None, 60, 30, 20, interviews=200))) == []


def test_r07_nothing_known_and_no_reason():
    assert codes(a_post("a")) == ["R07"]
    assert codes(a_post("a", Return(None, missing_reason="poste vacant"))) == []


def test_r08_published_coverage_is_not_the_posts():
    told = counts(None, 60, 30, 20, interviews=200, stated={"epcis": 2, "communes": 9})
    assert codes(a_post("a", told, communes={"": 9})) == ["R08"]


@pytest.mark.parametrize(("percent", "found"), [("61.00", ["R09"]), ("61.04", []), ("61", [])])
def test_r09_a_percentage_no_count_gives(percent, found):
    told = counts(None, 427, 68, 103, interviews=1135, stated={"vif_percent": percent})
    assert codes(a_post("a", told)) == found


def test_r10_fewer_interviews_than_people():
    assert codes(a_post("a", counts(None, 60, 30, 20, interviews=90))) == ["R10"]


def test_r11_too_small_to_leave():
    assert codes(a_post("a", counts(None, 60, 30, 8, interviews=200))) == ["R11"]


def test_r51_partners_among_interviews_in_some_rows_only():
    mixed = counts(None, 60, 30, 20, counts={"interviews_phone": 300, "interviews_partners": 200})
    assert codes(a_post("a", mixed), a_post("b", counts(None, 60, 30, 20, interviews=200))) == ["R51"]


def test_r52_a_change_or_a_share_out_of_the_ordinary():
    before = [a_post("a", counts(None, 120, 60, 40, interviews=300))]
    assert codes(a_post("a", counts(None, 60, 30, 20, interviews=200)), before=before) == ["R52"]
    usual = [a_post(f"p{n}", counts(None, 100 + n, 30, 20, interviews=300)) for n in range(6)]
    assert codes(*usual, a_post("z", counts(None, 40, 90, 20, interviews=300))) == ["R52"]


def test_what_is_known_of_a_post_with_two_annual_rows_is_nobodys():
    zones = [Return(None, zone, {"women": 1}, stated={"epcis": 3}) for zone in ("police", "gendarmerie")]
    assert known_of([a_post("a", *zones)]) == {"a": Known({}, 1, None)}
