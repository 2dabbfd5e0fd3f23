"""The public version as open data: one figure a line, under names that do not change from year to year.

CSV as public catalogues read it (UTF-8, commas, decimal points, one header line), the same in JSON with the dictionary
of its indicators, and a Table Schema (frictionlessdata.io) to check them by. Under which licence it is put online is
the département's decision: the file leaves it empty.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.sheets import Kind, neutralise
from reporting.bilan.documents import ACTIVITY
from reporting.bilan.full import FullBilan
from reporting.bilan.parts import Part
from reporting.bilan.present import HEADERS, sheet_columns
from reporting.bilan.publication import HIDDEN, Version

CSV, JSON, SCHEMA = "donnees.csv", "donnees.json", "schema.json"
#: File → media type.
OPEN_DATA = {
    CSV: "text/csv; charset=utf-8",
    JSON: "application/json; charset=utf-8",
    SCHEMA: "application/json; charset=utf-8",
}
SHOWN, MASKED, UNKNOWN = "publie", "masque", "non_connu"
FORMAT = 1
#: Field → (type, what it holds), in the order of the columns.
FIELDS: dict[str, tuple[str, str]] = {
    "departement": ("string", "Code du département."),
    "annee": ("year", "Année du bilan."),
    "tableau": ("string", "Tableau d'où vient le chiffre : activite, ratios, trimestres, couverture…"),
    "ligne": ("string", "Ligne du tableau : poste, trimestre, EPCI, commune, financeur, ou total."),
    "indicateur": ("string", "Nom de l'indicateur, stable d'une année à l'autre."),
    "valeur": ("number", "Le chiffre ; vide quand le statut n'est pas « publie »."),
    "unite": ("string", "Ce que compte le chiffre."),
    "statut": ("string", "publie, masque (petit effectif, ou chiffre qui permettrait de le retrouver) ou non_connu."),
    "precision": ("string", "Pourquoi le chiffre n'est pas connu."),
}
UNITS = {
    "epci": "EPCI",
    "communes": "communes",
    "violences_intrafamiliales": "situations",
    "situations_comptees": "situations",
    "pourcentage_vif": "pour cent",
    "mois_travailles": "mois",
}


@dataclass(frozen=True)
class Datum:
    """One figure of one line of one table."""

    table: str
    line: str
    indicator: str
    value: int | Decimal | None
    unit: str
    status: str
    note: str


def open_data_name(full: FullBilan, name: str) -> str:
    """« bilan-iscg-62-2022.csv », « bilan-iscg-62-2022.json », « bilan-iscg-schema.json »."""
    if name == SCHEMA:
        return "bilan-iscg-schema.json"
    return f"bilan-iscg-{full.document.code}-{full.bilan.year}.{name.rpartition('.')[2]}"


def open_data(full: FullBilan, name: str) -> bytes:
    """One of the files of ``OPEN_DATA``. Raises ``ValueError`` for a bilan that is not the public version."""
    if name == SCHEMA:
        return _written(schema())
    if full.document.version is not Version.PUBLISHED:
        raise ValueError("only the public version is put online")
    return _csv(full) if name == CSV else _written(_document(full))


def data(full: FullBilan) -> Iterator[Datum]:
    """Every figure of every table, those of the act's table first."""
    columns = [column for column in sheet_columns() if column.kind is Kind.NUMBER]
    for row in full.bilan.rows:
        hidden = next(column for column in sheet_columns() if column.header == "masques").read(row).split()
        for column in columns:
            value = column.read(row)
            if value is None and column.header == "pourcentage_vif" and row.vif.reason == HIDDEN:
                hidden.append(column.header)
            status = SHOWN if value is not None else MASKED if column.header in hidden else UNKNOWN
            yield Datum(ACTIVITY, row.name, column.header, value, _unit(column.header), status, "")
    for name, total in full.bilan.totals.items():
        header = HEADERS[name]
        status = SHOWN if total.value is not None else MASKED if total.hidden else UNKNOWN
        yield Datum(ACTIVITY, "Total", header, total.value, _unit(header), status, f"{total.rows} lignes renseignées")
    for part in full.parts:
        yield from _of_part(part)


def _of_part(part: Part) -> Iterator[Datum]:
    for row in [*part.rows, *([part.total] if part.total else [])]:
        words = []
        for column, item in zip(part.columns, row, strict=True):
            if column.numeric:
                break
            words.append(item.text)
        for column, item in zip(part.columns, row, strict=True):
            if column.numeric:
                status = SHOWN if item.raw is not None else MASKED if item.hidden else UNKNOWN
                note = "" if item.hidden else item.note
                line = " – ".join(word for word in words if word)
                yield Datum(part.key, line, column.name, item.raw, column.unit, status, note)


def dictionary(full: FullBilan) -> list[dict[str, str]]:
    """What each indicator of each table counts."""
    found = [
        {"tableau": ACTIVITY, "indicateur": column.header, "libelle": "", "unite": _unit(column.header)}
        for column in sheet_columns()
        if column.kind is Kind.NUMBER
    ]
    for part in full.parts:
        for column in part.columns:
            if column.numeric:
                words = column.help or column.label
                found.append({"tableau": part.key, "indicateur": column.name, "libelle": words, "unite": column.unit})
    return found


def schema() -> dict[str, Any]:
    """The Table Schema of the CSV: fields, types and what they may hold."""
    limits: dict[str, dict[str, Any]] = {
        name: {"required": True} for name in ("departement", "annee", "tableau", "ligne", "indicateur", "statut")
    }
    limits["statut"]["enum"] = [SHOWN, MASKED, UNKNOWN]
    return {
        "name": "bilan-iscg",
        "title": "Bilan d'activité des intervenants sociaux en commissariat et gendarmerie",
        "version": str(FORMAT),
        "missingValues": [""],
        "primaryKey": ["departement", "annee", "tableau", "ligne", "indicateur"],
        "fields": [
            {"name": name, "type": kind, "description": words}
            | ({"constraints": limits[name]} if name in limits else {})
            for name, (kind, words) in FIELDS.items()
        ],
    }


def _lines(full: FullBilan) -> Iterator[list[str]]:
    document = full.document
    for each in data(full):
        value = "" if each.value is None else str(each.value)
        yield [
            document.code,
            str(full.bilan.year),
            each.table,
            neutralise(each.line),
            each.indicator,
            value,
            each.unit,
            each.status,
            neutralise(each.note),
        ]


def _csv(full: FullBilan) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(_lines(full))
    return text.getvalue().encode()


def _document(full: FullBilan) -> dict[str, Any]:
    document = full.document
    return {
        "format": FORMAT,
        "titre": f"Bilan d'activité {full.bilan.year} des intervenants sociaux en commissariat et gendarmerie",
        "departement": document.code,
        "annee": full.bilan.year,
        "donnees_au": document.data_at.date().isoformat(),
        # The département says under which licence it publishes.
        "licence": "",
        "protection": full.bilan.notice,
        "dictionnaire": dictionary(full),
        "donnees": [dict(zip(FIELDS, line, strict=True)) for line in _lines(full)],
    }


def _written(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _unit(header: str) -> str:
    return UNITS.get(header) or ("saisines" if header.startswith("saisines") else "entretiens")
