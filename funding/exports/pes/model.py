"""What a PES_RecetteAller says, in plain data: an envelope, slips (bordereaux), titres of one line and one debtor.

Names in comments are the schema's. Amounts are euros (Decimal, two decimals, above zero); numbers are whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Triplet:
    """TypBord, TypPce and NatPce together: Hélios refuses any combination that is not in its grid."""

    slip: str
    piece: str
    nature: str


#: Marks as in docs/titres.md: the first two are verified, the third (a titre for money the accountant already holds) is
#: our reading of the schema's words, to confirm with the comptable.
ORDINARY = Triplet("01", "01", "01")
REDUCTION = Triplet("02", "02", "06")
AFTER_PAYMENT = Triplet("01", "05", "01")

#: NatPceOrig.
OF_TITRE = "01"
OF_RECEIPT = "03"


@dataclass(frozen=True)
class Sender:
    """The issuer as its accountant knows it."""

    siret: str  # IdColl, the budget's own
    accountant: str  # IdPost
    collectivity: str  # CodCol
    budget: str  # CodBud
    budget_label: str = ""  # LibelleColBud


@dataclass(frozen=True)
class Debtor:
    name: str
    name_more: str = ""
    identifier: str = ""  # IdTiers
    identifier_kind: str = ""  # NatIdTiers: 01 SIRET, 02 SIREN
    reference: str = ""  # RefTiers
    category: str = ""  # CatTiers
    legal_nature: str = ""  # NatJur
    line1: str = ""  # Adr1
    line2: str = ""  # Adr2, the street: mandatory
    line3: str = ""  # Adr3
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True)
class Origin:
    """RattachPiece: the titre a reduction corrects, or the receipt a titre regularises."""

    kind: str
    exercice: int
    number: str
    line: str = ""


@dataclass(frozen=True)
class Attachment:
    """PJRef: a file sent apart, named here."""

    unique_id: str
    name: str


@dataclass(frozen=True)
class Piece:
    """One titre. ``key`` is our own identifier: it names the titre in messages, it is not written."""

    key: str
    number: int
    triplet: Triplet
    subject: str
    amount: Decimal
    account: str  # Nature
    product: str  # CodProdLoc
    debtor: Debtor
    line_subject: str = ""
    service: str = ""
    function: str = ""
    operation: str = ""
    edition: str = ""
    engagement: str = ""
    debtor_service: str = ""
    origin: Origin | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True)
class Slip:
    """A bordereau: pieces of one triplet's slip type."""

    exercice: int
    number: int
    kind: str
    issued_on: dt.date
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> Decimal:
        return sum((piece.amount for piece in self.pieces), Decimal(0))


@dataclass(frozen=True)
class Envelope:
    """The flow's head. ``day`` is the only date of the machine in it: same data, same day, same bytes."""

    file_type: str  # TypFic
    file_name: str  # NomFic, without its extension
    day: dt.date
    sender: Sender
