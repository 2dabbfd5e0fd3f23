"""Avenants and ends of conventions as people meet them: pages, files, API."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions.enums import ChangeKind, Status
from conventions.models import Avenant, Convention
from conventions.services import avenants
from reporting.services_avenants import approve_and_publish_avenant, avenant_pdf
from tests.cast import YEAR, Cast
from tests.conventions.avenant_cast import TODAY, approve, draft_avenant, sign_all, signed_avenant, signed_convention

pytestmark = pytest.mark.django_db

MARCH, JULY = dt.date(YEAR, 3, 1), dt.date(YEAR, 7, 1)
RAISE = (ChangeKind.SHARE, "plan-e/departement", {"amount": "13000.00"})


@pytest.fixture
def signed(cast: Cast, time_machine) -> Convention:
    time_machine.move_to(TODAY, tick=False)
    return signed_convention(cast)


def plain(response: Any) -> str:
    text = response.content.decode().replace("\u202f", " ").replace("\xa0", " ")
    return text.replace("&#x27;", "'").replace("’", "'")


def test_from_the_convention_s_page_to_a_signed_avenant(cast: Cast, signed: Convention):
    desk, reviewer = cast.client("gestionnaire"), cast.client("instructeur")
    page = plain(desk.get(f"{signed.get_absolute_url()}?onglet=situation"))
    create = reverse("convention-avenant", args=[signed.uuid])
    assert create in page
    wrong = desk.post(create, {"title": "", "effective_on": "2026-03-01"})
    assert wrong.status_code == 422
    assert "Écrivez l'objet de l'avenant" in plain(wrong)
    made = desk.post(create, {"title": "Contribution du Département", "effective_on": "2026-03-01", "place": "Arras"})
    assert made.status_code == 302
    with cast.acting("gestionnaire"):
        avenant = Avenant.objects.get()
    assert made["Location"] == avenant.get_absolute_url()
    change = reverse("avenant-change", args=[avenant.uuid, "montant"])
    assert "12 000,00 €" in plain(desk.get(change))
    refused = desk.post(change, {"target": "plan-e/departement", "amount": "douze"})
    assert refused.status_code == 422
    assert 'value="douze"' in plain(refused)
    same = desk.post(change, {"target": "plan-e/departement", "amount": "12000"})
    assert same.status_code == 422
    assert "est déjà de 12 000,00 €" in plain(same)
    # As people type amounts.
    assert desk.post(change, {"target": "plan-e/departement", "amount": "13 000,50"}).status_code == 302
    page = plain(desk.get(avenant.get_absolute_url()))
    assert "est porté de 12 000,00 € (douze mille euros) à 13 000,50 €" in page
    assert "demeurent inchangées" in page
    # The préfecture does not read a draft, the other parties nothing before it circulates.
    assert reviewer.get(avenant.get_absolute_url()).status_code == 404
    desk.post(reverse("avenant-submit", args=[avenant.uuid]))
    assert "Approuver" in plain(reviewer.get(avenant.get_absolute_url()))
    assert "Instruire l'avenant n° 1 à la convention 62-NEUVE" in plain(reviewer.get("/"))
    assert cast.client("finances_a").get(avenant.get_absolute_url()).status_code == 404
    back = reviewer.post(reverse("avenant-send-back", args=[avenant.uuid]), {"reason": "Joindre le vote"}, follow=True)
    assert "renvoyé au gestionnaire" in plain(back)
    assert "Joindre le vote" in plain(desk.get(avenant.get_absolute_url()))
    assert "Corriger l'avenant n° 1" in plain(desk.get("/"))
    desk.post(reverse("avenant-submit", args=[avenant.uuid]))
    reviewer.post(reverse("avenant-approve", args=[avenant.uuid]))
    page = plain(cast.client("finances_a").get(avenant.get_absolute_url()))
    assert "Version 1" in page
    assert "Joindre le vote" not in page


def test_the_article_to_rewrite_opens_on_its_words_in_force(cast: Cast, signed: Convention):
    with cast.acting("gestionnaire"):
        avenant = draft_avenant(cast, signed, RAISE, on=MARCH)
    desk = cast.client("gestionnaire")
    address = reverse("avenant-change", args=[avenant.uuid, ChangeKind.CLAUSE_REPLACED])
    assert "?target=litiges" in plain(desk.get(address))
    with cast.acting("gestionnaire"):
        [words] = [a["blocks"][0]["text"] for a in signed.versions.get().content["articles"] if a["kind"] == "litiges"]
    page = desk.get(f"{address}?target=litiges")
    assert words.replace("\u202f", " ").replace("\xa0", " ").replace("’", "'")[:40] in plain(page)
    for kind in ChangeKind.values:
        assert desk.get(reverse("avenant-change", args=[avenant.uuid, kind])).status_code == 200, kind
    assert desk.get(reverse("avenant-change", args=[avenant.uuid, "autre"])).status_code == 404


def test_situation_au_shows_the_base_text_and_each_change(cast: Cast, signed: Convention):
    with cast.acting("gestionnaire"):
        signed_avenant(
            cast, signed, RAISE, (ChangeKind.CLAUSE_REPLACED, "litiges", {"title": "", "text": "À l'amiable."}), on=JULY
        )
    client = cast.client("finances_a")
    address = f"{signed.get_absolute_url()}?onglet=situation"
    today = plain(client.get(address))
    assert "Signé, à venir" in today
    assert "À l'amiable." not in today
    after = plain(client.get(f"{address}&au={YEAR}-07-01"))
    assert "<strong>13 000,00 €</strong>" in after
    assert "avenant n° 1 du 10 mars 2026 à la convention 62-NEUVE" in after
    assert "À l'amiable." in after
    wrong = client.get(f"{address}&au=hier")
    assert wrong.status_code == 200
    assert "« hier » n'est pas une date" in plain(wrong)


def test_the_api_gives_the_situation_on_a_day(cast: Cast, signed: Convention):
    with cast.acting("gestionnaire"):
        signed_avenant(cast, signed, RAISE, on=JULY)
    client = cast.client("gestionnaire")
    address = f"/api/v1/conventions/{signed.uuid}/situation/"
    amounts = {}
    for day in ("2026-06-30", "2026-07-01"):
        data = client.get(address, {"on": day}).json()
        [plan] = data["plans"]
        amounts[day] = next(s["amount"] for s in plan["shares"] if s["ref"] == "departement")
    assert amounts == {"2026-06-30": "12000.00", "2026-07-01": "13000.00"}
    assert data["avenants"][0]["changes"][0]["sentence"].startswith("Le montant de la contribution du Département")
    assert client.get(address).json()["upcoming"] == [1]
    assert client.get(address, {"on": "demain"}).status_code == 400
    assert [a["number"] for a in client.get(f"/api/v1/conventions/{signed.uuid}/avenants/").json()] == [1]


def test_the_list_leaves_with_its_avenants_in_a_fixed_number_of_queries(cast: Cast, signed: Convention):
    with cast.acting("gestionnaire"):
        signed_avenant(cast, signed, RAISE, on=MARCH)
    client = cast.client("gestionnaire")

    def read(query: str) -> tuple[list[dict[str, str]], int]:
        with CaptureQueriesContext(
            connection,
        ) as done:
            response = client.get(f"/conventions/export.csv?{query}")
        text = response.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text), delimiter=";")), len(done)

    one, queries = read("q=62-NEUVE")
    assert len(one) == 1
    assert one[0]["Avenants signés"] == "avenant n° 1 du 10 mars 2026"
    assert one[0]["Montant en vigueur"].replace("\u202f", "").replace(" ", "") == "37000,00"
    everything, more = read("")
    assert len(everything) > 3
    assert more == queries


def test_the_end_is_computed_before_it_is_recorded(cast: Cast, signed: Convention):
    client = cast.client("gestionnaire")
    end = reverse("convention-end", args=[signed.uuid])
    asked = {"received_on": "2026-03-09", "cause": "", "by_organisation": cast.org["epci_a"].pk}
    page = plain(client.get(end, asked))
    assert "jusqu'au 9 juin 2026 inclus" in page
    assert "5 000,00 €" in page
    late = plain(client.get(end, asked | {"received_on": "2026-11-02"}))
    assert "sans dénonciation" in late
    with cast.acting("gestionnaire"):
        signed.refresh_from_db()
        assert signed.status == Status.SIGNEE
    missing = client.post(reverse("convention-denounce", args=[signed.uuid]), asked)
    assert missing.status_code == 422
    assert "Écrivez le motif" in plain(missing)
    done = client.post(
        reverse("convention-denounce", args=[signed.uuid]), asked | {"cause": "Redéploiement"}, follow=True
    )
    assert "Dénoncée, en vigueur jusqu'au 9 juin 2026" in plain(done)
    assert (
        client.post(
            reverse("convention-terminate", args=[signed.uuid]),
            {"decided_on": "2026-03-10", "last_day": "2026-04-30", "cause": "D'un commun accord"},
        ).status_code
        == 302
    )
    assert "30 avril 2026" in plain(client.get(f"{signed.get_absolute_url()}?onglet=situation"))


def test_the_same_version_gives_the_same_document(cast: Cast, signed: Convention):
    with cast.acting("gestionnaire"):
        avenant = draft_avenant(cast, signed, RAISE, on=MARCH)
        draft, name = avenant_pdf(avenant)
        assert name == "avenant-1-62-NEUVE-projet.pdf"
        avenants.submit_avenant(avenant=avenant, by=cast.actor("gestionnaire"))
        with cast.acting("instructeur"):
            approve_and_publish_avenant(avenant=avenant, by=cast.actor("instructeur"))
        avenant.refresh_from_db()
        first, name = avenant_pdf(avenant)
        sign_all(cast, avenant)
        second, _ = avenant_pdf(avenant)
    assert name == "avenant-1-62-NEUVE-v1.pdf"
    assert first == second
    assert first != draft


def test_a_party_that_joins_reads_the_convention_once_the_avenant_circulates(cast: Cast, signed: Convention):
    joins = (ChangeKind.PARTY_ADDED, "epci-b", {"roles": ["financeur"]})
    client = cast.client("finances_b")
    with cast.acting("gestionnaire"):
        avenant = draft_avenant(cast, signed, joins, on=JULY, title="Entrée")
    assert client.get(signed.get_absolute_url()).status_code == 404
    with cast.acting("gestionnaire"):
        approve(cast, avenant)
    assert client.get(signed.get_absolute_url()).status_code == 200
    assert client.get(avenant.get_absolute_url()).status_code == 200
