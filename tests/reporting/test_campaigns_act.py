"""The published act's fifteen agreements, once signed: the campaign of 2023 each of them asks for."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from conventions.enums import Status
from conventions.models import Convention
from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.campaigns.reading import campaign_of, read_campaign
from reporting.campaigns.report import Report
from reporting.dossier.territory import import_file
from tests.reporting.dossiers import DEMO

pytestmark = pytest.mark.django_db
DAY = dt.date(2023, 10, 16)


@pytest.fixture
def staff() -> Actor:
    import_file(DEMO.read_bytes())
    by = Actor.system(Territory.objects.get(code="62"))
    rls.set_context(by.context)
    Convention.objects.filter(reference__startswith="62-A").update(status=Status.SIGNEE)
    return by


def asked(reports: list[Report], reference: str) -> Counter[str]:
    return Counter(report.kind for report in reports if report.convention == reference)


def test_the_campaign_of_2023(staff: Actor):
    found = campaign_of(staff, year=2023, today=DAY)
    reports = [report for report in found.reports if report.convention.startswith("62-A")]
    # Monthly (A03: to 2 December, its 1 to 2 December included), half-yearly, quarterly; the year each time.
    assert asked(reports, "62-A03") == {"Mensuel": 12, "Annuel": 1}
    assert asked(reports, "62-A08") == {"Semestriel": 1, "Annuel": 1}
    assert asked(reports, "62-A10") == {"Trimestriel": 3, "Annuel": 1}
    assert asked(reports, "62-A13") == {"Annuel": 1}
    assert not {"62-A06", "62-A07"} & {report.convention for report in reports}, "bipartite: their parents' reports"
    assert len({report.convention for report in reports}) == 13
    december = next(r for r in reports if r.convention == "62-A03" and r.key == "mensuel-2023-12-01")
    assert december.cut == "Période incomplète : elle s'arrête le 2 décembre 2023."
    assert any(reference == "62-A13" and "quatre mois" in words for reference, _url, words in found.flags)
    quarters = [r for r in reports if r.convention == "62-A16" and r.every == 3]
    assert sorted(r.due_on.isoformat() for r in quarters) == ["2023-04-15", "2023-07-15", "2023-10-15"]
    assert next(r for r in reports if r.convention == "62-A16" and r.every == 12).note_asked
    assert all(report.late for report in quarters)

    for convention in Convention.objects.filter(reference__startswith="62-A"):
        for report in read_campaign(staff, today=DAY, convention=convention).reports:
            assert convention.period_start <= report.start <= report.end <= convention.period_end, report.title
