"""The acts on titres by the API: the same services, the same refusals, located."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from funding.models import Titre
from funding.services.titre_exports import export_titres
from funding.services.titres import propose_titres
from tests.funding.titre_world import World, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"


@pytest.fixture
def world(time_machine: Any) -> World:
    time_machine.move_to("2024-06-15 10:00:00+02:00")
    return make_world()


@pytest.fixture
def post(world: World, client: Any) -> Any:
    """Sends JSON as the finance officer of the CC du Sud-Artois; what came back, and its status."""
    client.force_login(world.actor(world.sud_artois).user)

    def send(path: str, body: dict, status: int = 200) -> Any:
        answer = client.post(f"{ROOT}{path}", body, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def exported(world: World) -> Titre:
    with world.acting():
        propose_titres(plan=sud_artois_2023(world), by=world.system)
        export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
        return Titre.objects.get(debtor=world.etat)


def test_a_titre_lives_its_life(world: World, post: Any) -> None:
    titre = exported(world)
    path = f"titres/{titre.uuid}/"
    said = post(f"{path}issue/", {"number": "41", "issued_on": "2024-01-15"})
    assert (said["status"], said["number"]) == ("emis", "41")
    said = post(f"{path}receipts/", {"amount": "100.00", "received_on": "2024-02-01", "reference": "V1"})
    assert (said["received"], said["receipts"][0]["amount"]) == ("100.00", "100.00")
    refused = post(f"{path}receipts/", {"amount": "0.00", "received_on": "2024-02-01"}, 400)
    assert refused["place"] == "amount"
    receipt = said["receipts"][0]["uuid"]
    said = post(f"{path}reverse-receipt/", {"receipt": receipt, "reason": "Erreur"})
    assert said["received"] == "0.00"
    reduction = post(f"{path}reduce/", {"reason": "Erreur", "amount": "665.00"})
    assert (reduction["kind"], reduction["original"]) == ("reduction", str(titre.uuid))
    assert post(f"titres/{reduction['uuid']}/withdraw/", {"reason": "Non"})["status"] == "abandonne"
    assert post(f"{path}cancel/", {"reason": "Mauvais débiteur"})["amount"] == "14665.00"
    assert post(f"{path}reissue/", {"reason": "Bon débiteur"})["entry_id"].endswith("-v2")
    assert post(f"titres-exports/{said['batch']['uuid']}/cancel/", {"reason": "x"}, 409)


def test_a_batch_is_cancelled_and_titres_verified(world: World, post: Any, client: Any) -> None:
    exported(world)
    [batch] = client.get(f"{ROOT}titres-exports/").json()["results"]
    assert batch["cancelled"] is False
    assert post(f"titres-exports/{batch['uuid']}/cancel/", {"reason": "Refusé"})["cancelled"] is True
    assert post("titres/verify/", {}) == {"checked": 2, "ready": 2, "blocked": 0, "outdated": 0}


def test_a_return_is_applied_whole_or_not_at_all(world: World, post: Any, client: Any) -> None:
    titre = exported(world)
    row = {"entry_id": titre.entry_id, "number": "41", "issued_on": "2024-01-15"}
    refused = post("titres-returns/", {"rows": [{"entry_id": "inconnue"}, row | {"issued_on": None}]}, 400)
    assert refused["place"] == "rows[1]"
    paid = row | {"received": "14665.00", "received_on": "2024-02-01"}
    trace = post("titres-returns/", {"rows": [paid, {"entry_id": "inconnue", "number": "9"}]}, 201)
    assert (trace["changed"], trace["unmatched"]) == (1, 1)
    assert post("titres-returns/", {"rows": [paid]}, 201)["unchanged"] == 1
    with world.acting():
        titre.refresh_from_db()
    assert (titre.status, titre.received, titre.received_on) == ("encaisse", Decimal("14665.00"), dt.date(2024, 2, 1))
    assert client.get(f"{ROOT}titres-returns/").json()["count"] == 2
    assert client.get(f"{ROOT}titres-returns/{trace['uuid']}/").json()["changes"][0]["entry_id"] == titre.entry_id
    client.force_login(world.actor(world.departement).user)
    assert client.get(f"{ROOT}titres-returns/{trace['uuid']}/").status_code == 404
