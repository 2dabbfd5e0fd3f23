"""The calendar of obligations: what each convention asks, from which source, and how it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conventions.calendar.compute import obligations_of
from conventions.calendar.endings import tacit_terms
from conventions.calendar.facts import (
    AmendmentFacts,
    ConventionFacts,
    GrantFacts,
    PartyFacts,
    PlanFacts,
    PostFacts,
    StepFacts,
    TacitFacts,
    TitreFacts,
)
from conventions.calendar.obligation import SOON_DAYS, Body, Obligation
from conventions.calendar.reading import calendar_of
from conventions.calendar.rules import CalendarRules, national
from conventions.enums import ObligationKind, ObligationState, Status
from conventions.models import Convention, Deliberation
from conventions.services.calendar import set_calendar_rule
from core.errors import InvalidInput, NotAllowed
from core.findings import Mark
from funding.enums import PlanStatus, TitreStatus
from funding.grant_rules import Rules, national_rules
from funding.models import ExportBatch, StateRate, Titre
from reporting.models import ReportStep
from tests.cast import YEAR, make_convention, make_plan, make_post

DAY = dt.date(2026, 4, 10)
RULES = CalendarRules(national(), Rules(national_rules()))
DEP, EPCI, STATE, ASSO = Body(1, "Département"), Body(2, "CC Exemple"), Body(3, "État"), Body(4, "Association")


def plan(**changes) -> PlanFacts:
    base = PlanFacts(
        key="plan", label="Plan", url="/plan/", year=2026, employer=EPCI, is_association=False, issues_titres=True,
        settled=True, fipd=True, payers=(STATE, DEP), claims_seen=frozenset({1, 3}), account_by=None,
    )  # fmt: skip
    return replace(base, **changes)


def grant(**changes) -> GrantFacts:
    base = GrantFacts(
        uuid="g", financer=DEP, url="/g/", is_state=False, request_deadline=dt.date(2026, 2, 28), requested_on=None
    )
    return replace(base, **changes)


def facts(**changes) -> ConventionFacts:
    base = ConventionFacts(
        uuid="u", reference="62-X", url="/x/", start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), signed=True,
        bipartite=False,
        parties=(
            PartyFacts(DEP, True, dt.date(2025, 11, 3), dt.date(2025, 11, 20)),
            PartyFacts(EPCI, True),
            PartyFacts(STATE, False),
        ),
        plans=(plan(),),
        posts=(PostFacts("poste", "Poste", "/activite/p/", EPCI, frozenset(), frozenset()),),
        notice_months=3,
    )  # fmt: skip
    return replace(base, **changes)


def of_kind(kind: ObligationKind, given: ConventionFacts, today: dt.date = DAY) -> list[Obligation]:
    return [row for row in obligations_of(given, RULES, today) if row.kind == kind]


def days(kind: ObligationKind, given: ConventionFacts, today: dt.date = DAY) -> list[str]:
    return [row.due_on.isoformat() for row in of_kind(kind, given, today)]


# --- Pure -------------------------------------------------------------------------------------------------------------


def test_a_year_of_a_public_employer():
    rows = obligations_of(facts(), RULES, DAY)
    assert [(row.due_on.isoformat(), row.kind.value, row.who) for row in rows] == [
        ("2026-01-01", "deliberation", "Département"),
        ("2026-01-01", "deliberation", "CC Exemple"),
        ("2026-01-31", "fipd", "CC Exemple"),
        ("2026-04-15", "trimestre", "CC Exemple"),
        ("2026-07-15", "trimestre", "CC Exemple"),
        ("2026-09-30", "preavis", "Département, CC Exemple, État"),
        ("2026-10-15", "trimestre", "CC Exemple"),
        ("2026-12-31", "terme", "Département, CC Exemple, État"),
        ("2026-12-31", "titre", "CC Exemple"),
        ("2026-12-31", "titre", "CC Exemple"),
        ("2027-01-07", "annee", "CC Exemple"),
        ("2027-03-31", "comite", "Département, CC Exemple, État"),
    ]
    assert all(row.source for row in rows)
    assert len({row.uid for row in rows}) == len(rows)


def test_a_year_of_an_association_follows_its_grants():
    followed = grant(
        requested_on=dt.date(2026, 2, 20), publish_by=dt.date(2026, 6, 2),
        instalments=((dt.date(2026, 5, 31), True), (dt.date(2026, 9, 30), False)),
    )  # fmt: skip
    given = facts(
        plans=(
            plan(
                employer=ASSO, is_association=True, issues_titres=False, grants=(followed,),
                account_by=dt.date(2027, 6, 30), account_on=None, fipd=False,
            ),
        ),
    )  # fmt: skip
    [request] = of_kind(ObligationKind.REQUEST, given)
    assert (request.due_on, request.done, request.done_on) == (dt.date(2026, 2, 28), True, dt.date(2026, 2, 20))
    payments = of_kind(ObligationKind.PAYMENT, given)
    assert [(row.due_on.isoformat(), row.who, row.done) for row in payments] == [
        ("2026-05-31", "Département", True),
        ("2026-07-31", "État", None),
        ("2026-09-30", "Département", False),
    ]
    [account] = of_kind(ObligationKind.ACCOUNT, given)
    assert (account.due_on, account.mark, account.done) == (dt.date(2027, 6, 30), Mark.VERIFIED, False)
    [publication] = of_kind(ObligationKind.PUBLICATION, given)
    assert (publication.due_on, publication.who) == (dt.date(2026, 6, 2), "Département")
    assert of_kind(ObligationKind.TITRE, given) == []


def test_the_dates_of_the_text_win_over_the_rules():
    given = facts(
        plans=(plan(employer=ASSO, is_association=True, issues_titres=False, fipd=False),),
        budget_deadline=dt.date(2026, 3, 15),
        payment_deadline=dt.date(2026, 8, 31),
    )
    assert days(ObligationKind.REQUEST, given) == ["2026-03-15"]
    assert days(ObligationKind.PAYMENT, given) == ["2026-08-31", "2026-08-31"]
    assert "Convention 62-X" in of_kind(ObligationKind.REQUEST, given)[0].source
    # A date of another year is another year's.
    other = replace(given, budget_deadline=dt.date(2025, 3, 15))
    assert days(ObligationKind.REQUEST, other) == ["2026-02-28"]


def test_figures_are_asked_for_the_months_the_convention_covers():
    four = facts(start=dt.date(2026, 9, 1), end=dt.date(2026, 12, 31))
    assert days(ObligationKind.QUARTER, four) == ["2026-10-15"]
    assert days(ObligationKind.YEAR, four) == ["2027-01-07"]
    [post] = four.posts
    entered = replace(four, posts=(replace(post, months=frozenset({(2026, 9)})),))
    assert of_kind(ObligationKind.QUARTER, entered)[0].done is False, "entered is not handed in"
    handed = replace(four, posts=(replace(post, handed=frozenset({"trimestriel-2026-07-01"})),))
    assert of_kind(ObligationKind.QUARTER, handed)[0].done is True
    assert of_kind(ObligationKind.YEAR, handed)[0].done is False
    whole = replace(four, posts=(replace(post, years=frozenset({2026})),))
    assert of_kind(ObligationKind.YEAR, whole)[0].done is True


def test_a_text_that_asks_half_yearly_reports_gets_half_years():
    given = facts(reports=("un compte rendu d'activité semestriel",))
    assert days(ObligationKind.HALF, given) == ["2026-07-15"]
    assert of_kind(ObligationKind.QUARTER, given) == []
    both = facts(reports=("un compte rendu semestriel", "une synthèse chaque trimestre"))
    assert len(of_kind(ObligationKind.QUARTER, both)) == 3


def test_titres_left_or_not_and_unseen_ones_are_not_late():
    sent = plan(titres=(TitreFacts(DEP, True), TitreFacts(STATE, False)))
    late = dt.date(2027, 1, 15)
    states = {row.title: row.state(late) for row in of_kind(ObligationKind.TITRE, facts(plans=(sent,)))}
    assert states == {
        "Titre 2026 pour « Plan » – débiteur : Département": ObligationState.DONE,
        "Titre 2026 pour « Plan » – débiteur : État": ObligationState.LATE,
    }
    [unseen] = of_kind(ObligationKind.TITRE, facts(plans=(plan(payers=(DEP,), claims_seen=frozenset()),)))
    assert unseen.state(late) is ObligationState.PAST


def test_before_it_is_signed_there_are_votes_signatures_and_requests():
    given = facts(
        signed=False, circulating=True, approved_on=dt.date(2026, 3, 1),
        signatures=((DEP, dt.date(2026, 3, 10)), (EPCI, dt.date(2026, 3, 12)), (EPCI, None), (STATE, None)),
        plans=(plan(settled=False),),
    )  # fmt: skip
    rows = obligations_of(given, RULES, DAY)
    assert {row.kind.value for row in rows} == {"deliberation", "signature", "fipd"}
    signatures = {row.who: (row.due_on.isoformat(), row.done) for row in rows if row.kind == ObligationKind.SIGNATURE}
    # The EPCI signs twice (élu and administratif): it has signed once both have.
    assert signatures == {
        "Département": ("2026-03-31", True), "CC Exemple": ("2026-03-31", False), "État": ("2026-03-31", False),
    }  # fmt: skip
    votes = {row.who: row.done for row in rows if row.kind == ObligationKind.VOTE}
    assert votes == {"Département": True, "CC Exemple": False}
    assert [row.done for row in rows if row.kind == ObligationKind.FIPD] == [False]


def test_tacit_renewal_has_an_exit_three_months_before_each_term():
    given = facts(end=dt.date(2026, 12, 31), notice_months=None, tacit=TacitFacts(12, leavers=(DEP,)))
    assert days(ObligationKind.EXIT, given) == ["2026-09-30", "2027-09-30", "2028-09-30", "2029-09-30"]
    assert {row.who for row in of_kind(ObligationKind.EXIT, given)} == {"Département"}
    assert of_kind(ObligationKind.EXPIRY, given) == []
    limited = replace(given, tacit=TacitFacts(12, limit=1))
    assert [day.isoformat() for day in tacit_terms(limited, DAY)] == ["2026-12-31", "2027-12-31"]
    ended = replace(given, tacit=TacitFacts(12, until=dt.date(2027, 12, 31)))
    assert days(ObligationKind.EXIT, ended) == ["2026-09-30", "2027-09-30"]
    later = [day.isoformat() for day in tacit_terms(given, dt.date(2040, 5, 1))]
    assert later[-1] == "2042-12-31", "years pass, the reminders go on"


def test_a_fall_of_the_state_s_share_is_announced_a_year_before():
    step = StepFacts(dt.date(2028, 1, 1), "La part de l'État passe de 50 % à 30 % en 2028", "Appel à projets", "U")
    [row] = of_kind(ObligationKind.STEP, facts(steps=(step,)))
    assert (row.due_on, row.mark) == (dt.date(2027, 1, 1), Mark.UNVERIFIED)


def test_an_avenant_is_in_the_calendar_on_the_day_it_takes_effect():
    row = AmendmentFacts("a1", "avenant n° 1", dt.date(2026, 6, 1), False, "/avenants/a1/")
    [found] = of_kind(ObligationKind.AMENDMENT, facts(amendments=(row,)))
    assert (found.due_on, found.url, found.state(dt.date(2026, 6, 2))) == (
        dt.date(2026, 6, 1), "/avenants/a1/", ObligationState.LATE,
    )  # fmt: skip


def test_a_bipartite_child_repeats_nothing_of_its_parent():
    kinds = {row.kind for row in obligations_of(facts(bipartite=True), RULES, DAY)}
    repeated = {ObligationKind.FIPD, ObligationKind.TITRE, ObligationKind.QUARTER, ObligationKind.YEAR}
    assert not kinds & {*repeated, ObligationKind.COMMITTEE}


def test_states_follow_the_day():
    [expiry] = of_kind(ObligationKind.EXPIRY, facts())
    assert expiry.state(expiry.due_on - dt.timedelta(days=SOON_DAYS + 1)) is ObligationState.AHEAD
    assert expiry.state(expiry.due_on - dt.timedelta(days=SOON_DAYS)) is ObligationState.SOON
    assert expiry.state(expiry.due_on) is ObligationState.SOON
    assert expiry.state(expiry.due_on + dt.timedelta(days=1)) is ObligationState.LATE
    assert replace(expiry, done=None).state(dt.date(2030, 1, 1)) is ObligationState.PAST


# --- Rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_territory_sets_its_own_dates(cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        before = [row.due_on for row in calendar_of(by, today=DAY) if row.kind == ObligationKind.FIPD]
        rule = {"kind": "fipd_day", "valid_from": dt.date(YEAR, 1, 1), "by": by}
        set_calendar_rule(value="15/03", source="Appel à projets", **rule)
        set_calendar_rule(value="16/03", source="Appel à projets corrigé", **rule)
        after = [row for row in calendar_of(by, today=DAY) if row.kind == ObligationKind.FIPD]
        assert {day.isoformat() for day in before} == {f"{YEAR}-01-31"}
        assert {row.due_on.isoformat() for row in after} == {f"{YEAR}-03-16"}
        assert {row.source for row in after} == {"Appel à projets corrigé"}
        wrong = (("31/02", "fipd_day"), ("demain", "fipd_day"), ("0", "signature_days"), ("1/4", "signature_days"))
        for value, kind in wrong:
            with pytest.raises(InvalidInput) as caught:
                set_calendar_rule(kind=kind, value=value, valid_from=DAY, source="X", by=by)
            assert caught.value.place == "value"
    with cast.acting("finances_a"), pytest.raises(NotAllowed):
        set_calendar_rule(value="15/03", source="X", kind="fipd_day", valid_from=DAY, by=cast.actor("finances_a"))


# --- From the data ----------------------------------------------------------------------------------------------------


def seen(cast, name: str, today: dt.date = DAY) -> dict[str, list[Obligation]]:
    with cast.acting(name):
        found: dict[str, list[Obligation]] = {}
        for row in calendar_of(cast.actor(name), today=today):
            found.setdefault(row.convention, []).append(row)
        return found


@pytest.mark.django_db
def test_each_person_reads_the_obligations_of_their_own_conventions(cast):
    assert set(seen(cast, "gestionnaire")) == {"62-A", "62-B", "62-C", "62-D", "62-E"}
    assert set(seen(cast, "finances_a")) <= {"62-A", "62-E"}
    assert set(seen(cast, "partenaire")) == {"62-B", "62-C"}
    assert set(seen(cast, "finances_there")) == {"80-THERE"}


@pytest.mark.django_db
def test_what_was_done_is_read_from_the_data(cast):
    def one(kind: ObligationKind, words: str) -> Obligation:
        [row] = [row for row in seen(cast, "gestionnaire")["62-A"] if row.kind == kind and words in row.title]
        return row

    assert one(ObligationKind.QUARTER, f"1er trimestre {YEAR}").done is False
    assert one(ObligationKind.TITRE, "Département").done is False
    assert one(ObligationKind.EXPIRY, "62-A").done is False
    with cast.acting("gestionnaire"):
        ReportStep.objects.create(
            convention=cast.convention["a"], post=cast.post["a"], period=f"trimestriel-{YEAR}-01-01", act="remis",
            period_start=dt.date(YEAR, 1, 1), period_end=dt.date(YEAR, 3, 31), digest="0" * 64, salt="s", by_label="E",
        )  # fmt: skip
        batch = ExportBatch.objects.create(
            issuer=cast.org["epci_a"], year=YEAR, number=1, file_format="csv", filename="f.csv", sha256="0" * 64,
            content=b"x", count=1, total=Decimal(14000), by_label="F",
        )  # fmt: skip
        Titre.objects.filter(pk=cast.titre["a_departement"].pk).update(status=TitreStatus.EXPORTE, batch=batch)
        Convention.objects.filter(pk=cast.convention["d"].pk).update(previous=cast.convention["a"])
    assert one(ObligationKind.QUARTER, f"1er trimestre {YEAR}").done is True
    assert one(ObligationKind.TITRE, "Département").done is True
    assert one(ObligationKind.EXPIRY, "62-A").done is True


@pytest.mark.django_db
def test_signatures_and_votes_missing_are_in_the_calendar(cast):
    rows = seen(cast, "gestionnaire")["62-B"]
    waiting = {row.who for row in rows if row.kind == ObligationKind.SIGNATURE and not row.done}
    assert waiting == {"Préfecture", "Police", "Boulonnais"}
    votes = {row.who: row.done for row in rows if row.kind == ObligationKind.VOTE}
    assert votes == {"Département": False, "Boulonnais": False}
    with cast.acting("gestionnaire"):
        vote = Deliberation.objects.create(
            organisation=cast.org["epci_b"], date=dt.date(YEAR, 1, 5), transmitted_on=dt.date(YEAR, 1, 6),
            published_on=dt.date(YEAR, 1, 8),
        )  # fmt: skip
        cast.convention["b"].parties.filter(organisation=cast.org["epci_b"]).update(deliberation=vote)
    [mine] = [
        row for row in seen(cast, "gestionnaire")["62-B"] if row.kind == ObligationKind.VOTE and row.who == "Boulonnais"
    ]
    assert (mine.done, mine.done_on) == (True, dt.date(YEAR, 1, 8))


@pytest.mark.django_db
def test_the_schedule_of_the_state_s_share_reaches_the_calendar(cast):
    with cast.acting("gestionnaire"):
        cast.plan["a"].shares.filter(ref="prefecture").update(mode="schedule", percent=Decimal(50))
        for year, value in ((YEAR, 50), (YEAR + 1, 30), (YEAR + 2, 40)):
            StateRate.objects.create(
                post=cast.post["a"], territory=cast.territory["here"], key=f"t{year}", year=year,
                percent=Decimal(value), source="Appel à projets",
            )  # fmt: skip
    [step] = [row for row in seen(cast, "gestionnaire")["62-A"] if row.kind == ObligationKind.STEP]
    assert step.due_on == dt.date(YEAR, 1, 1), "a fall a year ahead; a rise is no obligation"
    assert "50" in step.title
    assert "30" in step.title


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_conventions(cast):
    def queries() -> int:
        with cast.acting("gestionnaire"), CaptureQueriesContext(connection) as captured:
            calendar_of(cast.actor("gestionnaire"), today=DAY)
        return len(captured)

    def grow(*keys: str) -> None:
        with cast.acting("gestionnaire"):
            for key in keys:
                make_post(cast, key, employer="association", unit="police")
                financers = ["prefecture", "departement"]
                make_plan(cast, key, post=key, cost=Decimal(30000), financers=financers, status=PlanStatus.ENGAGE)
                make_convention(
                    cast, key, reference=f"62-{key}", post=key, plan=key,
                    parties=["prefecture", "departement", "association"], status=Status.SIGNEE,
                )  # fmt: skip

    grow("x1")
    before = queries()
    grow("x2", "x3", "x4")
    assert queries() == before
    assert before <= 25
