"""Reporting campaigns: which reports are due, where each stands, who is late."""

from __future__ import annotations

import datetime as dt

import pytest

from reporting.campaigns.reading import campaign_of, reports_of
from reporting.campaigns.report import Report
from reporting.enums import ReportState
from tests.cast import YEAR, Cast

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
