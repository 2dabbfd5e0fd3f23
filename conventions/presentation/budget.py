"""What the pages and files of the budget lines show. Amounts in euros."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from conventions.budget import LineFigures, OwnPosts
from core.french import plural
from core.money import euros_short
from core.sheets import Kind, SheetColumn


def _code(name: str) -> Any:
    def read(figures: LineFigures) -> str:
        codes = figures.line.imputation_on()
        return getattr(codes, name, "") if codes else ""

    return read


LINE_COLUMNS = (
    SheetColumn("Collectivité", lambda f: f.line.organisation.name, width=32),
    SheetColumn("Exercice", lambda f: f.line.year, Kind.NUMBER, 9),
    SheetColumn("Libellé", lambda f: f.line.label, width=44),
    SheetColumn("Opération", lambda f: f.line.operation),
    SheetColumn("Imputation", lambda f: f.line.imputation),
    SheetColumn("Nature", _code("nature"), width=10),
    SheetColumn("Fonction", _code("function"), width=10),
    SheetColumn("Chapitre", _code("chapter"), width=10),
    SheetColumn("Programme", _code("programme")),
    SheetColumn("Enveloppe", _code("envelope"), width=12),
    SheetColumn("Service", _code("service"), width=12),
    SheetColumn("Crédits votés (euros)", lambda f: f.line.voted, Kind.AMOUNT),
    SheetColumn("Disponible (euros)", lambda f: f.line.available, Kind.AMOUNT),
    SheetColumn("Proposé (euros)", lambda f: f.proposed, Kind.AMOUNT),
    SheetColumn("Solde (euros)", lambda f: f.balance, Kind.AMOUNT),
    SheetColumn("Conventions signées (euros)", lambda f: f.committed, Kind.AMOUNT),
    SheetColumn("Titres émis (euros)", lambda f: f.claimed, Kind.AMOUNT),
    SheetColumn("Titres encaissés (euros)", lambda f: f.received, Kind.AMOUNT),
    SheetColumn("Engagé (euros)", lambda f: f.line.engaged, Kind.AMOUNT),
    SheetColumn("Liquidé (euros)", lambda f: f.line.liquidated, Kind.AMOUNT),
    SheetColumn("Payé (euros)", lambda f: f.line.paid, Kind.AMOUNT),
    SheetColumn("Situation au", lambda f: f.line.situation_on, Kind.DATE),
    SheetColumn("État", lambda f: f.state[0]),
)
CHARGE_COLUMNS = (
    SheetColumn("Bénéficiaire", lambda c: c.beneficiary.name if c.beneficiary else "", width=34),
    SheetColumn("Poste ou objet", lambda c: c.label, width=44),
    SheetColumn("Plan", lambda c: c.plan.label if c.plan else "", width=40),
    SheetColumn("Conventions", lambda c: c.references),
    SheetColumn("Vote", lambda c: c.articles, width=44),
    SheetColumn("Montant voté (euros)", lambda c: voted_of(c), Kind.AMOUNT),
    SheetColumn("Proposé (euros)", lambda c: c.amount, Kind.AMOUNT),
    SheetColumn("Publié (euros)", lambda c: c.stated, Kind.AMOUNT),
    SheetColumn("État", lambda c: c.state[0]),
    SheetColumn("Titres émis (euros)", lambda c: c.claimed, Kind.AMOUNT),
    SheetColumn("Titres encaissés (euros)", lambda c: c.received, Kind.AMOUNT),
    SheetColumn("Calcul", lambda c: c.explanation["formula"], width=80),
)


def voted_of(charge: Any) -> Decimal | None:
    """What the articles attribute; None without a vote."""
    amounts = [vote.amount for vote in charge.votes if vote.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def totals_of(rows: Sequence[LineFigures]) -> dict[str, Decimal]:
    """Totals of the list; unknown figures count for nothing."""
    zero = Decimal(0)
    return {
        "voted": sum((row.line.voted or zero for row in rows), zero),
        "available": sum((row.line.available or zero for row in rows), zero),
        "proposed": sum((row.proposed for row in rows), zero),
        "balance": sum((row.balance or zero for row in rows), zero),
        "committed": sum((row.committed for row in rows), zero),
    }


def line_kpis(figures: LineFigures, own: OwnPosts) -> list[dict[str, Any]]:
    """The six figures of a line, each leading to what makes it."""
    line, url = figures.line, figures.line.get_absolute_url()
    balance_tone = "" if figures.balance is None else "danger" if figures.overdrawn else "success"
    count = len(figures.charges)
    own_printed = line.stated.get("own_posts") or own.own_stated
    revenue_printed = line.stated.get("expected_revenue") or own.revenue_stated
    return [
        _kpi("Crédits votés", line.voted, line.source, f"{url}#credits"),
        _kpi("Disponible", line.available, "avant les attributions proposées", f"{url}#credits"),
        _compared("Proposé", figures.proposed, line.stated.get("proposed"), f"{url}#attributions", _counted(count)),
        _compared(
            "Solde", figures.balance, line.stated.get("balance"), f"{url}#solde", figures.state[0].lower(), balance_tone
        ),
        _compared("À charge, postes propres", own.own, own_printed, f"{url}#postes-propres"),
        _compared("Recette attendue", own.revenue, revenue_printed, f"{url}#postes-propres"),
    ]


def _kpi(label: str, value: Decimal | None, hint: str, url: str, tone: str = "") -> dict[str, Any]:
    return {"label": label, "value": "inconnu" if value is None else value, "hint": hint, "url": url, "tone": tone}


def _compared(
    label: str, value: Decimal | None, printed: Any, url: str, words: str = "", tone: str = ""
) -> dict[str, Any]:
    """A computed figure and, beside it, what a published text prints."""
    if printed in (None, ""):
        return _kpi(label, value, words, url, tone)
    amount = Decimal(printed)
    same = amount == value
    text = "publié : identique" if same else f"publié : {euros_short(amount)}"
    hint = f"{words}, {text}" if words else text
    return _kpi(label, value, hint, url, tone if same or tone == "danger" else "warning")


def _counted(count: int) -> str:
    return f"{count} {plural(count, 'attribution')}"
