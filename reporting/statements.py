"""The décompte of a titre: the working of its amount, as a document that goes with it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.french import date_long, date_range
from core.money import euros, in_words, number_fr, percent
from funding.exports.addresses import address_of, identifier_of
from funding.models import Titre
from funding.titre_rules import plain
from parties.models import Organisation
from reporting.pdf.engine import render_pdf

TEMPLATE = "pdf/decompte.html"
UNITS = {"months": "mois", "days": "jours"}


def render_statement(*, titre: Titre) -> bytes:
    """The décompte's PDF/A-3a. Reads the titre's frozen statement: the same titre gives the same bytes.

    Holds no personal data: bodies, dates and figures only. Errors are those of ``render_pdf``.
    """
    return render_pdf(
        template=TEMPLATE,
        context=statement_context(titre),
        title=f"Décompte {titre.entry_id}",
        created=statement_date(titre),
    )


def statement_date(titre: Titre) -> dt.datetime:
    """When the figures were settled: the export, else the last computation."""
    return titre.batch.created_at if titre.batch else titre.updated_at


def statement_context(titre: Titre) -> dict[str, Any]:
    """Everything the template prints, formatted."""
    data = titre.statement
    return {
        "titre": titre,
        "plan_label": titre.plan.label,
        "issuer": body(titre.issuer),
        "debtor": body(titre.debtor),
        "draft": titre.batch_id is None,
        "date": date_long(statement_date(titre).date()),
        "period": _period(data),
        "legal": legal_lines(data),
        "costs": [(line["label"], euros(Decimal(line["amount"]))) for line in data.get("costs", [])],
        "cost_total": euros(Decimal(data["cost_total"])) if data.get("cost_total") else "",
        "steps": calculation(titre),
        "absences": absences(data),
        "several_posts": len(data.get("posts", [])) > 1,
        "text": data.get("text", ""),
        "warnings": data.get("warnings", []),
        "amount": euros(titre.amount),
        "words": in_words(titre.amount),
        "share": data.get("share", {}),
    }


def body(organisation: Organisation) -> dict[str, Any]:
    """An organisation as a letterhead shows it: full name, address lines, number."""
    address = address_of(organisation)
    lines = [address.line1, address.line2, address.line3, f"{address.postal_code} {address.city}".strip()]
    number, kind = identifier_of(organisation)
    return {
        "name": organisation.french.text,
        "lines": [line for line in lines if line],
        "number": f"{'SIRET' if kind == '01' else 'SIREN'} {_spaced(number)}" if number else "",
    }


def _spaced(number: str) -> str:
    """ "176 200 016 00017", as INSEE prints it."""
    return " ".join(filter(None, [number[:3], number[3:6], number[6:9], number[9:]]))


def legal_lines(data: dict[str, Any]) -> list[tuple[str, str]]:
    """What founds the claim: convention, deliberation, date, version."""
    basis = data.get("legal_basis", {})
    lines = []
    if data.get("reference"):
        lines.append(("Convention", str(data["reference"])))
    text = str(basis.get("text") or "")
    if text and text.casefold() != f"convention {data.get('reference', '')}".casefold():
        lines.append(("Acte", text[0].upper() + text[1:]))
    for key, label in (("article", "Article"), ("avenant", "Avenant"), ("deliberation", "Délibération")):
        if basis.get(key):
            lines.append((label, str(basis[key])))
    if basis.get("date"):
        lines.append(("Signée le" if data.get("reference") else "Date", _day(str(basis["date"]))))
    if basis.get("sha256"):
        lines.append(("Empreinte du texte signé", str(basis["sha256"])[:16] + "…"))
    return lines


def calculation(titre: Titre) -> list[tuple[str, str, str]]:
    """(line, label, value) of the table, letters as accounting statements number them."""
    data = titre.statement
    unit = UNITS.get(titre.unit, "mois")
    rows = [("Part convenue pour la période", euros(titre.base))]
    rows.append((f"Durée de la période, en {unit}", plain(titre.planned)))
    rows.append((f"Durée due (poste pourvu), en {unit}", plain(titre.due)))
    rows.append(("Montant avant arrondi : A × C / B", f"{_exact(titre)}\u202f€"))
    lettered = [(letter, label, value) for letter, (label, value) in zip("ABCD", rows, strict=True)]
    if data.get("rate"):
        lettered[0] = ("A", f"{lettered[0][1]} ({percent(Decimal(data['rate']))} du coût)", lettered[0][2])
    return lettered


def _exact(titre: Titre) -> str:
    """The amount before rounding; the statement keeps it as an exact fraction."""
    numerator, _, denominator = str(titre.statement.get("exact") or titre.amount).partition("/")
    return number_fr(Decimal(numerator) / Decimal(denominator or 1), 6)


def absences(data: dict[str, Any]) -> list[dict[str, str]]:
    """One line per stretch without anybody in post; never who, never why."""
    lines = []
    for post in data.get("posts", []):
        for absence in post["absences"]:
            lines.append(
                {
                    "post": post["label"],
                    "when": date_range(_date(absence["start"]), _date(absence["end"])),
                    "days": str(absence["days"]),
                    "effect": "tolérée, sans effet" if absence["tolerated"] else "déduite",
                }
            )
    return lines


def _period(data: dict[str, Any]) -> str:
    period = data.get("period")
    return date_range(_date(period["start"]), _date(period["end"])) if period else ""


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _day(text: str) -> str:
    try:
        return date_long(_date(text))
    except ValueError:
        return text
