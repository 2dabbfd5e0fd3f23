"""Checks on conventions: each rule on a planted error, and silent on a known-correct case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from conventions.checks import blocking, check_convention, check_convention_fully, check_deliberation
from conventions.checks.names import words
from conventions.models import Convention, Decision, DecisionConvention, Deliberation, Party
from core.findings import Severity
from funding.models import BudgetLine
from tests.cast import YEAR
from tests.conventions.pages import make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def convention(cast):
    with cast.acting("gestionnaire"):
        yield Convention.objects.get(pk=cast.convention["d"].pk)


def codes(convention: Convention) -> list[str]:
    return [finding.code for finding in check_convention(convention)]


def found(convention: Convention, code: str):
    return [finding for finding in check_convention(convention) if finding.code == code]


# --- R02 --------------------------------------------------------------------------------------------------------------


def test_r02_counts_eight_parties_for_seven_originals(convention):
    convention.stated = {"originals": 3}
    (finding,) = found(convention, "R02")
    assert finding.severity is Severity.BLOCKING
    assert (finding.stated, finding.computed) == ("3", "4")
    assert finding.place == "conventions[62-D].stated.originals"
    assert "3 exemplaires originaux pour 4 parties et 4 blocs de signature" in finding.message


def test_r02_is_silent_when_originals_parties_and_blocks_agree(convention):
    convention.stated = {"originals": 4}
    assert "R02" not in codes(convention)


def test_r02_names_the_party_without_signatory(convention):
    party = convention.parties.get(organisation__key="association")
    party.signatories.all().delete()
    (finding,) = found(convention, "R02")
    assert "l'association France Victimes 62" in finding.message


def test_r02_asks_for_a_number_a_published_text_leaves_out(convention):
    convention.stated = {"duration_months": 36}
    (finding,) = found(convention, "R02")
    assert finding.severity is Severity.EXPLAIN


# --- R14 --------------------------------------------------------------------------------------------------------------


def test_r14_finds_a_stated_duration_that_the_dates_contradict(convention):
    convention.stated = {"originals": 4, "duration_months": 12}
    (finding,) = found(convention, "R14")
    assert finding.stated == "12 mois"
    assert finding.computed == "trois ans"


def test_r14_is_silent_on_the_right_duration(convention):
    convention.stated = {"originals": 4, "duration_months": 36}
    assert "R14" not in codes(convention)


def test_r14_says_how_many_days_had_passed_at_the_vote(convention, cast):
    vote = Deliberation.objects.create(organisation=cast.org["departement"], date=dt.date(YEAR, 7, 3))
    convention.parties.filter(organisation=cast.org["departement"]).update(deliberation=vote)
    (finding,) = found(convention, "R14")
    assert finding.severity is Severity.EXPLAIN
    assert f"soit {(dt.date(YEAR, 7, 3) - dt.date(YEAR, 1, 1)).days} jours" in finding.message


# --- R28 --------------------------------------------------------------------------------------------------------------


def test_r28_asks_about_a_second_post_under_a_model_that_describes_one(cast):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        assert found(draft, "R28") == []
        draft.convention_posts.create(territory_id=draft.territory_id, post=cast.post["a"])
        (finding,) = found(draft, "R28")
    assert finding.severity is Severity.EXPLAIN
    assert finding.place == "conventions[62-NEUVE].posts"
    assert f"« {cast.post['a'].label} »" in finding.message


def test_r28_compares_stated_counts_with_the_data(convention):
    convention.stated = {"originals": 4, "posts": 2, "annexes": 0}
    (finding,) = found(convention, "R28")
    assert (finding.place, finding.stated, finding.computed) == ("conventions[62-D].stated.posts", "2", "1")


# --- R29 --------------------------------------------------------------------------------------------------------------


def state_name(convention: Convention, key: str, name: str) -> list:
    Party.objects.filter(convention=convention, organisation__key=key).update(stated={"name": name})
    return found(convention, "R29")


@pytest.mark.parametrize(
    "name",
    [
        "La Communauté de Communes du Sud-Artois",
        "la communauté de communes du SUD ARTOIS",
        "CC du Sud-Artois",
    ],
)
def test_r29_accepts_the_official_name_however_it_is_typed(cast, name):
    with cast.acting("gestionnaire"):
        assert state_name(cast.convention["a"], "epci-a", name) == []


def test_r29_finds_a_wrong_name(cast):
    with cast.acting("gestionnaire"):
        (finding,) = state_name(cast.convention["a"], "epci-a", "La Communauté de Communes des Sud-Artois")[:1] or [
            None
        ]
        assert finding is None  # "des" and "du" tell nothing apart
        (finding,) = state_name(cast.convention["a"], "epci-a", "La Communauté de Communes du Sud-Artoi")
    assert finding.severity is Severity.BLOCKING
    assert finding.computed == "Communauté de communes du Sud-Artois"


def test_r29_tells_the_council_from_the_departement(convention):
    (finding,) = state_name(convention, "departement", "Le Conseil départemental du Pas-de-Calais")
    assert finding.computed == "Département du Pas-de-Calais"


def test_r29_watches_a_service_without_personality_beside_the_state(convention):
    (finding,) = state_name(convention, "gendarmerie", "Le Groupement de gendarmerie")
    assert finding.severity is Severity.WATCH


def test_r29_blocks_a_service_that_would_pay(convention):
    Party.objects.filter(convention=convention, organisation__key="gendarmerie").update(roles=["financeur"])
    (finding,) = found(convention, "R29")
    assert finding.severity is Severity.BLOCKING


def test_words_of_names_ignore_spelling_habits_only():
    assert words("Communauté d'Agglomération Béthune-Bruay, Artois Lys Romane") == words(
        "CA de Béthune-Bruay, Artois-Lys Romane"
    )
    assert words("CA des 2 Baies en Montreuillois") == words("CA des Deux Baies en Montreuillois")
    assert words("CC du Haut Pays en Montreuillois") != words("CC du Haut Pays du Montreuillois")
    assert words("Communauté de communes des Campagne de l’Artois") != words("CC des Campagnes de l'Artois")


# --- R32 --------------------------------------------------------------------------------------------------------------


def test_r32_wants_an_enforceable_vote_before_signature_not_before_submission(convention, cast):
    findings = found(convention, "R32")
    assert [f.place for f in findings] == ["conventions[62-D].parties[departement].deliberation"]
    assert blocking(findings, at_signature=False) == []
    assert blocking(findings, at_signature=True) == findings
    vote = Deliberation.objects.create(
        organisation=cast.org["departement"],
        date=dt.date(YEAR - 1, 12, 1),
        transmitted_on=dt.date(YEAR - 1, 12, 5),
        published_on=dt.date(YEAR - 1, 12, 6),
    )
    convention.parties.filter(organisation=cast.org["departement"]).update(deliberation=vote)
    convention.signed_on = dt.date(YEAR, 1, 2)
    assert found(convention, "R32") == []
    convention.signed_on = dt.date(YEAR - 1, 12, 5)
    (finding,) = found(convention, "R32")
    assert f"6 décembre {YEAR - 1}" in finding.message


def test_a_convention_without_model_says_so(convention):
    assert "T01" in [finding.code for finding in check_convention_fully(convention)]


# --- Deliberations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def vote(cast):
    with cast.acting("gestionnaire"):
        line = BudgetLine.objects.create(
            organisation=cast.org["departement"], year=YEAR, label="Intervenants sociaux", available=Decimal(100_000)
        )
        deliberation = Deliberation.objects.create(
            organisation=cast.org["departement"], date=dt.date(YEAR, 7, 3), number="332", budget_line=line
        )
        for position, amount in enumerate((14_333, 14_801), start=1):
            Decision.objects.create(
                deliberation=deliberation, position=position, kind="attribution", amount=Decimal(amount)
            )
        Decision.objects.create(deliberation=deliberation, position=3, kind="imputation", amount=Decimal(29_134))
        yield deliberation


def test_r04_is_silent_when_attributions_make_the_budget_article(vote):
    assert check_deliberation(vote) == []


def test_r04_finds_a_missing_euro_and_a_spent_line(vote):
    vote.decisions.filter(position=3).update(amount=Decimal(29_135))
    vote.budget_line.available = Decimal(20_000)
    spent, missing = check_deliberation(vote)
    assert (missing.code, missing.stated, missing.computed) == ("R04", "29135.00", "29134.00")
    assert "dépassent le disponible" in spent.message


def test_r28_lists_conventions_voted_but_absent_from_the_document(vote, cast):
    convention = cast.convention["a"]
    convention.stated = {"absent": True}
    convention.save()
    DecisionConvention.objects.create(decision=vote.decisions.first(), convention=convention)
    (finding,) = check_deliberation(vote)
    assert finding.code == "R28"
    assert "62-A" in finding.message


def test_r42_names_the_annex_a_text_cites_without_joining_it(convention):
    convention.stated = {"originals": 4, "annexes": ["Offre d’emploi"]}
    (finding,) = found(convention, "R42")
    assert finding.severity is Severity.BLOCKING
    assert finding.place == "conventions[62-D].stated.annexes[0]"
    assert found(convention, "R28") == [], "one missing annex is said once"
    convention.variables = {"annexes": ["offre d'emploi"]}
    assert found(convention, "R42") == []


# --- R15, R20, R43, R45 -----------------------------------------------------------------------------------------------


@pytest.fixture
def one_year(convention):
    """Convention d for the year its plan pays."""
    convention.period_end = dt.date(YEAR, 12, 31)
    convention.save()
    return convention


def test_r15_finds_days_without_plan_and_days_outside(convention, one_year):
    assert "R15" not in codes(one_year)
    one_year.period_start, one_year.period_end = dt.date(YEAR, 1, 5), dt.date(YEAR + 1, 1, 4)
    (finding,) = found(one_year, "R15")
    assert "4 jours de la convention sont sans plan et 4 jours sont financés hors d'elle" in finding.message


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (dt.date(YEAR - 1, 12, 31), ""),
        (dt.date(YEAR - 1, 11, 30), "laissent un vide du 1er au 31 décembre"),
        (dt.date(YEAR, 1, 31), "se chevauchent du 1er au 31 janvier"),
    ],
)
def test_r15_finds_a_gap_or_an_overlap_with_the_one_before(one_year, end, words):
    before = Convention.objects.create(
        territory_id=one_year.territory_id, reference="62-AVANT", family=one_year.family,
        period_start=dt.date(YEAR - 1, 1, 1), period_end=end,
    )  # fmt: skip
    before.convention_posts.create(territory_id=one_year.territory_id, post_id=one_year.convention_posts.get().post_id)
    findings = found(one_year, "R15")
    assert [words in finding.message for finding in findings] == ([True] if words else [])


def pay(convention: Convention, amount: str, **plan) -> None:
    view = convention.convention_plans.get().plan
    view.shares.filter(financer__key="departement").update(amount=Decimal(amount))
    view.stated = plan.get("stated", {})
    view.save()


def test_r20_adds_what_one_authority_pays_over_every_plan(cast, one_year):
    """Two plans of 15 000 € from the Département: 30 000 € in the year, whatever the convention."""
    assert "R20" not in codes(one_year)
    pay(one_year, "15000")
    assert "R20" not in codes(one_year)
    plan = one_year.convention_plans.get().plan
    other = type(plan).objects.create(
        territory_id=plan.territory_id, employer=plan.employer, label="Autre poste", year=plan.year,
        period_start=plan.period_start, period_end=plan.period_end,
    )  # fmt: skip
    other.shares.create(
        territory_id=plan.territory_id, ref="dep", financer=cast.org["departement"], amount=Decimal(15000),
        mode="fixed", fixed_amount=Decimal(15000),
    )  # fmt: skip
    (finding,) = found(one_year, "R20")
    assert finding.severity is Severity.BLOCKING
    assert "30\u202f000,00\u202f€" in finding.message
    assert "(2 plans)" in finding.message
    assert "l'objet, le montant, le versement et l'emploi des fonds" in finding.message


def test_r20_is_silent_when_the_text_says_it_all(cast):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        assert found(draft, "R20") == []


def test_r43_a_plan_another_approved_convention_carries(one_year, cast):
    assert "R43" not in codes(one_year)
    plan = one_year.convention_plans.get().plan
    other = cast.convention["a"]
    other.convention_plans.create(territory_id=one_year.territory_id, plan=plan)
    (finding,) = found(one_year, "R43")
    assert finding.blocks_signature_only
    assert "62-A" in finding.message
    # A bipartite child takes nothing more than its parent already does.
    Convention.objects.filter(pk=other.pk).update(parent=one_year)
    assert "R43" not in codes(one_year)


def test_r45_a_deadline_already_past_at_the_vote(one_year, cast):
    vote = Deliberation.objects.create(organisation=cast.org["departement"], date=dt.date(YEAR, 7, 3))
    one_year.parties.filter(organisation=cast.org["departement"]).update(deliberation=vote)
    one_year.variables = {"budget_deadline": f"{YEAR}-02-28", "payment_deadline": f"{YEAR}-07-31"}
    (finding,) = found(one_year, "R45")
    assert finding.place.endswith(".variables.budget_deadline")
    assert "125 jours avant le vote" in finding.message
    one_year.variables = {"payment_deadline": f"{YEAR}-07-31", "budget_deadline": "à préciser"}
    assert "R45" not in codes(one_year)
