"""A dossier carries the calendars set and what was done with each report."""

from __future__ import annotations

import datetime as dt

import pytest

from conventions.models import ReportSchedule
from conventions.services.report_schedule import set_report_schedule
from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.campaigns.reading import reports_of
from reporting.campaigns.services import return_report, submit_report
from reporting.dossier.exporter import dumps, export_territory
from reporting.dossier.importer import import_dossier
from reporting.dossier.reader import DossierRefused
from reporting.models import ReportStep
from tests.cast import YEAR, Cast
from tests.reporting.test_campaigns import DAY, Q1, act, enter

pytestmark = pytest.mark.django_db


def test_a_dossier_carries_the_campaigns(cast: Cast):
    enter(cast, (1, 2, 3))
    act(cast, "employeur_a", submit_report, note="Un partenariat nouveau.")
    act(cast, "gestionnaire", return_report, reason="Mars est incomplet")
    with cast.acting("gestionnaire"):
        set_report_schedule(
            convention=cast.convention["c"], every=3, valid_from=dt.date(YEAR, 1, 1), mode="dates",
            days=["22/04", f"17/07/{YEAR}"], source="Article 7", by=cast.actor("gestionnaire"),
        )  # fmt: skip
        before = [(row.convention, row.key, row.due_on, row.source) for row in _rows(cast)]
        dossier = export_territory(cast.territory["here"])
    steps = dossier["report_steps"]
    assert [(row["act"], row["rank"], row["period"]) for row in steps] == [("remis", 1, Q1), ("renvoye", 2, Q1)]
    there = Territory.objects.create(code="59", name="Nord", administrative_court="Lille")
    dossier["territory"] = {"code": "59", "name": "Nord", "administrative_court": "Lille"}
    actor = Actor.system(there)
    with rls.acting(actor.context):
        import_dossier(content=dumps(dossier).encode(), by=actor)
        after = [(row.convention, row.key, row.due_on, row.source) for row in reports_of(actor, year=YEAR, today=DAY)]
        assert sorted(after) == sorted(before)
        assert ReportSchedule.objects.get().days == ["04-22", f"{YEAR}-07-17"]
        assert ReportStep.objects.get(act="renvoye").reason == "Mars est incomplet"
        again = import_dossier(content=dumps(dossier).encode(), by=actor)
        assert (again.created, again.updated, again.removed) == (0, 0, 0)
        assert export_territory(there)["report_steps"] == steps
        dossier["report_steps"][1]["reason"] = "Autre chose"
        with pytest.raises(DossierRefused) as refused:
            import_dossier(content=dumps(dossier).encode(), by=actor)
        assert "report_steps" in str(refused.value.errors[0].path)
        assert ReportStep.objects.get(act="renvoye").reason == "Mars est incomplet"


def _rows(cast: Cast) -> list:
    return reports_of(cast.actor("gestionnaire"), year=YEAR, today=DAY)
