"""Names with their article: le/la/l', du/de la/de l'/des, au/à la/à l'/aux.

A `Name` is a piece of text that knows its gender, number and article, so that templates never guess: they ask
`name.le()`, `name.de()`, `name.a()` and `name.agree("représenté")`.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, Self

from core.french.departements import DEPARTEMENTS, MASCULINE_PLURAL, MASCULINE_WITH_ELISION
from core.french.numbers import Gender, pluralise

Article = Literal["le", "la", "l'", "les", ""]
Number = Literal["s", "p"]

# Place names whose h forbids elision; every other initial h is silent ("d'Hesdin", "d'Hénin-Beaumont").
_ASPIRATED = re.compile(
    r"^(haut(?!mont|ot)|havre|haye?\b|haies?\b|halles?\b|hameau|hamel|ham\b|hem\b|honfleur|haguenau|hollande|hongrie"
    r"|hague|hangar|houilles|houdan\b|huningue|hayange|haras|huit|hongrois|hallue|hainaut|hardt|hoerdt)"
)
_NO_ELISION = re.compile(r"^(onze|onzieme|oui)\b")
_ELIDED_Y = re.compile(r"^(yonne|yeux?|yerres)\b")


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae"))
    return "".join(char for char in folded if not unicodedata.combining(char)).lower().lstrip("« \u00a0\u202f")


def elides(text: str) -> bool:
    """Whether "le" or "de" loses its vowel before `text`: vowel or silent h, not "Hautes-Alpes" nor "Onze"."""
    start = _fold(text)
    if not start or _NO_ELISION.match(start):
        return False
    if start[0] == "h":
        return not _ASPIRATED.match(start)
    if start[0] == "y":  # "l'Yonne", "d'Yvetot", but "de Yaoundé": a y before a consonant is a vowel
        return len(start) > 1 and (start[1] not in "aeiou" or bool(_ELIDED_Y.match(start)))
    return start[0] in "aeiou"


@dataclass(frozen=True, slots=True)
class Name:
    """A noun phrase. `article` is the definite article it takes when it stands alone ("" for Paris)."""

    text: str
    gender: Gender = "m"
    number: Number = "s"
    article: Article = ""
    bare_after_de: bool = False  # "le Maine-et-Loire" but "Département de Maine-et-Loire"

    @classmethod
    def common(cls, text: str, gender: Gender, number: Number = "s") -> Self:
        """A common noun: the article follows from gender, number and first letter."""
        if number == "p":
            return cls(text, gender, number, "les")
        return cls(text, gender, number, "l'" if elides(text) else ("la" if gender == "f" else "le"))

    def le(self) -> str:
        """With its article: "la Somme", "l'Oise", "Paris"."""
        if self.article == "l'":
            return f"l'{self.text}"
        if self._article_in_text():
            return self.text
        return f"{self.article} {self.text}" if self.article else self.text

    def de(self) -> str:
        """After "de": "du Pas-de-Calais", "de l'Oise", "des Hautes-Alpes", "d'Arras", "du Touquet"."""
        article = self._article_in_text()
        if article in ("Le", "Les"):
            return ("du " if article == "Le" else "des ") + self.text[len(article) + 1 :]
        if not self.article or self.bare_after_de:
            return f"d'{self.text}" if elides(self.text) else f"de {self.text}"
        if self.article == "l'":
            return f"de l'{self.text}"
        return {"le": "du", "la": "de la", "les": "des"}[self.article] + f" {self.text}"

    def a(self) -> str:
        """After "à": "au Département", "à la Communauté…", "à l'État", "aux Hautes-Alpes", "à Paris"."""
        article = self._article_in_text()
        if article in ("Le", "Les"):
            return ("au " if article == "Le" else "aux ") + self.text[len(article) + 1 :]
        if self.article == "l'":
            return f"à l'{self.text}"
        if self.article in ("le", "les"):
            return {"le": "au", "les": "aux"}[self.article] + f" {self.text}"
        return f"à la {self.text}" if self.article == "la" else f"à {self.text}"

    def agree(self, participle: str) -> str:
        """Agree a masculine singular participle or adjective: "représenté" → "représentée", "représentés"."""
        word = feminine_word(participle) if self.gender == "f" else participle
        return pluralise(word) if self.number == "p" else word

    def capitalised(self) -> str:
        """`le()` at the start of a sentence."""
        text = self.le()
        return text[0].upper() + text[1:]

    def _article_in_text(self) -> str:
        """The article a commune's name begins with ("Le Touquet"), which contracts as if it stood alone."""
        first = self.text.split(" ", 1)[0]
        return first if not self.article and first in ("Le", "Les", "La") and " " in self.text else ""

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of_departement(cls, code: str) -> Self:
        """The territory itself: "la Somme". Raises `KeyError` on an unknown code."""
        text, article, bare = DEPARTEMENTS[code]
        feminine = article in ("la", "les", "l'") and code not in MASCULINE_WITH_ELISION | MASCULINE_PLURAL
        return cls(text, "f" if feminine else "m", "p" if article == "les" else "s", article, bare)  # type: ignore[arg-type]

    @classmethod
    def of_place(cls, text: str) -> Self:
        """A commune, département or area; its article is read from its first word ("Pays d'Opale" → du)."""
        by_name = {name: code for code, (name, _, _) in DEPARTEMENTS.items()}
        if text in by_name:
            return cls.of_departement(by_name[text])
        if text in REGIONS:
            gender, number = REGIONS[text]
            return cls.common(text, gender, number)
        if text.startswith(("L'", "L’")):
            return cls(text)  # "de L'Haÿ-les-Roses": the capital article stays
        if match := _AREA_PLURAL.match(text):
            return cls(text, "f" if match["f"] else "m", "p", "les")
        if _AREA_FEMININE.match(text):
            return cls.common(text, "f")
        return cls.common(text, "m") if _AREA_MASCULINE.match(text) else cls(text)

    @classmethod
    def of_organisation(cls, kind: str, legal_form: str | None, name: str) -> "Name":
        """Full name of a body from its official short name, as a convention's parties block needs it.

        `kind` decides for the State and its services, `legal_form` for a name that does not carry its own form.
        """
        return _organisation(kind, legal_form, _clean(name))


