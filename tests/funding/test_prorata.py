from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.allocation import Cost, Line, allocate
from funding.prorata import (
    Occupancy,
    Policy,
    due,
    explain_split,
    find_absences,
    months_between,
    split_amount_by_year,
    split_by_year,
)

YEAR = (date(2022, 1, 1), date(2022, 12, 31))
DAYS = Policy(basis="days")


def test_a_post_vacant_from_june_owes_five_twelfths():
    result = due(*YEAR, [Occupancy(date(2020, 3, 1), date(2022, 5, 31))])
    assert (result.numerator, result.denominator) == (5, 12)
    assert result.amount(Decimal(20045)) == Decimal("8352.08")
    assert [(absence.start, absence.end, absence.days) for absence in result.absences] == [
        (date(2022, 6, 1), date(2022, 12, 31), 214)
    ]
    assert result.explanation == (
        "5/12 mois dus du 1er janvier au 31 décembre 2022 : poste vacant du 1er juin au 31 décembre 2022 (214 jours)."
    )


def test_the_same_vacancy_by_days():
    result = due(*YEAR, [Occupancy(date(2020, 3, 1), date(2022, 5, 31))], DAYS)
    assert (result.numerator, result.denominator) == (151, 365)
    assert result.amount(Decimal(20045)) == Decimal("8292.59")


def test_the_prorata_feeds_the_allocation():
    prorata = due(*YEAR, [Occupancy(date(2020, 3, 1), date(2022, 5, 31))]).prorata()
    result = allocate([Cost("c", "payroll", "Salaire", Decimal(20045))], [Line("a", "A", "equal")], prorata=prorata)
    assert result.amount("a") == Decimal("8352.08")
    assert "5/12 mois" in result.lines["a"].explanation


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2023, 9, 1), date(2023, 12, 31), 4),
        (date(2022, 12, 3), date(2023, 12, 2), 12),
        (date(2023, 1, 1), date(2023, 1, 1), Fraction(1, 31)),
        (date(2023, 9, 15), date(2023, 12, 31), 3 + Fraction(17, 31)),
        (date(2024, 1, 31), date(2024, 2, 28), 1),
        (date(2021, 1, 1), date(2023, 12, 31), 36),
    ],
)
def test_months_run_from_date_to_date(start, end, months):
    assert months_between(start, end) == months


def test_a_filled_period_is_due_in_full_even_when_it_is_not_a_year():
    result = due(date(2023, 9, 1), date(2023, 12, 31), [Occupancy(date(2023, 9, 1))])
    assert (result.of_year, result.of_period) == (Fraction(1, 3), 1)
    assert result.explanation.endswith("poste pourvu sur toute la période.")


def test_nobody_ever_in_post_owes_nothing():
    result = due(*YEAR, [])
    assert result.numerator == 0
    assert result.absences[0].days == 365
    assert result.amount(Decimal(20045)) == 0


@pytest.mark.parametrize(("last_day", "months"), [(14, 5), (15, 6)])
def test_a_month_is_due_when_filled_half_its_days(last_day, months):
    assert due(*YEAR, [Occupancy(date(2022, 1, 1), date(2022, 6, last_day))]).numerator == months


def test_the_threshold_of_a_month_is_a_setting():
    occupancy = [Occupancy(date(2022, 1, 1), date(2022, 6, 1))]
    assert due(*YEAR, occupancy, Policy(month_threshold=Fraction(1, 31))).numerator == 6
    assert due(*YEAR, occupancy, Policy(month_threshold=Fraction(1))).numerator == 5


@pytest.mark.parametrize(("tolerated", "days", "flag"), [(30, 365, True), (29, 335, False)])
def test_a_short_absence_may_be_tolerated(tolerated, days, flag):
    held = [Occupancy(date(2022, 1, 1), date(2022, 3, 31)), Occupancy(date(2022, 5, 1))]
    result = due(*YEAR, held, Policy("days", tolerated))
    assert result.numerator == days
    assert result.absences[0].tolerated is flag
    assert ("tolérés" in result.explanation) is flag


