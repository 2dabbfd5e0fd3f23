"""What the XSD lets through and Hélios, or the law, refuses. Pure: pieces in, problems out, in French.

The schema accepts a SIRET with a wrong key, a postal code of four figures, an exercice of two (tried on v5.17); the
accountant's software then rejects the bordereau. Each problem names the titre, the field and the place to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from core.findings import Mark, Severity
from core.money import euros
from funding.exports.chart import Verdict, subdivisions, verdict
from funding.exports.pes import text
from funding.exports.pes.model import AFTER_PAYMENT, OF_RECEIPT, OF_TITRE, REDUCTION, Debtor, Piece, Sender, Slip
from funding.exports.thresholds import Threshold

#: 1 000 pieces and more in one slip pass the schema (99 999 at most); what a parapheur takes is not known.
LARGEST = Decimal("999999999999.99")
#: TCatTiers and TNatJur of the schema.
CATEGORIES = frozenset({"01", *(str(number) for number in (*range(20, 30), 50, *range(60, 66), *range(70, 75)))})
LEGAL_NATURES = frozenset(f"{number:02d}" for number in range(1, 12))


class Where(StrEnum):
    """Where a problem is mended: a step of the settings assistant, the debtor's record, or the titre's own page."""

    SOFTWARE = "logiciel"
    ACCOUNTANT = "comptable"
    BOOKING = "imputation"
    ACCOUNTS = "comptes"
    NUMBERS = "numeros"
    DEBTORS = "debiteurs"
    OPTIONS = "options"
    RECORD = "fiche"
    TITRE = "titre"


@dataclass(frozen=True)
class Problem:
    """``key``: the titre's own identifier, "" for what concerns the whole flow; ``field``: its name in the schema."""

    code: str
    key: str
    field: str
    message: str
    where: Where
    severity: Severity = Severity.BLOCKING
    mark: Mark = Mark.VERIFIED
    source: str = ""


def check_sender(sender: Sender) -> Iterator[Problem]:
    """The issuer's own codes."""

    def missing(field: str, message: str) -> Problem:
        return Problem(f"PES-{field}", "", field, message, Where.ACCOUNTANT)

    if not sender.siret:
        yield missing("IdColl", "Le SIRET du budget émetteur n'est pas saisi.")
    elif not _valid_siret(sender.siret):
        yield missing("IdColl", f"Le SIRET du budget émetteur, {sender.siret}, est faux : sa clé ne tombe pas juste.")
    if not re.fullmatch(r"02[AB]\d{3,4}|\d{6,7}", sender.accountant) or not sender.accountant.strip("0"):
        yield missing("IdPost", "Le codique du poste comptable manque : six ou sept chiffres donnés par le comptable.")
    if not re.fullmatch(r"\d{3}", sender.collectivity) or sender.collectivity == "000":
        yield missing("CodCol", "Le code collectivité de l'application Hélios manque : trois chiffres.")
    if not re.fullmatch(r"[0-9A-Z][0-9]", sender.budget):
        yield missing("CodBud", "Le code budget de l'application Hélios manque : deux caractères, « 00 » d'ordinaire.")


def check_piece(piece: Piece, *, sender: Sender, exercice: int, chart: str, threshold: Threshold) -> Iterator[Problem]:
    """One titre: amount, booking, debtor, what it is attached to."""
    yield from _check_amount(piece, threshold)
    yield from _check_booking(piece, chart)
    yield from _check_texts(piece)
    yield from _check_origin(piece, exercice)
    yield from check_debtor(piece.debtor, piece.key, sender)


def check_debtor(debtor: Debtor, key: str, sender: Sender) -> Iterator[Problem]:
    """Identity, third-party codes and address of a debtor."""

    def problem(field: str, message: str, where: Where = Where.RECORD) -> Problem:
        return Problem(f"PES-{field}", key, field, f"Débiteur « {debtor.name} » : {message}", where)

    if not debtor.name:
        yield problem("Nom", "son nom ne contient aucun caractère transmissible.")
    yield from _check_identifier(debtor, sender, problem)
    if debtor.category not in CATEGORIES:
        yield problem("CatTiers", "sa catégorie de tiers (CatTiers) manque.", Where.DEBTORS)
    if debtor.legal_nature not in LEGAL_NATURES:
        yield problem("NatJur", "sa nature juridique (NatJur) manque.", Where.DEBTORS)
    if not debtor.line2:
        yield problem("Adr2", "son adresse manque : saisissez la voie.")
    if not re.fullmatch(r"\d{5}", debtor.postal_code) or debtor.postal_code == "00000":
        said = f"« {debtor.postal_code} » n'est pas un code postal" if debtor.postal_code else "son code postal manque"
        yield problem("CP", f"{said} : cinq chiffres.")
    if not debtor.city:
        yield problem("Ville", "sa ville manque.")


