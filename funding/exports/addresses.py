"""A debtor's identity and postal address as accounting software takes them: five short lines."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from parties.models import Organisation

LINE = 38  # characters, PES V2
_SEAT = re.compile(r"^(?P<street>.*?)[\s,–-]*\b(?P<code>\d{5})\s+(?P<city>\S.*)$", re.DOTALL)


@dataclass(frozen=True)
class Address:
    line1: str = ""
    line2: str = ""
    line3: str = ""
    postal_code: str = ""
    city: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.line1 and self.city and re.fullmatch(r"\d{5}", self.postal_code))


def address_of(organisation: Organisation) -> Address:
    """The structured address, else the seat written in the act ("… 62018 Arras Cedex 9") cut into lines."""
    if organisation.postal_code or organisation.address1:
        return Address(organisation.address1, organisation.address2, "", organisation.postal_code, organisation.city)
    match = _SEAT.match(" ".join(organisation.seat.split()))
    if match is None:
        return Address()
    lines = [*textwrap.wrap(match["street"], LINE)[:3], "", "", ""]
    return Address(lines[0], lines[1], lines[2], match["code"], match["city"][:LINE])


def identifier_of(organisation: Organisation) -> tuple[str, str]:
    """(identifier, NatIdTiers): SIRET 01, else SIREN 02, else neither."""
    if organisation.siret:
        return organisation.siret, "01"
    return (organisation.siren, "02") if organisation.siren else ("", "")


def missing_of(organisation: Organisation) -> list[str]:
    """What the debtor's record lacks for the finance software, in French. It does not block the export."""
    missing = []
    if not organisation.siret:
        missing.append("SIRET" if organisation.siren else "SIREN et SIRET")
    if not address_of(organisation).is_complete:
        missing.append("adresse")
    return missing
