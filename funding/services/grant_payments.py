"""Payments of a grant, what undoes them, and money a financer asks back. Nothing written here is ever changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.french import date_long
from core.money import euros
from funding import grant_workflow
from funding.enums_grants import COMMITTED, PaymentKind
from funding.models import Grant, GrantInstalment, GrantPayment, GrantRepayment
from parties.actors import Actor

from .grants import lock_grant

ZERO = Decimal(0)


@transaction.atomic
def record_payment(
    *,
    grant: Grant,
    amount: Decimal,
    paid_on: dt.date,
    number: str,
    by: Actor,
    instalment: GrantInstalment | None = None,
) -> GrantPayment:
    """What the financer paid (euros), with its mandat. The same line sent twice is recorded once.

    Without ``instalment``, the first one not wholly paid.

    Raises :class:`InvalidInput` (amount over what remains, date in the future), :class:`NotAllowed` for another
    organisation's grant, :class:`BusinessError` before the grant is awarded.
    """
    locked = _payable(grant, by)
    number = number.strip()
    if not number:
        raise InvalidInput("Indiquez le numéro du mandat.", place="number")
    if instalment is not None and instalment.grant_id != locked.pk:
        raise InvalidInput("Cette échéance n'est pas de cette subvention.", place="instalment")
    same = _standing(locked, PaymentKind.VERSEMENT).filter(amount=amount, paid_on=paid_on, number=number)
    if already := (same if instalment is None else same.filter(instalment=instalment)).first():
        return already
    _check_date(paid_on)
    instalment = instalment or next((row for row in locked.instalments.all() if row.remaining > 0), None)
    left = instalment.remaining if instalment is not None else locked.remaining
    _check_amount(amount, min(left, locked.remaining), "Il reste {left} à verser")
    line = _write(locked, PaymentKind.VERSEMENT, amount, paid_on, number, by, instalment=instalment)
    _settle(locked, act="verser", by=by, reason=f"{euros(amount)}, mandat n° {number}")
    return line


@transaction.atomic
def reverse_payment(*, payment: GrantPayment, reason: str, by: Actor) -> GrantPayment:
    """Undo a wrong line by another one that points to it. Undoing it twice gives the same line."""
    locked = _payable(payment.grant, by)
    if payment.kind == PaymentKind.EXTOURNE:
        raise BusinessError("Une annulation ne s'annule pas : enregistrez de nouveau le versement.")
    if already := GrantPayment.objects.filter(reverses=payment).first():
        return already
    if not reason.strip():
        raise InvalidInput("Dites pourquoi cette écriture est annulée : le motif reste.", place="reason")
    if payment.kind == PaymentKind.VERSEMENT and locked.paid - payment.amount < locked.repaid:
        raise BusinessError("L'association a déjà reversé une partie de ce versement : annulez d'abord le reversement.")
    line = _write(
        locked,
        PaymentKind.EXTOURNE,
        payment.amount,
        timezone.localdate(),
        payment.number,
        by,
        instalment=payment.instalment,
        reverses=payment,
        reason=reason.strip()[:300],
    )
    _settle(locked, act="annuler", by=by, reason=f"{euros(payment.amount)} : {reason.strip()}")
    return line


@transaction.atomic
def ask_repayment(*, grant: Grant, amount: Decimal, due_on: dt.date | None, reason: str, by: Actor) -> GrantRepayment:
    """The financer asks ``amount`` (euros) back: the grant is then « à reverser ».

    Raises :class:`InvalidInput` over what the association still holds.
    """
    locked = _payable(grant, by)
    if not reason.strip():
        raise InvalidInput("Indiquez le motif du reversement.", place="reason")
    same = [r for r in _open_requests(locked) if (r.amount, r.due_on, r.reason) == (amount, due_on, reason.strip())]
    if same:
        return same[0]
    _check_amount(amount, locked.paid - locked.repaid - owed_back(locked), "L'association détient encore {left}")
    line = GrantRepayment.objects.create(
        grant=locked,
        amount=amount,
        asked_on=timezone.localdate(),
        due_on=due_on,
        reason=reason.strip()[:300],
        by=by.user,
        by_label=by.label,
    )
    _settle(locked, act="reclamer", by=by, reason=f"{euros(amount)} : {line.reason}")
    return line


@transaction.atomic
def withdraw_repayment(*, repayment: GrantRepayment, reason: str, by: Actor) -> GrantRepayment:
    """Give up a request for money back, by a linked line."""
    locked = _payable(repayment.grant, by)
    if already := GrantRepayment.objects.filter(cancels=repayment).first():
        return already
    if repayment.cancels_id:
        raise BusinessError("Cette ligne est déjà un retrait.")
    if not reason.strip():
        raise InvalidInput("Dites pourquoi la demande est retirée.", place="reason")
    if owed_back(locked) < repayment.amount:
        raise BusinessError("Cette demande est déjà honorée en partie : elle ne se retire plus.")
    line = GrantRepayment.objects.create(
        grant=locked,
        amount=repayment.amount,
        asked_on=timezone.localdate(),
        reason=reason.strip()[:300],
        cancels=repayment,
        by=by.user,
        by_label=by.label,
    )
    _settle(locked, act="retirer", by=by, reason=line.reason)
    return line


@transaction.atomic
def record_repayment(*, grant: Grant, amount: Decimal, paid_on: dt.date, number: str, by: Actor) -> GrantPayment:
    """What the association gave back (euros), recorded by the financer that received it."""
    locked = _payable(grant, by)
    number = number.strip()
    same = _standing(locked, PaymentKind.REVERSEMENT).filter(amount=amount, paid_on=paid_on, number=number)
    if number and (already := same.first()):
        return already
    _check_date(paid_on)
    _check_amount(amount, owed_back(locked), "Il reste {left} à reverser")
    line = _write(locked, PaymentKind.REVERSEMENT, amount, paid_on, number, by)
    _settle(locked, act="reverser", by=by, reason=euros(amount))
    return line


def owed_back(grant: Grant) -> Decimal:
    """Asked back and not yet given back, euros. Reads ``repayments`` and ``payments``."""
    asked = sum((-r.amount if r.cancels_id else r.amount for r in grant.repayments.all()), ZERO)
    return asked - grant.repaid


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _payable(grant: Grant, by: Actor) -> Grant:
    by.require("grant.pay")
    locked = lock_grant(grant)
    if not by.is_staff and (by.organisation is None or by.organisation.pk != locked.financer_id):
        raise NotAllowed(f"Seul le service financier de {locked.financer} enregistre ce qu'il verse.")
    if locked.status not in COMMITTED:
        raise BusinessError(
            f"Cette subvention est « {locked.get_status_display()} » : elle se verse une fois attribuée."
        )
    return locked


def _standing(grant: Grant, kind: str):  # type: ignore[no-untyped-def]
    """Lines of that kind that nothing undid."""
    return GrantPayment.objects.filter(grant=grant, kind=kind, reversed_by__isnull=True)


def _open_requests(grant: Grant) -> Iterable[GrantRepayment]:
    return GrantRepayment.objects.filter(grant=grant, cancels__isnull=True, cancelled_by__isnull=True)


def _check_date(day: dt.date) -> None:
    if day > timezone.localdate():
        raise InvalidInput(f"Le {date_long(day)} est dans l'avenir : on enregistre ce qui est fait.", place="paid_on")


def _check_amount(amount: Decimal, left: Decimal, words: str) -> None:
    if amount <= 0:
        raise InvalidInput("Le montant est d'au moins un centime.", place="amount")
    if amount > left:
        raise InvalidInput(
            f"{words.format(left=euros(max(left, ZERO)))} : indiquez ce montant au plus.", place="amount"
        )


def _write(
    grant: Grant,
    kind: str,
    amount: Decimal,
    paid_on: dt.date,
    number: str,
    by: Actor,
    *,
    instalment: GrantInstalment | None = None,
    reverses: GrantPayment | None = None,
    reason: str = "",
) -> GrantPayment:
    return GrantPayment.objects.create(
        grant=grant,
        kind=kind,
        amount=amount,
        paid_on=paid_on,
        number=number,
        instalment=instalment,
        reverses=reverses,
        reason=reason,
        by=by.user,
        by_label=by.label,
    )


def _settle(grant: Grant, *, act: str, by: Actor, reason: str) -> None:
    """The state that follows from the lines now written."""
    target = grant_workflow.state_of(amount=grant.amount, paid=grant.paid, owed_back=owed_back(grant))
    grant_workflow.advance(grant, act=act, by=by, reason=reason, target=target)