def check_numbers(
    *, exercice: int, first_slip: int | None, first_titre: int | None, slips: int, titres: int
) -> Iterator[Problem]:
    """The numbers the officer gives: nobody else may invent them (a number already known rejects the bordereau)."""
    if not 1000 <= exercice <= 9999:
        yield Problem("PES-Exer", "", "Exer", f"L'exercice {exercice} ne compte pas quatre chiffres.", Where.NUMBERS)
    for field, word, value, count, most in (
        ("IdBord", "numéro du prochain bordereau", first_slip, slips, 9_999_999),
        ("IdPce", "numéro du premier titre", first_titre, titres, 99_999_999),
    ):
        if value is None:
            message = f"Le {word} de {exercice} n'est pas saisi : la finance le donne avant chaque envoi."
            yield Problem(f"PES-{field}", "", field, message, Where.NUMBERS)
        elif value < 1 or value + max(count - 1, 0) > most:
            message = f"Le {word} de {exercice} ({value}) sort des bornes du format : de 1 à {most}."
            yield Problem(f"PES-{field}", "", field, message, Where.NUMBERS)


def check_slip(slip: Slip, *, count: int, total: Decimal) -> Iterator[Problem]:
    """``count`` and ``total`` as the file states them (NbrPce, MtBordHt), against the pieces it holds."""
    if count != len(slip.pieces):
        message = f"Le bordereau {slip.number} annonce {count} pièces et en contient {len(slip.pieces)}."
        yield Problem("PES-NbrPce", "", "NbrPce", message, Where.TITRE)
    if total != slip.total:
        message = f"Le bordereau {slip.number} annonce {euros(total)} et ses pièces font {euros(slip.total)}."
        yield Problem("PES-MtBordHt", "", "MtBordHt", message, Where.TITRE)


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _check_amount(piece: Piece, threshold: Threshold) -> Iterator[Problem]:
    def problem(message: str, source: str = "") -> Problem:
        return Problem("PES-MtHT", piece.key, "MtHT", f"Titre {piece.key} : {message}", Where.TITRE, source=source)

    if piece.amount <= 0:
        yield problem(f"son montant ({euros(piece.amount)}) n'est pas supérieur à zéro.")
    elif piece.amount > LARGEST or piece.amount * 100 % 1:
        yield problem("son montant ne tient pas en quatorze chiffres dont deux décimales.")
    elif piece.triplet != REDUCTION and piece.amount < threshold.amount:
        low = f"{euros(piece.amount)}, sous le seuil de mise en recouvrement de {euros(threshold.amount)}."
        yield problem(f"son montant est de {low}", threshold.source)


def _check_booking(piece: Piece, chart: str) -> Iterator[Problem]:
    def problem(field: str, message: str, where: Where, severity: Severity = Severity.BLOCKING) -> Problem:
        return Problem(f"PES-{field}", piece.key, field, f"Titre {piece.key} : {message}", where, severity)

    if not re.fullmatch(r"[0-9A-Za-z]{1,4}", piece.product) or not piece.product.strip("0"):
        yield problem("CodProdLoc", "le code produit local manque (un à quatre caractères).", Where.BOOKING)
    if piece.function and not re.fullmatch(r"\d{1,10}", piece.function):
        yield problem("Fonction", f"la fonction « {piece.function} » n'est pas faite de chiffres.", Where.BOOKING)
    if piece.operation and not re.fullmatch(r"[0-9A-Za-z]{1,10}", piece.operation):
        yield problem("Operation", f"l'opération « {piece.operation} » dépasse dix lettres ou chiffres.", Where.BOOKING)
    if piece.edition not in ("", "04"):
        refused = f"l'édition « {piece.edition} » demande un avis des sommes à payer que Cosigne ne produit pas."
        yield problem("Edition", refused, Where.OPTIONS)
    found = verdict(piece.account, chart)
    if found is Verdict.MALFORMED:
        said = f"le compte « {piece.account} » n'est pas un compte" if piece.account else "le compte (nature) manque"
        yield problem("Nature", f"{said} : chiffres seulement.", Where.ACCOUNTS)
    elif found is Verdict.DIVIDED:
        under = ", ".join(account.number for account in subdivisions(piece.account)[:4])
        yield problem("Nature", f"le compte {piece.account} est subdivisé en M57 : prenez {under}…", Where.ACCOUNTS)
    elif found is Verdict.UNKNOWN:
        yield problem("Nature", f"le compte {piece.account} n'existe pas en M57.", Where.ACCOUNTS)
    elif found is Verdict.NOT_JUDGED and not piece.account.startswith("7"):
        doubt = f"le compte {piece.account} n'est pas de la classe 7 : est-ce bien une recette ?"
        yield problem("Nature", doubt, Where.ACCOUNTS, Severity.WATCH)


