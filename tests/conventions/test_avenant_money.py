"""An avenant's amounts down to the titre; what an end leaves to pay."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from conventions.enums import ChangeKind, Status
from conventions.models import Convention
from conventions.services.endings import consequences, denounce_convention, terminate_convention
from conventions.situation import situation_on
from conventions.terms import denunciation_effect, terms
from core.errors import BusinessError, InvalidInput
from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.models import ExportBatch, PlanAmendment, Titre
from funding.services.titre_corrections import recompute, reduce_titre
from funding.services.titres import outdated, propose_titres
from tests.cast import YEAR, Cast
from tests.conventions.avenant_cast import TODAY, approve, draft_avenant, sign_all, signed_avenant, signed_convention

pytestmark = pytest.mark.django_db

MARCH, JULY = dt.date(YEAR, 3, 1), dt.date(YEAR, 7, 1)
DEPARTEMENT = "plan-e/departement"


@pytest.fixture
def signed(cast: Cast, time_machine):
    time_machine.move_to(TODAY, tick=False)
    convention = signed_convention(cast)
    with cast.acting("gestionnaire"):
        yield convention


def share_titre(kind: str = TitreKind.TITRE) -> Titre:
    return Titre.objects.filter(plan__key="plan-e", share_ref="departement", kind=kind).latest("pk")


def issue(titre: Titre, number: str = "118") -> Titre:
    """As if it had left in a batch and come back with its number."""
    rank = ExportBatch.objects.count() + 1
    batch = ExportBatch.objects.create(
        issuer=titre.issuer, year=titre.year, number=rank, file_format="csv", filename=f"{rank}.csv",
        sha256=f"{rank:0>64}", count=1, total=titre.amount, by_label="X",
    )  # fmt: skip
    Titre.objects.filter(pk=titre.pk).update(status=TitreStatus.EXPORTE, batch=batch)
    Titre.objects.filter(pk=titre.pk).update(status=TitreStatus.EMIS, number=number, issued_on=dt.date(YEAR, 3, 10))
    titre.refresh_from_db()
    return titre


# --- Amounts ----------------------------------------------------------------------------------------------------------


def test_before_any_titre_leaves_it_takes_the_new_amount(cast, signed):
    assert share_titre().amount == Decimal("12000.00")
    signed_avenant(cast, signed, (ChangeKind.SHARE, DEPARTEMENT, {"amount": "13000.00"}), on=MARCH)
    titre = share_titre()
    assert (titre.base, titre.amount) == (Decimal("13000.00"), Decimal("13000.00"))
    assert "avenant n° 1 du 10 mars 2026" in titre.statement["share"]["explanation"]["text"]
    assert Titre.objects.filter(plan__key="plan-e", share_ref="departement").count() == 1


def test_a_raise_after_export_gives_a_complement_linked_to_the_first(cast, signed):
    first = issue(share_titre())
    signed_avenant(cast, signed, (ChangeKind.SHARE, DEPARTEMENT, {"amount": "13000.50"}), on=MARCH)
    complement = share_titre()
    assert (complement.original_id, complement.amount) == (first.pk, Decimal("1000.50"))
    text = complement.statement["text"].replace("\u202f", " ").replace("\xa0", " ")
    assert "Déjà appelé : 12 000,00 € par le titre n° 118" in text
    first.refresh_from_db()
    assert first.amount == Decimal("12000.00")
    # Nothing is called twice, however often it is proposed, exported or looked at.
    propose_titres(plan=cast.plan["e"], by=cast.actor("gestionnaire"))
    assert Titre.objects.filter(plan__key="plan-e", share_ref="departement").count() == 2
    assert outdated([first, complement]) == []
    issue(complement, "119")
    propose_titres(plan=cast.plan["e"], by=cast.actor("gestionnaire"))
    assert Titre.objects.filter(plan__key="plan-e", share_ref="departement").count() == 2


def test_a_lower_amount_after_export_is_a_reduction_of_the_difference(cast, signed):
    first = issue(share_titre())
    signed_avenant(cast, signed, (ChangeKind.SHARE, DEPARTEMENT, {"amount": "11000.00"}), on=MARCH)
    assert share_titre().pk == first.pk
    assert outdated([first]) == [(first, Decimal("11000.00"))]
    assert recompute(first).difference == Decimal("1000.00")
    with cast.acting("finances_a"):
        reduction = reduce_titre(titre=first, reason="Avenant n° 1", by=cast.actor("finances_a"))
    assert (reduction.kind, reduction.amount, reduction.original_id) == (
        TitreKind.REDUCTION,
        Decimal("1000.00"),
        first.pk,
    )
    assert "avenant n° 1 du 10 mars 2026 à la convention 62-NEUVE" in reduction.statement["text"]
    first.refresh_from_db()
    assert (first.net, outdated([first])) == (Decimal("11000.00"), [])


def test_an_avenant_on_an_avenant_s_amount_completes_only_what_is_missing(cast, signed):
    issue(share_titre())
    signed_avenant(cast, signed, (ChangeKind.SHARE, DEPARTEMENT, {"amount": "13000.00"}), on=MARCH)
    issue(share_titre(), "119")
    signed_avenant(cast, signed, (ChangeKind.SHARE, DEPARTEMENT, {"amount": "13600.00"}), on=MARCH)
    titres = Titre.objects.filter(plan__key="plan-e", share_ref="departement").order_by("pk")
    assert [titre.amount for titre in titres] == [Decimal("12000.00"), Decimal("1000.00"), Decimal("600.00")]
    signed_avenant(cast, signed, (ChangeKind.REPEAL, "2", {}), on=MARCH)
    # Back to 13 000 €: the complement that has not left follows.
    assert Titre.objects.get(pk=titres[2].pk).amount == Decimal("0.00")


def test_a_new_year_s_plan_comes_with_an_avenant(cast, signed):
    from funding.services.plans import copy_plan_to_year

    plan = copy_plan_to_year(plan=cast.plan["e"], year=YEAR + 1, by=cast.actor("gestionnaire"))
    avenant = draft_avenant(
        cast,
        signed,
        (ChangeKind.PERIOD, "", {"end": f"{YEAR + 1}-12-31"}),
        (ChangeKind.PLAN_ADDED, plan.key, {}),
        on=dt.date(YEAR, 12, 1),
        title="Prolongation",
    )
    approve(cast, avenant)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.ARRETE
    sign_all(cast, avenant)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.ENGAGE
    assert plan.legal_basis["text"] == "avenant n° 1 du 10 mars 2026 à la convention 62-NEUVE"
    years = [row.plan.year for row in situation_on(signed, dt.date(YEAR + 1, 2, 1)).plans]
    assert years == [YEAR, YEAR + 1]
    assert [row.plan.year for row in situation_on(signed, MARCH).plans] == [YEAR]
    assert Titre.objects.filter(plan=plan).exists()


def test_a_nearer_end_cuts_what_is_due_in_proportion(cast, signed):
    signed_avenant(cast, signed, (ChangeKind.PERIOD, "", {"end": f"{YEAR}-09-30"}), on=JULY, title="Durée")
    titre = share_titre()
    assert titre.amount == Decimal("9000.00")  # 12 000 × 9/12
    assert "La convention a pris fin le 30 septembre 2026" in titre.statement["text"]
    # Given back by a later avenant.
    signed_avenant(cast, signed, (ChangeKind.PERIOD, "", {"end": f"{YEAR}-12-31"}), on=JULY, title="Durée")
    assert share_titre().amount == Decimal("12000.00")


# --- Ends -------------------------------------------------------------------------------------------------------------


def test_a_denunciation_runs_its_notice_and_binds_until_then(cast, signed):
    ending = denounce_convention(
        convention=signed,
        received_on=dt.date(YEAR, 3, 5),
        cause="Redéploiement du service",
        form="Lettre recommandée",
        by_organisation=cast.org["epci_a"],
        by=cast.actor("gestionnaire"),
    )
    signed.refresh_from_db()
    assert (ending.last_day, signed.status) == (dt.date(YEAR, 6, 5), Status.DENONCEE)
    assert signed.in_force_on(dt.date(YEAR, 6, 5))
    assert not signed.in_force_on(dt.date(YEAR, 6, 6))
    assert signed in Convention.objects.running_on(JULY - dt.timedelta(days=30))
    assert "préavis de trois mois" in ending.working
    # Five months and five days: the fifth month is due, the sixth is filled less than half.
    assert share_titre().amount == Decimal("5000.00")
    assert PlanAmendment.objects.get(plan=cast.plan["e"]).due_until == ending.last_day
    with pytest.raises(BusinessError, match="on ne dénonce qu'une convention"):
        denounce_convention(convention=signed, received_on=MARCH, cause="Encore", by=cast.actor("gestionnaire"))


def test_a_denunciation_that_would_come_after_the_end_is_refused_and_says_why(cast, signed):
    with pytest.raises(InvalidInput, match="prend déjà fin le 31 décembre 2026, sans dénonciation"):
        denounce_convention(
            convention=signed, received_on=dt.date(YEAR, 10, 15), cause="X", by=cast.actor("gestionnaire")
        )
    signed.refresh_from_db()
    assert (signed.status, signed.endings.count()) == (Status.SIGNEE, 0)
    with pytest.raises(InvalidInput, match="n'est pas partie"):
        denounce_convention(
            convention=signed, received_on=MARCH, cause="X", by_organisation=cast.org["epci_b"],
            by=cast.actor("gestionnaire"),
        )  # fmt: skip


def test_a_termination_for_breach_waits_for_the_formal_notice(cast, signed):
    by = cast.actor("gestionnaire")
    asked = {"convention": signed, "decided_on": dt.date(YEAR, 3, 10), "cause": "Poste non pourvu", "by": by}
    with pytest.raises(InvalidInput, match="avant le 1er juin 2026"):
        terminate_convention(last_day=dt.date(YEAR, 5, 1), breach_notice_on=MARCH, **asked)
    with pytest.raises(InvalidInput, match="un jour de cette période"):
        terminate_convention(last_day=dt.date(YEAR + 1, 5, 1), **asked)
    found = consequences(signed, dt.date(YEAR, 6, 30))
    assert {(row.label, row.agreed, row.due) for row in found} == {
        (str(cast.org["departement"].label), Decimal("12000.00"), Decimal("6000.00")),
        (str(cast.org["prefecture"].label), Decimal("12000.00"), Decimal("6000.00")),
    }
    ending = terminate_convention(last_day=dt.date(YEAR, 6, 30), breach_notice_on=MARCH, **asked)
    signed.refresh_from_db()
    assert (signed.status, signed.final_day) == (Status.RESILIEE, dt.date(YEAR, 6, 30))
    assert "restée sans effet pendant trois mois" in ending.working
    assert share_titre().amount == Decimal("6000.00")


def test_an_exported_titre_is_to_be_reduced_after_an_end(cast, signed):
    issue(share_titre())
    found = {row.label: row for row in consequences(signed, dt.date(YEAR, 6, 30))}
    row = found[str(cast.org["departement"].label)]
    assert (row.to_reduce, row.proposal) == (Decimal("6000.00"), "Titre déjà exporté : une réduction est à faire.")
    terminate_convention(
        convention=signed, decided_on=MARCH, last_day=dt.date(YEAR, 6, 30), cause="D'un commun accord",
        by=cast.actor("gestionnaire"),
    )  # fmt: skip
    assert recompute(share_titre()).difference == Decimal("6000.00")


@pytest.fixture
def tacit(cast: Cast, time_machine):
    """Renewed tacitly by years, twice at most, three months' notice."""
    time_machine.move_to(TODAY, tick=False)
    convention = signed_convention(
        cast, variables={"tacit_renewal": {"months": 12, "limit": 2, "leavers": ["departement"]}}
    )
    with cast.acting("gestionnaire"):
        yield convention


