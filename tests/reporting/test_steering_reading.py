"""Money at risk and costs from the database: the cast, each role's view of it, and the published act to the cent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from conventions.enums import Status
from conventions.models import Convention, Deliberation, Party
from core import rls
from core.errors import NotAllowed
from funding.enums import PlanStatus, TitreStatus
from funding.models import ExportBatch, Share, Titre
from parties.actors import Actor
from parties.models import Territory
from posts.models import ActivityReturn, Occupancy
from reporting.dossier.territory import import_file
from reporting.steering.costs_reading import costs_of
from reporting.steering.reasons import Reason
from reporting.steering.summary import Picture, picture
from tests.cast import YEAR, Cast, make_convention, make_plan, make_post

DAY = dt.date(YEAR, 4, 15)
ACT = settings.BASE_DIR / "fixtures" / "demo" / "pas-de-calais-2023.json"
Found = list[tuple[str, str, str, Decimal]]


def look(cast: Cast, name: str, *, year: int = YEAR, today: dt.date = DAY) -> Picture:
    with cast.acting(name):
        return picture(cast.actor(name), year=year, today=today)


def told(found: Picture) -> Found:
    """Post, financer, reason and amount of each line."""
    return sorted((line.posts, line.financer, line.reason.value, line.amount) for line in found.lines)


def test_every_euro_of_the_cast_and_its_reason(cast: Cast):
    found = look(cast, "gestionnaire")
    assert told(found) == [
        ("Poste A", "Département", "deliberation", Decimal(14000)),
        ("Poste A", "Préfecture", "titre_a_emettre", Decimal(14000)),
        ("Poste B", "Département", "deliberation", Decimal(15000)),
        ("Poste B", "Préfecture", "non_signee", Decimal(15000)),
        ("Poste C", "Boulonnais", "vacance", Decimal(16000)),
        ("Poste C", "Préfecture", "vacance", Decimal(16000)),
        ("Poste D", "Département", "deliberation", Decimal(15000)),
        ("Poste D", "Préfecture", "non_signee", Decimal(15000)),
        ("Poste E", "Département", "deliberation", Decimal(12000)),
        ("Poste E", "Préfecture", "non_signee", Decimal(12000)),
    ]
    assert (found.total, found.expected) == (Decimal(144000), Decimal(144000))
    assert [(row.key, row.amount) for row in found.by_reason()] == [
        ("vacance", Decimal(32000)),
        ("deliberation", Decimal(56000)),
        ("non_signee", Decimal(42000)),
        ("titre_a_emettre", Decimal(14000)),
    ]
    for rows in (found.by_reason(), found.by_financer(), found.by_post()):
        assert sum(row.amount for row in rows) == found.total
    kept = found.kept(reason="deliberation", post=str(cast.post["a"].uuid))
    assert told(kept) == [("Poste A", "Département", "deliberation", Decimal(14000))]
    # Domain, case 13: by which day every vote must exist, and what stops without one.
    assert [(g.agreement.reference, g.missing, g.amount) for g in found.gatherings()] == [
        ("62-B", ("Département", "Boulonnais"), Decimal(45000)),
        ("62-D", ("Département",), Decimal(30000)),
        ("62-E", ("Département", "Sud-Artois"), Decimal(36000)),
    ]


def test_each_role_sees_the_money_that_concerns_it_and_no_other(cast: Cast):
    mine = look(cast, "finances_a")
    assert {line.posts for line in mine.lines} == {"Poste A", "Poste E"}
    assert mine.total == Decimal(52000)
    theirs = look(cast, "finances_b")
    assert ("Poste C", "Boulonnais", "vacance", Decimal(16000)) in told(theirs), "its own share of another's post"
    assert not [line for line in theirs.lines if line.posts == "Poste C" and line.financer != "Boulonnais"]
    reader = look(cast, "instructeur")
    assert not [line for line in reader.lines if line.reason is Reason.NOT_ISSUED], "it sees no titre"
    assert look(cast, "partenaire").lines == ()
    with cast.acting("employeur_a"), pytest.raises(NotAllowed):
        picture(cast.actor("employeur_a"), year=YEAR, today=DAY)


def test_what_mends_it_moves_it_to_the_next_reason_then_out(cast: Cast):
    """A vote, then the titre, then its payment: 14 000 € go from reason to reason, and never count twice."""

    def of_a() -> list[tuple[str, Decimal]]:
        lines = look(cast, "gestionnaire").lines
        return [(x.reason.value, x.amount) for x in lines if (x.posts, x.financer) == ("Poste A", "Département")]

    with cast.acting("gestionnaire"):
        vote = Deliberation.objects.create(
            organisation=cast.org["departement"], key="vote", number="2026-1", date=dt.date(YEAR, 1, 5)
        )
        Party.objects.filter(convention=cast.convention["a"], organisation=cast.org["departement"]).update(
            deliberation=vote
        )
    assert of_a() == [("deliberation", Decimal(14000))], "voted is not enforceable yet"
    with cast.acting("gestionnaire"):
        Deliberation.objects.filter(pk=vote.pk).update(
            transmitted_on=dt.date(YEAR, 1, 7), published_on=dt.date(YEAR, 1, 8)
        )
    assert of_a() == [("titre_a_emettre", Decimal(14000))]
    with cast.acting("finances_a"):
        batch = ExportBatch.objects.create(
            issuer=cast.org["epci_a"], year=YEAR, number=1, file_format="csv", filename="a.csv", sha256="0" * 64,
            count=1, total=Decimal(14000), by_label="X",
        )  # fmt: skip
        sent = {"status": TitreStatus.EMIS, "batch": batch, "number": "12"}
        rows = Titre.objects.filter(pk=cast.titre["a_departement"].pk)
        rows.update(**sent, issued_on=DAY - dt.timedelta(days=30), received=Decimal(4000))
    assert of_a() == [], "thirty days to pay"
    with cast.acting("finances_a"):
        rows.update(issued_on=DAY - dt.timedelta(days=31))
    assert of_a() == [("impaye", Decimal(10000))]
    with cast.acting("finances_a"):
        rows.update(received=Decimal(14000))
    assert of_a() == []


def test_a_missing_financer_and_a_late_report(cast: Cast):
    with cast.acting("gestionnaire"):
        Share.objects.filter(plan=cast.plan["d"], ref="departement").update(amount=Decimal("14999.99"))
        Convention.objects.filter(pk=cast.convention["c"].pk).update(period_end=dt.date(YEAR + 2, 12, 31))
        Occupancy.objects.create(post=cast.post["c"], start=dt.date(YEAR, 1, 1))
    found = look(cast, "gestionnaire")
    assert ("Poste D", "Sans financeur", "sans_financeur", Decimal("0.01")) in told(found)
    later = look(cast, "gestionnaire", today=dt.date(YEAR, 8, 1))
    reports = [line for line in later.lines if line.reason is Reason.REPORT]
    assert {line.posts for line in reports} == {"Poste A", "Poste C"}
    [state] = [line for line in reports if line.posts == "Poste C"]
    assert (state.financer, state.amount) == ("Préfecture", Decimal(16000)), "the EPCI has not voted: that comes first"
    assert all(line.url.startswith("/activite/comptes-rendus/") for line in reports)


def test_the_following_period_is_an_assumption_from_the_notice_on(cast: Cast):
    """62-C ends on 31 December with three months' notice; no plan of the next year exists."""
    early = look(cast, "gestionnaire", year=YEAR + 1, today=dt.date(YEAR, 9, 29))
    assert not [line for line in early.lines if line.reason is Reason.EXPIRED]
    found = look(cast, "gestionnaire", year=YEAR + 1, today=dt.date(YEAR, 9, 30))
    ends = [line for line in found.lines if line.reason is Reason.EXPIRED]
    assert [(line.posts, line.financer, line.amount) for line in ends] == [
        ("Poste C", "Boulonnais", Decimal(16000)),
        ("Poste C", "Préfecture", Decimal(16000)),
    ]
    assert found.total == 0, "what no plan says is in no total"
    assert found.total_assumed == Decimal(60000), "with the plans A, whose convention runs on"
    assert "12/12 mois" in ends[0].formula


