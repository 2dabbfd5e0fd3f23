"""Each rule of the plans' checks: a planted error it finds, a correct case it leaves alone; then the real act."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from core import rls
from core.findings import Finding, Mark, Severity
from funding.checks import check_facts, check_plan, keys, period, sums
from funding.checks.ceilings import Ceiling
from funding.checks.facts import (
    KeyFacts,
    LineFacts,
    PlanFacts,
    PostFacts,
    StatedTotal,
    Trouble,
    read_amount,
    read_stated_total,
)
from funding.enums import KeyBasis, KeySource
from funding.models import FundingPlan
from funding.prorata import Occupancy, due
from parties.actors import Actor
from parties.models import Territory

D = Decimal


def line(ref: str, amount: str | None, stated: str | None = None, **values) -> LineFacts:
    found = None if amount is None else D(amount)
    values.setdefault("exact", None if found is None else Fraction(found))
    return LineFacts(ref, ref.upper(), values.pop("mode", "equal"), found, stated=stated and D(stated), **values)


def thirds(**values) -> PlanFacts:
    """A correct plan: 30 000 in three parts."""
    facts = PlanFacts(
        key="p",
        label="Plan",
        year=2023,
        lines=(line("a", "10000", "10000"), line("b", "10000", "10000"), line("c", "10000", "10000")),
        total_cost=D(30000),
        shared_cost=D(30000),
        imbalance=D(0),
    )
    return replace(facts, **values)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


class TestStatedTotal:
    def test_finds_a_total_that_is_not_the_sum(self):
        (found,) = sums.stated_total(thirds(stated_total=StatedTotal(D(30100))))
        assert (found.code, found.severity, found.place) == ("R01", Severity.BLOCKING, "plans[p]")
        assert (found.stated, found.computed) == ("30000", "30100")
        assert "il manque 100,00" in found.message

    def test_is_silent_on_the_right_total(self):
        assert sums.stated_total(thirds(stated_total=StatedTotal(D(30000)))) == []

    @pytest.mark.parametrize(("with_travel", "total"), [(False, 30000), (True, 30500), (None, 30000), (None, 30500)])
    def test_knows_what_the_total_covers(self, with_travel, total):
        lines = (line("a", "10500", "10500", borne=D(500)), line("b", "10000"), line("c", "10000"))
        facts = thirds(lines=lines, travel=D(500), stated_total=StatedTotal(D(total), "", with_travel))
        assert sums.stated_total(facts) == []

    def test_says_what_the_total_covers(self):
        lines = (line("a", "10500", "10500", borne=D(500)), line("b", "10000"), line("c", "10000"))
        facts = thirds(lines=lines, travel=D(500), stated_total=StatedTotal(D(30000), "", True))
        (found,) = sums.stated_total(facts)
        assert "frais de déplacement compris" in found.message
        assert "500,00\u202f€ de trop" in found.message

    def test_a_yearly_total_is_taken_for_the_period_paid(self):
        lines = (line("a", "4666", "4666"), line("b", "4666", "4666"), line("c", "4668"))
        facts = thirds(lines=lines, fraction=Fraction(4, 12), stated_total=StatedTotal(D(42000), annual=True))
        assert sums.stated_total(facts) == []
        assert codes(sums.stated_total(replace(facts, stated_total=StatedTotal(D(42000))))) == ["R01"]

    def test_says_nothing_when_a_line_is_unknown(self):
        facts = thirds(lines=(line("a", "10000"), line("b", None)), stated_total=StatedTotal(D(30000)))
        assert sums.stated_total(facts) == []


class TestGroups:
    lines = (
        line("etat", "12220", "12220"),
        line("epci", "12220", children=("x", "y")),
        line("x", "7000", "7000", parent="epci"),
        line("y", "5220", "5219", parent="epci"),
    )

    def test_finds_members_that_do_not_make_their_group(self):
        (found,) = sums.groups(thirds(lines=self.lines))
        assert (found.code, found.place) == ("R01", "plans[p].shares[epci]")
        assert (found.stated, found.computed) == ("12219", "12220")

    def test_is_silent_when_they_do(self):
        lines = (*self.lines[:3], line("y", "5220", "5220", parent="epci"))
        assert sums.groups(thirds(lines=lines)) == []

    def test_is_silent_when_nothing_is_printed(self):
        lines = (self.lines[1], line("x", "7000", parent="epci"), line("y", "5220", parent="epci"))
        assert sums.groups(thirds(lines=lines)) == []

    def test_one_lost_euro_is_said_once(self):
        facts = thirds(lines=self.lines, stated_total=StatedTotal(D(24440)))
        findings = [*sums.stated_total(facts), *sums.groups(facts)]
        assert codes(findings) == ["R01"]
        assert "« EPCI »" in findings[0].message


class TestBalance:
    @pytest.mark.parametrize(("gap", "words"), [("12.50", "il manque 12,50"), ("-12.50", "dépassent le coût de 12,50")])
    def test_finds_an_imbalance(self, gap, words):
        (found,) = sums.balance(thirds(imbalance=D(gap)))
        assert found.severity == Severity.BLOCKING
        assert words in found.message

    def test_is_silent_on_a_balanced_plan(self):
        assert sums.balance(thirds()) == []

    def test_reports_what_could_not_be_computed(self):
        (found,) = sums.balance(thirds(troubles=(Trouble("missing_percent", "b", "B : indiquez un pourcentage."),)))
        assert (found.place, found.message) == ("plans[p].shares[b]", "B : indiquez un pourcentage.")


class TestRemainderWithoutCost:
    def test_finds_it(self):
        lines = (line("a", "12000", "12000", mode="fixed"), line("c", None, mode="remainder"))
        facts = thirds(lines=lines, shared_cost=None, total_cost=None, imbalance=None)
        (found,) = sums.remainder_without_cost(facts)
        assert (found.code, found.severity, found.place) == ("R35", Severity.EXPLAIN, "plans[p].shares[c]")
        assert "12\u202f000,00" in found.message

    def test_is_silent_when_the_cost_is_known(self):
        lines = (line("a", "12000", mode="fixed"), line("c", "18000", mode="remainder"))
        assert sums.remainder_without_cost(thirds(lines=lines)) == []

    def test_is_silent_without_remainder(self):
        assert sums.remainder_without_cost(thirds(shared_cost=None)) == []


def keyed(stated: str | None, weight: str = "41.78", amount: str = "5106") -> PlanFacts:
    exact = Fraction(D(weight)) * 12220 / 100
    members = (
        line("x", amount, stated, parent="epci", mode="key", weight=D(weight), exact=exact),
        line("y", "7114", parent="epci", mode="key", weight=100 - D(weight), exact=12220 - exact),
    )
    return thirds(lines=(line("epci", "12220", children=("x", "y")), *members), rounding_unit=D(1))


class TestKeyAmounts:
    def test_finds_an_amount_the_key_does_not_give(self):
        (found,) = keys.key_amounts(keyed("5095"))
        assert (found.code, found.severity) == ("R12", Severity.BLOCKING)
        assert (found.stated, found.computed) == ("5095", "5106")
        assert "41,78\u202f% de 12\u202f220,00" in found.message

    def test_a_difference_of_rounding_is_to_explain(self):
        (found,) = keys.key_amounts(keyed("5105"))
        assert found.severity == Severity.EXPLAIN
        assert "arrondi" in found.message

    @pytest.mark.parametrize("stated", ["5106", None])
    def test_is_silent_on_the_right_amount(self, stated):
        assert keys.key_amounts(keyed(stated)) == []

    def test_is_silent_on_the_nearest_euro_of_a_plan_in_cents(self):
        assert keys.key_amounts(keyed("5106", amount="5105.52")) == []


def key(percents: dict[str, str], official: dict[str, int] | None = None, basis: str = KeyBasis.WHOLE) -> KeyFacts:
    typed = {ref: D(value) for ref, value in percents.items()}
    return KeyFacts("epci", "EPCI", basis, KeySource.TYPED, 2021, typed, official or {})


class TestKeySums:
    def test_finds_percentages_that_do_not_make_100(self):
        (found,) = keys.key_sums(thirds(keys=(key({"a": "60", "b": "30"}),)))
        assert (found.severity, found.stated) == (Severity.BLOCKING, "90")

    def test_rounded_percentages_are_to_explain(self):
        (found,) = keys.key_sums(thirds(keys=(key({"a": "33.33", "b": "33.33", "c": "33.33"}),)))
        assert found.severity == Severity.EXPLAIN

    def test_is_silent_at_100(self):
        assert keys.key_sums(thirds(keys=(key({"a": "81.32", "b": "18.68"}),))) == []


class TestKeyPopulations:
    official = {"a": 105169, "b": 24170}  # CA du Pays de Saint-Omer, CC du Pays de Lumbres, vintage 2021

    def test_finds_another_percentage_than_the_official_one(self):
        (found,) = keys.key_populations(thirds(keys=(key({"a": "81.32", "b": "18.68"}, self.official),)))
        assert (found.code, found.severity, found.mark) == ("R12", Severity.EXPLAIN, Mark.VERIFIED)
        assert "81,32\u202f% au lieu de 81,31\u202f%" in found.message
        assert found.computed == "81,31\u202f% / 18,69\u202f%"

    def test_is_silent_on_the_official_percentages(self):
        assert keys.key_populations(thirds(keys=(key({"a": "81.31", "b": "18.69"}, self.official),))) == []

    def test_is_silent_when_a_population_is_unknown(self):
        assert keys.key_populations(thirds(keys=(key({"a": "81.32", "b": "18.68"}, {"a": 105169}),))) == []


class TestKeyZone:
    gendarmerie = key({"a": "50", "b": "50"}, basis=KeyBasis.GENDARMERIE)

    @pytest.mark.parametrize(("zones", "words"), [({"police"}, "en zone police"), ({"police", "gendarmerie"}, "et en")])
    def test_finds_a_gendarmerie_key_on_a_post_in_police_zone(self, zones, words):
        facts = thirds(keys=(self.gendarmerie,), posts=(PostFacts("p", "Poste", frozenset(zones)),))
        (found,) = keys.key_zone(facts)
        assert found.severity == Severity.EXPLAIN
        assert words in found.message

    def test_is_silent_on_a_gendarmerie_post(self):
        posts = (PostFacts("p", "Poste", frozenset({"gendarmerie"})),)
        assert keys.key_zone(thirds(keys=(self.gendarmerie,), posts=posts)) == []

    def test_is_silent_on_the_whole_population(self):
        posts = (PostFacts("p", "Poste", frozenset({"police"})),)
        assert keys.key_zone(thirds(keys=(key({"a": "50", "b": "50"}),), posts=posts)) == []


def post(*held: tuple[dt.date, dt.date | None], etp: str = "1") -> PostFacts:
    found = due(dt.date(2022, 1, 1), dt.date(2022, 12, 31), [Occupancy(*h) for h in held]) if held else None
    return PostFacts("poste", "Poste", frozenset(), D(etp), found)


class TestVacancy:
    lines = (line("etat", "20045"), line("epci", "20045"), line("departement", "20960", is_employer=True))
    until_may = (dt.date(2022, 1, 1), dt.date(2022, 5, 31))

    def test_finds_a_vacant_post_billed_in_full(self):
        (found,) = period.vacancy(thirds(lines=self.lines, posts=(post(self.until_may),)))
        assert (found.code, found.severity, found.place) == ("R16", Severity.EXPLAIN, "plans[p].posts[poste]")
        assert (found.stated, found.computed) == ("20045", "8352.08")
        assert "1er juin" in found.message

    def test_counts_only_the_vacant_post_of_a_group(self):
        filled = (dt.date(2022, 1, 1), None)
        (found,) = period.vacancy(thirds(lines=self.lines, posts=(post(self.until_may), post(filled))))
        assert found.computed == "14198.54"  # 20 045 less half of 7/12

    @pytest.mark.parametrize("held", [(), ((dt.date(2021, 3, 1), None),)])
    def test_is_silent_when_filled_or_unknown(self, held):
        assert period.vacancy(thirds(lines=self.lines, posts=(post(*held),))) == []


class TestStateShare:
    ceiling = Ceiling(dt.date(2006, 1, 1), None, D(80), Mark.UNVERIFIED, "pratique")

    def facts(self, paid: str) -> PlanFacts:
        lines = (line("etat", paid, is_state=True), line("epci", str(30000 - D(paid))))
        return thirds(lines=lines, state_ceiling=self.ceiling)

    def test_warns_over_the_ceiling(self):
        (found,) = period.state_share(self.facts("24001"))
        assert (found.code, found.severity, found.mark) == ("R37", Severity.WATCH, Mark.UNVERIFIED)

    def test_is_silent_at_the_ceiling_or_without_one(self):
        assert period.state_share(self.facts("24000")) == []
        assert period.state_share(replace(self.facts("24001"), state_ceiling=None)) == []


def test_a_correct_plan_has_no_finding():
    assert check_facts(thirds(stated_total=StatedTotal(D(30000)))) == []


@pytest.mark.parametrize(
    ("value", "amount"),
    [("17500.00", "17500"), ("14 665,00 €", "14665"), (17500, "17500"), ("le reste à charge", None), (None, None)],
)
def test_stated_amounts_are_read_as_printed(value, amount):
    assert read_amount(value) == (None if amount is None else D(amount))


def test_stated_total_says_what_it_covers():
    assert read_stated_total({"note": "rien"}) is None
    assert read_stated_total({"total": "100", "covers_travel": False}) == StatedTotal(D(100), "", False)
    assert read_stated_total({"annual_total": "100", "label": "coût"}) == StatedTotal(D(100), "coût", annual=True)


# --- The act of 3 July 2023 -------------------------------------------------------------------------------------------

DEMO = Path(__file__).resolve().parents[2] / "fixtures" / "demo" / "pas-de-calais-2023.json"


@pytest.fixture
def act(db):
    """Findings of every plan of the act, by plan key: (code, place without the plan, severity, stated, computed)."""
    from reporting.dossier.territory import import_file

    import_file(DEMO.read_bytes())
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    territory = Territory.objects.get(code="62")
    with rls.acting(Actor.system(territory).context):
        for plan in FundingPlan.objects.all():
            prefix = f"plans[{plan.key}]"
            found[plan.key] = [
                (f.code, f.place.removeprefix(prefix).lstrip("."), f.severity.value, f.stated, f.computed)
                for f in check_plan(plan)
            ]
    return found


def test_the_findings_of_the_real_act(act):
    blocking, explain = "bloquant", "a_expliquer"
    assert act["isg-calaisis-2023"] == [  # A15: 12 219 for 12 220, and no member as its key gives
        ("R01", "shares[epci]", blocking, "12219.00", "12220.00"),
        ("R12", "shares[ca-grand-calais]", blocking, "1588.00", "1582.00"),
        ("R12", "shares[cc-audruicq]", blocking, "5536.00", "5532.00"),
        ("R12", "shares[cc-pays-opale]", blocking, "5095.00", "5106.00"),
    ]
    assert act["isg-boulonnais-2023"] == [("R01", "", blocking, "59109.00", "59110.00")]  # A05
    assert act["isc-boulonnais-2022"] == [("R16", "posts[isc-boulonnais]", explain, "20045.00", "8352.08")]  # A04
    assert act["isg-ternois-2023"] == [  # A08: no cost, and nobody in post before 15 March
        ("R16", "posts[isg-ternois]", explain, "14333.00", "11944.17"),
        ("R35", "shares[cc-ternois]", explain, "", ""),
    ]
    assert [row[:3] for row in act["isc-artois-2023"]] == [("R13", "", explain)]  # A03: travel counted from 2023 only
    assert act["iscg-arrageois-2023"] == [("R35", "shares[cu-arras]", explain, "", "")]  # A10
    assert [row[:2] for row in act["iscg-audomarois-2023"]] == [("R12", "shares[epci]")]  # A16: 81,32 for 81,31
    assert [row[:3] for row in act["iscg-montreuillois-2023"]] == [  # A17: two roundings, and a key on one zone of two
        ("R12", "shares[ca-deux-baies]", explain),
        ("R12", "shares[cc-7-vallees]", explain),
        ("R12", "shares[epci]", explain),
    ]


def test_correct_plans_of_the_act_stay_silent(act):
    correct = (
        "isg-artois-2023",  # A09
        "isg-avesnes-2023",  # A11
        "isg-bapaume-2023",  # A12
        "isc-artois-2022",
        "isc-boulonnais-2023",  # A04
        "isg-osartis-2023",  # A13
        "isc-calaisis-2023",  # A14
    )
    assert {key: act[key] for key in correct} == {key: [] for key in correct}
