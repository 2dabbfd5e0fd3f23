"""Scenarios: computed by the real allocation, compared, adopted through the plans' service, counted nowhere else."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.adapter import CostData, PlanData, ShareData, allocate_data, data_of
from funding.enums import PlanStatus, ShareMode
from funding.frozen_data import frozen, thawed_plans
from funding.models import FundingPlan, Scenario, Share
from funding.scenarios.assumptions import Assumption, applied, known_by
from funding.scenarios.study import ALL, paid, side_by_side, study
from funding.services import scenarios as services
from parties.models import RefDepartement, RefEpci, RefEpciYear
from tests.cast import YEAR, Cast, make_post
from tests.funding.table_world import YEARS, sixteen, texts, two


def made(cast: Cast, plans: list[FundingPlan], *assumptions: Assumption, label: str = "Étude") -> Scenario:
    """A scenario of these plans; call inside ``cast.acting``."""
    by = cast.actor("gestionnaire")
    found = services.create_scenario(label=label, plans=plans, by=by)
    for assumption in assumptions:
        found = services.suppose(scenario=found, assumption=assumption, by=by)
    return found


def amounts(scenario: Scenario) -> list[dict[str, Decimal | None]]:
    return [{ref: line.amount for ref, line in allocate_data(d).lines.items()} for d in study(scenario).result]


def test_without_assumption_a_scenario_is_its_plans_to_the_cent(cast: Cast):
    plans = [*sixteen(cast), two(cast)]
    with cast.acting("gestionnaire"):
        scenario = made(cast, plans)
        stored = [dict(Share.objects.filter(plan=p).values_list("ref", "amount")) for p in plans]
        assert amounts(scenario) == stored
        found = study(scenario)
        assert found.result == found.base == [data_of(p) for p in plans]
        assert all(not f.difference for line in side_by_side([found]) for f in line.figures)
        assert [frozen(data) for data in thawed_plans([frozen(d) for d in found.base])] == [
            frozen(d) for d in found.base
        ]


RULED = [
    ("equal", {"departement", "bloc", "e0"}),
    ("prorata", {"departement", "bloc", "e0"}),
    ("employer", {"departement"}),
    ("financer", {"e0"}),
]


@pytest.mark.parametrize(("rule", "moved"), RULED)
def test_the_state_pays_less_and_the_rule_says_who_pays_more(cast: Cast, rule: str, moved: set[str]):
    plans = sixteen(cast)
    with cast.acting("gestionnaire"):
        taker = Share.objects.get(plan=plans[0], ref="e0").financer_id if rule == "financer" else None
        scenario = made(cast, plans, Assumption("state", rate=Decimal(-10), rule=rule, taker=taker, from_year=YEARS[1]))
        before = [dict(Share.objects.filter(plan=p).values_list("ref", "amount")) for p in plans]
        after = amounts(scenario)
        assert after[0] == before[0], "the assumption begins the second year"
        for old, new, data in zip(before[1:], after[1:], study(scenario).result[1:], strict=True):
            assert new["etat"] == (old["etat"] * Decimal("0.9")).quantize(Decimal("0.01"))
            assert allocate_data(data).balanced
            changed = {ref for ref in ("departement", "bloc", "e0", "e1") if new[ref] != old[ref]}
            assert changed - {"e1"} == moved
            assert all(new[ref] >= old[ref] for ref in new if ref != "etat")


def test_a_state_share_set_to_a_rate_follows_the_modes(cast: Cast):
    plan = two(cast)
    with cast.acting("gestionnaire"):
        scenario = made(cast, [plan], Assumption("state", how="to", rate=Decimal(30)))
        assert amounts(scenario) == [{"etat": Decimal("13500.00"), "epci": Decimal("31500.00")}]


def test_a_financer_leaves_and_its_part_is_shared_again(cast: Cast):
    plans = sixteen(cast)
    with cast.acting("gestionnaire"):
        leaving = Share.objects.get(plan=plans[0], ref="departement").financer_id
        scenario = made(cast, plans[:1], Assumption("leaves", financer=leaving, rule="prorata"))
        [data] = study(scenario).result
        result = allocate_data(data)
        assert "departement" not in result.lines
        assert result.balanced
        # What it bore alone is everybody's: nothing is lost.
        assert result.total_cost == allocate_data(data_of(plans[0])).total_cost


def test_salaries_rise_and_an_unfollowable_rule_is_refused(cast: Cast):
    plan = two(cast)
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        scenario = made(cast, [plan], Assumption("cost", rate=Decimal(3)))
        assert amounts(scenario) == [{"etat": Decimal("20045.00"), "epci": Decimal("26305.00")}]
        stranger = cast.org["epci_a"].pk
        with pytest.raises(InvalidInput, match="n'y paie aucune part"):
            services.suppose(
                scenario=scenario, assumption=Assumption("leaves", financer=cast.org["prefecture"].pk, rule="financer",
                                                         taker=stranger), by=by,
            )  # fmt: skip
        scenario.refresh_from_db()
        assert len(scenario.assumptions) == 1


def test_a_key_is_computed_on_another_vintage(cast: Cast):
    bodies = [cast.org["epci_a"], cast.org["epci_b"]]
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    for body, count in zip(bodies, (24170, 105169), strict=True):
        epci = RefEpci.objects.create(siren=body.siren, name=body.name, legal_form="CC", departement=departement)
        RefEpciYear.objects.create(
            epci=epci, vintage=2021, name=body.name, legal_form="CC", source_form="CC", population_municipale=count,
            population_totale=count, members_count=1, source_vintage=2021,
        )  # fmt: skip
    members = tuple(
        ShareData(ref=f"m{n}", financer=b, mode=ShareMode.KEY, weight=Decimal(50), percent=Decimal(50))
        for n, b in enumerate(bodies)
    )
    with cast.acting("gestionnaire"):
        data = data_of(two(cast))
        cost = (CostData("payroll", "", Decimal(10000)),)
        block = ShareData(ref="bloc", label="EPCI", mode=ShareMode.EQUAL, children=members)
        plan: PlanData = PlanData(**{**data.__dict__, "costs": cost, "shares": (block,)})
        assumption = Assumption("key", vintage=2021)
        lines = allocate_data(applied(plan, assumption, known_by([assumption]))).lines
        assert (lines["m0"].amount, lines["m1"].amount) == (Decimal("1868.73"), Decimal("8131.27"))


def test_a_post_is_added_and_the_adoption_writes_everything_once(cast: Cast):
    plan = two(cast)
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        post = make_post(cast, "nouveau", employer="epci_b", unit="police")
        scenario = made(
            cast, [plan], Assumption("cost", rate=Decimal(10)), Assumption("post", post=post.pk, amount=Decimal(22500))
        )
        assert FundingPlan.objects.filter(posts=post).count() == 0
        written = services.adopt(scenario=scenario, by=by)
        assert len(written) == 2
        added = FundingPlan.objects.get(posts=post)
        shares = dict(Share.objects.filter(plan=added).values_list("ref", "amount"))
        # 20 045 € of 49 500 €, in proportion of 22 500 €.
        assert shares == {"etat": Decimal("9111.36"), "epci": Decimal("13388.64")}
        fresh = FundingPlan.objects.get(pk=plan.pk)
        assert (fresh.version, fresh.shares.get(ref="epci").amount) == (2, Decimal("29455.00"))
        assert services.adopt(scenario=scenario, by=by) == []
        assert FundingPlan.objects.get(pk=plan.pk).version == 2
        assert FundingPlan.objects.filter(posts=post).count() == 1
        with pytest.raises(Conflict, match="a été retenu"):
            services.forget(scenario=scenario, rank=0, by=by)


@pytest.mark.parametrize(("why", "words"), [("frozen", "est arrêté"), ("saved", "a été enregistré depuis")])
def test_a_plan_frozen_or_changed_since_refuses_the_whole_adoption(cast: Cast, why: str, words: str):
    first, second = sixteen(cast)[0], two(cast)
    with cast.acting("gestionnaire"):
        scenario = made(cast, [first, second], Assumption("cost", rate=Decimal(10)))
        changes = {"status": PlanStatus.ARRETE} if why == "frozen" else {"version": 9}
        FundingPlan.objects.filter(pk=second.pk).update(**changes)
        with pytest.raises(Conflict, match=words):
            services.adopt(scenario=scenario, by=cast.actor("gestionnaire"))
        assert FundingPlan.objects.get(pk=first.pk).version == 1
        scenario.refresh_from_db()
        assert scenario.adopted_at is None


def test_a_scenario_counts_nowhere_and_only_the_staff_sees_it(cast: Cast):
    plan = two(cast)
    pages = [reverse("plans"), reverse("plan", args=[plan.uuid]), reverse("home"), reverse("debts"), reverse("titres")]
    client = cast.client("gestionnaire")
    before = [texts(client.get(page)) for page in pages]
    with cast.acting("gestionnaire"):
        made(cast, [plan], Assumption("cost", rate=Decimal(500)))
    assert [texts(client.get(page)) for page in pages] == before
    for other in ("instructeur", "finances_b"):
        with cast.acting(other):
            assert Scenario.objects.count() == 0
            with pytest.raises(NotAllowed):
                services.create_scenario(label="x", plans=[plan], by=cast.actor(other))
    with cast.acting("gestionnaire_there"):
        assert Scenario.objects.count() == 0


def post(client: Client, url: str, **data: Any) -> Any:
    return client.post(url, {"kind": "cost", "how": "by", "rule": "modes", "cost_kind": "payroll"} | data)


def test_the_pages_from_creation_to_comparison_and_adoption(cast: Cast):
    plan, client = two(cast), cast.client("gestionnaire")
    answer = client.post(f"{reverse('scenario-create')}?plan={plan.uuid}", {"label": "Salaires", "years": [str(YEAR)]})
    assert answer.status_code == 302
    page = answer["Location"]
    assert post(client, f"{page}supposer/", rate="").status_code == 422
    assert "Cette hypothèse a besoin de cette valeur." in texts(post(client, f"{page}supposer/", rate=""))
    assert post(client, f"{page}supposer/", rate="3,5").status_code == 302
    words = texts(client.get(page))
    assert "Masse salariale : + 3,5 %." in words
    assert "26 530,00 €" in words  # 45 000 € × 1,035 − 20 045 €
    assert "+ 1 575,00 €" in words.replace("+1", "+ 1")
    with cast.acting("gestionnaire"):
        other = made(cast, [plan], Assumption("state", how="to", rate=Decimal(0)), label="Sans l'État")
    beside = client.get(page, {"avec": str(other.uuid)})
    assert "46 575,00 €" in texts(beside)
    assert "45 000,00 €" in texts(beside)
    book = load_workbook(io.BytesIO(client.get(f"{page}xlsx/", {"avec": str(other.uuid)}).content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == ("Financeur", "Année", "Aujourd'hui (euros)", "Salaires (euros)")
    assert rows[-1][:4] == (ALL, "Total", 45000, 46575)
    assert client.post(f"{page}retenir/", follow=True).status_code == 200
    with cast.acting("gestionnaire"):
        assert paid([data_of(FundingPlan.objects.get(pk=plan.pk))])[cast.org["epci_b"].name, YEAR] == Decimal(26530)
    assert "rien n’a changé" in texts(client.post(f"{page}retenir/", follow=True)).replace("'", "’")
    assert "Retenu" in texts(client.get(reverse("scenarios")))
    assert client.post(f"{page}supprimer/").status_code == 302
    with cast.acting("gestionnaire"):
        assert not Scenario.objects.filter(label="Salaires").exists()


def test_a_scenario_of_the_whole_territory_and_the_list_s_queries(cast: Cast, django_assert_num_queries):
    client = cast.client("gestionnaire")
    form = texts(client.get(reverse("scenario-create")))
    assert str(YEAR) in form
    for rank in range(3):
        data = {"label": f"Tout {rank}", "years": [str(YEAR)]}
        assert client.post(reverse("scenario-create"), data).status_code == 302
        if not rank:
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse("scenarios"))
            alone = len(captured)  # now: the next request empties the log
    with cast.acting("gestionnaire"):
        scenario = Scenario.objects.latest("pk")
        assert scenario.plans.count() == FundingPlan.objects.filter(year=YEAR).count() > 3
    with django_assert_num_queries(alone):
        client.get(reverse("scenarios"))
