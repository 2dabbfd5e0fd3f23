"""Deliberations on screen."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from conventions.enums import DecisionKind
from conventions.models import Decision, Deliberation

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliberation(cast) -> Deliberation:
    with cast.acting("gestionnaire"):
        made = Deliberation.objects.create(
            organisation=cast.org["departement"], number="2023-332", date=dt.date(2023, 7, 3), title="Postes d'ISCG"
        )
        decision = Decision.objects.create(
            deliberation=made,
            position=1,
            kind=DecisionKind.ATTRIBUTION,
            amount="12220.00",
            beneficiary=cast.org["association"],
        )
        decision.conventions.add(cast.convention["a"], through_defaults={"territory": cast.territory["here"]})
        return made


def text(response) -> str:
    return response.content.decode()


def test_list_and_search(cast, deliberation):
    browser = cast.client("gestionnaire")
    assert "2023-332" in text(browser.get(reverse("deliberations")))
    assert "Aucune délibération ne répond" in text(browser.get(reverse("deliberations") + "?q=zzz"))


def test_page_shows_decisions_and_what_is_missing(cast, deliberation):
    page = text(cast.client("gestionnaire").get(reverse("deliberation", args=[deliberation.uuid])))
    assert "Pas encore exécutoire" in page
    assert "la date de transmission au préfet et la date de publication" in page
    assert "220,00" in page
    assert "62-A<" in page


def test_completing_the_dates_makes_it_enforceable(cast, deliberation):
    browser = cast.client("gestionnaire")
    data = {"number": "2023-332", "date": "2023-07-03", "transmitted_on": "2023-07-05", "published_on": "2023-07-06"}
    url = reverse("deliberation-edit", args=[deliberation.uuid])
    assert "Exécutoire" in text(browser.post(url, data, follow=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transmitted_on": "2023-07-01"}, "suivent le vote"),
        ({"date": ""}, "obligatoire"),
        ({"votes_for": -1}, "supérieure ou égale à 0"),
    ],
)
def test_bad_input_is_named(cast, deliberation, changes, message):
    data = {"number": "2023-332", "date": "2023-07-03"} | changes
    response = cast.client("gestionnaire").post(reverse("deliberation-edit", args=[deliberation.uuid]), data)
    assert response.status_code == 422
    assert message in text(response)


def test_votes_by_proxy_may_outnumber_those_present(cast, deliberation):
    data = {"number": "2023-332", "date": "2023-07-03", "present": 33, "votes_for": 43}
    response = cast.client("gestionnaire").post(reverse("deliberation-edit", args=[deliberation.uuid]), data)
    assert response.status_code == 302


def test_create(cast):
    browser = cast.client("gestionnaire")
    data = {"organisation": cast.org["epci_a"].pk, "number": "7", "date": "2026-01-12"}
    response = browser.post(reverse("deliberation-create"), data, follow=True)
    assert "Délibération n° 7" in text(response)
    with cast.acting("gestionnaire"):
        assert Deliberation.objects.get(number="7").territory == cast.territory["here"]


@pytest.mark.parametrize("person", ["instructeur", "finances_a", "partenaire"])
def test_only_the_gestionnaire_writes(cast, person, deliberation):
    client = cast.client(person)
    assert client.get(reverse("deliberation-create")).status_code == 403
    assert client.post(reverse("deliberation-edit", args=[deliberation.uuid])).status_code == 403


def test_anothers_territory_does_not_exist(cast, deliberation):
    client = cast.client("gestionnaire_there")
    assert client.get(reverse("deliberation", args=[deliberation.uuid])).status_code == 404
