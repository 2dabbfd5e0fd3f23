"""From titres to the pieces of a PES flow. Reads the titre, its issuer, debtor, plan and the titre it corrects."""

from __future__ import annotations

import hashlib
import re
import textwrap
from decimal import Decimal

from core.errors import BusinessError
from funding.enums import TitreKind
from funding.exports.accounts import (
    account_of,
    debtor_engagement,
    debtor_service,
    third_party_code,
    third_party_pair,
)
from funding.exports.addresses import address_of, identifier_of
from funding.exports.pes import text
from funding.exports.pes.model import (
    AFTER_PAYMENT,
    OF_RECEIPT,
    OF_TITRE,
    ORDINARY,
    REDUCTION,
    Attachment,
    Debtor,
    Origin,
    Piece,
    Sender,
    Triplet,
)
from funding.finance_settings import FinanceSettings
from funding.models import Titre
from parties.enums import OrganisationKind
from parties.models import Organisation

NAME = 38
SUBJECT = 160
#: What leads to the décompte in a titre's object; the law wants it cited precisely (bases de liquidation).
_STATEMENT = re.compile(r"\s*-?\s*(?:CF\s+)?DECOMPTE\s+(?:N\S\s+)?(?P<id>\S+)\s*$", re.IGNORECASE)


def sender_of(issuer: Organisation) -> Sender:
    settings = FinanceSettings(issuer.finance)
    return Sender(
        siret=settings.get("siret_budget") or issuer.siret,
        accountant=settings.get("id_post"),
        collectivity=settings.get("cod_col"),
        budget=settings.get("cod_bud"),
        budget_label=text.write(settings.get("libelle_budget"), NAME, style_of(settings)),
    )


def style_of(settings: FinanceSettings) -> text.Style:
    return text.Style(capitals=settings.has("capitales"), accents=settings.has("accents"))


def triplet_of(titre: Titre, settings: FinanceSettings) -> Triplet:
    """Reductions and cancellations within the exercice; the State's share when it is booked after its payment."""
    if titre.kind in (TitreKind.REDUCTION, TitreKind.ANNULATION):
        return REDUCTION
    if titre.kind != TitreKind.TITRE:
        raise BusinessError(
            f"L'écriture {titre.entry_id} ({titre.get_kind_display()}) n'a pas de place dans un PES de recettes."
        )
    after = titre.debtor.kind == OrganisationKind.PREFECTURE and settings.get("fipd") == "apres"
    return AFTER_PAYMENT if after else ORDINARY


def piece_of(titre: Titre, settings: FinanceSettings, number: int) -> Piece:
    """The titre as a piece numbered ``number``. Amounts in euros; a reduction's is positive too."""
    style = style_of(settings)
    triplet = triplet_of(titre, settings)
    return Piece(
        key=titre.entry_id,
        number=number,
        triplet=triplet,
        subject=subject_of(titre, style),
        line_subject=text.write(f"Participation {titre.year} {titre.reference}".strip(), SUBJECT, style),
        amount=titre.amount.quantize(Decimal("0.01")),
        account=account_of(titre.issuer, titre.debtor),
        product=settings.get("code_produit"),
        debtor=debtor_of(titre, style),
        service=text.write(settings.get("service"), 10, style),
        function=settings.function,
        operation=settings.get("operation"),
        edition=settings.get("edition"),
        engagement=text.write(debtor_engagement(titre.issuer, titre.debtor), 50, _AS_TYPED),
        debtor_service=text.write(debtor_service(titre.issuer, titre.debtor), 100, _AS_TYPED),
        origin=origin_of(titre, triplet, settings),
        attachment=attachment_of(titre, settings),
    )


#: Codes are somebody else's: only what the file cannot carry is changed.
_AS_TYPED = text.Style(capitals=False, accents=True)


def subject_of(titre: Titre, style: text.Style) -> str:
    """ "PARTICIPATION ISCG 2023 CONV 62-A12 : 14665,00 X 12/12 - CF DECOMPTE NO 62-2023-…", never cut in the number."""
    found = _STATEMENT.search(titre.subject)
    statement = found["id"] if found else titre.entry_id
    head = titre.subject[: found.start()] if found else titre.subject
    tail = text.write(f" - CF DECOMPTE N° {statement}", SUBJECT, style)
    head = text.write(head, SUBJECT - len(tail) - 1, style)
    return f"{head} {tail}"[:SUBJECT] if head else tail.lstrip("- ")


def origin_of(titre: Titre, triplet: Triplet, settings: FinanceSettings) -> Origin | None:
    """What the piece is attached to: the titre it reduces, or the accountant's receipt it regularises."""
    if triplet == REDUCTION and titre.original is not None:
        return Origin(OF_TITRE, titre.original.year, titre.original.number, "1")
    if triplet == AFTER_PAYMENT:
        return Origin(OF_RECEIPT, titre.year, settings.entry("encaissements", titre.entry_id))
    return None


def attachment_of(titre: Titre, settings: FinanceSettings) -> Attachment | None:
    """A reference to the décompte, unique for ever: SIRET, exercice, then a digest of the titre's own key."""
    if not settings.has("reference_decompte"):
        return None
    siret = settings.get("siret_budget") or titre.issuer.siret
    digest = hashlib.sha256(titre.entry_id.encode()).hexdigest()[:20].upper()
    name = re.sub(r"[^0-9A-Za-z._-]", "-", f"decompte-{titre.entry_id}")
    return Attachment(f"{siret}REC{titre.year}{digest}", f"{name[:96]}.pdf")


def debtor_of(titre: Titre, style: text.Style) -> Debtor:
    issuer, debtor = titre.issuer, titre.debtor
    identifier, kind = identifier_of(debtor)
    category, legal_nature = third_party_pair(issuer, debtor)
    name, more = two_lines(text.write(debtor.name, 2 * NAME + 1, style))
    line1, line2, line3 = street_of(debtor)
    address = address_of(debtor)
    return Debtor(
        name=name,
        name_more=more,
        identifier=identifier,
        identifier_kind=kind,
        reference=text.write(third_party_code(issuer, debtor), 30, _AS_TYPED),
        category=category,
        legal_nature=legal_nature,
        line1=text.write(line1, NAME, style),
        line2=text.write(line2, NAME, style),
        line3=text.write(line3, NAME, style),
        postal_code=address.postal_code,
        city=text.write(address.city, NAME, style),
    )


def two_lines(name: str) -> tuple[str, str]:
    """A name in two lines of 38 characters, cut between words when it can be."""
    lines = [*textwrap.wrap(name, NAME, break_long_words=True, break_on_hyphens=False), "", ""]
    return lines[0], text.write(lines[1], NAME, _AS_TYPED)


def street_of(debtor: Organisation) -> tuple[str, str, str]:
    """(complement, street, further line): PES wants the street in the second line, alone when there is one only."""
    address = address_of(debtor)
    if debtor.postal_code or debtor.address1:
        return address.line2, address.line1, address.line3  # a record has the street first, then what completes it
    if not address.line2:
        return "", address.line1, ""
    return address.line1, address.line2, address.line3


def sequence_of(year: int, batch: int) -> str:
    """What tells the files of one day apart: exercice and number of the batch, « 230001 »."""
    return f"{year % 100:02d}{batch:04d}"
