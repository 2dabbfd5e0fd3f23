"""What each column of a file holds: guessed from its header, corrected by the person, remembered under a name. Pure.

A column holds a field of the period (post, year, month, zone, remark), one cell of the detail (« I1:plainte: »), or, in
a file of one count a line, the table, line, column and number. Likeness ignores accents, case, plurals and small words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from core.errors import InvalidInput
from core.french import enumerate_fr
from parties.models.reference import searchable
from posts.indicators import INDICATORS, Cell, Indicator, Item, cells_of
from posts.reading import Table

#: What a column may hold besides a cell: code → (label, headers it usually bears).
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "poste": ("Poste", ("poste", "libelle du poste", "nom du poste", "intervenant social", "iscg")),
    "annee": ("Année", ("annee", "exercice", "an")),
    "mois": ("Mois", ("mois", "periode", "date", "mois de saisie")),
    "zone": ("Zone", ("zone", "police ou gendarmerie", "police gendarmerie")),
    "observation": ("Observation", ("observation", "observations", "remarque", "commentaire")),
    "indicateur": ("Tableau (une ligne par nombre)", ("indicateur", "tableau", "rubrique", "theme")),
    "ligne": ("Ligne du tableau (une ligne par nombre)", ("ligne", "item", "modalite", "categorie")),
    "colonne": ("Colonne du tableau (une ligne par nombre)", ("colonne", "detail", "sous categorie")),
    "nombre": ("Nombre (une ligne par nombre)", ("nombre", "valeur", "effectif", "quantite")),
}
OF_LONG = ("indicateur", "ligne", "colonne", "nombre")
#: Under this likeness (0 to 1) nothing is proposed: a wrong proposal costs more than an empty one.
LIKE_ENOUGH = 0.62
#: Two targets this close are a tie: the person chooses.
TIE = 0.03
_SMALL = frozenset(
    [
        "a",
        "au",
        "aux",
        "d",
        "de",
        "des",
        "du",
        "en",
        "et",
        "l",
        "la",
        "le",
        "les",
        "nb",
        "nbre",
        "nombre",
        "ou",
        "par",
        "pour",
        "sur",
        "total",
        "un",
        "une",
        "dont",
    ]
)
#: Our own headers begin with the cell's code, and are then certain.
_CODE = re.compile(r"^\s*(I\d{1,2}R?):([a-z0-9_]+):([a-z0-9_]*)(?![a-z0-9_])")


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold ("" : nothing); ``certain`` when its header says so itself, or was told before."""

    target: str = ""
    certain: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The closed lists with every wording they ever had: list → items, the latest wording last for each code."""

    lists: Mapping[str, Sequence[Item]]

    @cached_property
    def latest(self) -> dict[str, list[Item]]:
        """list → one item a code, with its latest wording."""
        return {
            name: list({item.code: Item(item.code, item.label) for item in items}.values())
            for name, items in self.lists.items()
        }

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Target → cell, in the order of the tables."""
        return {":".join(cell): cell for one in INDICATORS.values() for cell in cells_of(one, self.latest)}

    def label(self, cell: Cell) -> str:
        """« Saisines par mode, Bailleur »"""
        indicator = INDICATORS[cell[0]]
        return ", ".join([indicator.label, *self.words(indicator, cell)])

    def words(self, indicator: Indicator, cell: Cell) -> list[str]:
        """The line's latest wording, and the column's when the table has some."""
        pairs = ((indicator.rows, cell[1]), (indicator.columns, cell[2]))
        return [item.label for name, code in pairs for item in self.latest.get(name, []) if item.code == code]

    def find(self, name: str, text: str) -> str:
        """The code of a list's item by its code or any of its wordings; "" when there is none."""
        wanted = searchable(text)
        for item in self.lists.get(name, []):
            if wanted in (searchable(item.code), searchable(item.label)):
                return item.code
        return ""

    @cached_property
    def aliases(self) -> list[tuple[str, str]]:
        """(target, words a header may bear), for cells and fields."""
        found = [(code, alias) for code, (_label, names) in FIELDS.items() for alias in names]
        for target, cell in self.cells.items():
            indicator = INDICATORS[cell[0]]
            words = " ".join(self.words(indicator, cell))
            found += [(target, words), (target, f"{indicator.label} {words}")]
        return [(target, searchable(alias)) for target, alias in found]


def tokens(text: str) -> frozenset[str]:
    """Words of a searchable text without the small ones nor their plural: « Nb de saisines » gives {saisine}."""
    return frozenset(word.rstrip("s") or word for word in text.split() if word not in _SMALL)


