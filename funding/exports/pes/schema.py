"""Validation against the official schemas, which the project does not ship: ``PES_XSD_DIR`` names their folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import IO

from django.conf import settings
from lxml import etree

from core.errors import BusinessError

ALLER = Path("PES_V2") / "Rev0" / "PES_Aller.xsd"
RETOUR = Path("PES_V2") / "RETOUR" / "Rev0" / "PES_Retour.xsd"


class SchemaUnavailable(BusinessError):
    """``PES_XSD_DIR`` names a folder that does not hold the schemas."""


def folder() -> Path | None:
    """Where the schemas are; None when the server was given none."""
    return Path(settings.PES_XSD_DIR) if settings.PES_XSD_DIR else None


def errors_of(stream: IO[bytes], schema: Path = ALLER) -> list[str]:
    """What the schema refuses in the file, line by line; empty when it is valid.

    Raises :class:`SchemaUnavailable` when the folder is named but does not hold the schemas.
    """
    where = folder()
    if where is None:
        raise SchemaUnavailable("Aucun dossier de schémas PES n'est indiqué (PES_XSD_DIR).")
    loaded = _schema(where / schema)
    # The file may be large; ours, it holds no entity.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        document = etree.parse(stream, parser)
    except etree.XMLSyntaxError as error:
        return [f"XML mal formé : {error}"]
    if loaded.validate(document):
        return []
    return [f"ligne {entry.line} : {entry.message}" for entry in iter(loaded.error_log)]  # type: ignore[call-overload]


@lru_cache(maxsize=4)
def _schema(path: Path) -> etree.XMLSchema:
    try:
        parser = etree.XMLParser(no_network=True, load_dtd=False)
        return etree.XMLSchema(etree.parse(str(path), parser))
    except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise SchemaUnavailable(
            f"Les schémas PES ne se lisent pas dans le dossier indiqué par PES_XSD_DIR ({path.name}) : "
            "demandez à l'exploitation de le corriger ou de retirer cette variable."
        ) from error
