"""Reading what the finance software gives back: rows of a file, compared with the titres. Reads only.

Formats end here as :class:`ReturnRow` lists; :func:`compare` says what each would change; the service applies it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.money import AmountError, euros, parse_euros
from funding.enums import TitreStatus
from funding.models import Receipt, Titre
from funding.models.titre import TitreQuerySet
from parties.models import Organisation
from posts.reading import header_name

#: Field of a row → (heading of our own export, label of the mapping page).
FIELDS: dict[str, tuple[str, str]] = {
    "entry_id": ("id_ecriture", "Identifiant d'écriture"),
    "slip_number": ("num_bordereau", "Numéro de bordereau"),
    "number": ("num_titre", "Numéro de titre"),
    "issued_on": ("date_titre", "Date du titre"),
    "received_on": ("date_encaissement", "Date d'encaissement"),
    "received": ("montant_encaisse", "Montant encaissé"),
    "reference": ("reference_encaissement", "Référence de l'encaissement"),
}
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


@dataclass(frozen=True)
class ReturnRow:
    """What came back about one entry. None or "": the file says nothing of it. Euros.

    ``received`` is all that was received so far (``is_total``), or one payment among others. ``line`` is the place in
    the file, for messages. Without ``entry_id``, ``number`` and ``year`` name a titre already issued.
    """

    entry_id: str = ""
    slip_number: str = ""
    number: str = ""
    issued_on: dt.date | None = None
    received_on: dt.date | None = None
    received: Decimal | None = None
    reference: str = ""
    is_total: bool = True
    year: int | None = None
    line: int = 0


@dataclass(frozen=True)
class Problem:
    """An error and where it stands in the file."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"Ligne {self.line}" if self.line else "Fichier"
        return f"{place}, colonne « {self.column} » : {self.message}" if self.column else f"{place} : {self.message}"


@dataclass
class Change:
    """What one titre would become. ``payments``: (amount, day, reference) to add, in euros."""

    titre: Titre
    line: int
    number: str = ""
    slip_number: str = ""
    issued_on: dt.date | None = None
    payments: list[tuple[Decimal, dt.date, str]] = field(default_factory=list)

    @property
    def issues(self) -> bool:
        return bool(self.number)

    @property
    def texts(self) -> list[str]:
        """In words, for the preview and the trace."""
        said = []
        if self.issues:
            slip = f", bordereau {self.slip_number}" if self.slip_number else ""
            said.append(f"Émis : titre n° {self.number}{slip}, le {self.issued_on:%d/%m/%Y}")
        for amount, day, reference in self.payments:
            said.append(f"Encaissé : {euros(amount)} le {day:%d/%m/%Y}" + (f" ({reference})" if reference else ""))
        return said


