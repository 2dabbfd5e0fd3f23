"""Vacancies are what lies between known dates, never what is unknown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from posts.figures import MonthState, missing_months, year_states
from posts.timeline import life_of


@dataclass
class Period:
    start: dt.date
    end: dt.date | None = None


D = dt.date
TODAY = D(2024, 3, 15)


def test_between_two_occupancies_lies_a_vacancy_counted_in_days():
    life = life_of(None, None, [Period(D(2022, 1, 1), D(2022, 5, 31)), Period(D(2023, 1, 1))])
    spans = life.spans()
    assert [(s.filled, s.start, s.end) for s in spans] == [
        (True, D(2022, 1, 1), D(2022, 5, 31)),
        (False, D(2022, 6, 1), D(2022, 12, 31)),
        (True, D(2023, 1, 1), None),
    ]
    assert spans[1].days(TODAY) == 214
    assert life.vacant_on(D(2022, 12, 31))
    assert not life.vacant_on(D(2023, 1, 1))


def test_a_post_left_is_vacant_until_further_notice_or_its_closing():
    open_post = life_of(None, None, [Period(D(2022, 1, 1), D(2023, 12, 31))])
    assert open_post.vacancies()[0].days(TODAY) == 75
    closed = life_of(None, D(2024, 1, 31), [Period(D(2022, 1, 1), D(2023, 12, 31))])
    assert closed.vacancies()[0].days(TODAY) == 31
    assert life_of(None, D(2023, 12, 31), [Period(D(2022, 1, 1), D(2023, 12, 31))]).vacancies() == []


def test_a_created_post_is_vacant_until_filled_and_nothing_is_said_before():
    assert life_of(D(2023, 1, 1), None, [Period(D(2023, 3, 1))]).vacant_days(D(2022, 1, 1), TODAY) == 59
    assert life_of(None, None, [Period(D(2023, 3, 1))]).vacancies() == []
    assert life_of(None, None, []).spans() == []


def test_a_vacancy_to_come_has_no_day_yet():
    assert life_of(None, None, [Period(D(2022, 1, 1), D(2024, 12, 31))]).vacancies()[0].days(TODAY) == 0


def test_only_a_month_vacant_from_end_to_end_is_vacant():
    life = life_of(None, None, [Period(D(2022, 1, 1), D(2022, 6, 1)), Period(D(2022, 8, 31))])
    assert [life.vacant_month(2022, m) for m in (6, 7, 8)] == [False, True, False]


def test_states_of_the_twelve_months():
    life = life_of(D(2024, 1, 1), None, [Period(D(2024, 2, 1))])
    months = year_states(year=2024, life=life, filled={}, today=TODAY)
    assert [m.state for m in months[:4]] == [
        MonthState.VACANT,
        MonthState.MISSING,
        MonthState.FUTURE,
        MonthState.FUTURE,
    ]
    assert missing_months(months) == [2]
    filled = year_states(year=2024, life=life, filled={1: 4, 2: None}, today=TODAY)
    assert [(m.state, m.people, m.surprising) for m in filled[:2]] == [
        (MonthState.FILLED, 4, True),
        (MonthState.FILLED, None, False),
    ]
    assert {m.state for m in year_states(year=2023, life=life, filled={}, today=TODAY)} == {MonthState.OUTSIDE}
