"""Creating, saving, copying plans, and what a convention's life does to them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.adapter import CostData, KeyData, PlanData, ShareData, allocate_data, data_of
from funding.enums import CostKind, KeyBasis, KeySource, PlanStatus, ProrataBasis, RoundingUnit, ShareMode, Source
from funding.models import AllocationKey, FundingPlan, Share
from funding.services import plans as services
from funding.tables import plan_result, plan_table
from parties.models import RefDepartement, RefEpci, RefEpciYear
from tests.cast import YEAR, Cast

D = Decimal


@pytest.fixture
def by(cast: Cast):
    """The gestionnaire, in whose context the test runs."""
    actor = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        yield actor


def thirds(cast: Cast, **values) -> PlanData:
    data = PlanData(
        label="Poste D – 2027",
        year=2027,
        employer=cast.org["departement"],
        posts=(cast.post["d"],),
        period_start=dt.date(2027, 1, 1),
        period_end=dt.date(2027, 12, 31),
        costs=(CostData(CostKind.PAYROLL, "", D(52500)), CostData(CostKind.TRAVEL, "", D(10), "departement")),
        shares=(
            ShareData("etat", financer=cast.org["prefecture"], source=Source.FIPD),
            ShareData("departement", financer=cast.org["departement"], source=Source.DEPARTEMENT),
            ShareData("epci", financer=cast.org["epci_b"], source=Source.EPCI),
        ),
        rounding_unit=RoundingUnit.EURO,
    )
    return replace(data, **values)


def amounts(plan: FundingPlan) -> dict[str, Decimal | None]:
    return {share.ref: share.amount for share in Share.objects.filter(plan=plan)}


def test_a_new_plan_is_computed_and_logged(cast, by):
    plan = services.create_plan(data=thirds(cast), by=by)
    assert amounts(plan) == {"etat": D(17500), "departement": D(17510), "epci": D(17500)}  # A03
    share = plan.shares.get(ref="departement")
    assert share.explanation["travel"] == "10.00"
    assert share.explanation["exact"] == "17500"
    assert "Frais de déplacement" in share.explanation["text"]
    assert [(e.act, e.by_label) for e in plan.events.all()] == [("creer", by.label)]
    assert plan.status == PlanStatus.PROJET


def test_what_is_read_back_is_what_was_given(cast, by):
    data = thirds(cast)
    again = data_of(services.create_plan(data=data, by=by))
    assert allocate_data(again) == allocate_data(data)
    assert (again.label, again.posts, again.costs) == (data.label, data.posts, data.costs)


def test_part_of_a_year(cast, by):
    """A13: 42 000 a year, September to December: 14 000 for the period, 4 666,67 a third before rounding."""
    data = thirds(
        cast,
        costs=(CostData(CostKind.PAYROLL, "", D(42000)),),
        period_start=dt.date(2027, 9, 1),
        prorata=ProrataBasis.MONTHS,
        rounding_unit=RoundingUnit.CENT,
    )
    plan = services.create_plan(data=data, by=by)
    assert plan_result(plan).total_cost == D(14000)
    assert sorted(amounts(plan).values()) == [D("4666.66"), D("4666.67"), D("4666.67")]


def key_group(cast: Cast, key: KeyData, **weights: str | None) -> ShareData:
    members = tuple(
        ShareData(
            f"m{rank}",
            financer=cast.org[name],
            source=Source.EPCI,
            mode=ShareMode.KEY,
            weight=None if weight is None else D(weight),
            percent=None if weight is None else D(weight),
        )
        for rank, (name, weight) in enumerate(weights.items())
    )
    return ShareData("bloc", label="EPCI", source=Source.EPCI, key=key, children=members)


def test_a_block_shares_by_typed_key(cast, by):
    """A16: 81,32 % and 18,68 % of 11 853."""
    group = key_group(cast, KeyData(vintage=2021), epci_a="81.32", epci_b="18.68")
    etat, departement, _ = thirds(cast).shares
    data = thirds(cast, costs=(CostData(amount=D(35559)),), shares=(etat, departement, group))
    plan = services.create_plan(data=data, by=by)
    found = amounts(plan)
    assert (found["bloc"], found["m0"], found["m1"]) == (D(11853), D(9639), D(2214))
    key = plan.shares.get(ref="m0").allocation_key
    assert (key.source, key.vintage, key.lines.count()) == (KeySource.TYPED, 2021, 2)


def test_a_block_shares_by_official_populations(cast, by):
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    for name, population in (("epci_a", 27500), ("epci_b", 114000)):
        siren = cast.org[name].siren
        epci = RefEpci.objects.create(siren=siren, name=name, legal_form="CC", departement=departement)
        RefEpciYear.objects.create(
            epci=epci,
            vintage=2023,
            name=name,
            legal_form="CC",
            source_form="CC",
            population_municipale=population,
            population_totale=population,
            members_count=1,
            source_vintage=2023,
        )
    group = key_group(cast, KeyData(KeyBasis.WHOLE, KeySource.OFFICIAL, 2023), epci_a=None, epci_b=None)
    data = thirds(cast, costs=(CostData(amount=D(14150)),), shares=(group,))
    plan = services.create_plan(data=data, by=by)
    found = amounts(plan)
    assert (found["m0"], found["m1"]) == (D(2750), D(11400))


def test_an_unknown_official_population_is_refused_with_a_remedy(cast, by):
    group = key_group(cast, KeyData(KeyBasis.WHOLE, KeySource.OFFICIAL, 2023), epci_a=None, epci_b=None)
    with pytest.raises(InvalidInput, match="aucune population officielle de 2023") as refusal:
        services.create_plan(data=thirds(cast, costs=(CostData(amount=D(100)),), shares=(group,)), by=by)
    assert refusal.value.place == "shares[m0].percent"


def test_saving_keeps_the_rows_and_what_documents_state(cast, by):
    plan = services.create_plan(data=thirds(cast), by=by)
    Share.objects.filter(plan=plan, ref="etat").update(stated={"amount": "17500.00"})
    before = plan.shares.get(ref="etat").pk
    data = data_of(plan)
    data = replace(data, costs=(CostData(amount=D(60000)),), shares=data.shares[:2])
    saved = services.save_plan(plan=plan, data=data, expected_version=plan.version, by=by)
    assert amounts(saved) == {"etat": D(30000), "departement": D(30000)}
    kept = saved.shares.get(ref="etat")
    assert (kept.pk, kept.stated) == (before, {"amount": "17500.00"})
    assert saved.version == plan.version + 1
    assert [event.act for event in saved.events.all()] == ["creer", "modifier"]


def test_a_key_no_longer_used_goes(cast, by):
    group = key_group(cast, KeyData(), epci_a="60", epci_b="40")
    plan = services.create_plan(data=thirds(cast, costs=(CostData(amount=D(100)),), shares=(group,)), by=by)
    assert AllocationKey.objects.count() == 1
    services.save_plan(plan=plan, data=thirds(cast), expected_version=1, by=by)
    assert AllocationKey.objects.count() == 0


def test_two_people_at_once_the_second_is_told(cast, by):
    plan = services.create_plan(data=thirds(cast), by=by)
    services.save_plan(plan=plan, data=thirds(cast, label="Le premier"), expected_version=1, by=by)
    with pytest.raises(Conflict, match=f"^{by.user.name}.* a enregistré ce plan le "):
        services.save_plan(plan=plan, data=thirds(cast, label="Le second"), expected_version=1, by=by)
    plan.refresh_from_db()
    assert plan.label == "Le premier"


def test_a_settled_plan_is_not_edited(cast, by):
    with pytest.raises(Conflict, match="ses montants ne changent plus"):
        services.save_plan(plan=cast.plan["b"], data=thirds(cast), expected_version=1, by=by)


@pytest.mark.parametrize("person", ["instructeur", "finances_a", "partenaire", "employeur_a"])
def test_only_the_gestionnaire_writes_plans(cast, by, person):
    with pytest.raises(NotAllowed):
        services.create_plan(data=thirds(cast), by=cast.actor(person))
    with pytest.raises(NotAllowed):
        services.copy_plan_to_year(plan=cast.plan["d"], year=YEAR + 1, by=cast.actor(person))


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"posts": ()}, "posts", "au moins un poste"),
        ({"shares": ()}, "shares", "au moins un financeur"),
        ({"period_end": dt.date(2026, 12, 31)}, "period_end", "précède"),
        ({"period_end": dt.date(2028, 1, 31)}, "period_start", "tenir dans l'année 2027"),
        ({"shares": (ShareData("a"),)}, "shares[a].financer", "choisissez le financeur"),
        ({"costs": (CostData(amount=D(10), borne_by="absent"),)}, "costs[0].borne_by", "part absente"),
        ({"costs": (CostData(),)}, "costs[0].amount", "montant annuel"),
        ({"costs": (CostData(amount=D(-5)),)}, "costs[0].amount", "0"),
    ],
)
def test_what_no_plan_may_contain_is_refused(cast, by, change, place, words):
    before = FundingPlan.objects.count()
    with pytest.raises(InvalidInput, match=words) as refusal:
        services.create_plan(data=thirds(cast, **change), by=by)
    assert refusal.value.place == place
    assert FundingPlan.objects.count() == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"mode": ShareMode.FIXED}, "fixed_amount"),
        ({"mode": ShareMode.PERCENTAGE}, "percent"),
        ({"mode": ShareMode.PERCENTAGE, "percent": D(101)}, "percent"),
        ({"mode": ShareMode.PERCENTAGE, "percent": D(10), "percent_of": "absent"}, "percent_of"),
    ],
)
def test_incomplete_shares_name_their_field(cast, by, values, field):
    share = ShareData("a", financer=cast.org["epci_a"], **values)
    with pytest.raises(InvalidInput) as refusal:
        services.create_plan(data=thirds(cast, shares=(share,)), by=by)
    assert refusal.value.place == f"shares[a].{field}"


class TestCopy:
    def test_to_the_next_year(self, cast, by):
        plan = services.create_plan(data=thirds(cast), by=by)
        Share.objects.filter(plan=plan).update(stated={"amount": "1"})
        copy = services.copy_plan_to_year(plan=plan, year=2028, by=by)
        assert (copy.label, copy.year, copy.status) == ("Poste D – 2028", 2028, PlanStatus.PROJET)
        assert (copy.period_start, copy.period_end) == (dt.date(2028, 1, 1), dt.date(2028, 12, 31))
        assert amounts(copy) == amounts(plan)
        assert {str(share.stated) for share in copy.shares.all()} == {"{}"}

    def test_no_year_is_funded_twice(self, cast, by):
        plan = services.create_plan(data=thirds(cast), by=by)
        services.copy_plan_to_year(plan=plan, year=2028, by=by)
        with pytest.raises(InvalidInput, match="finance déjà ce poste en 2028"):
            services.copy_plan_to_year(plan=plan, year=2028, by=by)


class TestLife:
    basis = {"text": "Convention 62-A03 du 3 juillet 2023", "date": "2023-07-03", "reference": "62-A03"}

    def test_settled_then_committed_then_closed(self, cast, by):
        plan = services.create_plan(data=thirds(cast), by=by)
        # The préfecture approves: it has no ability on plans, and the act is its convention's consequence.
        plan = services.freeze_plan(plan=plan, by=cast.actor("instructeur"))
        plan = services.commit_plan(plan=plan, legal_basis=self.basis, by=by)
        assert (plan.status, plan.legal_basis) == (PlanStatus.ENGAGE, self.basis)
        plan = services.settle_plan(plan=plan, by=by)
        acts = [(e.act, e.from_status, e.to_status) for e in plan.events.all()]
        assert acts[1:] == [
            ("arreter", "projet", "arrete"),
            ("engager", "arrete", "engage"),
            ("solder", "engage", "solde"),
        ]

    def test_goes_back_to_draft_with_a_reason(self, cast, by):
        plan = services.freeze_plan(plan=services.create_plan(data=thirds(cast), by=by), by=by)
        with pytest.raises(InvalidInput, match="motif"):
            services.unfreeze_plan(plan=plan, by=by, reason=" ")
        plan = services.unfreeze_plan(plan=plan, by=by, reason="Convention renvoyée")
        assert plan.is_editable
        assert plan.events.latest("pk").reason == "Convention renvoyée"

    def test_an_unbalanced_plan_is_not_settled(self, cast, by):
        shares = (
            ShareData("a", financer=cast.org["epci_a"], mode=ShareMode.FIXED, fixed_amount=D(10000)),
            ShareData("b", financer=cast.org["prefecture"], mode=ShareMode.FIXED, fixed_amount=D(20000)),
        )
        plan = services.create_plan(data=thirds(cast, costs=(CostData(amount=D(35000)),), shares=shares), by=by)
        with pytest.raises(Conflict, match=r"il manque 5\s000,00"):
            services.freeze_plan(plan=plan, by=by)
        plan.refresh_from_db()
        assert plan.status == PlanStatus.PROJET

    def test_a_remainder_nobody_costs_may_be_settled(self, cast, by):
        """A08: two fixed parts and the employer's remainder, no cost in the convention."""
        shares = (
            ShareData("a", financer=cast.org["prefecture"], mode=ShareMode.FIXED, fixed_amount=D(14333)),
            ShareData("b", financer=cast.org["epci_a"], mode=ShareMode.REMAINDER),
        )
        plan = services.create_plan(data=thirds(cast, costs=(), shares=shares), by=by)
        assert services.freeze_plan(plan=plan, by=by).status == PlanStatus.ARRETE

    def test_equal_parts_without_cost_are_not(self, cast, by):
        plan = services.create_plan(data=thirds(cast, costs=()), by=by)
        with pytest.raises(Conflict, match="n'est pas calculable"):
            services.freeze_plan(plan=plan, by=by)

    def test_steps_are_not_skipped(self, cast, by):
        plan = services.create_plan(data=thirds(cast), by=by)
        with pytest.raises(Conflict, match="est projet : il faut qu'il soit arrêté"):
            services.commit_plan(plan=plan, legal_basis=self.basis, by=by)
        with pytest.raises(InvalidInput, match="l'acte qui engage"):
            services.commit_plan(plan=plan, legal_basis={}, by=by)


def test_the_table_reads_like_the_document(cast, by):
    shares = list(thirds(cast).shares)
    shares[0] = replace(shares[0], footnote="Sous réserve du FIPD", stated={"amount": "17000.00"})
    table = plan_table(services.create_plan(data=thirds(cast, shares=tuple(shares)), by=by))
    first = table.rows[0]
    assert (first.amount, first.stated, first.difference) == (D(17500), D(17000), D(-500))
    assert first.difference_words.endswith("de moins que le calcul")
    assert table.footnotes == ((1, "Sous réserve du FIPD"),)
    assert (table.total, table.covered, table.balanced) == (D(52510), D(52510), True)
    assert [row.is_employer for row in table.rows] == [False, True, False]
