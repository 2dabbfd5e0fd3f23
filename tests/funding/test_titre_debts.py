"""What an organisation owes, year by year: titres, grants, shares without amount."""

import datetime as dt
from decimal import Decimal

import pytest

from funding.debts import debts_of
from funding.enums import PlanStatus
from funding.models import Share
from funding.services.titre_exports import export_titres
from funding.services.titre_receipts import record_receipt
from funding.services.titres import propose_titres, record_issue
from parties.enums import OrganisationKind
from parties.models import Organisation
from tests.funding.titre_world import World, boulogne_2022, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_from_the_plan_then_the_titre_then_its_payment(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)

        def owed():  # type: ignore[no-untyped-def]
            (year,) = debts_of(world.boulonnais)
            return year.debts[0], year

        debt, year = owed()
        assert (debt.state, debt.due, debt.reference) == ("À venir", Decimal("20045"), "62-A04")
        titre = propose_titres(plan=plan, by=world.system)[1]
        debt, year = owed()
        assert (debt.state, debt.due, year.issued) == ("Titre en préparation", Decimal("8352.08"), 0)
        assert "5 mois sont dus" in debt.explanation
        export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
        record_issue(titre=titre, number="9", issued_on=dt.date(2023, 1, 3), by=world.system)
        debt, year = owed()
        assert (debt.state, year.issued, year.remaining) == ("Titre émis", Decimal("8352.08"), Decimal("8352.08"))
        for paid, received, state in [("1000", "1000", "Payé en partie"), ("7352.08", "8352.08", "Payé")]:
            record_receipt(titre=titre, amount=Decimal(paid), received_on=dt.date(2023, 2, 1), by=world.system)
            debt, year = owed()
            assert (debt.state, year.received) == (state, Decimal(received))
        assert year.remaining == 0


def test_the_years_to_come_from_frozen_plans_never_from_drafts(world: World) -> None:
    with world.acting():
        for year, status in [(2023, PlanStatus.ENGAGE), (2024, PlanStatus.ARRETE), (2025, PlanStatus.PROJET)]:
            world.plan(
                employer=world.sud_artois, key=f"p{year}", year=year, shares=[(world.etat, "100")], status=status
            )
        years = debts_of(world.etat)
    assert [(year.year, year.due) for year in years] == [(2024, Decimal(100)), (2023, Decimal(100))]
    assert years[0].debts[0].state == "Convention à signer"


def test_a_grant_to_an_association_is_owed_without_titre(world: World) -> None:
    with world.acting():
        world.plan(employer=world.victimes, key="a16", year=2023, shares=[(world.boulonnais, "11853")])
        (year,) = debts_of(world.boulonnais)
    assert (year.debts[0].instrument, year.debts[0].state) == ("Subvention", "À verser")


def test_nobody_owes_to_itself(world: World) -> None:
    with world.acting():
        sud_artois_2023(world)
        assert debts_of(world.sud_artois) == []
        assert [year.due for year in debts_of(world.departement)] == [Decimal(14665)]


def test_a_share_without_amount_is_counted_apart(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        Share.objects.filter(plan=plan, financer=world.etat).update(amount=None)
        (year,) = debts_of(world.etat)
    assert (year.unknown, year.due) == (1, 0)


def test_the_state_owes_for_its_services(world: World) -> None:
    with world.acting():
        police = Organisation.objects.create(
            territory=world.territory, key="ddsp", kind=OrganisationKind.POLICE, name="DDSP 62", parent=world.etat
        )
        plan = world.plan(employer=world.ternois, key="police", year=2023, shares=[(police, "1000")])
        propose_titres(plan=plan, by=world.system)
        (year,) = debts_of(world.etat)
    assert year.debts[0].titre is not None
    assert year.due == Decimal(1000)
