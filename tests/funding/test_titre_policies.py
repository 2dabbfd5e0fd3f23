"""Dated rules, advances, several posts, what stops a titre: each changes the amount or the state, and says why."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.enums import PlanStatus
from funding.models import Advance, ExerciseClosing, FundingPlan, Titre, TitrePolicy
from funding.services.titre_checks import verify_titres
from funding.services.titre_exports import NothingToExport, export_titres
from funding.services.titre_policies import close_exercise, record_advance, reverse_advance, set_policy
from funding.services.titres import propose_titres
from parties.enums import Role
from parties.models import Organisation
from posts.models import Post
from tests.funding.titre_world import World, boulogne_2022, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db
EPOCH = dt.date(2020, 1, 1)


@pytest.fixture
def world() -> World:
    return make_world()


def to_boulogne(plan: FundingPlan, world: World) -> Titre:
    return next(t for t in propose_titres(plan=plan, by=world.system) if t.debtor_id == world.boulonnais.pk)


# --- The amount -------------------------------------------------------------------------------------------------------


def test_days_instead_of_months_from_a_day_on(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        assert to_boulogne(plan, world).amount == Decimal("8352.08")
        set_policy(valid_from=dt.date(2023, 1, 1), basis="days", by=world.system)
        assert to_boulogne(plan, world).amount == Decimal("8352.08")  # in force later than the plan's period
        set_policy(valid_from=dt.date(2022, 1, 1), basis="days", by=world.system)
        titre = to_boulogne(plan, world)
        assert (titre.amount, titre.unit) == (Decimal("8292.59"), "days")  # 20 045 × 151 / 365
        assert titre.statement["policy"]["basis"] == "days"


def test_an_absence_within_the_tolerance_is_not_deducted(world: World) -> None:
    with world.acting():
        held = [(EPOCH, dt.date(2022, 5, 31)), (dt.date(2022, 7, 1), None)]
        plan = world.plan(
            employer=world.departement, key="p", year=2022, shares=[(world.boulonnais, "12000")], occupancies=held
        )
        assert to_boulogne(plan, world).amount == Decimal("11000.00")
        set_policy(valid_from=EPOCH, tolerated_days=29, by=world.system)
        assert to_boulogne(plan, world).amount == Decimal("11000.00")
        set_policy(valid_from=EPOCH, tolerated_days=30, by=world.system)
        titre = to_boulogne(plan, world)
        assert titre.amount == Decimal("12000.00")
        assert "30 jours au plus ne se déduit pas" in titre.statement["text"]


def test_the_narrowest_rule_wins(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        set_policy(valid_from=EPOCH, basis="days", by=world.system)
        set_policy(valid_from=EPOCH, issuer=world.departement, basis="months", month_threshold=60, by=world.system)
        assert to_boulogne(plan, world).unit == "months"
        set_policy(valid_from=EPOCH, plan=plan, basis="days", by=world.system)
        assert to_boulogne(plan, world).unit == "days"


def test_the_vacancy_of_one_post_of_two_lowers_its_part_only(world: World) -> None:
    with world.acting():
        posts = [
            world.post(world.departement, "plein", [(EPOCH, None)]),
            world.post(world.departement, "vacant", [(EPOCH, dt.date(2022, 6, 30))]),
        ]
        plan = world.plan(
            employer=world.departement, key="p", year=2022, shares=[(world.boulonnais, "18000")], posts=posts
        )
        assert to_boulogne(plan, world).amount == Decimal("13500.00")  # half of one half
        Post.objects.filter(pk=posts[1].pk).update(etp=Decimal("0.80"))
        titre = to_boulogne(plan, world)
        assert titre.amount == Decimal("14000.00")  # 18 000 × (1 + 0.8 × 6/12) / 1.8
        assert "« Poste vacant » pour 0,8" in titre.statement["text"]


def test_advances_are_deducted_and_shown(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        share = plan.shares.get(financer=world.boulonnais).ref
        given = {"plan": plan, "share_ref": share, "received_on": dt.date(2022, 3, 1), "by": world.system}
        record_advance(amount=Decimal("2000"), reference="VIR 1", **given)
        with pytest.raises(Conflict, match="déjà enregistrée"):
            record_advance(amount=Decimal("2000"), reference="VIR 1", **given)
        wrong = record_advance(amount=Decimal("500"), **given)
        reverse_advance(advance=wrong, by=world.system)
        with pytest.raises(Conflict):
            reverse_advance(advance=wrong, by=world.system)
        titre = to_boulogne(plan, world)
        assert (titre.amount, titre.advances) == (Decimal("6352.08"), Decimal("2000.00"))
        assert "8 352,08 € - 2 000,00 € = 6 352,08 €" in titre.statement["text"].replace("\u202f", " ")
        with pytest.raises((IntegrityError, InternalError), match="contre-passez"), transaction.atomic():
            Advance.objects.update(amount=1)
        record_advance(amount=Decimal("9000"), **given)
        titre = to_boulogne(plan, world)
        assert (titre.amount, titre.status) == (0, "a_preparer")
        assert "dépassent le dû de 2 647,92" in titre.blocked_reason.replace("\u202f", " ")
        with pytest.raises(InvalidInput) as refused:
            record_advance(**given | {"share_ref": "absente"}, amount=Decimal(1))
        assert refused.value.place == "share_ref"


# --- What stops a titre -----------------------------------------------------------------------------------------------


def codes(titre: Titre, *, blocking: bool) -> set[str]:
    return {point["code"] for point in titre.blockers if point["blocking"] == blocking}


def test_each_requirement_blocks_once_it_is_required(world: World) -> None:
    with world.acting():
        plan = world.plan(
            employer=world.departement, key="p", year=2023, shares=[(world.boulonnais, "500")], occupancies=[]
        )
        titre = to_boulogne(plan, world)
        assert titre.status == "pret"
        assert codes(titre, blocking=False) == {"siret", "adresse", "occupation"}
        set_policy(
            valid_from=EPOCH,
            needs_siret=True,
            needs_address=True,
            needs_code=True,
            needs_occupancy=True,
            needs_settings=True,
            minimum=Decimal("600"),
            by=world.system,
        )
        result = verify_titres(issuer=world.departement, by=world.system)
        assert (result.checked, result.ready, result.blocked) == (1, 0, 1)
        titre.refresh_from_db()
        assert codes(titre, blocking=True) == {"siret", "adresse", "code-tiers", "occupation", "parametres", "seuil"}
        assert titre.blocked_reason.endswith("(et 5 autres)")
        assert all(point["url"].startswith("/") for point in titre.blockers)
        assert [event.act for event in titre.events.all()] == ["preparer", "bloquer"]
        with pytest.raises(NothingToExport):
            export_titres(issuer=world.departement, year=2023, file_format="csv", by=world.system)
        set_policy(valid_from=EPOCH, minimum=Decimal("15"), by=world.system, **dict.fromkeys(
            ["needs_siret", "needs_address", "needs_code", "needs_occupancy", "needs_settings"], False
        ))  # fmt: skip
        assert verify_titres(issuer=world.departement, by=world.system).ready == 1


def test_an_export_leaves_behind_what_something_now_stops_and_keeps_the_reason(world: World) -> None:
    with world.acting():
        propose_titres(plan=sud_artois_2023(world), by=world.system)
        set_policy(valid_from=EPOCH, needs_siret=True, by=world.system)
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
        assert batch.count == 1
        left = Titre.objects.get(batch=None)
        assert (left.status, left.debtor) == ("a_preparer", world.departement)
        assert "manque SIRET" in left.blocked_reason


def test_a_plan_no_longer_committed_or_without_an_act_stops_its_titres(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        propose_titres(plan=plan, by=world.system)
        FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ARRETE)
        verify_titres(issuer=world.sud_artois, by=world.system)
        assert codes(Titre.objects.first(), blocking=True) == {"plan"}
        FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ENGAGE, legal_basis={})
        plan.refresh_from_db()
        titres = propose_titres(plan=plan, by=world.system)
        assert {code for titre in titres for code in codes(titre, blocking=True)} == {"convention"}


def test_who_may_set_what(world: World) -> None:
    officer, manager = world.actor(world.sud_artois), world.actor(world.departement, Role.GESTIONNAIRE)
    with world.acting(officer):
        with pytest.raises(NotAllowed, match="gestionnaires"):
            set_policy(valid_from=EPOCH, by=officer)
        with pytest.raises(NotAllowed):
            set_policy(valid_from=EPOCH, issuer=world.departement, by=officer)
        with pytest.raises(NotAllowed):
            close_exercise(issuer=world.departement, year=2023, closed_on=dt.date(2024, 1, 31), by=officer)
        set_policy(valid_from=EPOCH, issuer=world.sud_artois, minimum=Decimal(20), by=officer)
        with pytest.raises(InvalidInput) as refused:
            set_policy(valid_from=EPOCH, issuer=world.sud_artois, month_threshold=0, by=officer)
        assert refused.value.place == "month_threshold"
    with world.acting(manager):
        set_policy(valid_from=EPOCH, by=manager)
        assert TitrePolicy.objects.count() == 2
    with world.acting(world.actor(world.ternois)):
        assert TitrePolicy.objects.count() == 1


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_the_readiness_page_says_what_and_where(world: World, client: Any) -> None:
    with world.acting():
        propose_titres(plan=sud_artois_2023(world), by=world.system)
        world.plan(
            employer=world.sud_artois, key="futur", year=2024, shares=[(world.etat, "900")], status=PlanStatus.PROJET
        )
        set_policy(valid_from=EPOCH, needs_siret=True, by=world.system)
    client.force_login(world.actor(world.sud_artois).user)
    page = client.post("/titres/verifier/", follow=True).text
    assert "2 titres vérifiés : 1 prêt, 1 à compléter." in page
    assert f'href="/annuaire/{world.departement.uuid}/"' in page or world.departement.get_absolute_url() in page
    assert "Plan futur" in page
    assert "Bloqué" in page
    with world.acting():
        Organisation.objects.filter(pk=world.departement.pk).update(siret="22620001200012")
    assert "2 prêts, 0 à compléter" in client.post("/titres/verifier/", follow=True).text
    client.force_login(world.actor(world.ternois).user)
    assert "Poste" not in client.get("/titres/a-verifier/").text.partition("<main")[2]


def test_the_readiness_page_asks_as_many_questions_for_three_as_for_one(
    world: World, client: Any, django_assert_max_num_queries: Any
) -> None:
    client.force_login(world.actor(world.sud_artois).user)

    def add(key: str, year: int) -> None:
        with world.acting():
            shares = [(world.etat, "900"), (world.departement, "900")]
            plan = world.plan(employer=world.sud_artois, key=key, year=year, shares=shares)
            propose_titres(plan=plan, by=world.system)
            world.plan(employer=world.sud_artois, key=f"{key}-b", year=year, shares=shares, status=PlanStatus.PROJET)

    def count(path: str) -> int:
        with django_assert_max_num_queries(60) as queries:
            client.get(path)
        return len(queries)

    add("un", 2023)
    client.get("/titres/a-verifier/")
    before = count("/titres/a-verifier/")
    add("deux", 2023)
    add("trois", 2023)
    assert count("/titres/a-verifier/") == before


def test_rules_closings_and_advances_on_their_pages(world: World, client: Any) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        ref = plan.shares.get(financer=world.etat).ref
    client.force_login(world.actor(world.sud_artois).user)
    rule = {"scope": "issuer", "valid_from": "2023-01-01", "basis": "days", "tolerated_days": "15",
            "month_threshold": "50", "minimum": "15,00"}  # fmt: skip
    assert client.post("/titres/regles/", rule | {"minimum": "quinze"}).status_code == 422
    assert client.post("/titres/regles/", rule | {"scope": "territory"}).status_code == 422
    page = client.post("/titres/regles/", rule, follow=True).text
    assert "15 jours" in page
    assert client.post("/titres/regles/", rule | {"tolerated_days": "10"}, follow=True).text.count("10 jours") == 1
    assert client.post("/titres/regles/cloture/", {"year": "2023", "closed_on": "2025-06-01"}).status_code == 422
    client.post("/titres/regles/cloture/", {"year": "2023", "closed_on": "2024-01-31"})
    address = f"/financements/{plan.uuid}/avances/"
    assert client.post(address, {"share_ref": ref, "amount": "0", "received_on": "2023-02-01"}).status_code == 422
    client.post(address, {"share_ref": ref, "amount": "100", "received_on": "2023-02-01"})
    with world.acting():
        advance = Advance.objects.get()
        assert ExerciseClosing.objects.get().closed_on == dt.date(2024, 1, 31)
        assert TitrePolicy.objects.get().tolerated_days == 10
    client.post(address, {"reverse": str(advance.uuid)})
    assert "contre-passée" in client.get(address).text
    client.force_login(world.actor(world.boulonnais).user)
    assert client.get(address).status_code == 404
