"""The periods a convention asks a report for: any calendar, no hole, no overlap, nothing kept outside its life."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conventions.calendar.due import Due
from conventions.calendar.frequency import due_of, frequency_of, is_anchored
from conventions.calendar.rules import CalendarRules, national
from conventions.calendar.schedule import Asked, Found, spans_of
from conventions.enums import ReportEvery
from funding.grant_rules import Rules, national_rules

RULES = CalendarRules(national(), Rules(national_rules()))
YEAR = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))


def asked(*reports: str, life: tuple[dt.date, dt.date] = YEAR, settings: tuple[Asked, ...] = ()) -> Found:
    return spans_of(reference="62-X", start=life[0], end=life[1], reports=reports, settings=settings, rules=RULES)


def days(found: Found, every: int) -> list[str]:
    return [span.due_on.isoformat() if span.due_on else "annuel" for span in found.spans if span.every == every]


def labels(found: Found, every: int) -> list[str]:
    return [span.label for span in found.spans if span.every == every]


@pytest.mark.parametrize(
    ("words", "every", "expected"),
    [
        ("une synthèse intermédiaire chaque trimestre", 3, ["2024-04-15", "2024-07-15", "2024-10-15", "annuel"]),
        (
            "une synthèse au plus tard le 20 du mois suivant chaque trimestre",
            3,
            ["2024-04-20", "2024-07-20", "2024-10-20", "2025-01-20"],
        ),
        (
            "des chiffres trimestriels le 5 du deuxième mois qui suit",
            3,
            ["2024-05-05", "2024-08-05", "2024-11-05", "2025-02-05"],
        ),
        (
            "un état trimestriel dans les 30 jours",
            3,
            ["2024-04-30", "2024-07-30", "2024-10-30", "2025-01-30"],
        ),
        (
            "un compte rendu trimestriel à la fin du mois suivant",
            3,
            ["2024-04-30", "2024-07-31", "2024-10-31", "2025-01-31"],
        ),
        (
            "un point au 31 mars, au 30 juin, au 30 septembre et au 31 décembre",
            3,
            ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"],
        ),
        (
            "les chiffres de chaque trimestre : 22/04/2024, 19/07/2024, 21/10/2024 et 24/01/2025",
            3,
            ["2024-04-22", "2024-07-19", "2024-10-21", "2025-01-24"],
        ),
        (
            "un état au plus tard le 20 du mois suivant le trimestre échu",
            3,
            ["2024-04-20", "2024-07-20", "2024-10-20", "2025-01-20"],
        ),
        (
            "une synthèse trimestrielle, quinze jours après la fin du trimestre",
            3,
            ["2024-04-15", "2024-07-15", "2024-10-15", "2025-01-15"],
        ),
        (
            "un tableau de bord les 10 janvier, avril, juillet et octobre",
            3,
            ["2024-04-10", "2024-07-10", "2024-10-10", "2025-01-10"],
        ),
        (
            "des chiffres fin février, fin mai, fin août et fin novembre",
            3,
            ["2024-05-31", "2024-08-31", "2024-11-30", "2025-02-28"],
        ),
        ("un point quatre fois par an", 3, ["2024-04-15", "2024-07-15", "2024-10-15", "annuel"]),
        ("un compte rendu semestriel", 6, ["2024-07-15", "annuel"]),
        ("un bilan annuel au plus tard le 31 mars", 12, ["2025-03-31"]),
        ("un bilan annuel", 12, ["2025-01-07"]),
        ("un point tous les quatre mois", 4, ["2024-05-15", "2024-09-15", "2025-01-15"]),
    ],
)
def test_the_words_of_the_text_give_the_days(words, every, expected):
    assert days(asked(words), every) == expected


def test_a_monthly_report_has_its_own_day_each_month():
    found = asked("un compte rendu mensuel, le 10 de chaque mois")
    assert days(found, 1)[:2] == ["2024-02-10", "2024-03-10"]
    assert len(days(found, 1)) == 12
    assert days(asked("un compte rendu mensuel"), 1)[0] == "2024-02-15", "fifteen days, by the rule nobody verified"
    assert days(found, 3) == [], "nothing asks for quarters"
    assert days(found, 12) == ["2025-01-07"], "the year is always accounted for"


def test_a_text_that_says_nothing_follows_the_dated_rules():
    found = asked()
    assert days(found, 3) == ["2024-04-15", "2024-07-15", "2024-10-15", "annuel"]
    last = [span for span in found.spans if span.every == 3][-1]
    assert "annuel" in last.remark
    assert labels(found, 3)[0] == "1er trimestre 2024"


def test_periods_cut_by_the_convention_say_so():
    found = asked(life=(dt.date(2023, 9, 12), dt.date(2024, 5, 20)))
    quarters = [span for span in found.spans if span.every == 3]
    assert [span.label for span in quarters] == [
        "3e trimestre 2023", "4e trimestre 2023", "1er trimestre 2024", "2e trimestre 2024",
    ]  # fmt: skip
    assert quarters[0].cut == "Période incomplète : elle commence le 12 septembre 2023."
    assert quarters[-1].cut == "Période incomplète : elle s'arrête le 20 mai 2024."
    assert quarters[1].cut == ""


def test_quarters_may_follow_the_convention_s_own_start():
    life = (dt.date(2022, 12, 3), dt.date(2023, 12, 2))
    found = asked("un état chaque trimestre à compter de la prise d'effet, le 20 du mois suivant", life=life)
    quarters = [span for span in found.spans if span.every == 3]
    assert [(span.start.isoformat(), span.end.isoformat()) for span in quarters] == [
        ("2022-12-03", "2023-03-02"), ("2023-03-03", "2023-06-02"), ("2023-06-03", "2023-09-02"),
        ("2023-09-03", "2023-12-02"),
    ]  # fmt: skip
    assert days(found, 3) == ["2023-04-20", "2023-07-20", "2023-10-20", "2024-01-20"]
    assert quarters[0].label == "du 3 décembre 2022 au 2 mars 2023"
    assert not any(span.cut for span in quarters)
    assert [span.months(life) for span in quarters[:2]] == [
        [(2022, 12), (2023, 1), (2023, 2)], [(2023, 3), (2023, 4), (2023, 5)],
    ]  # fmt: skip


def test_days_given_one_by_one_outside_the_convention_are_told():
    row = Asked(
        3,
        YEAR[0],
        Due.listed(["2024-04-22", "2024-07-19", "2024-10-21", "2025-01-24", "2026-03-01"]),
        source="Avenant 1",
    )
    found = asked(settings=(row,))
    assert days(found, 3) == ["2024-04-22", "2024-07-19", "2024-10-21", "2025-01-24"]
    [flag] = found.flags
    assert "1er mars 2026" in flag
    assert "hors de la vie de la convention" in flag


def test_a_period_without_a_listed_day_gets_the_default_and_says_so():
    row = Asked(4, YEAR[0], Due.listed(["05-10", "09-10"]), source="Courrier")
    spans = [span for span in asked(settings=(row,)).spans if span.every == 4]
    assert [span.due_on and span.due_on.isoformat() for span in spans] == ["2024-05-10", "2024-09-10", None]
    assert "annuel" in spans[2].remark
    short = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    none = Asked(12, short[0], asked=False)
    spans = [span for span in asked(life=short, settings=(row, none)).spans if span.every == 4]
    assert spans[2].due_on == dt.date(2025, 1, 15)
    assert "Aucune date" in spans[2].remark


def test_a_report_asked_before_its_period_ends_is_the_last_one_s():
    row = Asked(3, YEAR[0], Due.listed(["04-15", "07-15", "10-15", "12-15"]), source="Lettre")
    assert days(asked(settings=(row,)), 3) == ["2024-04-15", "2024-07-15", "2024-10-15", "2024-12-15"]


def test_a_change_begins_with_a_whole_period():
    life = (dt.date(2024, 1, 1), dt.date(2025, 12, 31))
    row = Asked(3, dt.date(2024, 5, 10), Due.month(20, 1), source="Avenant 1")
    assert days(asked(life=life, settings=(row,)), 3) == [
        "2024-04-15", "2024-07-15", "2024-10-20", "2025-01-20", "2025-04-20", "2025-07-20", "2025-10-20", "2026-01-20",
    ]  # fmt: skip
    stop = Asked(3, dt.date(2025, 1, 1), asked=False)
    assert len(days(asked(life=life, settings=(row, stop)), 3)) == 4
    half = Asked(6, dt.date(2025, 1, 1), Due.after_days(20), source="Avenant 2")
    found = asked(life=life, settings=(half,))
    assert len(days(found, 3)) == 4, "the usual quarters stop where another frequency begins"
    assert days(found, 6) == ["2025-07-20", "2026-01-20"]


def test_what_cannot_be_read_is_told_rather_than_guessed():
    assert "ne se lit pas" in asked("un rapport d'étape au 30 juin").flags[0]
    [flag] = asked("un compte rendu semestriel", life=(dt.date(2023, 9, 1), dt.date(2023, 12, 31))).flags
    assert "quatre mois" in flag
    assert due_of("le 31 février") is None
    assert frequency_of("trimestriellement") == 3
    assert is_anchored("à la date anniversaire")


EVERY = st.sampled_from(ReportEvery.values)
DAY = st.dates(dt.date(2020, 1, 1), dt.date(2026, 12, 31))
DUE = st.one_of(
    st.none(),
    st.builds(Due.month, st.integers(1, 31), st.integers(1, 3)),
    st.builds(Due.after_days, st.integers(0, 90)),
    st.lists(st.one_of(DAY.map(dt.date.isoformat), DAY.map(lambda day: f"{day:%m-%d}")), min_size=1, max_size=6).map(
        Due.listed
    ),
)
SETTING = st.builds(Asked, EVERY, DAY, DUE, st.booleans(), source=st.just("Avenant"))


@settings(max_examples=150, deadline=None)
@given(start=DAY, length=st.integers(0, 1500), rows=st.lists(SETTING, max_size=4))
def test_periods_tile_the_convention_s_life_without_hole_or_overlap(start, length, rows):
    life = (start, start + dt.timedelta(days=length))
    found = asked("un bilan annuel", "une synthèse chaque trimestre", life=life, settings=tuple(rows))
    for every in {span.every for span in found.spans}:
        spans = [span for span in found.spans if span.every == every]
        if every in (3, 12):  # asked from the first day
            assert spans[0].start == life[0]
        assert spans[-1].end == life[1]
        for before, after in itertools.pairwise(spans):
            assert after.start == before.end + dt.timedelta(days=1)
        months = [month for span in spans for month in span.months(life)]
        assert len(months) == len(set(months)), "no month is counted in two periods"
        if every in (3, 12):
            assert len(months) == (life[1].year - life[0].year) * 12 + life[1].month - life[0].month + 1
        assert len({span.key for span in spans}) == len(spans)
        assert all(bool(span.cut) == ((span.start, span.end) != span.whole) for span in spans)
        assert all(span.due_on or span.remark for span in spans)
