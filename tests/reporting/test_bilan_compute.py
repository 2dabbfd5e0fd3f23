"""The bilan from plain rows: which figures are used, what is missing, what is added up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from posts.figures import MonthState
from reporting.bilan.compute import PostYear, Return, percentage, year_bilan


def monthly(months: dict[int, tuple[int | None, int | None, int | None]], zone: str = "", **counts: Any):
    return [Return(month, zone, {"women": w, "men": m, "children": c, **counts}) for month, (w, m, c) in months.items()]


def annual(women: int | None, men: int | None, children: int | None, zone: str = "", **stated: Any) -> Return:
    return Return(None, zone, {"women": women, "men": men, "children": children}, stated=stated)


def post(*returns: Return, key: str = "isg", **fields: Any) -> PostYear:
    values: dict[str, Any] = {
        "label": f"Poste {key}",
        "employer": "CC",
        "group": "Postes des EPCI",
        "epci_count": 1,
        "communes": {},
    }
    return PostYear(key=key, returns=tuple(returns), **{**values, **fields})


ALL_YEAR = dict.fromkeys(range(1, 13), (2, 1, 1))


def test_twelve_months_are_added_up():
    row = year_bilan(year=2023, posts=[post(*monthly(ALL_YEAR))]).rows[0]
    assert [row.figures[n].value for n in ("women", "men", "children", "people")] == [24, 12, 12, 48]
    assert (row.basis, row.missing) == ("12 mois sur 12", ())


def test_a_missing_month_is_named_and_never_counted_as_zero():
    months = {month: counts for month, counts in ALL_YEAR.items() if month not in (3, 8)}
    row = year_bilan(year=2023, posts=[post(*monthly(months))]).rows[0]
    assert row.figures["people"].value == 40
    assert (row.basis, row.missing) == ("10 mois sur 12", (3, 8))


def test_a_vacant_month_is_not_missing():
    months = dict.fromkeys(range(1, 6), (1, 0, 0))
    excused = dict.fromkeys(range(6, 13), MonthState.VACANT)
    row = year_bilan(year=2022, posts=[post(*monthly(months), excused=excused)]).rows[0]
    assert (row.basis, row.missing, row.figures["people"].value) == ("5 mois sur 12", (), 5)


def test_annual_figures_serve_while_months_are_missing_and_the_difference_is_said():
    bilan = year_bilan(year=2023, posts=[post(annual(30, 10, 8), *monthly({1: (2, 1, 1), 2: (2, 1, 1)}))])
    assert bilan.rows[0].figures["people"].value == 48
    assert bilan.rows[0].basis == "chiffres annuels"
    assert bilan.remarks == (
        "Poste isg : 48 saisines en chiffres annuels, 8 en additionnant 2 mois ; "
        "des mois manquent, les chiffres annuels sont retenus.",
    )


def test_complete_months_win_over_annual_figures():
    bilan = year_bilan(year=2023, posts=[post(annual(30, 10, 10), *monthly(ALL_YEAR))])
    assert bilan.rows[0].figures["people"].value == 48
    assert bilan.remarks == (
        "Poste isg : 50 saisines en chiffres annuels, 48 en additionnant 12 mois ; les mois sont retenus.",
    )


def test_annual_figures_equal_to_the_months_need_no_remark():
    assert year_bilan(year=2023, posts=[post(annual(24, 12, 12), *monthly(ALL_YEAR))]).remarks == ()


def test_a_month_without_children_does_not_count_for_people():
    months = {**ALL_YEAR, 5: (2, 1, None)}
    row = year_bilan(year=2023, posts=[post(*monthly(months))]).rows[0]
    assert sum(row.figures[n].value for n in ("women", "men", "children")) == row.figures["people"].value == 44
    assert row.missing == (5,)
    assert row.reason == "saisie incomplète en mai"


def test_nothing_returned_is_said_with_its_reason():
    silent = Return(None, missing_reason="Absence depuis juin")
    bilan = year_bilan(year=2022, posts=[post(silent), post(key="autre")])
    first, second = bilan.rows
    assert first.figures["people"].value is None
    assert first.figures["people"].reason == first.reason == "Absence depuis juin"
    assert second.figures["people"].reason == "aucun relevé"
    assert second.missing == tuple(range(1, 13))
    assert bilan.totals["people"].value is None
    assert bilan.is_empty


def test_totals_cover_known_values_only_and_say_how_many_rows_know():
    bilan = year_bilan(year=2022, posts=[post(annual(3, 2, 1)), post(key="b"), post(annual(4, None, 1), key="c")])
    assert (bilan.totals["people"].value, bilan.totals["people"].rows, len(bilan.rows)) == (6, 1, 3)
    assert (bilan.totals["women"].value, bilan.totals["women"].rows) == (7, 2)
    assert bilan.reporting == 1


def test_a_mixed_post_reporting_by_zone_takes_two_rows_for_one_post():
    bilan = year_bilan(year=2022, posts=[post(annual(3, 2, 1, "gendarmerie"), annual(9, 1, 1, "police"))])
    assert [row.name for row in bilan.rows] == ["Poste isg, zone police", "Poste isg, zone gendarmerie"]
    assert (bilan.posts, bilan.posts_reporting, bilan.reporting) == (1, 1, 2)
    assert bilan.totals["people"].value == 17


def test_zones_known_apart_and_together_are_never_counted_twice():
    returns = [*monthly({1: (1, 1, 1)}, "police"), *monthly({1: (2, 2, 2)}, "gendarmerie"), annual(50, 20, 10)]
    bilan = year_bilan(year=2023, posts=[post(*returns)])
    assert len(bilan.rows) == 1
    assert bilan.totals["people"].value == 80
    assert bilan.rows[0].basis == "chiffres annuels, zones non distinguées"
    whole = [*monthly(ALL_YEAR, "police"), *monthly(ALL_YEAR, "gendarmerie"), annual(1, 1, 1)]
    assert year_bilan(year=2023, posts=[post(*whole)]).totals["people"].value == 96


def test_months_with_and_without_zone_make_one_row():
    returns = [*monthly({1: (1, 1, 1)}, "police"), *monthly({1: (2, 2, 2)}, "gendarmerie"), *monthly({2: (5, 0, 0)})]
    bilan = year_bilan(year=2023, posts=[post(*returns)])
    assert bilan.totals["people"].value == 14
    assert bilan.rows[0].basis == "2 mois sur 12, zones non distinguées"


def test_interviews_in_person_and_phone_or_undetailed():
    detailed = Return(None, "", {"interviews_in_person": 238, "interviews_phone": 707, "interviews_partners": 422})
    bilan = year_bilan(year=2022, posts=[post(detailed), post(Return(None, "", {"interviews_total": 55}), key="b")])
    assert [row.figures["interviews"].value for row in bilan.rows] == [945, 55]
    assert bilan.rows[1].figures["interviews_phone"].reason == "non distingué"
    assert bilan.interviews_with_people == 578


def test_share_of_domestic_violence_is_computed_or_marked_published():
    counted = Return(None, "", {"vif_count": 2, "vif_base": 3})
    bilan = year_bilan(year=2022, posts=[post(counted), post(annual(1, 1, 1, vif_percent="61.00"), key="b")])
    assert (bilan.rows[0].vif.value, bilan.rows[0].vif.published) == (Decimal("66.7"), False)
    assert (bilan.rows[1].vif.value, bilan.rows[1].vif.published) == (Decimal("61.00"), True)
    assert bilan.vif.value == Decimal("66.7")
    assert bilan.vif_rows == 2


def test_published_percentages_alone_give_no_total():
    bilan = year_bilan(year=2022, posts=[post(annual(1, 1, 1, vif_percent="61,00%"))])
    assert bilan.rows[0].vif.value == Decimal("61.00")
    assert bilan.vif.value is None
    assert "ne sont pas connus" in bilan.vif.reason


def test_a_published_total_that_is_not_the_sum_is_a_finding():
    bilan = year_bilan(
        year=2022, posts=[post(annual(427, 68, 103, people=599)), post(annual(1, 1, 1, people=3), key="b")]
    )
    (finding,) = bilan.findings
    assert (finding.code, finding.stated, finding.computed) == ("R06", "599", "598")
    assert finding.place == "activity[isg].2022.stated.people"


def test_published_coverage_prevails_over_the_present_one():
    returns = annual(1, 1, 1, epcis=2)
    row = year_bilan(year=2022, posts=[post(returns, epci_count=1, communes={"": 51})]).rows[0]
    assert (row.epci.value, row.communes.value, row.communes.reason) == (2, None, "non publié")
    row = year_bilan(year=2023, posts=[post(epci_count=1, communes={"": 51})]).rows[0]
    assert (row.epci.value, row.communes.value) == (1, 51)


def test_percentages_round_half_up_and_refuse_a_division_by_zero():
    assert percentage(1, 8) == Decimal("12.5")
    assert percentage(1, 3) == Decimal("33.3")
    assert percentage(2245, 10000) == Decimal("22.5")
    assert percentage(3, 0) is None
    assert percentage(None, 3) is None