def _check_texts(piece: Piece) -> Iterator[Problem]:
    limits = [
        ("ObjPce", piece.subject, 160, Where.TITRE),
        ("ObjLignePce", piece.line_subject, 160, Where.TITRE),
        ("CodServ", piece.service, 10, Where.BOOKING),
        ("NumeroEngagement", piece.engagement, 50, Where.DEBTORS),
        ("CodeService", piece.debtor_service, 100, Where.DEBTORS),
        ("RefTiers", piece.debtor.reference, 30, Where.DEBTORS),
    ]
    for field, value, most, where in limits:
        if value and (len(value) > most or not text.is_carried(value)):
            said = f"{field} « {value[:60]} » dépasse {most} caractères ou n'est pas transmissible."
            message = f"Titre {piece.key} : {said}"
            yield Problem(f"PES-{field}", piece.key, field, message, where)


def _check_origin(piece: Piece, exercice: int) -> Iterator[Problem]:
    def problem(message: str, where: Where) -> Problem:
        return Problem("PES-RattachPiece", piece.key, "IdPceOrig", f"Titre {piece.key} : {message}", where)

    origin = piece.origin
    numbered = origin is not None and bool(re.fullmatch(r"\d{1,13}", origin.number)) and bool(origin.number.strip("0"))
    if piece.triplet == REDUCTION:
        if origin is None or origin.kind != OF_TITRE or not numbered:
            yield problem("le titre qu'il réduit n'a pas de numéro : enregistrez d'abord son émission.", Where.TITRE)
        elif origin.exercice != exercice:
            yield problem(
                f"il réduit un titre de {origin.exercice} : un exercice antérieur se corrige par un mandat au 673.",
                Where.TITRE,
            )
    elif piece.triplet == AFTER_PAYMENT:
        if origin is None or origin.kind != OF_RECEIPT or not numbered:
            yield problem(
                "émis après paiement, il lui faut le numéro d'encaissement donné par le comptable.", Where.NUMBERS
            )
    elif origin is not None:
        yield problem("un titre ordinaire ne se rattache à aucune pièce.", Where.TITRE)


def _check_identifier(debtor: Debtor, sender: Sender, problem: object) -> Iterator[Problem]:
    make = problem  # the caller's own, which names the debtor
    assert callable(make)
    number = debtor.identifier
    if not number:
        return
    if debtor.identifier_kind == "01" and not _valid_siret(number):
        yield make("IdTiers", f"son SIRET, {number}, est faux : sa clé ne tombe pas juste.")
    elif debtor.identifier_kind == "02" and not _valid_siren(number):
        yield make("IdTiers", f"son SIREN, {number}, est faux : sa clé ne tombe pas juste.")
    elif debtor.identifier_kind not in ("01", "02"):
        yield make("NatIdTiers", "la nature de son identifiant manque.")
    elif sender.siret and number[:9] == sender.siret[:9]:
        yield make("IdTiers", "il porte le même SIREN que l'émetteur : on ne s'émet pas de titre à soi-même.")


def _valid_siret(number: str) -> bool:
    try:
        siret.validate(number)
    except ValidationError:
        return False
    return number.isdigit() and len(number) == 14


def _valid_siren(number: str) -> bool:
    try:
        siren.validate(number)
    except ValidationError:
        return False
    return number.isdigit() and len(number) == 9


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.BLOCKING]
