"""How each column of the plans' file is read: one widget per kind of cell, whose refusal says how to mend it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from import_export import widgets

from core import sheets
from core.money import AmountError, parse_euros
from funding.plan_sheets.layout import LINES, WORDS
from parties.models import Organisation
from parties.models.reference import searchable
from posts.models import Post

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})(?: 00:00:00)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def bare(value: Any) -> str:
    """The text of a cell, without the apostrophe our own files put before what would be a formula."""
    text = str(value or "").strip()
    return text[1:] if text.startswith("'") and sheets.neutralise(text[1:]) == text else text


class Text(widgets.Widget):
    def __init__(self, most: int, *, required: bool = False) -> None:
        super().__init__()
        self.most, self.required = most, required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = bare(value)
        if len(text) > self.most:
            raise ValueError(f"Ce texte compte {len(text)} caractères : {self.most} au plus.")
        if self.required and not text:
            raise ValueError("Cette case est obligatoire.")
        return text


class Name(Text):
    """A key or a ref: what other rows point at."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = super().clean(value, row, **kwargs)
        if text and not _NAME.fullmatch(text):
            raise ValueError(f"« {text} » : lettres sans accent, chiffres, point, tiret et souligné seulement.")
        return text


class Year(widgets.Widget):
    def __init__(self, *, required: bool) -> None:
        super().__init__()
        self.required = required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = bare(value)
        if not text and not self.required:
            return None
        if not (text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2100):
            raise ValueError(f"« {text} » n'est pas une année : indiquez quatre chiffres, par exemple 2026.")
        return int(text)


class Day(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> dt.date | None:
        text = bare(value)
        if not text:
            return None
        found = _DAY.fullmatch(text)
        try:
            if found and found[1]:
                return dt.date(int(found[3]), int(found[2]), int(found[1]))
            if found:
                return dt.date(int(found[4]), int(found[5]), int(found[6]))
        except ValueError:
            pass
        raise ValueError(f"« {text} » n'est pas une date : écrivez JJ/MM/AAAA, par exemple 31/12/2026.")


class Amount(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        text = bare(value)
        if not text:
            return None
        try:
            amount = parse_euros(text)
        except AmountError as error:
            raise ValueError(str(error)) from error
        if amount < 0:
            raise ValueError(f"« {text} » : un montant n'est pas négatif.")
        if amount >= Decimal(10) ** 10:
            raise ValueError(f"« {text} » : ce montant est trop grand.")
        return amount


class Rate(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        text = bare(value).removesuffix("%").strip().replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text) or Decimal(text) > 100:
            raise ValueError(
                f"« {bare(value)} » n'est pas un pourcentage : un nombre de 0 à 100, quatre décimales au plus."
            )
        return Decimal(text)


class Word(widgets.Widget):
    """One of the words of a closed list."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.known = {searchable(text): stored for text, stored in WORDS[name].items()}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = searchable(bare(value))
        if text in self.known:
            return self.known[text]
        words = ", ".join(word for word in WORDS[self.name] if word)
        if not text:
            return ""
        raise ValueError(f"« {bare(value)} » n'est pas reconnu : écrivez {words}.")


class Line(widgets.Widget):
    """What a row is."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = searchable(bare(value))
        if text in LINES:
            return text
        raise ValueError(f"« {bare(value)} » n'est pas une sorte de ligne : écrivez {', '.join(LINES.values())}.")


class Body(widgets.Widget):
    """An organisation by its key, or by a name that one only bears."""

    def __init__(self, known: Mapping[str, list[Organisation]], *, required: bool) -> None:
        super().__init__()
        self.known, self.required = known, required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Organisation | None:
        text = bare(value)
        if not text and not self.required:
            return None
        found = self.known.get(text) or self.known.get(searchable(text)) or []
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"Plusieurs organismes s'appellent « {text} » : indiquez la clé, par exemple {found[0].key}."
            )
        raise ValueError(
            f"« {text} » n'est pas dans l'annuaire : reprenez la clé ou le nom exact, ou ajoutez-le d'abord."
        )


class Posts(widgets.Widget):
    """Posts by key or label, separated by « | »."""

    def __init__(self, known: Mapping[str, list[Post]]) -> None:
        super().__init__()
        self.known = known

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> tuple[Post, ...]:
        names = [name.strip() for name in bare(value).split("|") if name.strip()]
        if not names:
            raise ValueError("Indiquez au moins un poste, par sa clé ou son libellé.")
        return tuple(self._one(name) for name in names)

    def _one(self, name: str) -> Post:
        found = self.known.get(name) or self.known.get(searchable(name)) or []
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"Plusieurs postes s'appellent « {name} » : indiquez la clé, par exemple {found[0].key}.")
        raise ValueError(f"« {name} » n'est pas un poste connu : reprenez sa clé ou son libellé.")
