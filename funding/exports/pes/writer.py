"""The bytes of a PES_RecetteAller. Elements come in the schema's order; an empty optional one is left out.

One slip is in memory at a time, so that a flow of any size is written in the same room. Deterministic: the same
envelope and pieces give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import IO, Any

from lxml import etree

from funding.exports.pes.model import Debtor, Envelope, Piece, Sender, Slip
from funding.exports.pes.text import ENCODING

NAMESPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"
VERSION = "2"
SOFTWARE = "COSIGNE"
#: The project's own (pyproject.toml); a test compares them.
SOFTWARE_VERSION = "0.1.0"
#: Neither the flow nor its slips are signed here: that is the parapheur's work. 1 without a signature is a rejection.
UNSIGNED = "0"

_Element = Any


def file_stem(file_type: str, siret: str, day: dt.date, sequence: str) -> str:
    """« PESALR2_22620001200012_231231_230001 »: the file's name without extension, which is also NomFic."""
    return f"{file_type}_{siret}_{day:%y%m%d}_{sequence}"


def write_flow(stream: IO[bytes], envelope: Envelope, slips: Iterable[Slip]) -> None:
    """Write the flow to ``stream``, which stays open. ``slips`` is read once."""
    with etree.xmlfile(stream, encoding=ENCODING) as flow:
        flow.write_declaration()
        with flow.element(f"{{{NAMESPACE}}}PES_Aller", nsmap={"n": NAMESPACE}):
            _line(flow, _envelope(envelope))
            _line(flow, _heading(envelope.day, envelope.sender))
            with flow.element("PES_RecetteAller"):
                _line(flow, _tree("EnTeteRecette", [("IdVer", VERSION), ("InfoDematerialisee", UNSIGNED)]))
                for slip in slips:
                    _slip(flow, slip)
            flow.write("\n")


def _slip(flow: Any, slip: Slip) -> None:
    with flow.element("Bordereau"):
        _line(
            flow,
            _tree(
                "BlocBordereau",
                [
                    ("Exer", f"{slip.exercice:04d}"),
                    ("IdBord", str(slip.number)),
                    ("DteBordEm", slip.issued_on.isoformat()),
                    ("TypBord", slip.kind),
                    ("NbrPce", str(len(slip.pieces))),
                    ("MtBordHt", amount(slip.total)),
                ],
            ),
        )
        for piece in slip.pieces:
            _line(flow, _piece(piece))
    flow.write("\n")


def _line(flow: Any, element: _Element) -> None:
    flow.write("\n")
    flow.write(element, pretty_print=True)


def _envelope(envelope: Envelope) -> _Element:
    root = etree.Element("Enveloppe")
    parameters = [("Version", VERSION), ("TypFic", envelope.file_type), ("NomFic", envelope.file_name)]
    root.append(_tree("Parametres", parameters))
    root.append(_tree("Emetteur", [("Sigle", SOFTWARE), ("Adresse", f"{SOFTWARE} {SOFTWARE_VERSION}")]))
    return root


def _heading(day: dt.date, sender: Sender) -> _Element:
    return _tree(
        "EnTetePES",
        [
            ("DteStr", day.isoformat()),
            ("IdPost", sender.accountant),
            ("IdColl", sender.siret),
            ("CodCol", sender.collectivity),
            ("CodBud", sender.budget),
            ("LibelleColBud", sender.budget_label),
        ],
    )


def _piece(piece: Piece) -> _Element:
    root = etree.Element("Piece")
    block = _tree(
        "BlocPiece",
        [
            ("CodServ", piece.service),
            ("IdPce", str(piece.number)),
            ("TypPce", piece.triplet.piece),
            ("NatPce", piece.triplet.nature),
            ("Edition", piece.edition),
            ("ObjPce", piece.subject),
        ],
    )
    if piece.attachment is not None:
        # 01: sent electronically; 002: justification of a receipt.
        parts = [("Support", "01"), ("IdUnique", piece.attachment.unique_id), ("NomPJ", piece.attachment.name)]
        block.append(_tree("PJRef", [*parts, ("TypePJ", "002")]))
    _append(block, [("NumeroEngagement", piece.engagement), ("CodeService", piece.debtor_service)])
    root.append(block)
    line = etree.SubElement(root, "LigneDePiece")
    line.append(_line_block(piece))
    line.append(_debtor(piece.debtor))
    return root


def _line_block(piece: Piece) -> _Element:
    block = etree.Element("BlocLignePiece")
    information = [
        ("IdLigne", "1"),
        ("ObjLignePce", piece.line_subject),
        ("CodProdLoc", piece.product),
        ("Nature", piece.account),
        ("Fonction", piece.function),
        ("Operation", piece.operation),
        ("Majo", "0"),
        ("TvaIntraCom", "0"),
        ("MtHT", amount(piece.amount)),
    ]
    block.append(_tree("InfoLignePiece", information))
    if piece.origin is not None:
        origin = piece.origin
        parts = [("NatPceOrig", origin.kind), ("ExerRat", f"{origin.exercice:04d}"), ("IdPceOrig", origin.number)]
        block.append(_tree("RattachPiece", [*parts, ("IdLigneOrig", origin.line)]))
    return block


def _debtor(debtor: Debtor) -> _Element:
    root = etree.Element("Tiers")
    identified = bool(debtor.identifier and debtor.identifier_kind)
    identity = [
        ("IdTiers", debtor.identifier if identified else ""),
        ("NatIdTiers", debtor.identifier_kind if identified else ""),
        ("RefTiers", debtor.reference),
        ("CatTiers", debtor.category),
        ("NatJur", debtor.legal_nature),
        ("TypTiers", "01"),
        ("Nom", debtor.name),
        ("ComplNom", debtor.name_more),
    ]
    root.append(_tree("InfoTiers", identity))
    address = [
        ("TypAdr", "1"),
        ("Adr1", debtor.line1),
        ("Adr2", debtor.line2),
        ("Adr3", debtor.line3),
        ("CP", debtor.postal_code),
        ("Ville", debtor.city),
        ("CodRes", "0"),
    ]
    root.append(_tree("Adresse", address))
    return root


def amount(value: Decimal) -> str:
    """ "8352.08". ``ValueError`` when it has more than two decimals: nothing is rounded at the door."""
    cents = value * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{value} has more than two decimals")
    return f"{value:.2f}"


def _tree(name: str, values: Iterable[tuple[str, str]]) -> _Element:
    element = etree.Element(name)
    _append(element, values)
    return element


def _append(element: _Element, values: Iterable[tuple[str, str]]) -> None:
    for tag, value in values:
        if value:
            etree.SubElement(element, tag).set("V", value)


def slips_of(pieces: Iterable[tuple[Piece, int]], *, exercice: int, issued_on: dt.date) -> Iterator[Slip]:
    """Each piece comes with its slip's number: a change of number ends a slip. One slip is held at a time."""
    waiting: list[Piece] = []
    current = 0
    for piece, number in pieces:
        if waiting and number != current:
            yield Slip(exercice, current, waiting[0].triplet.slip, issued_on, tuple(waiting))
            waiting = []
        waiting.append(piece)
        current = number
    if waiting:
        yield Slip(exercice, current, waiting[0].triplet.slip, issued_on, tuple(waiting))
