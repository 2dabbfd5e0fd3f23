"""Money at risk: each euro once, under the first reason that applies, explained to the cent. No database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import euros
from reporting.steering.costs import Covered, Measured, PostCost, YearCosts, ratio
from reporting.steering.facts import Agreement, Called, Late, Ref, ShareFacts
from reporting.steering.reasons import MEANING, ORDER, Reason
from reporting.steering.risk import RiskLine, lines_of, parts
from reporting.steering.summary import narrowed

DAY = dt.date(2023, 10, 15)
POST = Ref("p1", "Poste ISC Boulonnais", "/postes/p1/")
OTHER = Ref("p2", "Poste ISG Calaisis", "/postes/p2/")
SIGNED = Agreement("62-A04", "/conventions/a04/", dt.date(2023, 1, 1), dt.date(2023, 12, 31), binding=True)
DRAFT = replace(SIGNED, reference="62-A06", url="/conventions/a06/", binding=False)

#: Half of a post that costs 40 090 €, committed, filled all year, its titre neither prepared nor late.
SHARE = ShareFacts(
    plan=Ref("plan", "Plan 2023", "/financements/plan/"),
    posts=(POST,),
    weights=(Decimal(1),),
    employer=Ref("dept", "Département"),
    financer=Ref("epci", "CA du Boulonnais"),
    amount=Decimal("20045.00"),
    due=Decimal("20045.00"),
    start=dt.date(2023, 1, 1),
    end=dt.date(2023, 12, 31),
    committed=True,
    agreements=(SIGNED,),
    titre_by=dt.date(2023, 12, 31),
)


def risks(share: ShareFacts, today: dt.date = DAY) -> list[tuple[Reason, Decimal]]:
    return [(line.reason, line.amount) for line in lines_of(share, today)]


def one(share: ShareFacts, today: dt.date = DAY) -> RiskLine:
    [line] = lines_of(share, today)
    return line


# --- One reason at a time ---------------------------------------------------------------------------------------------


def test_the_months_nobody_was_there_are_lost_first_and_the_rest_is_not_called():
    """The act's own case: vacant from June 2022, 5/12 of 20 045 € are due."""
    share = replace(SHARE, due=Decimal("8352.08"), due_words="5/12 mois dus.")
    lost, rest = lines_of(share, DAY)
    assert (lost.reason, lost.amount) == (Reason.VACANCY, Decimal("11692.92"))
    assert lost.formula == f"{euros(Decimal(20045))} - {euros(Decimal('8352.08'))} dus = {euros(lost.amount)}."
    assert lost.url == "/postes/p1/"
    assert (rest.reason, rest.amount) == (Reason.NOT_ISSUED, Decimal("8352.08"))
    assert lost.amount + rest.amount == SHARE.amount


def test_an_unsigned_convention_counts_once_the_year_runs():
    share = replace(SHARE, committed=False, agreements=(DRAFT,))
    line = one(share)
    assert (line.reason, line.amount, line.url) == (
        Reason.UNSIGNED,
        SHARE.amount,
        "/conventions/a06/?onglet=signatures",
    )
    assert line.why == "La période financée court depuis le 1er janvier 2023 et la convention 62-A06 n’est pas signée."
    assert risks(share, dt.date(2022, 12, 31)) == [], "nothing is late before the period begins"
    alone = one(replace(share, agreements=()))
    assert alone.why.endswith("et aucune convention signée ne la porte.")
    assert alone.url == "/financements/plan/"


def test_a_missing_vote_comes_before_the_signature_it_prevents():
    lacking = replace(DRAFT, vote="aucune délibération de la CA.", vote_url="/conventions/a06/#partie")
    line = one(replace(SHARE, committed=False, agreements=(lacking,)))
    assert (line.reason, line.url, line.others) == (Reason.DELIBERATION, "/conventions/a06/#partie", (Reason.UNSIGNED,))
    assert line.why == "Convention 62-A06 : aucune délibération de la CA."
    early = replace(SHARE, committed=False, agreements=(lacking,))
    assert risks(early, dt.date(2022, 12, 1)) == []
    assert risks(replace(early, agreements=(replace(lacking, circulating=True),)), dt.date(2022, 12, 1)) == [
        (Reason.DELIBERATION, SHARE.amount)
    ]


