"""Returns as tables (CSV, XLSX): which column is what, and the rows they give."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import AmountError, parse_euros
from funding.titre_returns import FIELDS, Problem, ReturnRow
from posts.reading import header_name

#: What another heading often is called, tried when ours is absent.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "entry_id": ("idecriture", "identifiant_ecriture", "identifiant", "reference_externe", "id"),
    "slip_number": ("bordereau", "numero_bordereau", "no_bordereau", "n_bordereau", "numero_de_bordereau"),
    "number": ("titre", "numero_titre", "no_titre", "n_titre", "numero_de_titre", "numero_piece", "num_piece"),
    "issued_on": ("date_emission", "date_d_emission", "date_du_titre", "emis_le", "date_piece"),
    "received_on": ("encaisse_le", "date_reglement", "date_recouvrement", "date_d_encaissement"),
    "received": ("encaisse", "montant_recouvre", "montant_regle", "recouvre", "regle"),
    "reference": ("reference", "ref_reglement"),
}


def guess_mapping(headers: Sequence[str]) -> dict[str, str]:
    """Which heading each field is read from: ours, else one usually met. Headings as ``header_name`` writes them."""
    mapping: dict[str, str] = {}
    for name, (ours, _label) in FIELDS.items():
        for heading in (ours, *SYNONYMS[name]):
            if heading in headers and heading not in mapping.values():
                mapping[name] = heading
                break
    return mapping


def rows_of(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    lines: Iterable[int],
    mapping: Mapping[str, str],
    *,
    is_total: bool = True,
) -> tuple[list[ReturnRow], list[Problem]]:
    """The rows of a file read through ``mapping`` (field → heading), and every cell that could not be."""
    names = [header_name(heading) for heading in headers]
    places = {name: names.index(header_name(heading)) for name, heading in mapping.items() if heading}
    problems: list[Problem] = []
    if "entry_id" not in places:
        return [], [Problem(0, "id_ecriture", "indiquez la colonne de l'identifiant d'écriture.")]
    found = []
    for line, row in zip(lines, rows, strict=True):
        cells = {name: row[index].strip() if index < len(row) else "" for name, index in places.items()}
        reader = _Reader(line, headers, places, problems)
        entry = cells["entry_id"].removeprefix("'").strip()
        if not entry:
            if any(cells.values()):
                problems.append(Problem(line, headers[places["entry_id"]], "l'identifiant d'écriture manque."))
            continue
        before = len(problems)
        read = ReturnRow(
            entry_id=entry,
            slip_number=reader.code("slip_number", cells),
            number=reader.code("number", cells),
            issued_on=reader.day("issued_on", cells),
            received_on=reader.day("received_on", cells),
            received=reader.amount("received", cells),
            reference=cells.get("reference", "").removeprefix("'")[:80],
            is_total=is_total,
            line=line,
        )
        # A line that cannot be read is told once: nothing more is made of it.
        if len(problems) == before:
            found.append(read)
    return found, problems


_DAY = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?$")


@dataclass
class _Reader:
    line: int
    headers: Sequence[str]
    places: Mapping[str, int]
    problems: list[Problem]

    def _say(self, name: str, message: str) -> None:
        self.problems.append(Problem(self.line, self.headers[self.places[name]], message))

    def code(self, name: str, cells: Mapping[str, str]) -> str:
        # A spreadsheet that took a number for a figure writes it "12.0".
        text = re.sub(r"^(\d+)[.,]0+$", r"\1", cells.get(name, "").removeprefix("'"))
        if len(text) > 20:
            self._say(name, f"« {text[:24]}… » dépasse 20 caractères.")
            return ""
        return text

    def day(self, name: str, cells: Mapping[str, str]) -> dt.date | None:
        text = cells.get(name, "").removeprefix("'")
        if not text:
            return None
        french, iso = _DAY.match(text), _ISO.match(text)
        try:
            if french:
                return dt.date(int(french[3]), int(french[2]), int(french[1]))
            if iso:
                return dt.date(int(iso[1]), int(iso[2]), int(iso[3]))
        except ValueError:
            pass
        self._say(name, f"« {text[:30]} » n'est pas une date : écrivez JJ/MM/AAAA.")
        return None

    def amount(self, name: str, cells: Mapping[str, str]) -> Decimal | None:
        text = cells.get(name, "").removeprefix("'")
        if not text:
            return None
        # A workbook gives its numbers with a dot, and more decimals than it shows.
        if re.match(r"^-?\d+\.\d+$", text):
            exact = Decimal(text)
            cents = exact.quantize(Decimal("0.01"))
            if abs(exact - cents) < Decimal("0.000001"):
                text = f"{cents}".replace(".", ",")
        try:
            amount = parse_euros(text)
        except AmountError as error:
            self._say(name, str(error))
            return None
        if amount < 0:
            self._say(name, "un montant encaissé n'est pas négatif ; un encaissement erroné se contre-passe.")
            return None
        return amount
