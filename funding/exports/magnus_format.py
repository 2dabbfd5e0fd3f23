"""Magnus behind the interface every export format has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, ClassVar

from django.utils import timezone

from core.findings import Finding, Severity
from funding.enums import TitreKind
from funding.exports import magnus
from funding.exports.accounts import account_of, third_party_code, third_party_pair
from funding.exports.addresses import address_of, identifier_of
from funding.exports.base import BatchHead, ExportFormat
from funding.exports.columns import Entry
from funding.exports.pes.checks import Where
from funding.exports.pes.format import step_url
from funding.finance_settings import FinanceSettings
from funding.models import Titre


class MagnusFormat(ExportFormat):
    name = "magnus"
    label = "Magnus (Berger-Levrault)"
    extension = "zip"
    media_type = "application/zip"
    #: The layout found says nothing of reductions.
    kinds: ClassVar[frozenset[str]] = frozenset({TitreKind.TITRE})

    def check(self, titres: Iterable[Titre], settings: Mapping[str, Any]) -> Iterator[Finding]:
        """Its collectivity and budget, an account and a product for each titre: without them the import is refused."""
        parameters = FinanceSettings(settings)
        for rank, titre in enumerate(titres):
            if rank == 0:
                for key, word in (("collectivite", "collectivité"), ("budget", "budget")):
                    if not parameters.get(key):
                        message = f"Le code {word} de votre logiciel n'est pas saisi."
                        yield _finding(key, message, step_url(titre.issuer, Where.SOFTWARE))
                if not parameters.get("code_produit"):
                    message = "Le code produit local n'est pas saisi."
                    yield _finding("code_produit", message, step_url(titre.issuer, Where.BOOKING))
            if not account_of(titre.issuer, titre.debtor):
                message = f"Titre {titre.entry_id} : le compte (article) de ce débiteur n'est pas saisi."
                yield _finding(titre.entry_id, message, step_url(titre.issuer, Where.ACCOUNTS))

    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        settings = FinanceSettings(batch.issuer.finance)
        moment = timezone.localtime(batch.moment)
        court = settings.get("tribunal") or batch.issuer.territory.administrative_court
        lines = (line_of(entry, settings, court) for entry in rows)
        magnus.write_zip(stream, lines, encoding=settings.get("magnus_encodage"), moment=moment)


def line_of(entry: Entry, settings: FinanceSettings, court: str = "") -> magnus.Line:
    titre = entry.titre
    address = address_of(titre.debtor)
    identifier, kind = identifier_of(titre.debtor)
    category, legal_nature = third_party_pair(titre.issuer, titre.debtor)
    return magnus.Line(
        key=titre.entry_id,
        collectivity=settings.get("collectivite"),
        budget=settings.get("budget"),
        exercice=titre.year,
        third_party=third_party_code(titre.issuer, titre.debtor),
        name=titre.debtor.name,
        address=(address.line1, address.line2, address.line3),
        postal_code=address.postal_code,
        city=address.city,
        label=entry.short_label,
        proposed_on=entry.proposed_on,
        account=account_of(titre.issuer, titre.debtor),
        amount=titre.amount,
        operation=settings.get("operation"),
        service=settings.get("service"),
        function=settings.function,
        product=settings.get("code_produit"),
        legal_nature=legal_nature,
        category=category,
        identifier=identifier,
        identifier_kind=kind,
        court=court,
        edition=settings.get("edition"),
    )


def _finding(place: str, message: str, url: str) -> Finding:
    return Finding(code="MAGNUS", severity=Severity.BLOCKING, place=place, message=message, url=url)
