"""Reading a dossier: every mistake it contains, each with its place and its remedy. Nothing here writes.

`parse` turns bytes into data, `validate` lists what is wrong. The rules on figures are in `rules`.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from stdnum.fr import siren, siret

from . import messages, rules
from .schema import schema

#: A file too large to be a dossier is refused before it is read whole.
LARGEST = 50 * 1024 * 1024
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, order=True)
class DossierError:
    """A mistake: ``path`` as ``conventions[3].parties[0].organisation`` ("" for the file itself), French message."""

    path: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "message": self.message}


class DossierRefused(Exception):
    """The file was not applied: ``errors`` says why. Nothing was written."""

    def __init__(self, errors: Iterable[DossierError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(f"{error.path} : {error.message}" for error in self.errors))


def parse(content: bytes) -> dict[str, Any]:
    """The JSON object in ``content`` (UTF-8). Decimal numbers become `Decimal`. Raises :class:`DossierRefused`."""
    if len(content) > LARGEST:
        raise _refuse("Le fichier dépasse 50 Mo : ce n'est pas un dossier, ou il faut le partager.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refuse(
            f"Le fichier n'est pas en UTF-8 (octet {error.start}) : enregistrez-le avec l'encodage UTF-8."
        ) from error
    try:
        data = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_repeated_property
        )
    except json.JSONDecodeError as error:
        raise _refuse(
            f"Le fichier n'est pas du JSON : ligne {error.lineno}, colonne {error.colno}, {_decode_hint(error)}."
        ) from error
    except RecursionError as error:
        raise _refuse("Le fichier contient trop de niveaux imbriqués.") from error
    except _Repeated as error:
        raise _refuse(
            f"La propriété « {error.name} » est écrite deux fois dans le même objet : gardez-en une."
        ) from error
    except ValueError as error:
        raise _refuse(f"Le fichier contient une valeur qui n'est pas du JSON : {error}.") from error
    if not isinstance(data, dict):
        raise _refuse("Un dossier est un objet JSON { … } : voir docs/dossier.md.")
    if strange := sorted(_unstorable(data, "")):
        raise DossierRefused(strange)
    return data


def _unstorable(value: Any, path: str) -> Iterator[DossierError]:
    """Characters JSON can escape and no database text holds: NUL, halves of a surrogate pair."""
    if isinstance(value, str):
        for character in sorted(set(_UNSTORABLE.findall(value))):
            code = f"U+{ord(character):04X}"
            yield DossierError(path, f"Ce texte contient un caractère qui ne s'enregistre pas ({code}) : retirez-le.")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unstorable(name, path)
            yield from _unstorable(item, ".".join(filter(None, (path, _UNSTORABLE.sub("?", name)))))
    elif isinstance(value, list):
        for rank, item in enumerate(value):
            yield from _unstorable(item, f"{path}[{rank}]")


def validate(data: dict[str, Any], known: Mapping[str, Iterable[str]] | None = None) -> list[DossierError]:
    """Every mistake of ``data``, by place. ``known``: section → keys already in the territory, besides the file's."""
    found: list[DossierError] = []
    sound = copy.deepcopy(data)
    for error in sorted(_validator().iter_errors(data), key=lambda e: [str(step) for step in e.absolute_path]):
        found += [DossierError(path, message) for path, message in messages.located(error)]
        _blank(sound, error)
    found += [DossierError(path, message) for path, message in rules.mistakes(sound, known or {})]
    return _by_place(found)


def _by_place(found: list[DossierError]) -> list[DossierError]:
    """In the order of the file as far as paths tell, without doubles."""

    def order(error: DossierError) -> list[tuple[int, str]]:
        steps = error.path.replace("]", "").replace("[", ".").split(".")
        return [(int(step), "") if step.isdecimal() else (-1, step) for step in steps]

    return sorted(dict.fromkeys(found), key=order)


def _validator() -> Draft202012Validator:
    checker = FormatChecker(formats=())
    checker.checks("date", raises=ValueError)(_is_date)
    checker.checks("siren")(lambda value: not value or not isinstance(value, str) or siren.is_valid(value))
    checker.checks("siret")(lambda value: not value or not isinstance(value, str) or siret.is_valid(value))
    return Draft202012Validator(schema(), format_checker=checker)


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return dt.date.fromisoformat(value).isoformat() == value


def _blank(data: Any, error: ValidationError) -> None:
    """Forget a badly formed value, so that the rules on figures only meet well-formed ones."""
    if error.validator in ("additionalProperties", "required"):
        return
    steps = list(error.absolute_path)
    if not steps:
        return
    holder = data
    for step in steps[:-1]:
        if holder is None:
            return
        holder = holder[step]
    if holder is not None:
        holder[steps[-1]] = None


def _refuse(message: str) -> DossierRefused:
    return DossierRefused([DossierError("", message)])


class _Repeated(Exception):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def _no_repeated_property(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise _Repeated(name)
        result[name] = value
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _decode_hint(error: json.JSONDecodeError) -> str:
    return {
        "Expecting value": "une valeur est attendue",
        "Expecting ',' delimiter": "il manque une virgule ou un crochet fermant",
        "Expecting property name enclosed in double quotes": "un nom de propriété entre guillemets est attendu",
        "Expecting ':' delimiter": "il manque deux-points après le nom",
        "Extra data": "il y a du texte après la fin du dossier",
        "Unterminated string starting at": "un texte n'est pas fermé par un guillemet",
        "Invalid control character at": "un texte contient un retour à la ligne ou une tabulation",
        "Invalid \\escape": "une barre oblique inverse est mal employée",
    }.get(error.msg, "la syntaxe est incorrecte")
