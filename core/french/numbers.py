"""Counting, enumerating and agreeing nouns."""

from collections.abc import Iterable
from typing import Literal

from num2words import num2words

Gender = Literal["m", "f"]

_AL_REGULAR = {"bal", "carnaval", "festival", "récital", "régal", "chacal", "aval", "final", "naval", "fatal", "natal"}
_IRREGULAR = {
    "travail": "travaux",
    "bail": "baux",
    "émail": "émaux",
    "vitrail": "vitraux",
    "bijou": "bijoux",
    "œil": "yeux",
    "monsieur": "messieurs",
    "madame": "mesdames",
}
_STOP_WORDS = {"de", "du", "des", "d", "en", "à", "au", "aux", "par", "pour", "près", "sur", "le", "la", "les", "l"}


def _plural_word(word: str) -> str:
    lower = word.lower()
    if lower in _IRREGULAR:
        return word[0] + _IRREGULAR[lower][1:]
    if lower[-1] in "sxz":
        return word
    if lower.endswith(("eau", "eu")) and lower not in {"bleu", "pneu"}:
        return f"{word}x"
    if lower.endswith("al") and lower not in _AL_REGULAR:
        return f"{word[:-2]}aux"
    return f"{word}s"


def pluralise(noun: str) -> str:
    """Plural of a noun group: the words agree up to the first preposition.

    "exemplaire original" gives "exemplaires originaux", "titre de recettes" gives "titres de recettes".
    """
    words = noun.split(" ")
    for index, word in enumerate(words):
        if word.replace("’", "'").split("'")[0].lower() in _STOP_WORDS:
            break
        words[index] = _plural_word(word) if word else word
    return " ".join(words)


def plural(number: int, singular: str, plural_form: str | None = None) -> str:
    """The noun alone, agreed with `number` (French: 0 and 1 are singular)."""
    return singular if abs(number) < 2 else plural_form or pluralise(singular)


def number_in_words(number: int, gender: Gender = "m") -> str:
    """ "trois", "vingt et un"; feminine "une", "vingt et une"."""
    text = num2words(number, lang="fr")
    return f"{text}e" if gender == "f" and (text == "un" or text.endswith((" un", "-un"))) else text


def counted(number: int, singular: str, plural_form: str | None = None, gender: Gender = "m") -> str:
    """ "quatre exemplaires originaux", "une commune"."""
    return f"{number_in_words(number, gender)} {plural(number, singular, plural_form)}"


def ordinal(number: int, gender: Gender = "m") -> str:
    """ "1er" / "1re", then "2e", "3e"…"""
    if number < 1:
        raise ValueError("an ordinal starts at 1")
    return ("1re" if gender == "f" else "1er") if number == 1 else f"{number}e"


def enumerate_fr(items: Iterable[str], conjunction: str = "et") -> str:
    """ "a", "a et b", "a, b et c". Names that hold a comma are separated by semicolons, so that they stay whole."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    comma = "; " if any("," in part for part in parts) and len(parts) > 2 else ", "
    comma = "\u00a0; " if comma == "; " else comma
    return f"{comma.join(parts[:-1])} {conjunction} {parts[-1]}"