#: Regions, and the département whose name is also written without its article. A name absent here takes none.
REGIONS: dict[str, tuple[Gender, Number]] = {
    "Auvergne-Rhône-Alpes": ("f", "s"),
    "Bourgogne-Franche-Comté": ("f", "s"),
    "Bretagne": ("f", "s"),
    "Centre-Val de Loire": ("m", "s"),
    "Corse": ("f", "s"),
    "Grand Est": ("m", "s"),
    "Hauts-de-France": ("m", "p"),
    "Île-de-France": ("f", "s"),
    "Normandie": ("f", "s"),
    "Nouvelle-Aquitaine": ("f", "s"),
    "Occitanie": ("f", "s"),
    "Pays de la Loire": ("m", "p"),
    "Provence-Alpes-Côte d'Azur": ("f", "s"),
    "Réunion": ("f", "s"),
}

# First words that call for an article. A hyphen makes another name ("Val-de-Reuil"), save after the four winds.
_AREA_MASCULINE = re.compile(
    r"^((Haut[ -]Pays|Pays|Val|Bassin|Canton|Grand|Littoral|Centre|Cœur)\s|(Sud|Nord|Ouest|Est)\b"
    r"|(Ternois|Boulonnais|Calaisis|Montreuillois|Vimeu|Ponthieu|Valenciennois|Cambrésis|Douaisis|Béthunois)$)"
)
_AREA_FEMININE = re.compile(r"^(Région|Terre|Vallée|Côte|Plaine|Flandre|Baie|Métropole|Eurométropole|Porte)\s")
_COUNT = r"(?:\d+|Deux|Trois|Quatre|Cinq|Six|Sept)"
_AREA_PLURAL = re.compile(
    rf"^(?:(?P<f>(?:{_COUNT} )?(?:Campagnes|Vallées|Terres|Côtes|Portes|Rives|Baies|Plaines))"
    rf"|Monts|Coteaux|{_COUNT} \w+)(?:\s|$)"
)

LEGAL_FORMS: dict[str, str] = {
    "CC": "Communauté de communes",
    "CA": "Communauté d'agglomération",
    "CU": "Communauté urbaine",
    "SIVOM": "Syndicat intercommunal à vocation multiple",
    "SIVU": "Syndicat intercommunal à vocation unique",
    "CCAS": "Centre communal d'action sociale",
    "CIAS": "Centre intercommunal d'action sociale",
    "CAF": "Caisse d'allocations familiales",
    "CPAM": "Caisse primaire d'assurance maladie",
    "ARS": "Agence régionale de santé",
    "MSA": "Mutualité sociale agricole",
    "GIP": "Groupement d'intérêt public",
    "CHRS": "Centre d'hébergement et de réinsertion sociale",
}
_FEMININE_HEADS: tuple[str, ...] = (
    "Communauté",
    "Caisse",
    "Agence",
    "Mutualité",
    "Métropole",
    "Eurométropole",
    "Commune",
    "Ville",
)
_FEMININE_HEADS += ("Région", "Préfecture", "Association", "Fédération", "Mission", "Collectivité", "Police", "Maison")
_FEMININE_HEADS += ("Union", "Fondation", "Direction", "Délégation", "Chambre", "Société", "Régie", "Cour")
_MASCULINE_HEADS: tuple[str, ...] = (
    "Département",
    "Centre",
    "Syndicat",
    "Groupement",
    "Parquet",
    "Tribunal",
    "Conseil",
    "Établissement",
)
_MASCULINE_HEADS += ("Commissariat", "Service", "Fonds", "Pôle", "Réseau", "Collectif", "Comité", "Office", "Institut")
_MASCULINE_HEADS += ("Foyer", "Observatoire", "Ministère", "Rectorat", "Secrétariat")
#: Contractions a name typed from a list of communes leaves undone: "CCAS de Le Portel".
_UNCONTRACTED = (
    (re.compile(r"\bde Le (?=[A-ZÀ-Ý])"), "du "),
    (re.compile(r"\bde Les (?=[A-ZÀ-Ý])"), "des "),
    (re.compile(r"\bà Le (?=[A-ZÀ-Ý])"), "au "),
    (re.compile(r"\bà Les (?=[A-ZÀ-Ý])"), "aux "),
)


