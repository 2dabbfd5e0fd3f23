"""A budget line with what it pays, as plain values. Amounts in euros."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conventions.models import Convention, Decision
from core.french import lower_first, plural
from core.money import euros_short
from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.models import BudgetLine, FundingPlan, Share, Titre
from parties.models import Organisation

from .amounts import posts_of, stated_amount, total, total_if_all

COMMITTED = (PlanStatus.ENGAGE, PlanStatus.SOLDE)
ISSUED = (TitreStatus.EMIS, TitreStatus.ENCAISSE)
#: Plan → what is known of the money in the words of a budget.
STATES = {
    PlanStatus.PROJET: ("Proposé", "neutral"),
    PlanStatus.ARRETE: ("Arrêté", "info"),
    PlanStatus.ENGAGE: ("Engagé", "success"),
    PlanStatus.SOLDE: ("Soldé", "success"),
}


@dataclass(frozen=True)
class Charge:
    """One attribution a line pays. ``share`` is None for an article of a vote that no plan carries."""

    share: Share | None
    conventions: tuple[Convention, ...]
    votes: tuple[Decision, ...]
    titres: tuple[Titre, ...] = ()

    @property
    def plan(self) -> FundingPlan | None:
        return self.share.plan if self.share else None

    @property
    def amount(self) -> Decimal | None:
        return self.share.amount if self.share else total_if_all(vote.amount for vote in self.votes)

    @property
    def stated(self) -> Decimal | None:
        return stated_amount(self.share) if self.share else None

    @property
    def beneficiary(self) -> Organisation | None:
        return self.share.plan.employer if self.share else next((v.beneficiary for v in self.votes), None)

    @property
    def label(self) -> str:
        """What it pays for: posts of the plan, or the words of the vote."""
        if self.share:
            return posts_of(self.share.plan) or self.share.plan.label
        return "; ".join(vote.subject for vote in self.votes if vote.subject) or "Attribution sans plan"

    @property
    def references(self) -> str:
        return ", ".join(convention.reference for convention in self.conventions)

    @property
    def articles(self) -> str:
        """« délibération n° 2023-332, article 7 »."""
        return "; ".join(f"{lower_first(str(vote.deliberation))}, article {vote.position}" for vote in self.votes)

    @property
    def state(self) -> tuple[str, str]:
        """Word and tone."""
        return STATES[PlanStatus(self.share.plan.status)] if self.share else ("Votée sans plan", "warning")

    @property
    def committed(self) -> bool:
        return self.share is not None and self.share.plan.status in COMMITTED

    @property
    def claimed(self) -> Decimal:
        """Titres issued, less their reductions and cancellations."""
        return total(t.amount if t.kind == TitreKind.TITRE else -t.amount for t in self.titres if t.status in ISSUED)

    @property
    def received(self) -> Decimal:
        return total(titre.received for titre in self.titres)

    @property
    def explanation(self) -> dict[str, Any]:
        """How the amount was made, down to the convention: what ``ui_amount`` shows."""
        if self.share is None:
            return {"formula": "Montant de l’article du vote : aucun plan ne le porte.", "source": self.articles}
        said = self.share.explanation or {}
        lines: list[tuple[str, Any]] = [("Plan", self.share.plan.label)]
        if self.references:
            lines.append(("Convention", self.references))
        lines += [(f"Article {vote.position} du vote", vote.amount) for vote in self.votes if vote.amount is not None]
        return {
            "formula": str(said.get("text") or said.get("formula") or ""),
            "lines": lines,
            "source": self.articles,
        }


@dataclass(frozen=True)
class Gap:
    """Articles of a vote and the shares they attribute, when the two sums differ."""

    votes: tuple[Decision, ...]
    charges: tuple[Charge, ...]

    @property
    def voted(self) -> Decimal:
        return total(vote.amount for vote in self.votes)

    @property
    def computed(self) -> Decimal:
        return total(charge.amount for charge in self.charges)


@dataclass(frozen=True)
class LineFigures:
    """A line with what it pays."""

    line: BudgetLine
    charges: tuple[Charge, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def proposed(self) -> Decimal:
        """The sum of the attributions: never typed."""
        return total(charge.amount for charge in self.charges)

    @property
    def unknown(self) -> int:
        """Attributions without an amount, hence not counted."""
        return sum(1 for charge in self.charges if charge.amount is None)

    @property
    def balance(self) -> Decimal | None:
        return None if self.line.available is None else self.line.available - self.proposed

    @property
    def overdrawn(self) -> bool:
        return self.balance is not None and self.balance < 0

    @property
    def without_vote(self) -> bool:
        """Money is attributed on it and no credit is known."""
        return bool(self.charges) and self.line.voted is None and self.line.available is None

    @property
    def committed(self) -> Decimal:
        return total(charge.amount for charge in self.charges if charge.committed)

    @property
    def claimed(self) -> Decimal:
        return total(charge.claimed for charge in self.charges)

    @property
    def received(self) -> Decimal:
        return total(charge.received for charge in self.charges)

    @property
    def state(self) -> tuple[str, str]:
        if self.overdrawn:
            return "Dépassée", "danger"
        if self.without_vote:
            return "Sans crédit", "warning"
        if self.line.available is None:
            return "Disponible inconnu", "neutral"
        return "Couverte", "success"

    @property
    def proposed_explanation(self) -> dict[str, Any]:
        count = len(self.charges)
        lines = [
            (f"{charge.beneficiary.label if charge.beneficiary else charge.label} {charge.references}".strip(), amount)
            for charge in self.charges
            if (amount := charge.amount) is not None
        ]
        words = f"Somme {plural(count, 'de l’attribution', 'des attributions')} qui portent cette ligne : {count}."
        return {"formula": words, "lines": lines}

    @property
    def balance_explanation(self) -> str:
        if self.line.available is None or self.balance is None:
            return ""
        left = f"{euros_short(self.line.available)} disponibles − {euros_short(self.proposed)} proposés"
        return f"{left} = {euros_short(self.balance)}"
