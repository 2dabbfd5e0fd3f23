"""A titre's décompte ready to read: the same lines on the page and in the PDF. Pure, amounts formatted in French."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.french import date_long, date_range
from core.money import euros, number_fr, percent
from funding.enums import TitreStatus
from funding.models import Titre
from funding.titre_rules import plain

UNITS = {"months": "mois", "days": "jours"}
STATUS_TONES: dict[str, str] = {
    TitreStatus.A_PREPARER: "warning",
    TitreStatus.PRET: "info",
    TitreStatus.EXPORTE: "neutral",
    TitreStatus.EMIS: "info",
    TitreStatus.ENCAISSE: "success",
}


def lines_of(titre: Titre) -> dict[str, Any]:
    """Every part of the décompte, under the names the page and the document print them by."""
    data = titre.statement
    return {
        "period": period(titre),
        "legal": legal_lines(data),
        "costs": cost_lines(data),
        "cost_total": cost_total(data),
        "steps": calculation(titre),
        "absences": absences(data),
        "text": data.get("text", ""),
        "warnings": data.get("warnings", []),
    }


def legal_lines(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """What founds the claim: convention, deliberation, date, fingerprint of the signed text."""
    basis = statement.get("legal_basis", {})
    reference = str(statement.get("reference") or "")
    lines = []
    if reference:
        lines.append(("Convention", reference))
    text = str(basis.get("text") or "")
    if text and text.casefold() != f"convention {reference}".casefold():
        lines.append(("Acte", text[0].upper() + text[1:]))
    for key, label in (("article", "Article"), ("avenant", "Avenant"), ("deliberation", "Délibération")):
        if basis.get(key):
            lines.append((label, str(basis[key])))
    if basis.get("date"):
        lines.append(("Signée le" if reference else "Date", _day(str(basis["date"]))))
    if basis.get("sha256"):
        lines.append(("Empreinte du texte signé (début)", str(basis["sha256"])[:16]))
    return lines


def cost_lines(statement: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["label"], euros(Decimal(line["amount"]))) for line in statement.get("costs", [])]


def cost_total(statement: dict[str, Any]) -> str:
    return euros(Decimal(statement["cost_total"])) if statement.get("cost_total") else ""


def calculation(titre: Titre) -> list[tuple[str, str, str]]:
    """(letter, label, value) of the lines before the result."""
    unit = UNITS.get(titre.unit, "mois")
    rate = titre.statement.get("rate")
    share = "Part convenue pour la période" + (f" ({percent(Decimal(rate))} du coût)" if rate else "")
    return [
        ("A", share, euros(titre.base)),
        ("B", f"Durée de la période, en {unit}", plain(titre.planned)),
        ("C", f"Durée due (poste pourvu), en {unit}", plain(titre.due)),
        ("D", "Montant avant arrondi : A × C / B", f"{_exact(titre)}\u202f€"),
    ]


def _exact(titre: Titre) -> str:
    """The amount before rounding; the statement keeps it as an exact fraction."""
    numerator, _, denominator = str(titre.statement.get("exact") or titre.amount).partition("/")
    exact = Decimal(numerator) / Decimal(denominator or 1)
    return number_fr(exact, 2 if exact == titre.amount else 6)


def absences(statement: dict[str, Any]) -> list[dict[str, str]]:
    """One line per stretch without anybody in post; never who, never why."""
    return [
        {
            "post": post["label"],
            "when": date_range(_date(absence["start"]), _date(absence["end"])),
            "days": str(absence["days"]),
            "effect": "tolérée, sans effet" if absence["tolerated"] else "déduite",
        }
        for post in statement.get("posts", [])
        for absence in post["absences"]
    ]


def period(titre: Titre) -> str:
    return date_range(titre.plan.period_start, titre.plan.period_end)


def working(titre: Titre) -> str:
    """ "20 045,00 € × 5/12": the line under an amount in a list."""
    unit = " jours" if titre.unit == "days" else ""
    return f"{euros(titre.base)} × {plain(titre.due)}/{plain(titre.planned)}{unit}"


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _day(text: str) -> str:
    try:
        return date_long(_date(text))
    except ValueError:
        return text
