"""Reading PES_ACQUIT (both versions) and the receipts of a PES_Retour into plain lines. Reads no database.

Elements are those of the official schemas 5.17: ``Rev0/PES_V2_Acquit_Autonome*.xsd``, ``RETOUR/Rev0/PES_Retour.xsd``,
``RETOUR/NS_Recette/r0``. Data are in the attribute ``V`` of unqualified elements; only the root has a namespace.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from core.errors import InvalidInput
from funding.returns import xml

NAMESPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour"
ROOTS = {
    f"{{{NAMESPACE}}}PES_ACQUIT": "acquit",
    f"{{{NAMESPACE}/v2}}PES_ACQUIT": "acquit",
    f"{{{NAMESPACE}}}PES_Retour": "retour",
}
#: Files of the same family a person may pick by mistake, and what they are.
OTHERS = {
    "PES_Aller": "C'est un fichier envoyé au comptable, non ce qu'il a renvoyé",
    "PES_ACQUIT_RETOUR": "C'est l'accusé que votre logiciel adresse au comptable",
    "DocumentComptable": "C'est un compte financier, qui ne dit rien des titres un par un",
}
MOST_LINES = 50_000
EXPECTED = "Choisissez un fichier PES_ACQUIT ou PES Retour de recettes."


@dataclass(frozen=True)
class PesLine:
    """One thing the accountant says, as texts: it is kept as a row of cells. Amounts in euros with a dot, dates ISO.

    ``kind``: "acquit" (about a bordereau or, with ``piece``, one of its pieces), "piece" or "orm" (a global bordereau
    of many creditors). ``state``: EtatAck (0/1) or EtatPce. ``domain``: DomaineAck or TypBord. ``receipts``: OrgEma,
    date and amount, "02 2026-02-01 100.00", separated by ";". ``total``: MtRecoTot.
    """

    kind: str
    year: str = ""
    slip: str = ""
    domain: str = ""
    piece: str = ""
    piece_kind: str = ""
    subject: str = ""
    amount: str = ""
    state: str = ""
    reasons: str = ""
    comment: str = ""
    taken_on: str = ""
    receipts: str = ""
    total: str = ""

    @property
    def movements(self) -> list[tuple[str, dt.date, Decimal]]:
        """(OrgEma, day, euros) of each recovery."""
        read = [text.split(" ") for text in self.receipts.split(";") if text]
        return [(origin, dt.date.fromisoformat(day), Decimal(amount)) for origin, day, amount in read]


HEADERS = tuple(each.name for each in fields(PesLine))


@dataclass
class PesReturn:
    """The file: whose budget it is about, and its lines with their place in the file."""

    kind: str
    siret: str = ""
    collectivity: str = ""
    budget: str = ""
    lines: list[PesLine] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def rows(self) -> list[list[str]]:
        return [list(astuple(line)) for line in self.lines]

    def add(self, line: PesLine, place: int) -> None:
        if len(self.lines) >= MOST_LINES:
            raise InvalidInput(f"Ce fichier compte plus de {MOST_LINES} pièces : demandez un retour par période.")
        self.lines.append(line)
        self.numbers.append(place)


def lines_of(rows: Sequence[Sequence[str]]) -> list[PesLine]:
    """The lines of a kept file, from its cells."""
    return [PesLine(*row) for row in rows]


def read_pes(content: bytes) -> PesReturn:
    """The file's lines. Raises :class:`InvalidInput` (French, with the line) when it is not one of the two files, when
    a value cannot be read, or when it says nothing about receipts.
    """
    found: PesReturn | None = None
    slip = PesLine("piece")
    for event, element in xml.events(content):
        if found is None:
            found = PesReturn(_kind_of(element.tag))
        if event == "start":
            continue
        if element.tag == "EnTetePES":
            found.siret = _value(element, "IdColl")
            found.collectivity = _value(element, "CodCol") or _value(element, "CodColl")
            found.budget = _value(element, "CodBud")
        elif element.tag == "BlocBordereau" and _inside(element, "PES_RecetteRetour"):
            slip = _slip(element)
        elif element.tag in _READERS:
            reader, parent = _READERS[element.tag]
            if _inside(element, parent):
                for line in reader(element, slip):
                    found.add(line, element.sourceline or 0)
            element.clear()
    if found is None or not found.lines:
        raise InvalidInput(f"Ce fichier ne dit rien d'un bordereau ni d'un titre de recettes. {EXPECTED}")
    return found


def _kind_of(tag: str) -> str:
    kind = ROOTS.get(tag)
    if kind:
        return kind
    name = etree.QName(tag).localname
    what = OTHERS.get(name, f"Ce fichier XML commence par « {name[:40]} », que Cosigne ne connaît pas")
    raise InvalidInput(f"{what}. {EXPECTED}")


# --- PES_ACQUIT -------------------------------------------------------------------------------------------------------


def _acquit(element: Any, _slip: PesLine) -> list[PesLine]:
    """An ElementACQUIT: its own state, then each of its pieces in error."""
    year, slip = _number(element, "ExerciceBord"), _number(element, "NumBord")
    domain = _value(element, "DomaineAck", required=True)
    state = {"true": "1", "false": "0"}.get(_value(element, "EtatAck"), _value(element, "EtatAck"))
    if state not in ("0", "1"):
        raise _wrong(element, "EtatAck", "0 (rejet) ou 1 (accepté) est attendu")
    own = PesLine(
        "acquit",
        year=year,
        slip=slip,
        domain=domain,
        piece=_number(element, "NumPiece"),
        subject=_value(element, "IdUnique") or _value(element, "IdMarche"),
        state=state,
        reasons=_errors(element),
    )
    details = []
    for detail in element.findall("DetailPiece"):
        reasons = [_errors(detail), *(_errors(line) for line in detail.findall("DetailLigne"))]
        said = " ; ".join(reason for reason in reasons if reason)
        if said or state == "0":
            piece = _number(detail, "NumPiece", required=True)
            details.append(
                PesLine("acquit", year=year, slip=slip, domain=domain, piece=piece, state="0", reasons=said[:1000])
            )
    return [own, *details]


def _errors(element: Any) -> str:
    """NumAnoAck and LibelleAnoAck: on the element itself (first version) or in its Erreur (second)."""
    said = []
    for place in (element, *element.findall("Erreur")):
        code, label = _value(place, "NumAnoAck"), _value(place, "LibelleAnoAck")
        if code or label:
            said.append(" : ".join(part for part in (code, label) if part))
    return " ; ".join(said)[:1000]


# --- PES Retour, recettes ---------------------------------------------------------------------------------------------


def _slip(element: Any) -> PesLine:
    return PesLine(
        "piece",
        year=_number(element, "Exer", required=True),
        slip=_number(element, "IdBord", required=True),
        domain=_value(element, "TypBord"),
    )


def _global(element: Any, _slip: PesLine) -> list[PesLine]:
    return [PesLine("orm", year=_number(element, "Exer"), slip=_number(element, "IdBord"))]


def _piece(element: Any, slip: PesLine) -> list[PesLine]:
    head = element.find("BlocPiece")
    if head is None or not slip.slip:
        raise _wrong(element, "BlocPiece", "la pièce n'a pas d'en-tête, ou pas de bordereau")
    amount, total, receipts = Decimal(0), None, []
    for line in element.findall("LigneDePiece"):
        info = line.find("BlocLignePiece/InfoLignePiece")
        if info is not None:
            amount += _amount(info, "MtHT", required=True) or Decimal(0)
            amount += _amount(info, "MtTVA") or Decimal(0)
        recovered = line.find("BlocLignePiece/InfoRecouvrement")
        if recovered is not None:
            total = (total or Decimal(0)) + (_amount(recovered, "MtRecoTot", required=True) or Decimal(0))
        for movement in line.findall("EncaissementEmargement"):
            origin = _value(movement, "OrgEma", required=True)
            if not re.fullmatch(r"\d{1,2}", origin):
                raise _wrong(movement, "OrgEma", f"« {origin[:20]} » n'est pas une origine connue")
            day, euros = _day(movement, "DteReco", required=True), _amount(movement, "MtReco", required=True)
            receipts.append(f"{origin} {day} {euros}")
    state = _value(head, "EtatPce", required=True)
    if state not in ("01", "02", "03", "04", "05"):
        raise _wrong(head, "EtatPce", f"« {state[:20]} » n'est pas un état connu")
    return [
        PesLine(
            "piece",
            year=slip.year,
            slip=slip.slip,
            domain=slip.domain,
            piece=_number(head, "IdPce", required=True),
            piece_kind=_value(head, "TypPce"),
            subject=_value(head, "Obj")[:200],
            amount=str(amount),
            state=state,
            reasons=_value(head, "ObsEtat")[:100],
            comment=_value(head, "Commentaire")[:400],
            taken_on=_day(head, "DtePcePec"),
            receipts=";".join(receipts),
            total="" if total is None else str(total),
        )
    ]


#: Tag → (reader, the parent it must stand in: a mandat is a Piece too).
_READERS: dict[str, tuple[Callable[[Any, PesLine], list[PesLine]], str]] = {
    "ElementACQUIT": (_acquit, "ACQUIT"),
    "Piece": (_piece, "PES_RecetteRetour"),
    "BordereauORMCGlobal": (_global, "PES_RecetteRetour"),
}


# --- Values -----------------------------------------------------------------------------------------------------------


def _inside(element: Any, name: str) -> bool:
    """Whether ``name`` is its parent, or its bordereau's."""
    parent = element.getparent()
    return parent is not None and (parent.tag == name or (parent.getparent() is not None and _inside(parent, name)))


