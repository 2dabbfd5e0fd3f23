"""What the API's tests add to the cast, and how they talk to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from conventions.models import Decision, Deliberation
from funding.models import AllocationKey, AllocationKeyLine, ExportBatch, Share
from posts.models import ActivityReturn, ServiceUnit
from tests.cast import YEAR, Cast

ROOT = "/api/v1/"
JSON = "application/json"

MEMBERS = ("gestionnaire", "instructeur", "finances_a", "finances_b", "partenaire", "employeur_a", "employeur_d")
STRANGERS = ("anonymous", "sans_role")


class Caller:
    """A person calling the API."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(ROOT + path, body or {}, content_type=JSON)

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(ROOT + path, body, content_type=JSON)

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(ROOT + path, body, content_type=JSON)


def caller(cast: Cast, name: str) -> Caller:
    return Caller(Client() if name == "anonymous" else cast.client(name))


class World:
    """The cast with three of everything the API lists, owned by organisations of both sides."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.deliberation: dict[str, Deliberation] = {}
        self.activity: dict[str, ActivityReturn] = {}
        self.key: dict[str, AllocationKey] = {}
        self.batch: dict[str, ExportBatch] = {}
        with cast.acting("gestionnaire"):
            self._fill("epci_a", "a")
            self._fill("epci_b", "b")
            self._fill("departement", "c")
            cast.unit["cob"] = ServiceUnit.objects.create(
                organisation=cast.org["gendarmerie"], key="cob", kind="cob", zone="gendarmerie", name="COB de Bapaume"
            )
        with cast.acting("gestionnaire_there"):
            self._fill("epci_there", "there")

    def _fill(self, employer: str, letter: str) -> None:
        organisation = self.cast.org[employer]
        territory_id = organisation.territory_id
        vote = Deliberation.objects.create(
            organisation=organisation, key=f"delib-{letter}", number=f"{YEAR}-{letter}", date=dt.date(YEAR - 1, 12, 1),
            transmitted_on=dt.date(YEAR - 1, 12, 5), published_on=dt.date(YEAR - 1, 12, 6), title="Participation",
        )  # fmt: skip
        Decision.objects.create(
            deliberation=vote, position=1, kind="attribution", amount=Decimal(14000), beneficiary=organisation
        )
        self.deliberation[letter] = vote
        self.activity[letter] = ActivityReturn.objects.create(
            post=self.cast.post[letter], year=YEAR - 1, month=3, women=12, men=3, children=2, interviews_in_person=15
        )
        key = AllocationKey.objects.create(
            territory_id=territory_id, key=f"cle-{letter}", label=f"Clé {letter}", basis="population"
        )
        AllocationKeyLine.objects.create(allocation_key=key, organisation=organisation, percent=Decimal(100))
        Share.objects.filter(plan=self.cast.plan[letter], financer=organisation).update(allocation_key=key)
        self.key[letter] = key
        self.batch[letter] = ExportBatch.objects.create(
            territory_id=territory_id, issuer=organisation, year=YEAR - 1, number=1, file_format="csv",
            filename=f"lot-{letter}.csv", sha256="0" * 64, content=b"ecriture;montant\r\n", count=1, total=Decimal(10),
        )  # fmt: skip


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)
