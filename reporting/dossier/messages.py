"""What a structural mistake is called in French, with the remedy: one sentence per kind of JSON Schema error."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from .fields import DEFINITIONS
from .paths import at, path_of

TYPES = {
    "object": "un objet { … }",
    "array": "une liste [ … ]",
    "string": "un texte entre guillemets",
    "integer": "un nombre entier",
    "boolean": "true ou false",
    "null": "null",
}

#: What a value of each named schema looks like.
EXPECTED = {
    "key": "une clé : lettres sans accent, chiffres, point, tiret ou souligné, 80 signes au plus",
    "reference": "une référence de convention, 40 signes au plus",
    "amount": 'un montant en euros entre guillemets, avec un point : "17500.00"',
    "percent": 'un pourcentage de 0 à 100 entre guillemets, avec un point : "81.32"',
    "ratio": 'une quotité entre 0 et 1 entre guillemets : "0.80"',
    "hours": 'un nombre d\'heures entre guillemets : "35.00"',
    "date": 'une date au format AAAA-MM-JJ : "2023-07-03"',
    "siren": "un SIREN : neuf chiffres entre guillemets",
    "siret": "un SIRET : quatorze chiffres entre guillemets",
}


def located(error: ValidationError) -> list[tuple[str, str]]:
    """(path, French message) for one error of the structure; several unknown properties make several."""
    place = path_of(error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown(error, place)
    if error.validator == "required":
        names: Any = error.validator_value
        instance: Any = error.instance
        missing = [n for n in names if n not in instance and f"'{n}' is" in error.message]
        return [(at(place, n), f"La propriété « {n} » manque : ajoutez-la.") for n in missing]
    if error.validator == "anyOf":
        inner = [e for e in error.context or () if not _wants_null(e.schema)]
        if len(inner) == 1:
            return located(inner[0])
        deeper = [e for e in inner if e.relative_path]
        return located(deeper[0]) if deeper else [(place, f"{show(error.instance)} n'est pas accepté ici.")]
    return [(place, message(error))]


def _wants_null(schema: Any) -> bool:
    return bool(schema.get("type") == "null")


def _unknown(error: ValidationError, place: str) -> list[tuple[str, str]]:
    schema: Any = error.schema
    instance: Any = error.instance
    known = sorted(schema.get("properties", {}))
    found = []
    for name in instance:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        remedy = f"vouliez-vous écrire « {near[0]} » ?" if near else f"retirez-la. Connues : {', '.join(known)}."
        found.append((at(place, name), f"La propriété « {name} » n'existe pas : {remedy}"))
    return found


def message(error: ValidationError) -> str:
    """One sentence for an error at one place."""
    value: Any = error.instance
    limit: Any = error.validator_value
    definition = named(error.schema)
    if definition and error.validator in ("type", "pattern", "format", "minLength", "maxLength"):
        return of_definition(definition, value)
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            expected = " ou ".join(TYPES.get(kind, kind) for kind in kinds)
            return f"{show(value)} n'a pas le bon type : écrivez {expected}."
        case "enum":
            values = [v for v in limit if v]
            near = difflib.get_close_matches(str(value), values, n=1, cutoff=0.6)
            hint = f" Vouliez-vous écrire « {near[0]} » ?" if near else ""
            return f"{show(value)} n'est pas une valeur connue : {', '.join(values)}.{hint}"
        case "const":
            return f"{show(value)} n'est pas accepté : écrivez {show(limit)}."
        case "minimum":
            return f"{show(value)} est trop petit : la plus petite valeur est {limit}."
        case "maximum":
            return f"{show(value)} est trop grand : la plus grande valeur est {limit}."
        case "minLength":
            return "Le texte est vide : remplissez-le."
        case "maxLength":
            return f"Le texte compte {len(value)} signes : {limit} au plus."
        case "pattern":
            return f"{show(value)} n'a pas la forme attendue."
        case "uniqueItems":
            return "La liste contient deux fois la même valeur : retirez le doublon."
    return f"{show(value)} n'est pas accepté ici."


def of_definition(definition: str, value: Any) -> str:
    """Why ``value`` is not what the named schema wants."""
    expected = EXPECTED[definition]
    number = _number(value)
    if definition == "amount" and number is not None and number < 0:
        return f"Le montant {show(value)} est négatif : un montant est positif ou nul."
    if definition == "percent" and number is not None and number > 100:
        return f"{show(value)} dépasse 100 % : un pourcentage est compris entre 0 et 100."
    if definition == "percent" and number is not None and number < 0:
        return f"Le pourcentage {show(value)} est négatif : il est compris entre 0 et 100."
    if definition == "siren" and isinstance(value, str) and re.fullmatch(r"[0-9]{9}", value):
        return (
            f"Le SIREN {value} est faux : sa clé de contrôle ne correspond pas. Vérifiez-le sur un document officiel."
        )
    if definition == "siret" and isinstance(value, str) and re.fullmatch(r"[0-9]{14}", value):
        return (
            f"Le SIRET {value} est faux : sa clé de contrôle ne correspond pas. Vérifiez-le sur un document officiel."
        )
    if definition == "date" and isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return f"Le jour {value} n'existe pas : écrivez {expected}."
    return f"{show(value)} n'est pas accepté : écrivez {expected}."


def named(schema: Any) -> str:
    """The name of the definition a failing schema is, "" for an anonymous one."""
    return next((name for name, definition in DEFINITIONS.items() if definition is schema or definition == schema), "")


def show(value: Any) -> str:
    """A value as it is quoted in a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "un objet"
    if isinstance(value, list):
        return "une liste"
    text = str(value)
    return f"« {text if len(text) <= 60 else text[:57] + '…'} »"


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        return Decimal(str(value).replace(",", "."))
    except ArithmeticError:
        return None
