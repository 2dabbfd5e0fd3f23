"""XML that strangers send: no DTD, no entity, no network, a known encoding, bounded size, depth and count."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from core.errors import InvalidInput

LARGEST = 20 * 1024 * 1024  # bytes
MOST_ELEMENTS = 1_000_000
DEEPEST = 40
#: All carry "<!DOCTYPE" as the same bytes, so that looking for it before parsing cannot be fooled.
ENCODINGS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
_DECLARATION = re.compile(rb"""^<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]{1,40})["']""")
_BOM = b"\xef\xbb\xbf"


def events(content: bytes) -> Iterator[tuple[str, Any]]:
    """("start" or "end", element) through the document. The reader clears what it has read.

    Raises :class:`InvalidInput` when the content is not XML this project takes.
    """
    _check_bytes(content)
    count = depth = 0
    try:
        parsed = etree.iterparse(
            io.BytesIO(content),
            events=("start", "end"),
            load_dtd=False,
            no_network=True,
            resolve_entities=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in parsed:
            if event == "start":
                count, depth = count + 1, depth + 1
                if count > MOST_ELEMENTS or depth > DEEPEST:
                    raise InvalidInput("Ce fichier XML est trop gros ou trop imbriqué pour un retour du comptable.")
            else:
                depth -= 1
            yield event, element
    except etree.XMLSyntaxError as error:
        line = f", ligne {error.lineno}" if error.lineno else ""
        raise InvalidInput(
            f"Ce fichier XML est mal formé ou son encodage n'est pas celui qu'il annonce{line} : redemandez-le tel "
            "qu'il a été reçu du comptable, sans l'ouvrir dans un autre logiciel."
        ) from error


def _check_bytes(content: bytes) -> None:
    if len(content) > LARGEST:
        raise InvalidInput(f"Le fichier dépasse {LARGEST // 1024 // 1024} Mo : demandez un retour par période.")
    body = content.removeprefix(_BOM)
    if not body.strip():
        raise InvalidInput("Ce fichier est vide : choisissez le retour reçu du comptable.")
    declared = _DECLARATION.match(body)
    encoding = declared[1].decode("ascii", "replace").lower() if declared else "utf-8"
    if encoding not in ENCODINGS or b"\0" in body:
        raise InvalidInput(
            f"L'encodage annoncé ({encoding}) n'est pas lu : un fichier PES est en ISO-8859-1 ou en UTF-8."
        )
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise InvalidInput(
            "Ce fichier XML contient une déclaration DOCTYPE ou des entités, qu'un fichier PES n'a jamais : il n'a pas "
            "été lu. Redemandez-le au comptable."
        )
