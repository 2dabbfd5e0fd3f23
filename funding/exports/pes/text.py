"""The characters a PES flow carries: ISO-8859-1, one line, never one of the values Hélios takes for an absence."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

ENCODING = "ISO-8859-1"

#: What ISO-8859-1 lacks, written otherwise. The rest loses its accents, or becomes a space.
REPLACEMENTS = str.maketrans(
    {
        "€": "EUR",
        "œ": "oe",
        "Œ": "OE",
        "–": "-",
        "—": "-",
        "‑": "-",
        "‐": "-",
        "−": "-",
        "’": "'",
        "‘": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "•": "-",
        "≤": "<=",
        "≥": ">=",
        "™": "TM",
        "\u00ad": "",
        "\ufeff": "",
        "\u200b": "",
    }
)
#: Without accents, these too are written in plain letters.
PLAIN = str.maketrans({"°": "o", "º": "o", "ª": "a", "«": '"', "»": '"', "×": "x", "æ": "ae", "Æ": "AE", "ß": "ss"})
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\xa0]+")
#: Refused by the schema as "nothing said" (annotations of Simple_Type): one dot, "nc", zeros only.
_NOTHING = re.compile(r"\.?|nc|0+", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """How texts are written: in capitals (as most software does), with or without accents. Both are settings."""

    capitals: bool = True
    accents: bool = False


def write(text: str, width: int, style: Style = Style()) -> str:
    """``text`` on one line of at most ``width`` characters of ISO-8859-1; "" when nothing that counts is left."""
    written = "".join(_letter(letter, style) for letter in unicodedata.normalize("NFC", text).translate(REPLACEMENTS))
    written = _BLANKS.sub(" ", written).strip()[:width].rstrip()
    return "" if _NOTHING.fullmatch(written) else written


def is_carried(text: str) -> bool:
    """Whether ``text`` passes as it is: one line of ISO-8859-1 that says something."""
    return text == text.strip() and not _NOTHING.fullmatch(text) and _latin(text) and _BLANKS.sub(" ", text) == text


def _letter(letter: str, style: Style) -> str:
    if not style.accents:
        letter = _without_accent(letter.translate(PLAIN))
    kept = letter if _latin(letter) else _without_accent(letter)
    if not style.capitals:
        return kept
    # The capital of some letters of ISO-8859-1 is not in it (ÿ, µ).
    capital = kept.upper()
    return capital if _latin(capital) else _without_accent(capital).strip() or kept


def _without_accent(letter: str) -> str:
    """The letter under its accents; a space for what ISO-8859-1 cannot write at all."""
    if letter.isascii():
        return letter
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(sign))
    if _latin(plain) and plain:
        return plain
    return letter if _latin(letter) else " "


def _latin(text: str) -> bool:
    return all(ord(letter) < 0x100 for letter in text)
