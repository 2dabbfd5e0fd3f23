"""Titres proposed from committed plans: real amounts, run again, refused."""

import datetime as dt
from decimal import Decimal

import pytest

from core.errors import BusinessError, NotAllowed
from funding.enums import PlanStatus, ProrataBasis, TitreStatus
from funding.models import Share, TitreEvent
from funding.services.titres import outdated, propose_all, propose_titres
from parties.enums import OrganisationKind, Role
from parties.models import Organisation
from posts.models import Occupancy
from tests.funding.titre_world import World, boulogne_2022, make_world, sud_artois_2023, ternois_2023

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def amounts(titres):
    return {titre.debtor.key: titre.amount for titre in titres}


def test_a_post_vacant_from_june_owes_five_months(world: World) -> None:
    with world.acting():
        titres = propose_titres(plan=boulogne_2022(world), by=world.system)
        assert amounts(titres) == {"pref62": Decimal("8352.08"), "cab": Decimal("8352.08")}
        titre = titres[1]
        assert (titre.due, titre.planned, titre.unit) == (5, 12, "months")
        assert titre.statement["posts"][0]["absences"] == [
            {"start": "2022-06-01", "end": "2022-12-31", "days": 214, "tolerated": False}
        ]
        assert titre.subject == (
            "PARTICIPATION ISC 2022 CONV 62-A04 : 20045,00 X 5/12 - DECOMPTE 62-2022-226200012-PLAN-A04-S2"
        )
        assert titre.statement["exact"] == "100225/12"
        assert "8 352,083333 €" in titre.statement["rounding"].replace("\u202f", " ")


def test_a_full_year_is_due_in_full(world: World) -> None:
    with world.acting():
        titres = propose_titres(plan=sud_artois_2023(world), by=world.system)
        assert amounts(titres) == {"pref62": Decimal("14665.00"), "dep62": Decimal("14665.00")}
    assert [titre.status for titre in titres] == [TitreStatus.PRET, TitreStatus.PRET]
    assert titres[0].statement["rate"] == "33.3333"
    assert titres[0].reference == "62-A12"


def test_a_month_filled_half_its_days_is_due(world: World) -> None:
    """Filled from 15 March: 17 days of 31, March is due, January and February are not: 10/12."""
    with world.acting():
        titres = propose_titres(plan=ternois_2023(world), by=world.system)
        assert amounts(titres) == {"pref62": Decimal("11944.17"), "dep62": Decimal("11944.17")}


def test_days_count_days(world: World) -> None:
    with world.acting():
        titres = propose_titres(plan=ternois_2023(world, prorata=ProrataBasis.DAYS), by=world.system)
    assert titres[0].due == 292
    assert titres[0].amount == Decimal("11466.40")  # 14 333 × 292 / 365


def test_a_share_of_four_months_is_due_over_four_months(world: World) -> None:
    """62-A13: the share is agreed for September to December; vacant in December, three quarters are due."""
    with world.acting():
        plan = world.plan(
            employer=world.sud_artois,
            key="a13",
            year=2023,
            start=dt.date(2023, 9, 1),
            end=dt.date(2023, 12, 31),
            shares=[(world.etat, "4666")],
            occupancies=[(dt.date(2023, 9, 1), dt.date(2023, 11, 30))],
        )
        (titre,) = propose_titres(plan=plan, by=world.system)
    assert (titre.due, titre.planned, titre.amount) == (3, 4, Decimal("3499.50"))


def test_posts_of_a_merged_plan_weigh_the_same(world: World) -> None:
    with world.acting():
        posts = [
            world.post(world.departement, "plein"),
            world.post(world.departement, "vacant", [(dt.date(2020, 1, 1), dt.date(2023, 6, 30))]),
        ]
        plan = world.plan(
            employer=world.departement, key="deux", year=2023, shares=[(world.etat, "24000")], posts=posts
        )
        (titre,) = propose_titres(plan=plan, by=world.system)
    assert titre.amount == Decimal("18000.00")  # (12 + 6) / 24
    assert "leur moyenne" in titre.statement["text"]


def test_a_post_without_recorded_occupancy_is_presumed_filled_and_says_so(world: World) -> None:
    with world.acting():
        (titre, _) = propose_titres(plan=sud_artois_2023(world, occupancies=[]), by=world.system)
    assert titre.amount == Decimal("14665.00")
    assert titre.statement["warnings"] == [
        "Aucune période d'occupation n'est saisie pour le poste « Poste plan-a12 » : il est réputé pourvu."
    ]


