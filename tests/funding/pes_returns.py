"""Files an accountant's system would send back, built for the tests and held against the official schemas."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from funding.exports.pes import schema

ACQUIT_1 = Path("PES_V2") / "Rev0" / "PES_V2_Acquit_Autonome.xsd"
ACQUIT_2 = Path("PES_V2") / "Rev0" / "PES_V2_Acquit_Autonome_V2.xsd"
SIRET = "20003544200017"
NS = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour"
XML = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'


def conforms(content: bytes, xsd: Path) -> bytes:
    """The same content, once the official schema took it where this machine has it; CI must have it."""
    if settings.PES_XSD_DIR:
        assert schema.errors_of(io.BytesIO(content), xsd) == []
    elif os.environ.get("CI"):
        pytest.fail("PES_XSD_DIR is not set: CI must validate PES files against the official schemas (see .ci/run)")
    return content


def _head(file_kind: str, siret: str, collectivity_tag: str) -> str:
    who = '<Emetteur><Sigle V="HELIOS"/><Adresse V="HELIOS"/></Emetteur>'
    return (
        f'<Enveloppe><Parametres><Version V="1"/><TypFic V="{file_kind}"/><NomFic V="{file_kind}_1"/></Parametres>{who}'
        f'</Enveloppe><EnTetePES><DteStr V="2024-02-05"/><IdPost V="062015"/><IdColl V="{siret}"/>'
        f'<{collectivity_tag} V="310"/><CodBud V="00"/></EnTetePES>'
    )


def bordereau(slip: str, state: str = "1", *, year: str = "2023", domain: str = "6", inner: str = "") -> str:
    """An ElementACQUIT of the second version; ``inner``: its errors and pieces."""
    return (
        f'<ElementACQUIT><DomaineAck V="{domain}"/><EtatAck V="{state}"/><NumBord V="{slip}"/>'
        f'<ExerciceBord V="{year}"/>{inner}</ElementACQUIT>'
    )


def error(code: str, label: str) -> str:
    return f'<Erreur><NumAnoAck V="{code}"/><LibelleAnoAck V="{label}"/></Erreur>'


def acquit(*elements: str, siret: str = SIRET) -> bytes:
    """A PES_ACQUIT of the second version."""
    body = "".join(elements)
    head = _head("PESACQUIT", siret, "CodCol")
    text = (
        f'{XML}<n:PES_ACQUIT xmlns:n="{NS}/v2">{head}<ACQUIT><EnTeteAcquit><IdVer V="2"/></EnTeteAcquit>{body}</ACQUIT>'
        "</n:PES_ACQUIT>"
    )
    return conforms(text.encode("iso-8859-1"), ACQUIT_2)


def first_acquit(*elements: str) -> bytes:
    """A PES_ACQUIT of the first version, elements given whole."""
    head = _head("PESACQUIT", SIRET, "CodCol")
    text = (
        f'{XML}<n:PES_ACQUIT xmlns:n="{NS}">{head}<ACQUIT><EnTeteAcquit><IdVer V="1"/></EnTeteAcquit>'
        f"{''.join(elements)}</ACQUIT></n:PES_ACQUIT>"
    )
    return conforms(text.encode("iso-8859-1"), ACQUIT_1)


def piece(
    number: str,
    amount: str = "14665.00",
    *,
    state: str = "02",
    subject: str = "",
    about: str = "",
    receipts: Sequence[tuple[str, str, str]] = (),
    total: str = "",
    kind: str = "01",
) -> str:
    """A Piece of a PES Retour. ``about``: what follows EtatPce. ``receipts``: (OrgEma, day, amount)."""
    taken = "" if state == "04" else '<DtePcePec V="2024-01-20"/>'
    said = f'<Obj V="{subject}"/>' if subject else ""
    paid = "".join(
        f'<EncaissementEmargement><OrgEma V="{origin}"/><DteReco V="{day}"/><MtReco V="{euros}"/>'
        "</EncaissementEmargement>"
        for origin, day, euros in receipts
    )
    total = total or str(sum((Decimal(euros) for _, _, euros in receipts), Decimal(0)))
    recovered = f'<InfoRecouvrement><NbrReco V="{len(receipts)}"/><MtRecoTot V="{total}"/></InfoRecouvrement>'
    return (
        f'<Piece><BlocPiece><IdPce V="{number}"/><TypPce V="{kind}"/><NatPce V="01"/>{said}{taken}'
        f'<EtatPce V="{state}"/>{about}</BlocPiece><LigneDePiece><BlocLignePiece><InfoLignePiece><IdLigne V="1"/>'
        f'<EtatLigPce V="04"/><MtHT V="{amount}"/></InfoLignePiece>{recovered if receipts else ""}</BlocLignePiece>'
        f"{paid}</LigneDePiece></Piece>"
    )


def slip(number: str, *pieces: str, year: str = "2023", kind: str = "01") -> str:
    return (
        f'<Bordereau><BlocBordereau><Exer V="{year}"/><IdBord V="{number}"/><TypBord V="{kind}"/></BlocBordereau>'
        f"{''.join(pieces)}</Bordereau>"
    )


def retour(*slips: str, siret: str = SIRET) -> bytes:
    """A PES_Retour of receipts."""
    text = (
        f'{XML}<n:PES_Retour xmlns:n="{NS}">{_head("PES2R_RCE", siret, "CodColl")}<PES_RecetteRetour><EnTeteRecette>'
        f'<TypRestit V="P"/><IdVer V="2"/><NatInf V="2"/></EnTeteRecette>{"".join(slips)}</PES_RecetteRetour>'
        "</n:PES_Retour>"
    )
    return conforms(text.encode("iso-8859-1"), schema.RETOUR)
