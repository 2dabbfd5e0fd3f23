"""Finding rows by words, accents and case aside, with core PostgreSQL only (no extension)."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db.models import CharField, F, Func, QuerySet, Value
from django.db.models.functions import Concat, Lower, Replace

_ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ"
_PLAIN = "".join(unicodedata.normalize("NFD", char)[0] for char in _ACCENTED)
#: What people type is cut here: a longer text finds nothing more.
MOST_WORDS = 8


class Folded(Func):
    """The text in lower case without accents; ligatures are spelt out."""

    function = "translate"
    output_field = CharField()

    def __init__(self, expression: Any) -> None:
        lowered = Replace(Replace(Lower(expression), Value("œ"), Value("oe")), Value("æ"), Value("ae"))
        super().__init__(lowered, Value(_ACCENTED), Value(_PLAIN))


def fold(text: str) -> str:
    """``text`` as :class:`Folded` writes it: « Bœuf À L'Étal » gives « boeuf a l'etal »."""
    # Control characters mean nothing here, and PostgreSQL refuses the null one.
    text = "".join(char if char.isprintable() else " " for char in text)
    text = text.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def words_of(text: str) -> list[str]:
    """The words searched for; digits typed in groups ("200 035 442") are one word."""
    compact = "".join(text.split())
    if compact.isdigit():
        return [compact]
    return fold(text).split()[:MOST_WORDS]


def containing(queryset: QuerySet[Any], text: str, *fields: str) -> QuerySet[Any]:
    """Rows where every word of ``text`` is found in one of ``fields`` (text fields, possibly of a related row).

    A path through a to-many relation may give the same row twice: the answer holds each row once, whatever the path.
    """
    words = words_of(text)
    if not words:
        return queryset
    haystack: list[Any] = []
    for name in fields:
        haystack += [F(name), Value(" ")]
    found = queryset.alias(_haystack=Folded(Concat(*haystack, output_field=CharField())))
    for word in words:
        found = found.filter(_haystack__contains=word)
    to_many = any("__" in name for name in fields)
    return queryset.filter(pk__in=found.order_by().values("pk")) if to_many else found


__all__ = ["MOST_WORDS", "Folded", "containing", "fold", "words_of"]