@dataclass
class Comparison:
    """Every row of a return sorted out. Nothing is applied while ``problems`` is not empty."""

    changes: list[Change] = field(default_factory=list)
    unchanged: list[ReturnRow] = field(default_factory=list)
    unmatched: list[ReturnRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


# --- From a table -----------------------------------------------------------------------------------------------------


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


# --- Against the titres -----------------------------------------------------------------------------------------------


def compare(rows: Sequence[ReturnRow], issuer: Organisation) -> Comparison:
    """What ``rows`` would change in ``issuer``'s titres. A constant number of queries."""
    result = Comparison()
    titres = _titres(rows, issuer)
    by_titre: dict[int, tuple[Titre, list[ReturnRow]]] = {}
    for row in rows:
        titre = titres.get(row.entry_id) if row.entry_id else titres.get(f"#{row.year}:{row.number}")
        if titre is None:
            result.unmatched.append(row)
        else:
            by_titre.setdefault(titre.pk, (titre, []))[1].append(row)
    payments = _payments(by_titre)
    taken = _numbers(issuer, by_titre)
    for titre, about in by_titre.values():
        _compare_one(titre, about, payments.get(titre.pk, Counter()), taken, result)
    result.problems.sort(key=lambda problem: problem.line)
    result.changes.sort(key=lambda change: change.line)
    return result


def _titres(rows: Sequence[ReturnRow], issuer: Organisation) -> dict[str, Titre]:
    mine: TitreQuerySet = Titre.objects.issued_by(issuer).select_related("debtor", "issuer")
    entries = {row.entry_id for row in rows if row.entry_id}
    found = {titre.entry_id: titre for titre in mine.filter(entry_id__in=entries)}
    numbers = {row.number for row in rows if not row.entry_id and row.number}
    if numbers:
        for titre in mine.filter(number__in=numbers, status__in=[TitreStatus.EMIS, TitreStatus.ENCAISSE]):
            found[f"#{titre.year}:{titre.number}"] = titre
    return found


def _payments(by_titre: Iterable[int]) -> dict[int, Counter[tuple[Decimal, dt.date, str]]]:
    """Receipts that stand, counted, by titre."""
    found: dict[int, Counter[tuple[Decimal, dt.date, str]]] = {}
    standing = Receipt.objects.filter(titre__in=list(by_titre), reverses__isnull=True, reversal__isnull=True)
    for row in standing:
        found.setdefault(row.titre_id, Counter())[(row.amount, row.received_on, row.reference)] += 1
    return found


def _numbers(issuer: Organisation, by_titre: Iterable[int]) -> dict[tuple[int, str], str]:
    """Numbers already given to other entries."""
    others = Titre.objects.issued_by(issuer).exclude(number="").exclude(pk__in=list(by_titre))
    return {(year, number): entry for year, number, entry in others.values_list("year", "number", "entry_id")}


def _compare_one(
    titre: Titre,
    rows: list[ReturnRow],
    standing: Counter[tuple[Decimal, dt.date, str]],
    taken: dict[tuple[int, str], str],
    result: Comparison,
) -> None:
    change = Change(titre, rows[0].line)
    before = len(result.problems)
    for row in rows:
        _compare_issue(titre, row, change, taken, result)
    _compare_receipts(titre, rows, standing, change, result)
    if len(result.problems) > before:
        return
    if change.issues or change.payments:
        result.changes.append(change)
    else:
        result.unchanged.extend(rows)


def _compare_issue(
    titre: Titre, row: ReturnRow, change: Change, taken: dict[tuple[int, str], str], result: Comparison
) -> None:
    def refuse(name: str, message: str) -> None:
        result.problems.append(Problem(row.line, FIELDS[name][0], message))

    known = change.number or titre.number
    if not row.number:
        if row.issued_on and not known:
            refuse("number", "la date du titre est donnée sans son numéro.")
        return
    if known:
        if known != row.number:
            refuse("number", f"l'écriture {titre.entry_id} porte déjà le n° {known}, le fichier dit {row.number}.")
        elif titre.issued_on and row.issued_on and titre.issued_on != row.issued_on:
            refuse("issued_on", f"le titre n° {known} est du {titre.issued_on:%d/%m/%Y}.")
        return
    if titre.status != TitreStatus.EXPORTE:
        state = titre.get_status_display()
        refuse("number", f"l'écriture {titre.entry_id} est « {state} » : elle n'a pas été exportée.")
        return
    if row.issued_on is None:
        refuse("issued_on", f"la date du titre n° {row.number} manque.")
        return
    other = taken.get((titre.year, row.number))
    if other is not None and other != titre.entry_id:
        refuse("number", f"le n° {row.number} de {titre.year} est déjà celui de l'écriture {other}.")
        return
    taken[(titre.year, row.number)] = titre.entry_id
    change.number, change.slip_number, change.issued_on = row.number, row.slip_number, row.issued_on


def _compare_receipts(
    titre: Titre,
    rows: list[ReturnRow],
    standing: Counter[tuple[Decimal, dt.date, str]],
    change: Change,
    result: Comparison,
) -> None:
    paid = [row for row in rows if row.received]
    for row in paid:
        if row.received_on is None:
            result.problems.append(Problem(row.line, FIELDS["received_on"][0], "la date de cet encaissement manque."))
            return
    if not paid:
        return
    issued = change.issued_on or titre.issued_on
    if not (change.issues or titre.number) or issued is None:
        result.problems.append(
            Problem(paid[0].line, FIELDS["received"][0], "un encaissement sans numéro de titre : complétez la ligne.")
        )
        return
    for row in paid:
        if row.received_on and row.received_on < issued:
            result.problems.append(
                Problem(row.line, FIELDS["received_on"][0], "l'encaissement précède l'émission du titre.")
            )
            return
    if titre.is_correction:
        result.problems.append(
            Problem(paid[0].line, FIELDS["received"][0], "une correction ne s'encaisse pas : c'est le titre qui l'est.")
        )
        return
    wanted = _as_payments(titre, paid, standing, result)
    change.payments = sorted(wanted, key=lambda payment: payment[1])


def _as_payments(
    titre: Titre, paid: list[ReturnRow], standing: Counter[tuple[Decimal, dt.date, str]], result: Comparison
) -> list[tuple[Decimal, dt.date, str]]:
    """Payments to add: the file's less those known; for a total, the difference with what is known."""
    single = [(row.received, row.received_on, row.reference) for row in paid]
    if len(paid) > 1 or not paid[0].is_total:
        # Several lines of one entry are its payments one by one: counted, so that the same file adds nothing.
        counted = Counter((amount, day, text) for amount, day, text in single if amount and day)
        return list((counted - standing).elements())
    [(total, day, reference)] = single
    if total is None or day is None:
        return []
    more = total - titre.received
    if more < 0:
        result.problems.append(
            Problem(
                paid[0].line,
                FIELDS["received"][0],
                f"{euros(titre.received)} sont déjà encaissés, le fichier dit {euros(total)} : contre-passez"
                " l'encaissement erroné.",
            )
        )
        return []
    return [(more, day, reference)] if more else []
