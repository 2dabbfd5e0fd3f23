"""Reporting campaigns: which reports are due, where each stands, who is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from conventions.calendar.reading import calendar_of
from conventions.enums import ObligationKind, ObligationState
from conventions.models import Convention, ConventionPost
from conventions.services.calendar import set_calendar_rule
from conventions.services.report_schedule import set_report_schedule
from core.errors import BusinessError, InvalidInput, NotAllowed
from posts.models import ActivityReturn
from posts.services.activity import record_activity
from posts.services.detail import record_detail, reopen_month, validate_month
from reporting.campaigns.missing import missing_of
from reporting.campaigns.reading import campaign_of, read_campaign, reports_of
from reporting.campaigns.reminders import remind_report
from reporting.campaigns.report import Entry, Report
from reporting.campaigns.services import return_report, submit_report, validate_report
from reporting.campaigns.standing import standing
from reporting.enums import ReportAct, ReportState
from reporting.models import ReportStep
from tests.cast import YEAR, Cast, make_convention, make_plan, make_post

pytestmark = pytest.mark.django_db
DAY = dt.date(YEAR, 5, 2)


def read(cast: Cast, name: str = "gestionnaire", today: dt.date = DAY) -> list[Report]:
    with cast.acting(name):
        return reports_of(cast.actor(name), year=YEAR, today=today)


def one(cast: Cast, key: str, name: str = "gestionnaire", today: dt.date = DAY, convention: str = "62-A") -> Report:
    [found] = [row for row in read(cast, name, today) if row.convention == convention and row.key == key]
    return found


Q1 = f"trimestriel-{YEAR}-01-01"


def test_reports_of_a_year_are_those_of_the_conventions_that_bind(cast: Cast):
    rows = read(cast)
    assert {row.convention for row in rows} == {"62-A", "62-C"}, "drafts and texts being signed ask for nothing yet"
    mine = [row for row in rows if row.convention == "62-A"]
    assert [(row.kind, row.label, row.due_on.isoformat()) for row in mine] == [
        ("Trimestriel", f"1er trimestre {YEAR}", f"{YEAR}-04-15"),
        ("Trimestriel", f"2e trimestre {YEAR}", f"{YEAR}-07-15"),
        ("Trimestriel", f"3e trimestre {YEAR}", f"{YEAR}-10-15"),
        ("Annuel", f"année {YEAR}", f"{YEAR + 1}-01-07"),
    ]
    first = mine[0]
    assert (first.state, first.late, first.days_late, first.employer.label) == (
        ReportState.OPEN, True, 17, "Sud-Artois",
    )  # fmt: skip
    assert first.status == "À remplir, en retard de 17 jours"
    assert rows[0].late, "late first"
    assert mine[2].state is ReportState.AHEAD
    with cast.acting("gestionnaire"):
        assert campaign_of(cast.actor("gestionnaire"), year=YEAR, today=DAY).flags == ()


# --- Figures, as an employer enters them ------------------------------------------------------------------------------


def enter(cast: Cast, months: tuple[int, ...], *, validate: bool = True, women: int = 4, key: str = "a") -> None:
    by = cast.actor("employeur_a")
    with cast.acting("employeur_a"):
        for month in months:
            counts = {"women": women, "men": 1, "children": 0}
            record_activity(post=cast.post[key], year=YEAR, month=month, counts=counts, by=by)
            if validate:
                validate_month(post=cast.post[key], year=YEAR, month=month, by=by)


def act(cast: Cast, name: str, do: Callable[..., ReportStep], key: str = Q1, **values: Any) -> ReportStep:
    place = one(cast, key, "gestionnaire")
    with cast.acting(name):
        return do(link=place.link, key=key, by=cast.actor(name), today=DAY, **values)


def test_a_report_is_ready_once_every_month_is_validated(cast: Cast):
    assert [line.entry for line in one(cast, Q1).months] == [Entry.MISSING] * 3
    enter(cast, (1, 2, 3), validate=False)
    assert one(cast, Q1).state is ReportState.OPEN
    assert one(cast, Q1).progress == "0 mois validé sur 3"
    enter(cast, (1, 2, 3))
    ready = one(cast, Q1)
    assert (ready.state, ready.progress, ready.late) == (ReportState.READY, "3 mois validés sur 3", True)


def test_what_is_missing_is_listed_with_its_exact_place(cast: Cast):
    enter(cast, (1,))
    by = cast.actor("employeur_a")
    with cast.acting("employeur_a"):
        record_activity(post=cast.post["a"], year=YEAR, month=2, counts={"women": 3}, by=by)
        cells = {("I0", "saisines", ""): 2, ("I0", "situations", ""): 5}
        record_detail(post=cast.post["a"], year=YEAR, month=2, cells=cells, by=by)
    report = one(cast, Q1, "employeur_a")
    with cast.acting("employeur_a"):
        found = missing_of(report)
    base = f"/activite/{cast.post['a'].uuid}/{YEAR}/"
    assert [(each.kind, each.url) for each in found] == [
        ("relation", f"{base}2/"), ("validation", f"{base}2/"), ("mois", f"{base}3/"),
    ]  # fmt: skip
    assert "5 situations pour 2 saisines" in found[0].message
    assert found[2].message == f"Mars {YEAR} n'est pas saisi."


def test_a_surprise_asks_for_an_observation(cast: Cast):
    by = cast.actor("employeur_a")
    with cast.acting("employeur_a"):
        for year, number in ((YEAR - 1, 100), (YEAR, 20)):
            cells = {("I0", "saisines", ""): number}
            record_detail(post=cast.post["a"], year=year, month=1, cells=cells, by=by)
        report = one(cast, Q1, "employeur_a")
    with cast.acting("employeur_a"):
        [first, *_] = missing_of(report)
    assert (first.kind, first.url.endswith("#note")) == ("observation", True)


def test_handing_in_validating_and_sending_back(cast: Cast):
    with pytest.raises(BusinessError, match=r"Janvier .* n'est pas saisi"):
        act(cast, "employeur_a", submit_report)
    enter(cast, (1, 2, 3))
    first = act(cast, "employeur_a", submit_report, note="Un partenariat nouveau avec le CIDFF.")
    again = act(cast, "employeur_a", submit_report)
    assert (again.pk, one(cast, Q1).state) == (first.pk, ReportState.SUBMITTED), "twice is once"
    report = one(cast, Q1)
    assert (report.late, report.note, report.last and report.last.who) == (
        False, "Un partenariat nouveau avec le CIDFF.", cast.actor("employeur_a").label,
    )  # fmt: skip
    accepted = act(cast, "gestionnaire", validate_report)
    assert act(cast, "gestionnaire", validate_report).pk == accepted.pk
    assert one(cast, Q1).state is ReportState.VALIDATED
    with pytest.raises(InvalidInput) as caught:
        act(cast, "gestionnaire", return_report, reason="  ")
    assert caught.value.place == "reason"
    reopened = act(cast, "gestionnaire", return_report, reason="Le mois de mars est incomplet.")
    assert reopened.act == ReportAct.REOPENED
    back = one(cast, Q1, "employeur_a")
    assert (back.state, back.last and back.last.reason) == (ReportState.RETURNED, "Le mois de mars est incomplet.")
    assert back.late
    assert act(cast, "gestionnaire", return_report, reason="Le mois de mars est incomplet.").pk == reopened.pk
    act(cast, "employeur_a", submit_report)
    assert one(cast, Q1).note == "Un partenariat nouveau avec le CIDFF.", "the note already written goes on"


def test_figures_that_change_after_handing_in_are_told(cast: Cast):
    enter(cast, (1, 2, 3))
    act(cast, "employeur_a", submit_report)
    by = cast.actor("employeur_a")
    with cast.acting("employeur_a"):
        reopen_month(post=cast.post["a"], year=YEAR, month=2, reason="Une saisine oubliée", by=by)
    waiting = one(cast, Q1)
    assert (waiting.state, waiting.reopened) == (ReportState.SUBMITTED, True), "no figure has changed yet"
    with pytest.raises(BusinessError, match="rouvert"):
        act(cast, "gestionnaire", validate_report)
    enter(cast, (2,), women=5)
    changed = one(cast, Q1)
    assert changed.state is ReportState.CHANGED
    assert "Les chiffres ont changé depuis la remise" in " ".join(changed.flags)
    with pytest.raises(BusinessError, match="ont changé"):
        act(cast, "gestionnaire", validate_report)
    act(cast, "employeur_a", submit_report)
    assert one(cast, Q1).state is ReportState.SUBMITTED
    with cast.acting("employeur_a"):
        reopen_month(post=cast.post["a"], year=YEAR, month=2, reason="Vérification", by=by)
        validate_month(post=cast.post["a"], year=YEAR, month=2, by=by)
    same = one(cast, Q1)
    assert (same.state, same.reopened) == (ReportState.SUBMITTED, False), "reopened and validated unchanged"


def test_nobody_else_may(cast: Cast):
    enter(cast, (1, 2, 3))
    for name in ("instructeur", "finances_a", "finances_b"):
        with pytest.raises(BusinessError):
            act(cast, name, submit_report)
    act(cast, "employeur_a", submit_report)
    for name in ("employeur_a", "instructeur"):
        for do, values in ((validate_report, {}), (return_report, {"reason": "x"}), (remind_report, {})):
            with pytest.raises(NotAllowed):
                act(cast, name, do, **values)


def test_the_database_itself_keeps_the_steps(cast: Cast):
    enter(cast, (1, 2, 3))
    step = act(cast, "employeur_a", submit_report)
    values = {
        "convention": cast.convention["a"], "post": cast.post["a"], "period": Q1, "period_start": step.period_start,
        "period_end": step.period_end, "by_label": "X", "rank": 9,
    }  # fmt: skip
    with pytest.raises(IntegrityError), cast.acting("gestionnaire"), transaction.atomic():
        ReportStep.objects.filter(pk=step.pk).update(reason="autre")
    with cast.acting("gestionnaire"):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReportStep.objects.create(act="renvoye", **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            ReportStep.objects.create(act="remis", **values)
    with cast.acting("employeur_a"):
        with pytest.raises(Error), transaction.atomic():
            ReportStep.objects.create(act="valide", **values)
        assert ReportStep.objects.filter(pk=step.pk).delete()[0] == 0
    with cast.acting("finances_there"):
        assert not ReportStep.objects.exists()
    with cast.acting("finances_b"):
        assert not ReportStep.objects.exists(), "not a party of 62-A"


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_each_reader_sees_the_reports_of_its_conventions(cast: Cast):
    def seen(name: str) -> set[str]:
        return {row.convention for row in read(cast, name)}

    assert seen("instructeur") == {"62-A", "62-C"}
    assert seen("employeur_a") == {"62-A"}
    assert seen("partenaire") == {"62-C"}
    assert seen("finances_there") == {"80-THERE"}
    assert seen("employeur_d") == set(), "its convention is a draft"


def test_a_party_that_does_not_see_the_post_knows_its_reports_are_due(cast: Cast):
    with cast.acting("gestionnaire"):
        ConventionPost.objects.filter(convention=cast.convention["a"]).update(post=cast.post["c"])
        Convention.objects.filter(pk=cast.convention["a"].pk).update(period_start=dt.date(YEAR, 1, 1))
    rows = [row for row in read(cast, "finances_a") if row.convention == "62-A"]
    assert len(rows) == 4
    assert all(row.hidden for row in rows), "epci_a neither employs post c nor hosts it"
    assert rows[0].post == "Poste de la convention 62-A"
    assert rows[0].progress == ""
    with cast.acting("finances_a"):
        assert missing_of(rows[0]) == []


def test_the_number_of_queries_does_not_grow(cast: Cast):
    def count() -> int:
        by = cast.actor("gestionnaire")
        with cast.acting("gestionnaire"), CaptureQueriesContext(connection) as queries:
            reports_of(by, year=YEAR, today=DAY)
        return len(queries)

    before = count()
    with cast.acting("gestionnaire"):
        for key in ("f", "g", "h"):
            make_post(cast, key, employer="epci_a", unit="gendarmerie", filled_since=dt.date(YEAR - 2, 1, 1))
            make_plan(cast, key, post=key, cost=Decimal(30000), financers=["departement", "epci_a"], status="engage")
            make_convention(
                cast, key, reference=f"62-{key.upper()}", post=key, plan=key, parties=["departement", "epci_a"],
                status="signee",
            )  # fmt: skip
    assert count() == before
    assert before <= 14


# --- Periods ----------------------------------------------------------------------------------------------------------


def test_a_report_of_a_period_no_longer_in_the_convention_is_kept_and_told(cast: Cast):
    enter(cast, (1, 2, 3))
    act(cast, "employeur_a", submit_report)
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=cast.convention["a"].pk).update(period_start=dt.date(YEAR, 4, 1))
    report = one(cast, Q1)
    assert "hors de la vie de la convention" in report.outside
    assert not report.late
    act(cast, "gestionnaire", return_report, reason="La convention commence en avril.")
    with pytest.raises(BusinessError, match="hors de la vie"):
        act(cast, "employeur_a", submit_report)


def test_vacant_months_ask_for_nothing(cast: Cast):
    rows = [row for row in read(cast) if row.convention == "62-C" and row.key == Q1]
    assert [line.entry for line in rows[0].months] == [Entry.VACANT] * 3
    assert rows[0].progress == "aucun mois attendu"
    assert rows[0].state is ReportState.READY, "there is nothing to enter, it is still to be handed in"


def test_a_year_known_as_a_whole_is_taken_over(cast: Cast):
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.create(post=cast.post["a"], year=YEAR, month=None, women=10, men=2, children=1)
    assert {row.state for row in read(cast) if row.convention == "62-A"} == {ReportState.KNOWN}


def test_a_year_that_only_says_why_it_has_no_figures_is_no_report(cast: Cast):
    states = {row.uid: row.state for row in read(cast) if row.convention == "62-A"}
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.create(post=cast.post["a"], year=YEAR, month=None, missing_reason="Poste vacant en juin")
    assert {row.uid: row.state for row in read(cast) if row.convention == "62-A"} == states
    assert ReportState.KNOWN not in states.values()


QUARTERLY: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"mode": "mois", "day": 20, "after": 1},
        [f"{YEAR}-04-20", f"{YEAR}-07-20", f"{YEAR}-10-20", f"{YEAR + 1}-01-20"],
    ),
    ({"mode": "jours", "after": 45}, [f"{YEAR}-05-15", f"{YEAR}-08-14", f"{YEAR}-11-14", f"{YEAR + 1}-02-14"]),
    (
        {"mode": "dates", "days": [f"22/04/{YEAR}", f"17/07/{YEAR}", f"23/10/{YEAR}", f"29/01/{YEAR + 1}"]},
        [f"{YEAR}-04-22", f"{YEAR}-07-17", f"{YEAR}-10-23", f"{YEAR + 1}-01-29"],
    ),
]


def test_any_quarterly_calendar_is_set_by_the_manager(cast: Cast):
    """Set again for the same day, a calendar corrects the former; the calendar of obligations says the same."""
    by = cast.actor("gestionnaire")
    for values, expected in QUARTERLY:
        with cast.acting("gestionnaire"):
            set_report_schedule(
                convention=cast.convention["a"], every=3, valid_from=dt.date(YEAR, 1, 1), source="Article 7",
                note_asked=True, by=by, **values,
            )  # fmt: skip
            calendar = calendar_of(by, today=DAY, convention=cast.convention["a"])
        mine = [row for row in read(cast) if row.convention == "62-A" and row.every == 3]
        assert sorted(row.due_on.isoformat() for row in mine) == expected
        assert all("Article 7" in row.source and row.note_asked for row in mine)
        quarters = [row.due_on.isoformat() for row in calendar if row.kind == ObligationKind.QUARTER]
        assert quarters[:4] == expected


def test_quarters_may_follow_the_convention_s_own_start(cast: Cast):
    with cast.acting("gestionnaire"):
        start = dt.date(YEAR, 2, 10)
        Convention.objects.filter(pk=cast.convention["a"].pk).update(
            period_start=start, period_end=dt.date(YEAR + 1, 2, 9)
        )
        cast.convention["a"].refresh_from_db()
        set_report_schedule(
            convention=cast.convention["a"], every=3, valid_from=start, anchored=True, mode="mois", day=20, after=1,
            source="Avenant 1", by=cast.actor("gestionnaire"),
        )  # fmt: skip
        found = read_campaign(cast.actor("gestionnaire"), today=DAY, convention=cast.convention["a"]).reports
    quarters = sorted((row for row in found if row.every == 3), key=lambda row: row.start)
    assert [(row.start.isoformat(), row.end.isoformat(), row.due_on.isoformat()) for row in quarters] == [
        (f"{YEAR}-02-10", f"{YEAR}-05-09", f"{YEAR}-06-20"), (f"{YEAR}-05-10", f"{YEAR}-08-09", f"{YEAR}-09-20"),
        (f"{YEAR}-08-10", f"{YEAR}-11-09", f"{YEAR}-12-20"),
        (f"{YEAR}-11-10", f"{YEAR + 1}-02-09", f"{YEAR + 1}-03-20"),
    ]  # fmt: skip


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"mode": "mois", "day": 32, "after": 1}, "day"),
    ({"mode": "mois", "day": 20, "after": 0}, "after"),
    ({"mode": "jours", "after": 400}, "after"),
    ({"mode": "dates", "days": ["31/02"]}, "days"),
    ({"mode": "dates", "days": [" "]}, "days"),
    ({"mode": "ailleurs"}, "mode"),
    ({"mode": "jours", "after": 3, "every": 5}, "every"),
    ({"mode": "jours", "after": 3, "source": " "}, "source"),
    ({"mode": "jours", "after": 3, "valid_from": dt.date(YEAR + 9, 1, 1)}, "valid_from"),
]


def test_a_calendar_that_means_nothing_is_refused(cast: Cast):
    def given(values: dict[str, Any]) -> dict[str, Any]:
        return {"every": 3, "valid_from": dt.date(YEAR, 1, 1), "source": "X", **values}

    for values, place in REFUSED:
        with cast.acting("gestionnaire"), pytest.raises(InvalidInput) as caught:
            set_report_schedule(convention=cast.convention["a"], by=cast.actor("gestionnaire"), **given(values))
        assert caught.value.place == place
    with cast.acting("instructeur"), pytest.raises(NotAllowed):
        set_report_schedule(convention=cast.convention["a"], by=cast.actor("instructeur"), **given(REFUSED[0][0]))


# --- Reminders and the calendar ---------------------------------------------------------------------------------------


def test_a_reminder_leaves_once_a_day_and_says_what_is_missing(cast: Cast, jobs, mailoutbox):
    first = act(cast, "gestionnaire", remind_report, site="https://cosigne.example")
    assert act(cast, "gestionnaire", remind_report).pk == first.pk, "not twice the same day"
    assert jobs.run() == 1
    [mail] = mailoutbox
    assert mail.to == ["employeur_a@exemple.fr"]
    assert f"Janvier {YEAR} n'est pas saisi." in mail.body
    assert "https://cosigne.example/activite/comptes-rendus/" in mail.body
    assert one(cast, Q1).last is None, "a reminder changes nothing of where the report stands"
    enter(cast, (1, 2, 3))
    act(cast, "employeur_a", submit_report)
    with pytest.raises(BusinessError, match="personne à relancer"):
        act(cast, "gestionnaire", remind_report)


def test_the_calendar_knows_what_was_handed_in(cast: Cast):
    def quarter() -> Any:
        with cast.acting("gestionnaire"):
            rows = calendar_of(cast.actor("gestionnaire"), today=DAY, convention=cast.convention["a"])
        return next(row for row in rows if row.kind == ObligationKind.QUARTER)

    enter(cast, (1, 2, 3))
    assert quarter().state(DAY) is ObligationState.LATE
    act(cast, "employeur_a", submit_report)
    assert quarter().state(DAY) is ObligationState.DONE
    assert quarter().url == one(cast, Q1).url
    act(cast, "gestionnaire", return_report, reason="À revoir")
    assert quarter().state(DAY) is ObligationState.LATE


# --- In one query -----------------------------------------------------------------------------------------------------


def test_where_reports_stand_is_the_same_in_one_query(cast: Cast):
    """The light reading a manager's home page makes: same reports, same days, same late ones, fewer details."""
    enter(cast, (1, 2, 3))
    act(cast, "employeur_a", submit_report)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        set_calendar_rule(kind="quarter_2", value="20/07", valid_from=dt.date(YEAR, 1, 1), source="Courrier", by=by)
        set_report_schedule(
            convention=cast.convention["c"], every=3, valid_from=dt.date(YEAR, 7, 1), mode="dates",
            days=["22/10", f"17/01/{YEAR + 1}"], source="Avenant", by=by,
        )  # fmt: skip
        ActivityReturn.objects.create(post=cast.post["c"], year=YEAR + 1, month=None, women=1, men=0, children=0)
        whole = [
            row
            for row in read_campaign(by, today=DAY, years=(YEAR - 1, YEAR + 1)).reports
            if row.state is not ReportState.KNOWN
        ]
        with CaptureQueriesContext(connection) as queries:
            light = standing(by, today=DAY)
    assert len(queries) == 1

    def seen(rows: list[Report]) -> list[tuple[Any, ...]]:
        return sorted((r.url, r.due_on, r.source, r.late, r.is_handed, r.post, r.employer, r.end) for r in rows)

    assert seen(light) == seen(whole)
    assert {row.state for row in light} <= {ReportState.OPEN, ReportState.AHEAD, ReportState.SUBMITTED}
