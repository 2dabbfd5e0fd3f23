"""A body's forecast as files: the table, and the statement's PDF with its data inside. Amounts in euros."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from core import sheets
from core.french import date_long
from core.money import euros
from core.sheets import Kind, SheetColumn
from parties.models import Organisation
from reporting.pdf.engine import PdfAttachment, render_pdf
from reporting.statements import body

from .lines import ForecastLine, State, YearForecast

TEMPLATE = "pdf/forecast.html"
FORMAT = "cosigne-etat-previsionnel"
VERSION = 1

COLUMNS = (
    SheetColumn("Année", lambda r: r.year, Kind.NUMBER, 8),
    SheetColumn("Débiteur", lambda r: r.debtor.name, width=34),
    SheetColumn("Créancier", lambda r: r.creditor.name, width=34),
    SheetColumn("Postes", lambda r: r.posts, width=40),
    SheetColumn("Convention", lambda r: r.references),
    SheetColumn("État", lambda r: r.state.label, width=14),
    SheetColumn("Part convenue (euros)", lambda r: r.agreed, Kind.AMOUNT),
    SheetColumn("Dû (euros)", lambda r: r.due, Kind.AMOUNT),
    SheetColumn("Payé (euros)", lambda r: r.received, Kind.AMOUNT),
    SheetColumn("Reste (euros)", lambda r: r.remaining, Kind.AMOUNT),
    SheetColumn("Hypothèse non comptée (euros)", lambda r: r.last_known, Kind.AMOUNT),
    SheetColumn("Année de l'hypothèse", lambda r: r.last_year, Kind.NUMBER, 10),
    SheetColumn("Calcul", lambda r: r.explanation, width=80),
)
#: The same table read from a statement's content: what is attached to the PDF never depends on today's data.
_ATTACHED = tuple(
    SheetColumn(header, read, kind)
    for header, read, kind in (
        ("Année", lambda r: r["year"], Kind.NUMBER),
        ("Créancier", lambda r: r["creditor"], Kind.TEXT),
        ("Postes", lambda r: r["posts"], Kind.TEXT),
        ("Convention", lambda r: r["conventions"], Kind.TEXT),
        ("État", lambda r: r["state"], Kind.TEXT),
        ("Part convenue (euros)", lambda r: _decimal(r["agreed"]), Kind.AMOUNT),
        ("Dû (euros)", lambda r: _decimal(r["due"]), Kind.AMOUNT),
        ("Payé (euros)", lambda r: _decimal(r["received"]), Kind.AMOUNT),
        ("Reste (euros)", lambda r: _decimal(r["remaining"]), Kind.AMOUNT),
        ("Hypothèse non comptée (euros)", lambda r: _decimal(r["last_known"]), Kind.AMOUNT),
        ("Année de l'hypothèse", lambda r: r["last_year"], Kind.NUMBER),
    )
)


def forecast_sheet(lines: Iterable[ForecastLine], *, file_format: str, created: dt.datetime) -> bytes:
    """The lines as "csv" or "xlsx"."""
    rows = sheets.values(COLUMNS, lines)
    return sheets.write_sheet(file_format, COLUMNS, rows, title="Participations prévues", created=created)


def content_of(
    *, number: str, debtor: Organisation, issuer: str, situation_on: dt.date, years: list[YearForecast]
) -> dict[str, Any]:
    """Everything a statement prints, as plain data: amounts are texts with two decimals, None when unknown."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "number": number,
        "issuer": issuer,
        "debtor": body(debtor) | {"key": debtor.key, "siren": debtor.siren},
        "situation_on": situation_on.isoformat(),
        "years": [
            {
                "year": year.year,
                "due": _text(year.due if year.known else None),
                "firm": _text(year.firm if year.known else None),
                "received": _text(year.received),
                "remaining": _text(year.remaining if year.known else None),
                "unpriced": year.unpriced,
                "last_known": _text(year.last_known),
                "lines": [_line(line) for line in year.lines],
            }
            for year in years
        ],
    }


def _line(line: ForecastLine) -> dict[str, Any]:
    return {
        "year": line.year,
        "creditor": line.creditor.name,
        "creditor_siren": line.creditor.siren,
        "posts": line.posts,
        "conventions": line.references,
        "state": line.state.label,
        "state_code": line.state.value,
        "titres": list(line.claim.numbers) if line.claim else [],
        "agreed": _text(line.agreed),
        "due": _text(line.due),
        "received": _text(line.received),
        "remaining": _text(line.remaining),
        "last_known": _text(line.last_known),
        "last_year": line.last_year,
        "assumption": line.assumption,
        "explanation": line.explanation,
    }


def data_bytes(content: Mapping[str, Any]) -> bytes:
    """The content as the JSON file attached to the PDF: one content, one sequence of bytes."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def data_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of :func:`data_bytes`: printed by the document, computed again by whoever checks the attached file."""
    return hashlib.sha256(data_bytes(content)).hexdigest()


def render_forecast(*, content: Mapping[str, Any], issued_at: dt.datetime) -> bytes:
    """The statement's PDF/A-3a and PDF/UA-1, its data attached as JSON and CSV.

    The same content and date give the same bytes. Errors are those of ``render_pdf``.
    """
    rows = [line for year in content["years"] for line in year["lines"]]
    name = str(content["number"])
    return render_pdf(
        template=TEMPLATE,
        context=printed(content),
        title=f"État prévisionnel des participations {name}",
        created=issued_at,
        attachments=[
            PdfAttachment(f"{name}.json", data_bytes(content), "Données dont l'état donne l'empreinte", issued_at),
            PdfAttachment(
                f"{name}.csv",
                sheets.write_csv(_ATTACHED, sheets.values(_ATTACHED, rows)),
                "Lignes de l'état, pour un tableur",
                issued_at,
            ),
        ],
    )


def printed(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the template prints, formatted."""
    digest = data_digest(content)
    return {
        "state": content,
        "situation": date_long(dt.date.fromisoformat(content["situation_on"])),
        "first": content["years"][0]["year"],
        "last": content["years"][-1]["year"],
        "years": [_printed_year(year) for year in content["years"]],
        "digest": " ".join(digest[start : start + 8] for start in range(0, 64, 8)),
    }


def _printed_year(year: Mapping[str, Any]) -> dict[str, Any]:
    none = "non chiffré" if year["lines"] else "–"
    names = ("due", "firm", "received", "remaining", "last_known")
    amounts = {name: none if year[name] is None else euros(Decimal(year[name])) for name in names}
    lines = [
        {**line, **{name: _shown(line[name]) for name in ("due", "received", "remaining")}} for line in year["lines"]
    ]
    assumed = any(line["state_code"] == State.UNPRICED and line["last_known"] for line in year["lines"])
    return {"year": year["year"], "lines": lines, "unpriced": year["unpriced"], "assumed": assumed} | amounts


def _shown(text: str | None) -> str:
    return "non chiffré" if text is None else euros(Decimal(text))


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
