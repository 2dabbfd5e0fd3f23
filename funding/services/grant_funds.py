"""Dedicated funds: what an association has not used of a financer's grants, year after year."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.money import euros
from funding.enums_grants import FundStatus
from funding.models import DedicatedFund, Grant
from parties.actors import Actor
from parties.models import Organisation

ZERO = Decimal(0)


def recorded(beneficiary: Organisation, financer: Organisation, year: int) -> tuple[Decimal, Decimal]:
    """(paid, given back), euros, of the year's grants of ``financer``: what the payments recorded say."""
    grants = Grant.objects.filter(beneficiary=beneficiary, financer=financer, year=year).for_list()  # type: ignore[attr-defined]
    rows = list(grants)
    return sum((g.paid for g in rows), ZERO), sum((g.repaid for g in rows), ZERO)


def previous_of(beneficiary: Organisation, financer: Organisation, year: int) -> DedicatedFund | None:
    return DedicatedFund.objects.filter(beneficiary=beneficiary, financer=financer, year=year - 1).first()


@transaction.atomic
def save_fund(
    *,
    beneficiary: Organisation,
    financer: Organisation,
    year: int,
    used: Decimal,
    by: Actor,
    opening: Decimal | None = None,
    note: str = "",
) -> DedicatedFund:
    """What was used of the financer's money in ``year`` (euros); received and given back come from the payments.

    ``opening`` None: the previous year's closing. An opening that differs from it is kept, and is a finding.
    Raises :class:`InvalidInput` when more is used than there was, :class:`BusinessError` on a closed year.
    """
    by.require("grant.request")
    if not by.is_staff and (by.organisation is None or by.organisation.pk != beneficiary.pk):
        raise NotAllowed("Seule l'association tient ses fonds dédiés.")
    if used < 0 or (opening is not None and opening < 0):
        raise InvalidInput("Ces montants ne sont pas négatifs.", place="used" if used < 0 else "opening")
    row = _locked(beneficiary, financer, year)
    if row is not None and row.is_closed:
        raise BusinessError(f"Les fonds dédiés de {year} sont arrêtés : le gestionnaire peut les rouvrir.")
    if opening is None:
        previous = previous_of(beneficiary, financer, year)
        opening = previous.closing if previous else ZERO
    received, repaid = recorded(beneficiary, financer, year)
    closing = opening + received - used - repaid
    if closing < 0:
        raise InvalidInput(
            f"{euros(used)} dépassent les {euros(opening + received - repaid)} reportés et reçus.",
            place="used",
        )
    row = row or DedicatedFund(beneficiary=beneficiary, financer=financer, year=year)
    row.opening, row.received, row.used, row.repaid, row.note = opening, received, used, repaid, note.strip()[:300]
    row.save()
    return row


@transaction.atomic
def close_fund(*, fund: DedicatedFund, by: Actor) -> DedicatedFund:
    """The year's accounts are settled: the figures stay, the closing is carried to the next year."""
    by.require("grant.request")
    row = _locked(fund.beneficiary, fund.financer, fund.year)
    if row is None or (not by.is_staff and (by.organisation is None or by.organisation.pk != row.beneficiary_id)):
        raise NotAllowed("Seule l'association arrête ses fonds dédiés.")
    if not row.is_closed:
        received, repaid = recorded(row.beneficiary, row.financer, row.year)
        if (received, repaid) != (row.received, row.repaid):
            raise BusinessError(
                f"Des versements ont été enregistrés depuis : {euros(received)} reçus, {euros(repaid)} reversés. "
                "Enregistrez de nouveau cette ligne, puis arrêtez-la."
            )
        row.status = FundStatus.ARRETE
        row.save(update_fields=["status", "updated_at"])
    return row


@transaction.atomic
def reopen_fund(*, fund: DedicatedFund, reason: str, by: Actor) -> DedicatedFund:
    """A closed year corrected, with its reason (kept in the journal). The managers' act."""
    by.require("grant.manage")
    if not reason.strip():
        raise InvalidInput("Dites pourquoi ces fonds dédiés sont rouverts.", place="reason")
    row = _locked(fund.beneficiary, fund.financer, fund.year)
    if row is None or not row.is_closed:
        raise BusinessError("Ces fonds dédiés ne sont pas arrêtés.")
    row.status, row.reason = FundStatus.OUVERT, reason.strip()[:300]
    row.save(update_fields=["status", "reason", "updated_at"])
    return row


def _locked(beneficiary: Organisation, financer: Organisation, year: int) -> DedicatedFund | None:
    rows = DedicatedFund.objects.select_for_update(of=("self",))
    return rows.filter(beneficiary=beneficiary, financer=financer, year=year).first()