def _value(element: Any, tag: str, *, required: bool = False) -> str:
    child = element.find(tag)
    text = "" if child is None else str(child.get("V", "")).strip()
    if required and not text:
        raise _wrong(element, tag, "la valeur manque")
    return text


def _number(element: Any, tag: str, *, required: bool = False) -> str:
    """Digits, without the zeros before them: systems pad numbers differently."""
    text = _value(element, tag, required=required)
    if text and not re.fullmatch(r"[0-9]{1,13}", text):
        raise _wrong(element, tag, f"« {text[:20]} » n'est pas un nombre")
    return text.lstrip("0") or text[:1]


def _day(element: Any, tag: str, *, required: bool = False) -> str:
    text = _value(element, tag, required=required)
    try:
        # A date of XML Schema may carry a time zone, which does not change the day.
        return dt.date.fromisoformat(text[:10]).isoformat() if text else ""
    except ValueError as error:
        raise _wrong(element, tag, f"« {text[:20]} » n'est pas une date") from error


def _amount(element: Any, tag: str, *, required: bool = False) -> Decimal | None:
    text = _value(element, tag, required=required)
    if not text:
        return None
    try:
        if not re.fullmatch(r"[+-]?[0-9]{0,14}(\.[0-9]{0,2})?", text):
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation as error:
        raise _wrong(element, tag, f"« {text[:20]} » n'est pas un montant au centime") from error


def _wrong(element: Any, tag: str, message: str) -> InvalidInput:
    return InvalidInput(
        f"Ligne {element.sourceline}, {tag} : {message}. Redemandez ce fichier au comptable ; rien n'a été lu.",
        place=tag,
    )