def test_what_follows_the_end_of_the_convention_counts_from_its_notice_on():
    ends = replace(SIGNED, ends=dt.date(2023, 11, 30), notice_months=2)
    called = Called(claimed=Decimal("18374.58"), received=Decimal("18374.58"))
    share = replace(SHARE, agreements=(ends,), ended=ends, covered=Decimal("18374.58"), called=called)
    assert risks(share, dt.date(2023, 9, 29)) == []
    line = one(share, dt.date(2023, 9, 30))
    assert (line.reason, line.amount) == (Reason.EXPIRED, Decimal("1670.42"))
    assert line.why == "La convention 62-A04 prend fin le 30 novembre 2023 et le poste continue. " + (
        "Aucune autre convention ne la suit."
    )
    assert "a pris fin" in one(share, dt.date(2024, 1, 2)).why


def test_a_renewal_being_written_makes_it_unsigned_and_its_vote_concerns_only_what_follows():
    ends = replace(SIGNED, ends=dt.date(2023, 11, 30))
    following = replace(DRAFT, vote="aucune délibération de la CA.", vote_url="/vote/")
    share = replace(SHARE, agreements=(ends, following), ended=ends, covered=Decimal("18374.58"))
    assert risks(share) == [(Reason.DELIBERATION, Decimal("1670.42")), (Reason.NOT_ISSUED, Decimal("18374.58"))]
    voted = replace(share, agreements=(ends, DRAFT))
    assert risks(voted) == [(Reason.UNSIGNED, Decimal("1670.42")), (Reason.NOT_ISSUED, Decimal("18374.58"))]


def test_a_late_report_holds_back_what_is_left_to_receive():
    late = Late("Compte rendu du 2e trimestre", dt.date(2023, 7, 15), "/activite/")
    share = replace(SHARE, late=(late,), called=Called(claimed=Decimal(20045), received=Decimal(5000)))
    line = one(share)
    assert (line.reason, line.amount, line.url) == (Reason.REPORT, Decimal(15045), "/activite/")
    assert line.formula == f"{euros(Decimal(20045))} dus - {euros(Decimal(5000))} encaissés : {euros(Decimal(15045))}."
    assert risks(share, dt.date(2023, 7, 15)) == [], "due that very day: not late"


def test_a_titre_is_late_for_what_is_not_received_and_the_rest_is_still_to_call():
    called = Called(claimed=Decimal(12000), received=Decimal(2000), late=Decimal(10000), words="Titre n° 7.", url="/t/")
    assert risks(replace(SHARE, called=called)) == [
        (Reason.NOT_ISSUED, Decimal("8045.00")),
        (Reason.UNPAID, Decimal(10000)),
    ]
    paid = Called(claimed=SHARE.amount, received=SHARE.amount)
    assert risks(replace(SHARE, called=paid)) == []
    sent = Called(claimed=SHARE.amount)
    assert risks(replace(SHARE, called=sent)) == [], "asked for and not late"


def test_a_grant_promised_and_not_paid():
    called = Called(claimed=SHARE.amount, received=Decimal(6000), late=Decimal("14045"), words="Versement.", url="/s/")
    share = replace(SHARE, issues_titres=False, called=called)
    assert risks(share) == [(Reason.GRANT_LATE, Decimal(14045))]
    assert risks(replace(share, sees_claims=False)) == []


def test_a_part_without_financer_is_at_risk_whatever_the_day():
    share = replace(SHARE, financer=None, committed=False, issues_titres=False, amount=Decimal(3), due=Decimal(3))
    share = replace(share, words="Il manque 3 €.")
    line = one(share, dt.date(2022, 1, 1))
    assert (line.reason, line.amount, line.financer) == (Reason.NO_FINANCER, Decimal(3), "Sans financeur")
    assert line.formula == "Il manque 3 €."


def test_the_employers_own_share_and_what_came_are_never_at_risk():
    assert risks(replace(SHARE, is_own=True, committed=False)) == []
    assert risks(replace(SHARE, committed=False, called=Called(received=SHARE.amount))) == []
    assert risks(replace(SHARE, amount=Decimal(0), due=Decimal(0))) == []


def test_a_period_without_plan_is_an_assumption():
    ends = replace(SIGNED, ends=dt.date(2022, 12, 31))
    share = replace(SHARE, assumed=True, committed=False, ended=ends, covered=Decimal(0), agreements=(), words="Hyp.")
    line = one(share)
    assert (line.reason, line.amount, line.is_assumed, line.formula) == (Reason.EXPIRED, SHARE.amount, True, "Hyp.")
    running = replace(share, ended=None, covered=None, agreements=(SIGNED,), issues_titres=False)
    assert one(running).reason is Reason.UNPRICED


# --- The same euro once -----------------------------------------------------------------------------------------------

