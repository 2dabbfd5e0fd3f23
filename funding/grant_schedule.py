"""When a grant is paid: pure functions, no row. Euros; dates inclusive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.errors import InvalidInput
from core.french import date_long
from core.money import euros, round_cent

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class PaymentTerm:
    """One payment as a text sets it: a percentage, an amount, or neither (what is left)."""

    due_on: dt.date
    percent: Decimal | None = None
    amount: Decimal | None = None
    condition: str = ""


@dataclass(frozen=True)
class Terms:
    """What a convention or the territory's settings say of a grant. ``signed_on``: once the convention is signed."""

    payments: tuple[PaymentTerm, ...]
    request_deadline: dt.date | None = None
    budget_deadline: dt.date | None = None
    reference: str = ""
    signed_on: dt.date | None = None


@dataclass(frozen=True)
class Instalment:
    """A payment with its exact amount."""

    due_on: dt.date
    amount: Decimal
    percent: Decimal | None = None
    condition: str = ""


def schedule(amount: Decimal, terms: Sequence[PaymentTerm]) -> tuple[Instalment, ...]:
    """The instalments of ``amount``, to the cent: their sum is the grant, the rounding goes to the last percentage.

    Raises :class:`InvalidInput` (``place`` "echeances[n]…") when they cannot make the grant.
    """
    if not terms:
        raise InvalidInput("Indiquez au moins une échéance.", place="echeances")
    _check(terms)
    known = [_known(amount, term) for term in terms]
    open_ranks = [rank for rank, value in enumerate(known) if value is None]
    left = amount - sum((value for value in known if value is not None), Decimal(0))
    if len(open_ranks) == 1:
        if left < 0:
            raise InvalidInput(f"Les échéances dépassent la subvention de {euros(-left)}.", place="echeances")
        known[open_ranks[0]] = left
    elif left:
        percents = [rank for rank, term in enumerate(terms) if term.percent is not None]
        whole = sum((terms[rank].percent or Decimal(0) for rank in percents), Decimal(0)) == HUNDRED
        if not percents or not whole or len(percents) != len(terms):
            word = "manque" if left > 0 else "y a en trop"
            verb = f"il {word} {euros(abs(left))}"
            raise InvalidInput(
                f"Les échéances ne font pas la subvention de {euros(amount)} : {verb}.", place="echeances"
            )
        last = percents[-1]
        known[last] = (known[last] or Decimal(0)) + left
    return tuple(
        Instalment(term.due_on, value or Decimal(0), term.percent, term.condition.strip())
        for term, value in zip(terms, known, strict=True)
    )


def _known(amount: Decimal, term: PaymentTerm) -> Decimal | None:
    if term.amount is not None:
        return term.amount
    return None if term.percent is None else round_cent(amount * term.percent / HUNDRED)


def _check(terms: Sequence[PaymentTerm]) -> None:
    previous: dt.date | None = None
    unset = 0
    for rank, term in enumerate(terms):
        place = f"echeances[{rank}]"
        if term.percent is not None and term.amount is not None:
            raise InvalidInput("Indiquez un pourcentage ou un montant, pas les deux.", place=f"{place}.amount")
        if term.percent is not None and not 0 < term.percent <= HUNDRED:
            raise InvalidInput("Un pourcentage est compris entre 0 et 100.", place=f"{place}.percent")
        if term.amount is not None and term.amount <= 0:
            raise InvalidInput("Une échéance est d'au moins un centime.", place=f"{place}.amount")
        if previous is not None and term.due_on < previous:
            raise InvalidInput(
                f"Cette échéance précède celle du {date_long(previous)} : rangez-les dans l'ordre des dates.",
                place=f"{place}.due_on",
            )
        previous = term.due_on
        unset += term.percent is None and term.amount is None
    if unset > 1:
        raise InvalidInput("Une seule échéance peut prendre le solde.", place="echeances")