def test_overlapping_occupancies_count_once():
    held = [Occupancy(date(2022, 3, 1), date(2022, 12, 31)), Occupancy(date(2021, 1, 1), date(2022, 6, 30))]
    assert find_absences(*YEAR, held) == ()
    assert due(*YEAR, held, DAYS).numerator == 365


def test_a_short_occupancy_inside_a_longer_one_hides_no_absence():
    held = [Occupancy(date(2022, 1, 1), date(2022, 6, 30)), Occupancy(date(2022, 2, 1), date(2022, 2, 28))]
    assert [absence.start for absence in find_absences(*YEAR, held)] == [date(2022, 7, 1)]


def test_working_time_counts_only_when_asked():
    held = [Occupancy(date(2022, 1, 1), date(2022, 6, 30), Decimal("0.5")), Occupancy(date(2022, 7, 1))]
    assert due(*YEAR, held).numerator == 12
    assert due(*YEAR, held, Policy(weigh_working_time=True)).numerator == 9
    assert due(*YEAR, held, Policy("days", weigh_working_time=True)).numerator == Fraction(181, 2) + 184


def test_two_people_on_one_day_never_make_more_than_one_post():
    held = [Occupancy(date(2022, 1, 1), working_time=Decimal("0.8")), Occupancy(date(2022, 1, 1))]
    assert due(*YEAR, held, Policy(weigh_working_time=True)).numerator == 12


def test_a_year_with_a_29_february_has_366_days():
    result = due(date(2024, 1, 1), date(2024, 12, 31), [Occupancy(date(2024, 1, 1))], DAYS)
    assert (result.numerator, result.denominator) == (366, 366)


def test_twelve_months_over_two_calendar_years_are_split_by_days():
    start, end = date(2022, 12, 3), date(2023, 12, 2)
    assert [(part.year, part.days) for part in split_by_year(start, end)] == [(2022, 29), (2023, 336)]
    assert split_amount_by_year(Decimal(17500), start, end) == {2022: Decimal("1390.41"), 2023: Decimal("16109.59")}
    assert split_amount_by_year(Decimal(17500), start, end, Decimal(1)) == {2022: 1390, 2023: 16110}
    assert explain_split(Decimal(17500), start, end).startswith("29 jours sur 365 en 2022 : 1")


def test_dates_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="before"):
        due(YEAR[1], YEAR[0], [])
    with pytest.raises(ValueError, match="before"):
        Occupancy(YEAR[1], YEAR[0])
    with pytest.raises(ValueError, match="between"):
        Occupancy(YEAR[0], None, Decimal("1.2"))


days = st.dates(date(2020, 1, 1), date(2026, 12, 31))


@st.composite
def occupancies(draw):
    start = draw(days)
    length = draw(st.one_of(st.none(), st.integers(0, 700)))
    return Occupancy(start, None if length is None else start + timedelta(days=length))


@given(days, st.integers(0, 500), st.lists(occupancies(), max_size=4))
def test_each_day_is_either_due_or_absent(start, length, held):
    end = start + timedelta(days=length)
    result = due(start, end, held, DAYS)
    assert result.numerator + sum(absence.days for absence in result.absences) == length + 1
    for absence in result.absences:
        assert start <= absence.start <= absence.end <= end
    monthly = due(start, end, held)
    assert 0 <= monthly.numerator <= monthly.period_units == months_between(start, end)


@given(st.decimals("0", "999999", places=2), days, st.integers(0, 1500))
def test_a_split_over_years_loses_no_cent(amount, start, length):
    end = start + timedelta(days=length)
    assert sum(split_amount_by_year(amount, start, end).values()) == amount
    assert sum(part.fraction for part in split_by_year(start, end)) == 1