def test_tacit_renewals_follow_one_another_with_their_exit_deadlines(cast, tacit):
    found = [(t.start, t.end, t.exit_by) for t in terms(tacit, until=dt.date(YEAR + 9, 1, 1))]
    assert found == [
        (dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31), dt.date(YEAR, 9, 30)),
        (dt.date(YEAR + 1, 1, 1), dt.date(YEAR + 1, 12, 31), dt.date(YEAR + 1, 9, 30)),
        (dt.date(YEAR + 2, 1, 1), dt.date(YEAR + 2, 12, 31), dt.date(YEAR + 2, 9, 30)),
    ]
    assert tacit.in_force_on(dt.date(YEAR + 2, 6, 1))
    assert not tacit.in_force_on(dt.date(YEAR + 3, 1, 1))
    assert tacit not in Convention.objects.expiring_before(dt.date(YEAR + 2, 6, 1))
    assert situation_on(tacit, dt.date(YEAR + 1, 6, 1)).term.rank == 1


def test_in_time_it_stops_the_coming_term_too_late_the_next_one(cast, tacit, time_machine):
    in_time = denunciation_effect(tacit, dt.date(YEAR, 9, 30))
    assert (in_time.last_day, in_time.late) == (dt.date(YEAR, 12, 31), False)
    late = denunciation_effect(tacit, dt.date(YEAR, 10, 1))
    assert (late.last_day, late.late) == (dt.date(YEAR + 1, 12, 31), True)
    assert "trop tard pour l'échéance du 31 décembre 2026" in late.working
    with pytest.raises(InvalidInput, match="ne se renouvelle plus"):
        denunciation_effect(tacit, dt.date(YEAR + 2, 10, 1))
    with pytest.raises(InvalidInput, match="ne permet pas"):
        denounce_convention(
            convention=tacit, received_on=dt.date(YEAR, 3, 9), cause="X", by_organisation=cast.org["epci_a"],
            by=cast.actor("gestionnaire"),
        )  # fmt: skip
    denounce_convention(
        convention=tacit, received_on=dt.date(YEAR, 3, 9), cause="X", by_organisation=cast.org["departement"],
        by=cast.actor("gestionnaire"),
    )  # fmt: skip
    tacit.refresh_from_db()
    assert tacit.final_day == dt.date(YEAR, 12, 31)
    assert share_titre().amount == Decimal("12000.00")
