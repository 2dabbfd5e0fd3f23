"""The open data of grants: the schema's fields and rules, signed conventions only, nobody's name, late ones said."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from funding import grant_opendata
from funding.models import Grant, Share
from funding.services.grant_publication import publish_grants
from parties.models import Organisation
from tests.cast import YEAR, Cast
from tests.funding.grant_world import SIGNED, grants_of

SIRETS = {"departement": "22620001200012", "association": "73282932000074"}


@pytest.fixture
def ready(cast: Cast) -> Cast:
    """69 000 € in thirds: 23 000 € each, plus the 15 000 € of the draft plan d for the State and the Département."""
    grants_of(cast, cost=Decimal(69000))
    with cast.acting("gestionnaire"):
        for key, siret in SIRETS.items():
            Organisation.objects.filter(pk=cast.org[key].pk).update(siret=siret)
        Organisation.objects.filter(pk=cast.org["association"].pk).update(rna="W621000123")
    return cast


def lines(cast: Cast, name: str = "gestionnaire"):
    with cast.acting(name):
        return {each.grant.financer.key: each for each in grant_opendata.publications(cast.actor(name))}


def test_a_line_answers_every_rule_of_the_schema(ready: Cast):
    found = lines(ready)
    assert {key: list(each.problems) for key, each in found.items()} == {
        "prefecture": ["le SIRET du financeur"],
        "departement": [],
        "epci-b": ["le SIRET du financeur"],
    }
    row = found["departement"].row
    assert tuple(row) == grant_opendata.FIELDS
    assert row == {
        "nomAttribuant": "Département du Pas-de-Calais",
        "idAttribuant": "22620001200012",
        "dateConvention": SIGNED.isoformat(),
        "referenceDecision": "62-V",
        "nomBeneficiaire": "France Victimes 62",
        "idBeneficiaire": "73282932000074",
        "rnaBeneficiaire": "W621000123",
        "objet": f"Financement d'un poste d'intervenant social, {YEAR} : Plan V {YEAR}",
        "montant": "23000.00",
        "nature": "aide en numéraire",
        "conditionsVersement": "unique",
        "datesPeriodeVersement": f"{YEAR}-07-31",
        "idRAE": "",
        "notificationUE": "non",
        "pourcentageSubvention": "1.00",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("idAttribuant", "123"), ("montant", "1 000,00"), ("dateConvention", "31/07/2026"), ("notificationUE", "true"),
     ("datesPeriodeVersement", "2026-01-01_2026-02-01"), ("objet", "x" * 257), ("nature", "argent")],
)  # fmt: skip
def test_what_the_schema_refuses_is_found(ready: Cast, field: str, value: str):
    row = lines(ready)["departement"].row | {field: value}
    assert len(grant_opendata.problems_of(row)) == 1


def test_only_signed_conventions_and_over_the_threshold_they_become_late(ready: Cast):
    grants_of(ready, "w", signed=False)
    found = lines(ready)
    assert len(found) == 3
    due = found["departement"].due_on
    assert due == dt.date(YEAR, 4, 20)
    assert [found["departement"].is_late(day) for day in (due, due + dt.timedelta(days=1))] == [False, True]
    assert found["departement"].obligatory
    with ready.acting("gestionnaire"):
        Share.objects.filter(plan=ready.plan["w"]).delete()
    # 23 000 € exactly is not over the threshold.
    assert not lines(ready)["epci-b"].obligatory
    assert not lines(ready)["epci-b"].is_late(dt.date(YEAR + 1, 1, 1))


def test_the_file_holds_complete_lines_and_no_person(ready: Cast):
    response = ready.client("gestionnaire").get(reverse("grants-opendata"))
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [row["nomAttribuant"] for row in rows] == ["Département du Pas-de-Calais"]
    assert "Camille" not in response.content.decode()


def test_publishing_is_noted_once(ready: Cast):
    with time_machine.travel(dt.datetime(YEAR, 3, 1, 9, tzinfo=dt.UTC), tick=False), ready.acting("gestionnaire"):
        by = ready.actor("gestionnaire")
        assert [publish_grants(by=by), publish_grants(by=by)] == [1, 0]
        grant = Grant.objects.get(plan=ready.plan["v"], financer=ready.org["departement"])
        assert grant.published_on == dt.date(YEAR, 3, 1)
        assert grant.events.last().reason.startswith("SHA-256 ")
