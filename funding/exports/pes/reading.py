"""A finished PES_RecetteAller read again before it leaves: what it states must be what it holds.

Works without the official schemas: the order of the elements, the sums, the counts, one line and one debtor per titre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from lxml import etree

#: Parent → its children in the schema's order, "*" after those it must have. Only what this project writes.
ORDER: dict[str, tuple[str, ...]] = {
    "PES_Aller": ("Enveloppe*", "EnTetePES*", "PES_RecetteAller*"),
    "Enveloppe": ("Parametres*", "Emetteur*"),
    "Parametres": ("Version*", "TypFic*", "NomFic*"),
    "Emetteur": ("Sigle*", "Adresse*"),
    "EnTetePES": ("DteStr*", "IdPost*", "LibellePoste", "IdColl*", "CodCol*", "CodBud*", "LibelleColBud"),
    "PES_RecetteAller": ("EnTeteRecette*", "Bordereau*"),
    "EnTeteRecette": ("IdVer*", "InfoDematerialisee"),
    "Bordereau": ("BlocBordereau*", "Piece*"),
    "BlocBordereau": ("Exer*", "IdBord*", "DteBordEm*", "TypBord*", "NbrPce*", "MtBordHt*"),
    "Piece": ("BlocPiece*", "LigneDePiece*"),
    "BlocPiece": (
        "CodServ", "IdPce*", "TypPce*", "NatPce*", "Edition", "ObjPce", "PJRef", "NumeroEngagement", "CodeService",
    ),
    "PJRef": ("Support*", "IdUnique*", "NomPJ", "TypePJ"),
    "LigneDePiece": ("BlocLignePiece*", "Tiers*"),
    "BlocLignePiece": ("InfoLignePiece*", "RattachPiece"),
    "InfoLignePiece": (
        "IdLigne*", "ObjLignePce", "CodProdLoc*", "Nature*", "Fonction", "Operation", "Majo*", "TvaIntraCom*", "MtHT*",
    ),
    "RattachPiece": ("NatPceOrig*", "ExerRat*", "IdPceOrig*", "IdLigneOrig"),
    "Tiers": ("InfoTiers*", "Adresse*"),
    "InfoTiers": (
        "IdTiers", "NatIdTiers", "RefTiers", "CatTiers*", "NatJur*", "TypTiers*", "Nom*", "ComplNom",
    ),
    "Adresse": ("TypAdr*", "Adr1", "Adr2*", "Adr3", "CP*", "Ville*", "CodRes*"),
}  # fmt: skip
#: May be there several times.
REPEATED = frozenset({"Bordereau", "Piece"})


@dataclass
class Contents:
    """What a flow holds: counts, the total in euros, and everything found wrong (developer's words, English tags)."""

    slips: list[tuple[str, str]] = field(default_factory=list)  # TypBord, IdBord
    pieces: list[str] = field(default_factory=list)  # IdPce
    total: Decimal = Decimal(0)
    wrong: list[str] = field(default_factory=list)


def read(stream: IO[bytes]) -> Contents:
    """Read the flow from its start, slip by slip."""
    contents = Contents()
    # Slips are judged and let go one by one; an element cut short shows when its parent ends.
    for _, element in etree.iterparse(stream, events=("end",), resolve_entities=False, no_network=True, huge_tree=True):
        name = etree.QName(element).localname
        if name in ("Bordereau", "PES_Aller"):
            contents.wrong += _order_of(element)
        if name == "Bordereau":
            _judge(element, contents)
            for child in list(element):
                element.remove(child)
    duplicates = len(contents.pieces) - len(set(contents.pieces))
    if duplicates:
        contents.wrong.append(f"{duplicates} titre numbers appear twice")
    if len(set(contents.slips)) != len(contents.slips):
        contents.wrong.append("a slip number appears twice")
    return contents


def _judge(slip: Any, contents: Contents) -> None:
    head = slip.find("BlocBordereau")
    if head is None:
        return
    stated = {child.tag: child.get("V", "") for child in head}
    contents.slips.append((stated.get("TypBord", ""), stated.get("IdBord", "")))
    pieces = slip.findall("Piece")
    total = Decimal(0)
    for piece in pieces:
        lines = piece.findall("LigneDePiece")
        number = _value(piece, "BlocPiece/IdPce")
        contents.pieces.append(number)
        if len(lines) != 1 or len(piece.findall("LigneDePiece/Tiers")) != 1:
            contents.wrong.append(f"titre {number} has {len(lines)} lines or several debtors")
        total += _decimal(_value(piece, "LigneDePiece/BlocLignePiece/InfoLignePiece/MtHT"))
    contents.total += total
    where = f"slip {stated.get('IdBord', '')}"
    if stated.get("NbrPce") != str(len(pieces)):
        contents.wrong.append(f"{where} states {stated.get('NbrPce')} pieces and holds {len(pieces)}")
    if _decimal(stated.get("MtBordHt", "")) != total:
        contents.wrong.append(f"{where} states {stated.get('MtBordHt')} and its pieces sum to {total}")


def _order_of(element: Any) -> Iterator[str]:
    """What is out of place under ``element``, and below it."""
    name = etree.QName(element).localname
    wanted = ORDER.get(name)
    if wanted is None:
        if element.get("V") in (None, ""):
            yield f"{name} says nothing"
        return
    found = [etree.QName(child).localname for child in element]
    names = [each.rstrip("*") for each in wanted]
    if name == "Bordereau" or "Bordereau" not in found:
        missing = [each[:-1] for each in wanted if each.endswith("*") and each[:-1] not in found]
        if missing:
            yield f"{name} lacks {', '.join(missing)}"
    unknown = [each for each in found if each not in names]
    if unknown:
        yield f"{name} holds {', '.join(unknown)}"
        return
    ranks = [names.index(each) for each in found]
    if ranks != sorted(ranks):
        yield f"{name} is out of order: {', '.join(found)}"
    for each in set(found):
        if found.count(each) > 1 and each not in REPEATED:
            yield f"{name} holds several {each}"
    for child in element:
        # A slip already judged was emptied.
        if len(child) or etree.QName(child).localname not in ORDER:
            yield from _order_of(child)


def _value(element: Any, path: str) -> str:
    found = element.find(path)
    return "" if found is None else str(found.get("V", ""))


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")
