"""The columns of the titres file, in order. Names and order are a contract with the finance software: only append."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.sheets import Kind, SheetColumn
from funding import titre_rules
from funding.enums import TitreKind
from funding.exports.accounts import (
    account_of,
    debtor_engagement,
    debtor_service,
    third_party_code,
    third_party_pair,
)
from funding.exports.addresses import LINE, Address, address_of, identifier_of
from funding.models import Titre

#: What a line does to the issuer's accounts: a receipt, less of a receipt, an expense.
DIRECTIONS: dict[str, str] = {
    TitreKind.TITRE: "R",
    TitreKind.REDUCTION: "A",
    TitreKind.ANNULATION: "A",
    TitreKind.MANDAT_673: "D",
}
#: "Titres annulés sur exercices antérieurs": where a mandat that corrects a closed exercice is booked.
EARLIER_EXERCISES = "673"
SHORT_LABELS: dict[str, str] = {
    TitreKind.TITRE: "PARTICIPATION",
    TitreKind.REDUCTION: "REDUCTION",
    TitreKind.ANNULATION: "ANNULATION",
    TitreKind.MANDAT_673: "MANDAT 673",
}


@dataclass(frozen=True)
class Entry:
    """A titre as the file shows it; ``proposed_on`` is the day of the export."""

    titre: Titre
    proposed_on: dt.date

    @property
    def address(self) -> Address:
        return address_of(self.titre.debtor)

    def issuer_setting(self, name: str) -> str:
        return str(self.titre.issuer.finance.get(name) or "")

    def third_party(self, index: int) -> str:
        return third_party_pair(self.titre.issuer, self.titre.debtor)[index]

    def stated(self, name: str) -> Any:
        return self.titre.statement.get(name, "")

    @property
    def rate(self) -> Decimal | None:
        rate = self.stated("rate")
        return Decimal(rate) if rate else None

    @property
    def short_label(self) -> str:
        words = f"{SHORT_LABELS[self.titre.kind]} {self.titre.year} {self.titre.reference}"
        return titre_rules.ascii_upper(words.strip())[:50]

    @property
    def account(self) -> str:
        if self.titre.kind == TitreKind.MANDAT_673:
            return EARLIER_EXERCISES
        return account_of(self.titre.issuer, self.titre.debtor)

    @property
    def original(self) -> Titre | None:
        """The titre a correction corrects, or a reissue replaces."""
        return self.titre.original

    @property
    def working(self) -> str:
        titre = self.titre
        if titre.is_correction:
            return str(self.stated("working"))
        unit = "JOURS" if titre.unit == "days" else "MOIS"
        ratio = f"{titre_rules.plain(titre.due)}/{titre_rules.plain(titre.planned)} {unit}"
        amounts = titre_rules.plain_amount(titre.base), titre_rules.plain_amount(titre.amount)
        if titre.advances:
            gross = titre_rules.plain_amount(titre.amount + titre.advances)
            return f"{amounts[0]} X {ratio} = {gross} - {titre_rules.plain_amount(titre.advances)} = {amounts[1]}"
        return f"{amounts[0]} X {ratio} = {amounts[1]}"


def exercise_of(titre: Titre) -> int:
    """The exercice a titre was booked in: that of its issue, once known."""
    return titre.issued_on.year if titre.issued_on else titre.year


def statement_filename(titre: Titre) -> str:
    """The décompte's file name, the one the file cites."""
    return f"decompte-{titre.entry_id}.pdf"


def _blank(entry: Entry) -> None:
    """Filled in by the finance service, then given back."""


def _text(header: str, read: Any, width: int = 14) -> SheetColumn:
    return SheetColumn(header, read, Kind.TEXT, width)


COLUMNS: tuple[SheetColumn, ...] = (
    _text("id_ecriture", lambda e: e.titre.entry_id, 40),
    _text("sens", lambda e: DIRECTIONS[e.titre.kind], 6),
    _text("collectivite", lambda e: e.issuer_setting("collectivite"), 12),
    _text("budget", lambda e: e.issuer_setting("budget"), 10),
    _text("exercice", lambda e: str(e.titre.year), 10),
    _text("code_tiers", lambda e: third_party_code(e.titre.issuer, e.titre.debtor)),
    _text("siret", lambda e: identifier_of(e.titre.debtor)[0], 18),
    _text("nat_id_tiers", lambda e: identifier_of(e.titre.debtor)[1], 12),
    _text("cat_tiers", lambda e: e.third_party(0), 10),
    _text("nat_jur", lambda e: e.third_party(1), 10),
    _text("nom", lambda e: e.titre.debtor.name[:LINE], 38),
    _text("adr1", lambda e: e.address.line1, 30),
    _text("adr2", lambda e: e.address.line2, 30),
    _text("adr3", lambda e: e.address.line3, 30),
    _text("cp", lambda e: e.address.postal_code, 8),
    _text("ville", lambda e: e.address.city, 24),
    _text("objet", lambda e: e.titre.subject, 70),
    _text("libelle_court", lambda e: e.short_label, 40),
    _text("nature", lambda e: e.account, 10),
    _text("fonction", lambda e: e.issuer_setting("fonction"), 10),
    _text("chapitre", lambda e: e.issuer_setting("chapitre"), 10),
    _text("service", lambda e: e.issuer_setting("service")),
    _text("operation", lambda e: e.issuer_setting("operation")),
    _text("code_produit", lambda e: e.issuer_setting("code_produit"), 12),
    SheetColumn("montant_ht", lambda e: e.titre.amount, Kind.AMOUNT, 14),
    SheetColumn("montant_tva", lambda e: Decimal(0), Kind.AMOUNT, 12),
    SheetColumn("date_proposee", lambda e: e.proposed_on, Kind.DATE, 14),
    _text("num_engagement", lambda e: debtor_engagement(e.titre.issuer, e.titre.debtor)),
    _text("code_service", lambda e: debtor_service(e.titre.issuer, e.titre.debtor)),
    _text("convention", lambda e: e.titre.reference, 16),
    _text("avenant", lambda e: e.stated("legal_basis").get("avenant", "") if e.stated("legal_basis") else "", 12),
    SheetColumn("periode_debut", lambda e: e.titre.plan.period_start, Kind.DATE, 14),
    SheetColumn("periode_fin", lambda e: e.titre.plan.period_end, Kind.DATE, 14),
    SheetColumn("mois_dus", lambda e: e.titre.due if e.titre.unit == "months" else None, Kind.NUMBER, 10),
    SheetColumn("assiette", lambda e: e.titre.base, Kind.AMOUNT, 14),
    SheetColumn("taux", lambda e: e.rate, Kind.NUMBER, 10),
    _text("base_liquidation", lambda e: e.working, 40),
    _text("pieces", lambda e: statement_filename(e.titre), 46),
    _text("num_bordereau", _blank),
    _text("num_titre", _blank),
    SheetColumn("date_titre", _blank, Kind.DATE, 12),
    SheetColumn("date_encaissement", _blank, Kind.DATE, 18),
    SheetColumn("montant_encaisse", _blank, Kind.AMOUNT, 18),
    _text("type_piece", lambda e: e.titre.kind, 14),
    _text("id_ecriture_origine", lambda e: e.original.entry_id if e.original else "", 40),
    _text("num_titre_origine", lambda e: e.original.number if e.original else "", 18),
    _text("exercice_origine", lambda e: str(exercise_of(e.original)) if e.original else "", 16),
    SheetColumn("avances", lambda e: e.titre.advances or None, Kind.AMOUNT, 12),
)
