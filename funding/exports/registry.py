"""The formats titres can be exported in. Pages, API and command read this list: adding a format is adding a line."""

from __future__ import annotations

from core.errors import InvalidInput
from core.french import enumerate_fr
from funding.exports.base import ExportFormat
from funding.exports.magnus_format import MagnusFormat
from funding.exports.pes.format import PesFormat
from funding.exports.spreadsheets import CsvFormat, XlsxFormat

FORMATS: dict[str, ExportFormat] = {
    each.name: each for each in (CsvFormat(), XlsxFormat(), PesFormat(), MagnusFormat())
}


def get_format(name: str) -> ExportFormat:
    """The format called ``name``; :class:`InvalidInput` naming those there are otherwise."""
    found = FORMATS.get(name)
    if found is None:
        names = enumerate_fr((each.name.upper() for each in FORMATS.values()), "ou")
        raise InvalidInput(f"Choisissez le format {names}.", place="file_format")
    return found


def choices() -> list[tuple[str, str]]:
    return [(each.name, each.label) for each in FORMATS.values()]


def media_type_of(name: str) -> str:
    """How a kept file is served; one whose format has since been withdrawn is still given, as plain bytes."""
    found = FORMATS.get(name)
    return found.media_type if found else "application/octet-stream"