def test_again_changes_nothing_then_follows_a_vacancy(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        first = propose_titres(plan=plan, by=world.system)
        events = TitreEvent.objects.count()
        again = propose_titres(plan=plan, by=world.system)
        assert [t.pk for t in again] == [t.pk for t in first]
        assert TitreEvent.objects.count() == events
        assert outdated(again) == []

        Occupancy.objects.filter(post__plans=plan).update(end=dt.date(2023, 9, 30))
        assert [amount for _, amount in outdated(again)] == [Decimal("10998.75")] * 2
        refreshed = propose_titres(plan=plan, by=world.system)
        assert [t.pk for t in refreshed] == [t.pk for t in first]
        assert refreshed[0].amount == Decimal("10998.75")
        assert TitreEvent.objects.filter(titre=refreshed[0]).last().reason.startswith("Montant recalculé")


def test_small_or_empty_amounts_wait(world: World) -> None:
    with world.acting():
        plan = world.plan(
            employer=world.ternois, key="petit", year=2023, shares=[(world.etat, "14.99"), (world.departement, "15")]
        )
        small, enough = propose_titres(plan=plan, by=world.system)
        vacant = boulogne_2022(world)
        Occupancy.objects.filter(post__plans=vacant).update(end=dt.date(2021, 12, 31))
        (nothing, _) = propose_titres(plan=vacant, by=world.system)
    assert (small.status, enough.status, nothing.status) == ("a_preparer", "pret", "a_preparer")
    assert "seuil" in small.blocked_reason
    assert "Rien n'est dû" in nothing.blocked_reason


def test_a_service_without_legal_personality_gives_way_to_the_state(world: World) -> None:
    with world.acting():
        police = Organisation.objects.create(
            territory=world.territory, key="ddsp", kind=OrganisationKind.POLICE, name="DDSP 62", parent=world.etat
        )
        orphan = Organisation.objects.create(
            territory=world.territory, key="ggd", kind=OrganisationKind.GENDARMERIE, name="GGD 62"
        )
        plan = world.plan(employer=world.ternois, key="police", year=2023, shares=[(police, "1000"), (orphan, "1000")])
        billed, blocked = propose_titres(plan=plan, by=world.system)
    assert billed.debtor_id == world.etat.pk
    assert blocked.status == TitreStatus.A_PREPARER
    assert "personnalité morale" in blocked.blocked_reason


def test_a_share_that_left_the_plan_is_held_back(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        gone, _ = propose_titres(plan=plan, by=world.system)
        Share.objects.filter(plan=plan, ref="s1").delete()
        assert len(propose_titres(plan=plan, by=world.system)) == 1
        gone.refresh_from_db()
    assert gone.status == TitreStatus.A_PREPARER
    assert "ne figure plus au plan" in gone.blocked_reason


@pytest.mark.parametrize("status", [PlanStatus.PROJET, PlanStatus.ARRETE, PlanStatus.SOLDE])
def test_only_committed_plans(world: World, status: str) -> None:
    with world.acting():
        plan = sud_artois_2023(world, status=status)
        with pytest.raises(BusinessError, match="engagé"):
            propose_titres(plan=plan, by=world.system)


def test_an_association_recovers_no_titre(world: World) -> None:
    with world.acting():
        plan = world.plan(employer=world.victimes, key="a16", year=2023, shares=[(world.etat, "11853")])
        with pytest.raises(BusinessError, match="subvention"):
            propose_titres(plan=plan, by=world.system)


def test_each_organisation_prepares_its_own(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        boulogne_2022(world)
    own, other = world.actor(world.sud_artois), world.actor(world.departement)
    with world.acting(own):
        assert len(propose_titres(plan=plan, by=own)) == 2
        assert propose_all(by=own) == (2, [])
    with world.acting(other), pytest.raises(NotAllowed, match="CC du Sud-Artois"):
        propose_titres(plan=plan, by=other)
    reader = world.actor(world.sud_artois, Role.PARTENAIRE)
    with world.acting(reader), pytest.raises(NotAllowed):
        propose_titres(plan=plan, by=reader)
    manager = world.actor(world.departement, Role.GESTIONNAIRE)
    with world.acting(manager):
        assert propose_all(by=manager) == (4, [])
        assert propose_all(by=manager, year=2022) == (2, [])
