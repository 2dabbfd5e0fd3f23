"""Titres issued and not received: by age, by debtor, filtered, in a file, with the day they are barred."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.errors import BusinessError
from funding.models import Titre
from funding.services.titre_exports import export_titres
from funding.services.titre_receipts import record_receipt
from funding.services.titres import propose_titres, record_issue
from funding.titre_ageing import bucket_of
from funding.titre_findings import findings_of
from tests.funding.titre_world import World, make_world

pytestmark = pytest.mark.django_db
TODAY = dt.date(2024, 6, 15)


@pytest.fixture
def world(time_machine: Any) -> World:
    time_machine.move_to("2024-06-15 10:00:00+02:00")
    return make_world()


def issued(world: World, key: str, days: int, amount: str = "1000") -> Titre:
    """A titre of the CC du Sud-Artois to the State, issued ``days`` ago."""
    plan = world.plan(employer=world.sud_artois, key=key, year=2023, shares=[(world.etat, amount)])
    [titre] = propose_titres(plan=plan, by=world.system)
    export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
    return record_issue(titre=titre, number=key, issued_on=TODAY - dt.timedelta(days=days), by=world.system)


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, "30"), (30, "30"), (31, "60"), (60, "60"), (61, "90"), (90, "90"), (91, "plus")]
)
def test_the_limits_of_each_age(days: int, bucket: str) -> None:
    assert bucket_of(days) == bucket


def test_the_page_sums_filters_and_exports(world: World, client: Any) -> None:
    with world.acting():
        for key, days in (("101", 30), ("102", 31), ("103", 90), ("104", 91)):
            issued(world, key, days)
        part = issued(world, "105", 91, "500")
        record_receipt(titre=part, amount=Decimal("200"), received_on=TODAY, by=world.system)
        paid = issued(world, "106", 91)
        record_receipt(titre=paid, amount=Decimal("1000"), received_on=TODAY, by=world.system)
    client.force_login(world.actor(world.sud_artois).user)
    page = client.get("/titres/relances/")
    assert [line.titre.number for line in page.context["lines"]] == ["104", "105", "103", "102", "101"]
    assert [amount for _label, amount in page.context["total"].cells] == [1000, 1000, 1000, 1300]
    assert page.context["balances"][0].total == Decimal("4300.00")
    assert "16 mars 2028" in page.text  # 91 days before TODAY, four years on
    old = client.get("/titres/relances/?age=plus&tri=-reste")
    assert [line.titre.number for line in old.context["lines"]] == ["104", "105"]
    assert not client.get("/titres/relances/?q=999").context["lines"]
    file = client.get("/titres/relances/?age=60&format=csv").content.decode("utf-8-sig").splitlines()
    assert len(file) == 2
    assert ";102;" in file[1]
    assert ";31;31 à 60 jours;1000,00;0,00;0,00;1000,00;" in file[1]
    client.force_login(world.actor(world.boulonnais).user)
    assert not client.get("/titres/relances/").context["lines"]


def test_the_four_years_are_told_six_months_before(world: World, time_machine: Any) -> None:
    with world.acting():
        titre = issued(world, "7", 0)
        assert titre.prescribed_on == dt.date(2028, 6, 15)
        time_machine.move_to("2027-12-14 10:00:00+01:00")
        assert findings_of(titre) == []
        time_machine.move_to("2027-12-15 10:00:00+01:00")
        assert [(f.code, "se prescrit" in f.message) for f in findings_of(titre)] == [("T02", True)]
        time_machine.move_to("2028-06-15 10:00:00+02:00")
        assert "s'est prescrit" in findings_of(titre)[0].message


def test_nothing_is_issued_from_a_program_without_the_right(world: World) -> None:
    with world.acting():
        titre = issued(world, "8", 0)
        manager = world.actor(world.departement, "gestionnaire")
        with pytest.raises(BusinessError, match="exporter"):
            record_receipt(titre=titre, amount=Decimal(1), received_on=TODAY, by=manager)
