"""The committee's pack as one PDF/A-3a, PDF/UA-1, its tables attached as CSV."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from core import sheets
from core.french import date_long
from core.sheets import Kind, SheetColumn
from reporting.pdf.engine import PdfAttachment, render_pdf

from .copil import MEASURES, Copil
from .reasons import PRECEDENCE
from .sheet import RISK_COLUMNS

TEMPLATE = "pdf/copil.html"
#: Anchor and title of each part, in the order of the agenda.
AGENDA = (
    ("chiffres", "Chiffres clés"),
    ("activite", "Activité par poste"),
    ("couverture", "Couverture du territoire"),
    ("argent", "Financement par financeur"),
    ("risques", "Argent à risque"),
    ("comptes-rendus", "Comptes rendus reçus et en retard"),
    ("calendrier", "Calendrier des six prochains mois"),
    ("decisions", "Décisions à prendre"),
    ("emargement", "Feuille d’émargement"),
)


def copil_pdf(copil: Copil) -> bytes:
    """The pack, dated of its day: the same data on the same day give the same bytes. Errors: see ``render_pdf``."""
    moment = dt.datetime.combine(copil.today, dt.time(), dt.UTC)
    context = {
        "copil": copil,
        "agenda": AGENDA,
        "measures": [label for _name, label in MEASURES],
        "precedence": PRECEDENCE,
        "situation": date_long(copil.today),
    }
    return render_pdf(
        template=TEMPLATE,
        context=context,
        title=f"{copil_title(copil)} – {copil.territory}",
        created=moment,
        attachments=[
            PdfAttachment(name=name, content=content, description=said, moment=moment)
            for name, content, said in _tables(copil)
        ],
    )


def copil_title(copil: Copil) -> str:
    about = f" – convention {copil.convention}" if copil.convention else ""
    return f"Dossier du comité de pilotage {copil.year}{about}"


def copil_filename(copil: Copil) -> str:
    """ "copil-2023.pdf", "copil-2023-62-A10.pdf"."""
    about = re.sub(r"[^A-Za-z0-9]+", "-", copil.convention).strip("-")
    return f"copil-{copil.year}{f'-{about}' if about else ''}.pdf"


def _tables(copil: Copil) -> list[tuple[str, bytes, str]]:
    activity = [
        SheetColumn("Poste", lambda row: row.label),
        SheetColumn("Employeur", lambda row: row.employer),
        *(SheetColumn(label, _nth(rank)) for rank, (_name, label) in enumerate(MEASURES)),
        SheetColumn("Période", lambda row: row.basis),
    ]
    money = [
        SheetColumn("Financeur", lambda row: row.label),
        *(
            SheetColumn(label, _named(name), Kind.AMOUNT)
            for label, name in (
                ("Prévu", "planned"),
                ("Engagé", "committed"),
                ("Appelé", "called"),
                ("Encaissé", "received"),
            )
        ),
    ]
    dates = [
        SheetColumn("Jour", lambda row: row.due_on, Kind.DATE),
        SheetColumn("Échéance", lambda row: row.title),
        SheetColumn("Qui", lambda row: row.who),
        SheetColumn("Convention", lambda row: row.convention),
    ]
    return [
        ("activite.csv", _csv(activity, copil.activity), "Activité par poste, version partagée"),
        ("financement.csv", _csv(money, copil.money), "Financement par financeur"),
        ("argent-a-risque.csv", _csv(RISK_COLUMNS, copil.risk.lines), "Argent à risque, ligne par ligne"),
        ("calendrier.csv", _csv(dates, copil.dates), "Échéances des six prochains mois"),
    ]


def _csv(columns: Sequence[SheetColumn], rows: Sequence[Any]) -> bytes:
    return sheets.write_csv(columns, sheets.values(columns, rows))


def _nth(rank: int) -> Any:
    return lambda row: row.figures[rank]


def _named(name: str) -> Any:
    return lambda row: getattr(row, name)