def test_reading_costs_the_same_whatever_the_number_of_plans(cast: Cast):
    def queries() -> int:
        with cast.acting("gestionnaire"), CaptureQueriesContext(connection) as captured:
            picture(cast.actor("gestionnaire"), year=YEAR, today=DAY)
            costs_of(cast.actor("gestionnaire"), years=[YEAR, YEAR - 1], today=DAY)
        return len(captured)

    before = queries()
    with cast.acting("gestionnaire"):
        for n in range(3):
            key = f"n{n}"
            make_post(cast, key, employer="epci_a", unit="police", filled_since=dt.date(YEAR, 1, 1))
            make_plan(
                cast, key, post=key, cost=Decimal(30000), financers=["prefecture", "epci_a"], status=PlanStatus.ENGAGE
            )
            make_convention(
                cast, key, reference=f"62-{key}", post=key, plan=key, parties=["prefecture", "epci_a"],
                status=Status.SIGNEE,
            )  # fmt: skip
    assert queries() <= before + 2, "one more query at most for each kind that had no row before"


def test_costs_hide_small_numbers_from_who_has_the_shared_version_only(cast: Cast):
    with cast.acting("gestionnaire"):
        for key, women in (("a", 2), ("e", 400)):
            for month in range(1, 13):
                counts = {"women": women if month == 1 else 0, "men": 0, "children": 0}
                ActivityReturn.objects.create(post=cast.post[key], year=YEAR, month=month, **counts)

    def row(name: str, key: str):
        with cast.acting(name):
            [found] = costs_of(cast.actor(name), years=[YEAR], today=dt.date(YEAR + 1, 2, 1))
        return next(each for each in found.posts if each.key == str(cast.post[key].uuid))

    assert row("gestionnaire", "a").per_person.value == Decimal("21000.00")
    hidden = row("finances_a", "a").per_person
    assert (hidden.value, hidden.words) == (None, "effectif masqué : petit nombre")
    # The same cells are hidden for everyone who reads the shared version, whatever posts they see.
    with cast.acting("gestionnaire"):
        [shared] = costs_of(cast.actor("gestionnaire"), years=[YEAR], today=dt.date(YEAR + 1, 2, 1), shared=True)
    told_all = {each.key: each.people for each in shared.posts}
    for key in ("a", "e"):
        assert row("finances_a", key).people == told_all[str(cast.post[key].uuid)]
    assert row("gestionnaire", "c").cost.value == 0, "a post nobody held cost nothing that is due"
    assert row("gestionnaire", "c").per_etp.words == "occupation du poste non renseignée"


