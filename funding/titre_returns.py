"""Reading what the finance software gives back: rows of a file, compared with the titres. Reads only.

Formats (:mod:`funding.returns`) end here as :class:`ReturnRow` lists; :func:`compare` says what each would change; the
service applies it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.money import euros
from funding.enums import TitreStatus
from funding.models import Receipt, Titre
from funding.models.titre import TitreQuerySet
from parties.models import Organisation

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


@dataclass(frozen=True)
class ReturnRow:
    """What came back about one entry. None or "": the file says nothing of it. Euros.

    ``received`` is all that was received so far (``is_total``), or one payment among others. ``line`` is the place in
    the file, for messages. Without ``entry_id``, ``number`` and ``year`` name a titre already issued.

    ``why``: the reader looked for the titre itself and found none, for this reason. ``any_reference``: the file names
    no payment, its amount and day tell it apart. ``most``: all that was received on the titre, when the file says it.
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
    why: str = ""
    any_reference: bool = False
    most: Decimal | None = None


@dataclass(frozen=True)
class Problem:
    """An error and where it stands in the file."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"Ligne {self.line}" if self.line else "Fichier"
        return f"{place}, colonne « {self.column} » : {self.message}" if self.column else f"{place} : {self.message}"


@dataclass(frozen=True)
class Notice:
    """Something the file says that changes nothing here, and what a person must do about it. ``place``: which piece."""

    line: int
    place: str
    what: str
    todo: str
    url: str = ""


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
    notices: list[Notice] = field(default_factory=list)


# --- Against the titres -----------------------------------------------------------------------------------------------


def compare(rows: Sequence[ReturnRow], issuer: Organisation) -> Comparison:
    """What ``rows`` would change in ``issuer``'s titres. A constant number of queries."""
    result = Comparison()
    titres = _titres(rows, issuer)
    by_titre: dict[int, tuple[Titre, list[ReturnRow]]] = {}
    for row in rows:
        titre = None
        if not row.why:
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
    numbers = {row.number for row in rows if not row.entry_id and row.number and not row.why}
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
    if paid[0].any_reference:
        return _by_day(titre, paid, standing, result)
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


def _by_day(
    titre: Titre, paid: list[ReturnRow], standing: Counter[tuple[Decimal, dt.date, str]], result: Comparison
) -> list[tuple[Decimal, dt.date, str]]:
    """Payments whose amount and day are not there yet, whatever reference somebody gave them; never above ``most``."""
    known: Counter[tuple[Decimal, dt.date]] = Counter()
    for (amount, day, _reference), count in standing.items():
        known[amount, day] += count
    more = []
    for row in paid:
        if row.received is None or row.received_on is None:
            continue
        if known[row.received, row.received_on]:
            known[row.received, row.received_on] -= 1
        else:
            more.append((row.received, row.received_on, row.reference))
    total, most = titre.received + sum(amount for amount, _, _ in more), paid[0].most
    if more and most is not None and total > most:
        result.notices.append(
            Notice(
                paid[0].line,
                f"Titre n° {titre.number or paid[0].number}",
                f"{titre.debtor.label} : le comptable annonce {euros(most)} encaissés en tout, Cosigne en compterait "
                f"{euros(total)} avec ce fichier.",
                "Des encaissements saisis ont sans doute une autre date ou un autre montant : comparez, contre-passez "
                "ceux qui sont faux, puis relisez ce fichier.",
                titre.get_absolute_url(),
            )
        )
        return []
    return more
