"""A titre's décompte ready to read, the same lines on the page and in the PDF, amounts formatted in French.

And what its page shows beside it: state, chain, receipts, batches.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.french import date_long, date_range, upper_first
from core.money import euros, number_fr, percent
from funding.enums import TitreKind, TitreStatus
from funding.models import ExportBatch, Receipt, Titre
from funding.titre_rules import plain

UNITS = {"months": "mois", "days": "jours"}
STATUS_TONES: dict[str, str] = {
    TitreStatus.A_PREPARER: "warning",
    TitreStatus.PRET: "info",
    TitreStatus.EXPORTE: "neutral",
    TitreStatus.EMIS: "info",
    TitreStatus.ENCAISSE: "success",
    TitreStatus.ABANDONNE: "neutral",
}


def state_of(titre: Titre) -> str:
    """The state as a reader understands it: a titre wholly corrected is cancelled, one partly received says so."""
    if not titre.is_correction and titre.corrected and titre.net == 0:
        return "Annulé"
    if titre.status == TitreStatus.EMIS and titre.received > 0:
        return "Encaissé en partie"
    return str(titre.get_status_display())


def tone_of(titre: Titre) -> str:
    return "neutral" if state_of(titre) == "Annulé" else STATUS_TONES[titre.status]


def points_of(titre: Titre) -> list[dict[str, Any]]:
    """What is left to settle, with the page where it is: nothing once it left."""
    return list(titre.blockers) if titre.batch_id is None else []


def chain_of(titre: Titre) -> list[Titre]:
    """The titre, what corrects it and what was issued again after it, in order; empty when it stands alone."""
    root = titre
    while root.original is not None:
        root = root.original
    rows, todo = [root], [root]
    while todo:
        found = list(Titre.objects.filter(original__in=todo).order_by("pk"))
        rows += found
        todo = [row for row in found if row.kind == TitreKind.TITRE]
    return sorted(rows, key=lambda row: row.pk) if len(rows) > 1 else []


def receipts_of(titre: Titre) -> list[Receipt]:
    return list(titre.receipts.select_related("reversal", "source").order_by("received_on", "pk"))


def batches_of(titre: Titre) -> list[ExportBatch]:
    """Every batch it was in, the cancelled ones included."""
    batches = ExportBatch.objects.filter(lines__titre=titre).select_related("cancellation").defer("content")
    return list(batches.order_by("number"))


def lines_of(titre: Titre) -> dict[str, Any]:
    """Every part of the décompte, under the names the page and the document print them by."""
    data = titre.statement
    return {
        "period": period(titre),
        "legal": legal_lines(data),
        "costs": cost_lines(data),
        "cost_total": cost_total(data),
        "steps": calculation(titre),
        "result": result_line(titre),
        "absences": absences(data),
        "advances": [
            (_day(line["date"]), line["reference"], euros(Decimal(line["amount"]))) for line in data.get("advances", [])
        ],
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
        lines.append(("Acte", upper_first(text)))
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
    if titre.is_correction:
        return _correction_lines(titre)
    unit = UNITS.get(titre.unit, "mois")
    rate = titre.statement.get("rate")
    share = "Part convenue pour la période" + (f" ({percent(Decimal(rate))} du coût)" if rate else "")
    lines = [
        ("A", share, euros(titre.base)),
        ("B", f"Durée de la période, en {unit}", plain(titre.planned)),
        ("C", f"Durée due (poste pourvu), en {unit}", plain(titre.due)),
        ("D", "Montant avant arrondi : A × C / B", f"{_exact(titre)}\u202f€"),
    ]
    if titre.statement.get("advances"):
        lines.append(("E", "D arrondi au centime", euros(Decimal(titre.statement["gross"]))))
        lines.append(("F", "Avances déjà versées", euros(Decimal(titre.statement["advanced"]))))
    return lines


def result_line(titre: Titre) -> tuple[str, str]:
    """(letter, label) of the result."""
    if titre.is_correction:
        return "C", f"{titre.get_kind_display()} : A − B"
    if titre.statement.get("advances"):
        return "G", "Montant du titre : E − F"
    return "E", "Montant du titre (D arrondi au centime)"


def _correction_lines(titre: Titre) -> list[tuple[str, str, str]]:
    told = titre.statement.get("correction", {})
    before, after = Decimal(told.get("before", titre.amount)), Decimal(told.get("after", 0))
    return [
        ("A", "Ce que le titre réclamait avant cette correction", euros(before)),
        ("B", "Ce qu'il réclame après", euros(after)),
    ]


def _exact(titre: Titre) -> str:
    """The amount before rounding; the statement keeps it as an exact fraction."""
    numerator, _, denominator = str(titre.statement.get("exact") or titre.amount).partition("/")
    exact = Decimal(numerator) / Decimal(denominator or 1)
    return number_fr(exact, 2 if exact == exact.quantize(Decimal("0.01")) else 6)


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
    if titre.is_correction:
        return str(titre.get_kind_display())
    unit = " jours" if titre.unit == "days" else ""
    return f"{euros(titre.base)} × {plain(titre.due)}/{plain(titre.planned)}{unit}"


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _day(text: str) -> str:
    try:
        return date_long(_date(text))
    except ValueError:
        return text