CENTS = st.integers(0, 5_000_000).map(lambda cents: Decimal(cents) / 100)


@given(
    amount=CENTS,
    due=st.fractions(0, 1),
    covered=st.fractions(0, 1),
    received=CENTS,
    claimed=CENTS,
    late=CENTS,
    committed=st.booleans(),
    titres=st.booleans(),
    vote=st.sampled_from(["", "aucune délibération."]),
    report=st.booleans(),
)
def test_no_euro_counts_twice_nor_more_than_is_left(
    amount, due, covered, received, claimed, late, committed, titres, vote, report
):
    def cut(of: Decimal, part) -> Decimal:
        return (of * part.numerator / part.denominator).quantize(Decimal("0.01"))

    left = cut(amount, due)
    ends = replace(SIGNED, ends=dt.date(2023, 11, 30), vote=vote)
    share = replace(
        SHARE, amount=amount, due=left, covered=cut(left, covered), ended=ends, agreements=(ends,),
        committed=committed, issues_titres=titres, late=(Late("L", dt.date(2023, 5, 1), "/"),) if report else (),
        called=Called(claimed=claimed, received=received, late=late, words="T", url="/t/"),
    )  # fmt: skip
    lines = list(lines_of(share, DAY))
    assert all(line.amount > 0 for line in lines)
    assert sum((line.amount for line in lines), Decimal(0)) <= max(amount - received, Decimal(0))
    assert all(ORDER.index(line.reason) <= min(map(ORDER.index, line.others), default=99) for line in lines)


def test_every_reason_says_what_it_means():
    assert set(MEANING) == set(Reason)


@given(amount=CENTS, weights=st.lists(st.integers(0, 5).map(Decimal), min_size=1, max_size=5))
def test_the_parts_of_the_posts_make_the_amount(amount, weights):
    assert sum(parts(amount, weights)) == amount


def test_a_line_over_two_posts_is_narrowed_to_the_part_of_one():
    share = replace(SHARE, posts=(POST, OTHER), weights=(Decimal(2), Decimal(1)), committed=False, agreements=())
    line = one(replace(share, amount=Decimal(100), due=Decimal(100)))
    assert line.by_post == [(POST, Decimal("66.67")), (OTHER, Decimal("33.33"))]
    mine = narrowed(line, "p2")
    assert (mine.amount, mine.posts) == (Decimal("33.33"), "Poste ISG Calaisis")
    assert mine.formula.endswith(f"Dont {euros(Decimal('33.33'))} pour Poste ISG Calaisis.")


# --- Costs ------------------------------------------------------------------------------------------------------------


def post(**given: object) -> PostCost:
    known = {
        "key": "k", "label": "Poste", "url": "/", "employer": "E", "year": 2022,
        "planned": Measured(Decimal("44700.00")), "cost": Measured(Decimal("44700.00")),
        "people": Measured(Decimal(598)), "covered": Covered({"62041": 40000, "62042": 2000}),
        "etp": Measured(Decimal("0.80")),
    }  # fmt: skip
    return PostCost(**{**known, **given})


def test_a_ratio_shows_both_its_numbers():
    row = post()
    assert row.per_person.value == Decimal("74.75")
    assert row.per_person.words == f"{euros(Decimal(44700))} / 598 personnes"
    assert row.per_inhabitant.value == Decimal("1.06")
    assert row.per_etp.value == Decimal("55875.00")


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (Measured(None, "effectif masqué : petit nombre"), "effectif masqué : petit nombre"),
        (Measured(Decimal(0)), "0 personnes"),
    ],
)
def test_nothing_is_divided_by_what_is_hidden_unknown_or_null(people, said):
    found = post(people=people).per_person
    assert (found.value, found.shown, found.words) == (None, "n. d.", said)
    assert ratio(Measured(None, "coût inconnu"), Measured(Decimal(2)), "x").words == "coût inconnu"


def test_a_year_counts_the_posts_that_know_both_numbers_and_a_commune_once():
    unknown = post(key="b", people=Measured(None, "r"), covered=Covered(reason="r"))
    near = post(key="c", covered=Covered({"62041": 40000}))
    year = YearCosts(2022, (post(), unknown, near))
    assert year.per_person.words == f"{euros(Decimal(89400))} / 1\u202f196 personnes"
    assert year.counted("people") == 2
    assert year.per_inhabitant.bottom == 42000, "the commune both serve is counted once"
    assert year.per_post.words == f"{euros(Decimal(134100))} / 3 postes"
    assert YearCosts(2022, (unknown,)).per_person.value is None
