"""Functions and trades agreed with the person: "Présidente", "intervenante sociale en gendarmerie"."""

from typing import Literal

from core.french.names import Name, elides, feminine_word
from core.french.numbers import Gender, enumerate_fr, pluralise

PostKind = Literal["ISC", "ISG", "ISCG"]

# Titles whose feminine does not follow from a rule, or which do not change.
_FEMININE = {
    "président": "présidente",
    "vice-président": "vice-présidente",
    "préfet": "préfète",
    "sous-préfet": "sous-préfète",
    "directeur": "directrice",
    "sous-directeur": "sous-directrice",
    "commandant": "commandante",
    "lieutenant": "lieutenante",
    "lieutenant-colonel": "lieutenante-colonelle",
    "colonel": "colonelle",
    "général": "générale",
    "procureur": "procureure",
    "contrôleur": "contrôleuse",
    "adjoint": "adjointe",
    "délégué": "déléguée",
    "conseiller": "conseillère",
    "chef": "cheffe",
    "administrateur": "administratrice",
    "trésorier": "trésorière",
    "inspecteur": "inspectrice",
    "coordinateur": "coordinatrice",
    "coordonnateur": "coordonnatrice",
    "premier": "première",
    "intervenant": "intervenante",
    "agent": "agente",
    "adjudant": "adjudante",
    "gouverneur": "gouverneure",
    "recteur": "rectrice",
    "ministre": "ministre",
}
_MASCULINE = {feminine: masculine for masculine, feminine in _FEMININE.items()}
# Adjectives that may follow a title, before the first preposition.
_ADJECTIVES = (
    "départemental",
    "régional",
    "national",
    "général",
    "social",
    "intérimaire",
    "délégué",
    "exécutif",
    "adjoint",
    "interdépartemental",
    "intercommunal",
    "communal",
    "municipal",
    "territorial",
    "principal",
)
_ADJECTIVES_FEMININE = {feminine_word(word): word for word in _ADJECTIVES}
_STOPS = {"de", "du", "des", "en", "à", "au", "aux", "près", "par", "pour", "le", "la", "les", "et"}


def _match_case(model: str, word: str) -> str:
    return word[0].upper() + word[1:] if model[:1].isupper() else word


def _agree_word(word: str, gender: Gender) -> str:
    """One word, or each half of a compound the table does not know: "Maire-adjoint" → "Maire-adjointe"."""
    bare = word.rstrip(",")
    agreed = _known(bare, gender)
    if agreed is None:
        agreed = "-".join(_known(part, gender) or part for part in bare.split("-"))
    return agreed + word[len(bare) :]


def _known(word: str, gender: Gender) -> str | None:
    """The form of a word the tables know, with its capital; None when they do not."""
    lower = word.lower()
    if gender == "f":
        agreed = _FEMININE.get(lower) or (feminine_word(lower) if lower in _ADJECTIVES else None)
        agreed = agreed or (lower if lower in _MASCULINE else None)
    else:
        agreed = _MASCULINE.get(lower) or _ADJECTIVES_FEMININE.get(lower) or (lower if lower in _FEMININE else None)
    return None if agreed is None else _match_case(word, agreed)


#: Parts of a compound title that never agree.
_INVARIABLE = {"vice", "sous", "ex"}


def _plural_word(word: str) -> str:
    bare = word.rstrip(",")
    parts = [part if part.lower() in _INVARIABLE else pluralise(part) for part in bare.split("-")]
    return "-".join(parts) + word[len(bare) :]


def agree_function(function: str, gender: Gender, number: int = 1) -> str:
    """Agree a function with the person, or the ``number`` of people, who hold it, up to the first preposition.

    "Directeur départemental de la sécurité publique" → "Directrice départementale de la sécurité publique". Words the
    table does not know (Maire, Commissaire, Responsable) take the plural only. Works in both directions between
    masculine and feminine; what is plural already stays so. A mixed group is masculine: the caller says "m".
    """
    words = function.split(" ")
    for index, word in enumerate(words):
        if word.lower() in _STOPS or word.lower().startswith(("d'", "d’", "l'", "l’")):
            break
        words[index] = _agree_word(word, gender)
        if number > 1:
            words[index] = _plural_word(words[index])
    return " ".join(words)


def function_with_article(function: str, gender: Gender) -> str:
    """ "le Président", "la Préfète", "l'Administratrice"."""
    return Name.common(agree_function(function, gender), gender).le()


def civility(gender: Gender) -> str:
    return "Madame" if gender == "f" else "Monsieur"


_PLACES = {"ISC": "en commissariat", "ISG": "en gendarmerie", "ISCG": "en commissariat et gendarmerie"}


def post_title(kind: PostKind | str, gender: Gender = "m", number: int = 1) -> str:
    """ "intervenant social en commissariat", "intervenantes sociales en gendarmerie"…

    Raises `KeyError` on a kind that is none of ISC, ISG, ISCG.
    """
    words = "intervenante sociale" if gender == "f" else "intervenant social"
    return f"{pluralise(words) if number > 1 else words} {_PLACES[kind]}"


def officers(*, police: bool, gendarmerie: bool) -> str:
    """ "policiers", "gendarmes" or "policiers et gendarmes", after the zones the post covers."""
    return enumerate_fr([word for word, present in (("policiers", police), ("gendarmes", gendarmerie)) if present])


def forces(*, police: bool, gendarmerie: bool) -> str:
    """ "la police nationale", "la gendarmerie nationale" or "la police et la gendarmerie nationales"."""
    if police and gendarmerie:
        return "la police et la gendarmerie nationales"
    if police:
        return "la police nationale"
    return "la gendarmerie nationale" if gendarmerie else ""


def de(text: str) -> str:
    """ "d'" or "de " before a text without article: `de("Arras")` → "d'Arras"."""
    return f"d'{text}" if elides(text) else f"de {text}"
