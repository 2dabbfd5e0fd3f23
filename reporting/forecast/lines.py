"""What each body owes, to whom and how sure it is. Plain values; amounts in euros.

A line is a share of a plan, with the titre that claims it if there is one. When a convention runs on into a year that
no plan covers, the line has no amount: the last one known is given as an assumption and counts in no total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models

from conventions.models import Convention
from core.money import euros_short
from funding.models import FundingPlan, Share
from parties.models import Organisation

ZERO = Decimal(0)
#: Years shown: the one asked and the next two.
HORIZON = 3


class State(models.TextChoices):
    """How sure an amount is, the surest last."""

    UNPRICED = "non_chiffre", "Non chiffré"
    DRAFT = "projet", "Projet"
    APPROVED = "arrete", "Arrêté"
    COMMITTED = "engage", "Engagé"
    CLAIMED = "titre", "Titre émis"
    PAID = "paye", "Payé"


TONES = {
    State.UNPRICED: "warning",
    State.DRAFT: "neutral",
    State.APPROVED: "info",
    State.COMMITTED: "info",
    State.CLAIMED: "warning",
    State.PAID: "success",
}


@dataclass(frozen=True)
class Claim:
    """What titres say of a share: prepared, issued and received, reductions taken off."""

    amount: Decimal
    issued: bool
    received: Decimal
    numbers: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class ForecastLine:
    """What ``debtor`` owes to ``creditor`` for ``year``; unpriced, ``plan`` and ``share`` are the last known ones."""

    year: int
    debtor: Organisation
    creditor: Organisation
    posts: str
    conventions: tuple[Convention, ...]
    plan: FundingPlan | None = None
    share: Share | None = None
    claim: Claim | None = None
    state: State = State.DRAFT
    last_known: Decimal | None = None
    last_year: int | None = None

    @property
    def agreed(self) -> Decimal | None:
        """The share of the plan; None when there is no plan or its amount is not known."""
        if self.state is State.UNPRICED or self.share is None:
            return None
        return self.share.amount

    @property
    def due(self) -> Decimal | None:
        """What the titres claim once prepared (absences deducted), else the share."""
        return self.claim.amount if self.claim else self.agreed

    @property
    def received(self) -> Decimal:
        return self.claim.received if self.claim else ZERO

    @property
    def remaining(self) -> Decimal | None:
        return None if self.due is None else self.due - self.received

    @property
    def references(self) -> str:
        return ", ".join(convention.reference for convention in self.conventions)

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def assumption(self) -> str:
        """Said beside a line without amount; never counted."""
        if self.state is not State.UNPRICED:
            return ""
        if self.last_known is None:
            return "La convention court, aucun plan n’existe pour cette année et aucun montant n’est connu."
        return (
            f"La convention court, aucun plan n’existe pour cette année. Hypothèse non comptée : dernier montant connu,"
            f" {euros_short(self.last_known)} en {self.last_year}."
        )

    @property
    def explanation(self) -> str:
        if self.claim:
            return self.claim.text
        if self.state is State.UNPRICED or self.share is None:
            return ""
        said = self.share.explanation or {}
        return str(said.get("text") or said.get("formula") or "")


@dataclass(frozen=True)
class YearForecast:
    """The lines of one year and their sums: only amounts that a plan or a titre gives are counted."""

    year: int
    lines: tuple[ForecastLine, ...]

    @property
    def due(self) -> Decimal:
        return _sum(line.due for line in self.lines)

    @property
    def known(self) -> bool:
        """Whether an amount is known at all: a sum of nothing is not "0 €"."""
        return any(line.due is not None for line in self.lines)

    @property
    def firm(self) -> Decimal:
        """Of which settled: plans frozen, committed, claimed or paid."""
        return _sum(line.due for line in self.lines if line.state not in (State.DRAFT, State.UNPRICED))

    @property
    def received(self) -> Decimal:
        return _sum(line.received for line in self.lines)

    @property
    def remaining(self) -> Decimal:
        return self.due - self.received

    @property
    def unpriced(self) -> int:
        """Lines that have no amount, for want of a plan or of a cost."""
        return sum(1 for line in self.lines if line.due is None)

    @property
    def last_known(self) -> Decimal:
        """What the lines without plan were last known to be: an assumption, in no total."""
        return _sum(line.last_known for line in self.lines if line.state is State.UNPRICED)


def by_year(lines: Iterable[ForecastLine], first: int) -> list[YearForecast]:
    """One forecast for each year of the horizon, empty ones included."""
    rows = list(lines)
    return [YearForecast(y, tuple(r for r in rows if r.year == y)) for y in range(first, first + HORIZON)]


def by_debtor(lines: Sequence[ForecastLine], first: int) -> list[tuple[Organisation, list[YearForecast]]]:
    """Each body with its years, by name."""
    bodies = sorted({line.debtor for line in lines}, key=lambda body: (body.name, body.pk))
    return [(body, by_year([line for line in lines if line.debtor == body], first)) for body in bodies]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), ZERO)


def forecast_lines(*, first: int, debtor: Organisation | None = None) -> list[ForecastLine]:
    """Every line of the horizon that the acting person may see; ``debtor``: those of one body.

    The number of queries does not grow with the lines. Row-level security narrows what is read.
    """
    from .reading import Reading

    return Reading(first=first, debtor=debtor).lines()
