"""Payments, what undoes them, money asked back, and dedicated funds: sums exact, nothing deleted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from funding.enums_grants import FundStatus, GrantStatus, PaymentKind
from funding.grant_schedule import PaymentTerm
from funding.grants import authority_totals, due_instalments, fund_findings
from funding.models import DedicatedFund, Grant, GrantPayment
from funding.services import grant_funds as funds
from funding.services import grant_payments as services
from funding.services.grants import set_schedule
from tests.cast import YEAR, Cast
from tests.funding.grant_world import PAYMENT, finances_of, grants_of

DAY = dt.date(YEAR, 3, 2)
pytestmark = pytest.mark.usefixtures("autumn")


@pytest.fixture
def autumn():
    with time_machine.travel(dt.datetime(YEAR, 10, 1, 9, tzinfo=dt.UTC), tick=False):
        yield


def fresh(grant: Grant) -> Grant:
    return Grant.objects.for_list().get(pk=grant.pk)  # type: ignore[attr-defined]


def pay(cast: Cast, grant: Grant, amount: str, number: str = "12", who: str = "finances_b", day: dt.date = DAY):
    return services.record_payment(grant=grant, amount=Decimal(amount), paid_on=day, number=number, by=cast.actor(who))


# --- Payments ---------------------------------------------------------------------------------------------------------


def test_a_financer_pays_in_parts_to_the_cent(cast: Cast):
    grant = grants_of(cast, cost=Decimal("33663.00"))["epci_b"]
    with cast.acting("finances_b"):
        pay(cast, grant, "5000.01")
        assert (fresh(grant).status, fresh(grant).remaining) == (GrantStatus.PARTIELLE, Decimal("6220.99"))
        pay(cast, grant, "6220.99", "13")
        done = fresh(grant)
        assert (done.status, done.paid, done.remaining) == (GrantStatus.VERSEE, Decimal("11221.00"), Decimal(0))
        assert [e.to_status for e in done.events.all()][-2:] == ["partielle", "versee"]


def test_the_same_line_sent_twice_is_recorded_once(cast: Cast):
    grant = grants_of(cast)["epci_b"]
    with cast.acting("finances_b"):
        assert pay(cast, grant, "100").pk == pay(cast, grant, "100").pk
        assert fresh(grant).paid == Decimal(100)
        assert fresh(grant).events.filter(act="verser").count() == 1


@pytest.mark.parametrize(
    ("amount", "day", "number", "place"),
    [
        ("11221.01", DAY, "1", "amount"),
        ("0", DAY, "1", "amount"),
        ("10", dt.date(YEAR, 12, 1), "1", "paid_on"),
        ("10", DAY, " ", "number"),
    ],
)
def test_a_wrong_payment_is_refused_at_its_place(cast: Cast, amount: str, day: dt.date, number: str, place: str):
    grant = grants_of(cast)["epci_b"]
    with cast.acting("finances_b"):
        with pytest.raises(InvalidInput) as caught:
            pay(cast, grant, amount, number, day=day)
        assert caught.value.place == place
        assert not GrantPayment.objects.exists()


def test_nothing_is_paid_before_the_award_nor_for_another(cast: Cast):
    open_grants = grants_of(cast, signed=False)
    with cast.acting("finances_b"), pytest.raises(BusinessError, match="une fois attribuée"):
        pay(cast, open_grants["epci_b"], "10")
    signed = grants_of(cast, "w")
    with cast.acting("gestionnaire"), pytest.raises(NotAllowed, match="service financier"):
        pay(cast, signed["departement"], "10")
    with cast.acting("employeur_d"), pytest.raises(NotAllowed):
        pay(cast, signed["epci_b"], "10", who="employeur_d")


def test_a_wrong_entry_is_undone_by_a_linked_line_and_can_be_written_again(cast: Cast):
    grant = grants_of(cast)["epci_b"]
    with cast.acting("finances_b"):
        wrong, by = pay(cast, grant, "11221"), cast.actor("finances_b")
        with pytest.raises(InvalidInput) as caught:
            services.reverse_payment(payment=wrong, reason=" ", by=by)
        assert caught.value.place == "reason"
        line = services.reverse_payment(payment=wrong, reason="Mandat rejeté", by=by)
        assert services.reverse_payment(payment=wrong, reason="Encore", by=by).pk == line.pk
        assert (line.kind, line.reverses_id, line.net) == (PaymentKind.EXTOURNE, wrong.pk, Decimal(-11221))
        assert (fresh(grant).paid, fresh(grant).status) == (Decimal(0), GrantStatus.ATTRIBUEE)
        assert pay(cast, grant, "11221").pk not in (wrong.pk, line.pk)
        assert (fresh(grant).paid, GrantPayment.objects.count()) == (Decimal(11221), 3)
        with pytest.raises(BusinessError, match="ne s'annule pas"):
            services.reverse_payment(payment=line, reason="x", by=by)


def test_the_late_list_counts_what_remains_of_each_instalment(cast: Cast):
    grant = grants_of(cast, signed=False)["epci_b"]
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        payments = (PaymentTerm(DAY, percent=Decimal(50)), PaymentTerm(dt.date(YEAR, 12, 1), percent=Decimal(50)))
        set_schedule(grant=grant, payments=payments, request_deadline=None, budget_deadline=None, by=by)
        from funding.services.grants import award_grant

        award_grant(grant=grant, awarded_on=DAY, decision="Délibération 1", by=by)
    with cast.acting("finances_b"):
        pay(cast, grant, "610.50")
        [late] = due_instalments(cast.actor("finances_b"), until=dt.date(YEAR, 9, 30))
        assert (late.due_on, late.remaining) == (DAY, Decimal("5000.00"))
        assert late.is_late(dt.date(YEAR, 9, 30))
    with cast.acting("finances_a"):
        assert due_instalments(cast.actor("finances_a"), until=dt.date(YEAR + 1, 1, 1)) == []


# --- Money asked back -------------------------------------------------------------------------------------------------


def test_a_financer_asks_money_back_and_receives_it(cast: Cast):
    grant, by = grants_of(cast)["epci_b"], cast.actor("finances_b")
    with cast.acting("finances_b"):
        pay(cast, grant, "11221")
        asked = services.ask_repayment(
            grant=grant, amount=Decimal(1221), due_on=PAYMENT, reason="Poste vacant deux mois", by=by
        )
        assert (fresh(grant).status, services.owed_back(fresh(grant))) == (GrantStatus.A_REVERSER, Decimal(1221))
        with pytest.raises(InvalidInput, match="détient encore"):
            services.ask_repayment(grant=grant, amount=Decimal(10001), due_on=None, reason="Trop", by=by)
        services.record_repayment(grant=grant, amount=Decimal(221), paid_on=DAY, number="T-9", by=by)
        assert fresh(grant).status == GrantStatus.A_REVERSER
        with pytest.raises(BusinessError, match="honorée"):
            services.withdraw_repayment(repayment=asked, reason="x", by=by)
        services.record_repayment(grant=grant, amount=Decimal(1000), paid_on=DAY, number="T-10", by=by)
        done = fresh(grant)
        assert (done.status, done.repaid, done.paid) == (GrantStatus.VERSEE, Decimal(1221), Decimal(11221))


def test_a_request_for_money_back_is_withdrawn_by_a_linked_line(cast: Cast):
    grant, by = grants_of(cast)["epci_b"], cast.actor("finances_b")
    with cast.acting("finances_b"):
        pay(cast, grant, "11221")
        asked = services.ask_repayment(grant=grant, amount=Decimal(500), due_on=None, reason="Erreur", by=by)
        services.withdraw_repayment(repayment=asked, reason="Pièces reçues", by=by)
        assert fresh(grant).status == GrantStatus.VERSEE
        assert [r.cancels_id for r in grant.repayments.all()] == [None, asked.pk]


# --- Dedicated funds --------------------------------------------------------------------------------------------------


def test_the_chain_of_dedicated_funds(cast: Cast):
    grants_of(cast)
    by = cast.actor("employeur_d")
    bodies = {"beneficiary": cast.org["association"], "financer": cast.org["epci_b"]}
    with cast.acting("gestionnaire"):
        DedicatedFund.objects.create(**bodies, year=YEAR - 1, opening=Decimal(300), used=Decimal(100))
    with cast.acting("finances_b"):
        pay(cast, Grant.objects.get(plan=cast.plan["v"], financer=cast.org["epci_b"]), "11221")
    with cast.acting("employeur_d"):
        fund = funds.save_fund(**bodies, year=YEAR, used=Decimal("11000.50"), by=by)
        assert (fund.opening, fund.received, fund.closing) == (Decimal(200), Decimal(11221), Decimal("420.50"))
        rows = list(DedicatedFund.objects.all())
        paid = {(fund.beneficiary_id, fund.financer_id, YEAR): Decimal(11221)}
        assert fund_findings(rows, paid) == []
        fund = funds.save_fund(**bodies, year=YEAR, used=Decimal(0), opening=Decimal("199.99"), by=by)
        [found] = fund_findings(DedicatedFund.objects.all(), paid)
        assert (found.code, found.stated, found.computed) == ("FD1", "199.99", "200.00")
        [found] = fund_findings([fund], {})
        assert (found.code, found.stated, found.computed) == ("FD2", "11221.00", "0")
        with pytest.raises(InvalidInput, match="dépassent") as caught:
            funds.save_fund(**bodies, year=YEAR, used=Decimal("11421.01"), by=by)
        assert caught.value.place == "used"


def test_a_closed_year_stays_until_the_managers_reopen_it(cast: Cast):
    grants_of(cast)
    by = cast.actor("employeur_d")
    bodies = {"beneficiary": cast.org["association"], "financer": cast.org["epci_b"], "year": YEAR}
    with cast.acting("employeur_d"):
        fund = funds.save_fund(**bodies, used=Decimal(0), by=by)
        funds.close_fund(fund=fund, by=by)
        with pytest.raises(BusinessError, match="arrêtés"):
            funds.save_fund(**bodies, used=Decimal(0), by=by)
        with pytest.raises(DatabaseError, match="rouvre"), transaction.atomic():
            DedicatedFund.objects.filter(pk=fund.pk).update(used=5)
        with pytest.raises(NotAllowed):
            funds.reopen_fund(fund=fund, reason="x", by=by)
    with cast.acting("gestionnaire"):
        assert funds.reopen_fund(fund=fund, reason="Erreur", by=cast.actor("gestionnaire")).status == FundStatus.OUVERT


def test_somebody_else_s_funds_are_not_kept_by_another(cast: Cast):
    bodies = {"beneficiary": cast.org["association"], "financer": cast.org["epci_b"], "year": YEAR}
    with cast.acting("finances_b"), pytest.raises(NotAllowed):
        funds.save_fund(**bodies, used=Decimal(0), by=cast.actor("finances_b"))


# --- The 23 000 € rule ------------------------------------------------------------------------------------------------


def test_totals_add_every_plan_of_one_authority(cast: Cast):
    """Draft plan d (15 000 € each for the State and the Département) and two more posts: the EPCI stays under."""
    grants_of(cast, "v")
    grants_of(cast, "w", signed=False, cost=Decimal("3000.00"))
    with cast.acting("gestionnaire"):
        found = authority_totals(YEAR, territory_id=cast.territory["here"].pk)
        told = {t.authority.key: (t.total, len(t.parts), t.is_over) for t in found}
        assert told == {
            "prefecture": (Decimal(27221), 3, True),
            "departement": (Decimal(27221), 3, True),
            "epci-b": (Decimal(12221), 2, False),
        }
        of_w = authority_totals(YEAR, territory_id=cast.territory["here"].pk, plans=[cast.plan["w"].pk])
        assert [t.authority.key for t in of_w] == ["departement", "prefecture", "epci-b"]
        assert authority_totals(YEAR + 5, territory_id=cast.territory["here"].pk) == []


# --- The database itself ----------------------------------------------------------------------------------------------


def sql(statement: str, *params: object):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


TABLES = ("funding_grant", "funding_grantinstalment", "funding_grantevent", "funding_grantpayment")


def test_each_side_reads_its_own_grants_and_nobody_else_s_by_raw_sql(cast: Cast):
    grants = grants_of(cast)
    with cast.acting("finances_b"):
        pay(cast, grants["epci_b"], "50")
    seen = {}
    finances_of(cast, "departement")
    for name in ("gestionnaire", "instructeur", "employeur_d", "finances_b", "finances_departement", "finances_a"):
        with cast.acting(name):
            seen[name] = [sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES]
    with cast.acting("gestionnaire_there"):
        seen["there"] = [sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES]
    assert seen == {
        "gestionnaire": [3, 3, 7, 1],
        "instructeur": [3, 3, 7, 1],
        "employeur_d": [3, 3, 7, 1],
        "finances_b": [1, 1, 3, 1],
        "finances_departement": [1, 1, 2, 0],
        "finances_a": [0, 0, 0, 0],
        "there": [0, 0, 0, 0],
    }


REFUSED = "ne change|relève|row-level security|annulez|ne se modifie"


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("finances_b", "UPDATE funding_grant SET amount = 1"),
        ("gestionnaire", "UPDATE funding_grant SET amount = 1"),
        ("employeur_d", "UPDATE funding_grant SET status = 'versee'"),
        ("employeur_d", "UPDATE funding_grant SET decision = 'moi'"),
        ("finances_b", "UPDATE funding_grant SET signed_on = '2020-01-01'"),
        ("gestionnaire", "UPDATE funding_grantinstalment SET amount = 1"),
        ("gestionnaire", "DELETE FROM funding_grantinstalment"),
        ("gestionnaire", "UPDATE funding_grantpayment SET amount = 1"),
        ("finances_b", "UPDATE funding_grantevent SET reason = 'x'"),
        (
            "employeur_d",
            "INSERT INTO funding_grantpayment (uuid, created_at, updated_at, territory_id, grant_id, kind, amount,"
            " paid_on, number, reason, by_label) SELECT gen_random_uuid(), now(), now(), territory_id, id,"
            " 'versement', 1, now(), '1', '', 'x' FROM funding_grant LIMIT 1",
        ),
    ],
)
def test_the_database_refuses_what_is_promised_paid_or_another_s(cast: Cast, who: str, statement: str):
    grants = grants_of(cast)
    with cast.acting("finances_b"):
        pay(cast, grants["epci_b"], "50")
    with cast.acting(who), pytest.raises(DatabaseError, match=REFUSED):
        sql(statement)


@pytest.mark.parametrize("table", ["funding_grant", "funding_grantpayment", "funding_dedicatedfund"])
def test_no_role_deletes_them(cast: Cast, table: str):
    grants = grants_of(cast)
    with cast.acting("finances_b"):
        pay(cast, grants["epci_b"], "50")
    with cast.acting("gestionnaire"):
        DedicatedFund.objects.create(beneficiary=cast.org["association"], financer=cast.org["epci_b"], year=YEAR)
        assert sql(f"DELETE FROM {table}") == 0
        assert sql(f"SELECT count(*) FROM {table}")[0][0] > 0


def test_a_financer_writes_nothing_in_the_association_s_funds(cast: Cast):
    grants_of(cast)
    with cast.acting("gestionnaire"):
        DedicatedFund.objects.create(beneficiary=cast.org["association"], financer=cast.org["epci_b"], year=YEAR)
    with cast.acting("finances_b"):
        assert sql("SELECT count(*) FROM funding_dedicatedfund")[0][0] == 1
        assert sql("UPDATE funding_dedicatedfund SET used = 0") == 0
    with cast.acting("finances_a"):
        assert sql("SELECT count(*) FROM funding_dedicatedfund")[0][0] == 0