# --- The published act ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def act(django_db_setup, django_db_blocker):
    """(money at risk of 2022 and of 2023, costs of 2022) as the act stands on the day of the vote; undone."""
    today = dt.date(2023, 7, 3)
    with django_db_blocker.unblock(), transaction.atomic():
        import_file(ACT.read_bytes())
        actor = Actor.system(Territory.objects.get(code="62"))
        with rls.acting(actor.context):
            found = [picture(actor, year=year, today=today) for year in (2022, 2023)]
            [costs] = costs_of(actor, years=[2022], today=today)
        transaction.set_rollback(True)
    return (*found, costs)


def test_the_acts_vacant_post_loses_seven_months_of_two_shares(act):
    lost = [line for line in act[0].lines if line.reason is Reason.VACANCY]
    assert [(line.posts, line.amount) for line in lost] == [("Poste ISC Boulonnais", Decimal("11692.92"))] * 2
    assert "5/12 mois dus du 1er janvier au 31 décembre 2022" in lost[0].why
    assert act[0].total == Decimal("69890.00"), "two shares of 20 045 and two of 14 900"


def test_the_acts_post_filled_in_march_loses_two_months(act):
    """ISG Ternois, held again from 15 March 2023: 10/12 of 14 333 €."""
    lost = {(line.posts, line.financer): line.amount for line in act[1].lines if line.reason is Reason.VACANCY}
    assert lost["Poste ISG Ternois", "État"] == Decimal("2388.83")
    assert all(line.amount <= line.share.amount for line in act[1].lines)
    assert act[1].total <= act[1].expected


def test_the_acts_costs_per_person(act):
    rows = {row.label: row for row in act[2].posts}
    assert rows["Poste ISC Artois"].per_person.words.endswith("/ 598 personnes")
    assert rows["Poste ISC Artois"].per_person.value == Decimal("74.75")
    vacant = rows["Poste ISC Boulonnais"]
    assert (vacant.planned.value, vacant.cost.value) == (Decimal("61050.00"), Decimal("25437.50"))
    assert vacant.per_person.value is None
    assert rows["Poste ISG Artois"].per_person.words == "aucun plan de financement"