def _clean(name: str) -> str:
    """Without notes in brackets nor "État –" before a service of the State: neither is part of the name.

    What the grammar contracts is contracted: "CCAS de Le Portel" is the CCAS du Portel.
    """
    name = re.sub(r"\s*\([^)]*\)", "", name.replace("’", "'")).strip()
    for wrong, right in _UNCONTRACTED:
        name = wrong.sub(right, name)
    return re.sub(r"^État\s*[–—-]\s*", "", name)


def expand(name: str) -> str:
    """Abbreviated legal forms spelled out: "CC du Sud-Artois" → "Communauté de communes du Sud-Artois"."""
    forms = "|".join(sorted(LEGAL_FORMS, key=len, reverse=True))
    return re.sub(rf"(?:^|(?<=de la )|(?<=du )|(?<=de l'))({forms})(?= \S)", lambda m: LEGAL_FORMS[m[1]], name)


def _organisation(kind: str, legal_form: str | None, name: str) -> Name:
    kind = kind.lower()
    if kind.startswith(("etat", "prefecture")) or name in ("État", "Etat", "L'État", "l'État"):
        return Name("État", "m", "s", "l'")
    if kind == "police" and not name.lower().startswith(("commissariat", "direction")):
        return Name.common("police nationale", "f")
    if kind in ("gendarmerie", "parquet") or re.match(r"(?i)(groupement|compagnie|brigade|parquet)\b", name):
        text = name[0].lower() + name[1:]
        return Name.common(text, "f" if text.startswith(("compagnie", "brigade", "gendarmerie")) else "m")
    if kind == "association" or (legal_form or "").lower() == "association":
        bare = re.sub(r"(?i)^(l')?association\s+", "", name)
        return Name.common(f"association {bare}", "f")
    if kind == "commune":
        bare = re.sub(r"(?i)^(la )?(commune|ville) (de |d'|du |des )", "", name)
        return Name.common(name if bare != name else f"commune {Name.of_place(name).de()}", "f")
    if kind == "departement" and not re.match(r"(?i)(département|collectivité|métropole)\b", name):
        return _departement(name)
    return _from_head(legal_form, name)


def _departement(name: str) -> Name:
    if name == "Paris":  # one body since 2019: the Ville holds the powers of a département
        return Name.common("Ville de Paris", "f")
    return Name.common(f"Département {Name.of_place(name).de()}", "m")


def _from_head(legal_form: str | None, name: str) -> Name:
    """Gender and article from the first word of the spelled-out name."""
    text = expand(name)
    form = LEGAL_FORMS.get((legal_form or "").upper(), "")
    metropolis = "Métropole" in text and not text.startswith(("Métropole", "Eurométropole"))
    if form and not metropolis and not text.startswith((*_FEMININE_HEADS, *_MASCULINE_HEADS)):
        text = f"{form} {text}"
    if text.lower().startswith(tuple(f"{head.lower()} " for head in _FEMININE_HEADS)):
        return Name.common(text, "f")
    if text.lower().startswith(tuple(f"{head.lower()} " for head in _MASCULINE_HEADS)):
        return Name.common(text, "m")
    return Name(text, "f" if metropolis else "m")


_FEMININE_ENDINGS = (("teur", "trice"), ("er", "ère"), ("if", "ive"), ("eux", "euse"), ("el", "elle"), ("ien", "ienne"))


def feminine_word(word: str) -> str:
    """Regular feminine of an adjective or participle: "social" → "sociale", "chargé" → "chargée"."""
    if word.endswith("e"):
        return word
    for masculine, feminine in _FEMININE_ENDINGS:
        if word.endswith(masculine):
            return word[: -len(masculine)] + feminine
    return f"{word}e"