def likeness(header: str, alias: str) -> float:
    """0 to 1, between two searchable texts: their words in common, then their letters."""
    if header == alias:
        return 1.0
    ours, theirs = tokens(header), tokens(alias)
    if not ours & theirs:
        return 0.0
    common = 2 * len(ours & theirs) / (len(ours) + len(theirs))
    return 0.8 * common + 0.2 * SequenceMatcher(None, header, alias).ratio()


def propose(titles: Sequence[str], vocabulary: Vocabulary, remembered: Mapping[str, str] | None = None) -> list[Guess]:
    """What each column seems to hold; a target is proposed once. ``remembered``: header → target, believed first."""
    guesses = [_certain(title, vocabulary, remembered or {}) for title in titles]
    taken = {guess.target for guess in guesses if guess.target}
    scores = []
    for position, title in enumerate(titles):
        if not guesses[position].certain:
            scores += [(score, position, target) for target, score in _best(searchable(title), vocabulary)]
    given: set[int] = set()
    for _score, position, target in sorted(scores, key=lambda one: (-one[0], one[1])):
        if position not in given and target not in taken:
            guesses[position] = Guess(target)
            given.add(position)
            taken.add(target)
    return guesses


def _certain(title: str, vocabulary: Vocabulary, remembered: Mapping[str, str]) -> Guess:
    key = searchable(title)
    if key in remembered and (remembered[key] == "" or _exists(remembered[key], vocabulary)):
        return Guess(remembered[key], certain=True)
    found = _CODE.match(title)
    if found and ":".join(found.groups()) in vocabulary.cells:
        return Guess(":".join(found.groups()), certain=True)
    field = next((code for code in FIELDS if key == code), "")
    return Guess(field, certain=bool(field))


def _best(header: str, vocabulary: Vocabulary) -> list[tuple[str, float]]:
    """The targets most like a header, best first; none when two are as good."""
    best: dict[str, float] = {}
    for target, alias in vocabulary.aliases:
        score = likeness(header, alias)
        if score >= LIKE_ENOUGH:
            best[target] = max(score, best.get(target, 0.0))
    ranked = sorted(best.items(), key=lambda pair: -pair[1])
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < TIE:
        return []
    return ranked[:1]


def _exists(target: str, vocabulary: Vocabulary) -> bool:
    return target in FIELDS or target in vocabulary.cells


@dataclass(frozen=True)
class ColumnMap:
    """What each column of one file holds, in the file's order."""

    targets: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        return "nombre" in self.targets

    def position(self, target: str) -> int | None:
        return self.targets.index(target) if target in self.targets else None


def checked(
    targets: Iterable[str], table: Table, vocabulary: Vocabulary, *, has_post: bool, has_month: bool
) -> ColumnMap:
    """The mapping, once it makes sense. ``has_post``, ``has_month``: the page says which, for the whole file.

    Raises ``InvalidInput`` naming the columns and what is missing.
    """
    mapping = ColumnMap(tuple(targets))
    if len(mapping.targets) != len(table.titles):
        raise InvalidInput("Le fichier et sa correspondance n'ont pas le même nombre de colonnes : recommencez.")
    for position, target in enumerate(mapping.targets):
        if target and not _exists(target, vocabulary):
            raise InvalidInput(f"Colonne {position + 1} : « {target} » n'existe pas.", place=f"c-{position}")
        if target and target in mapping.targets[:position]:
            first = table.titles[mapping.targets.index(target)]
            label = FIELDS[target][0] if target in FIELDS else vocabulary.label(vocabulary.cells[target])
            raise InvalidInput(
                f"Les colonnes « {first} » et « {table.titles[position]} » disent toutes deux « {label} » :"
                " ignorez-en une.",
                place=f"c-{position}",
            )
    _complete(mapping, has_post=has_post, has_month=has_month)
    return mapping


def _complete(mapping: ColumnMap, *, has_post: bool, has_month: bool) -> None:
    lacking = []
    if "poste" not in mapping.targets and not has_post:
        lacking.append("Poste")
    if "mois" not in mapping.targets and not has_month:
        lacking.append("Mois")
    if mapping.is_long:
        lacking += [FIELDS[name][0] for name in ("ligne",) if name not in mapping.targets]
    elif any(name in mapping.targets for name in OF_LONG):
        lacking.append(FIELDS["nombre"][0])
    elif not any(":" in target for target in mapping.targets):
        lacking.append("au moins un nombre")
    if lacking:
        raise InvalidInput(
            f"Dites quelle colonne contient : {enumerate_fr(lacking)}. Le poste et le mois peuvent aussi se choisir"
            " pour tout le fichier."
        )
