"""What the editor offers to insert: values computed from the dossier, references, conditions and tables, by theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conventions.clauses.conditions import FLAGS, HAS
from conventions.clauses.variables import VARIABLES
from conventions.library.words import term_label, term_words
from conventions.models import Clause
from conventions.text.clauses import TABLE_NAMES

#: First part of a variable's name → what it is about. A new first part shows under « Autres valeurs ».
_THEMES = {
    "departement": "Le Département",
    "etat": "L'État",
    "employeur": "L'employeur",
    "beneficiaire": "Le bénéficiaire",
    "financeur": "Le financeur",
    "financeurs": "Le financeur",
    "employeurs": "L'employeur",
    "epci": "Les EPCI",
    "service": "Le service d'accueil",
    "post": "Le poste",
    "posts": "Le poste",
    "period": "La période",
    "year": "La période",
    "funding": "Le financement",
    "dates": "Les échéances",
    "committee": "Le comité",
    "reports": "Le comité",
    "notice": "Le préavis",
    "renewal": "La reconduction",
    "parent": "La convention de partenariat",
}
_OTHER = "Autres valeurs"
_TABLE_LABELS = {
    "funding_table": "Tableau de financement",
    "funding_years": "Tableau pluriannuel",
    "funding_posts": "Tableau par poste",
}


@dataclass(frozen=True)
class Insert:
    """``typed`` is what goes into the text, ``label`` what the chip says, ``value`` an example or the present value."""

    typed: str
    label: str
    value: str = ""
    #: variable, reference, condition or table.
    sort: str = "variable"


def short_label(description: str) -> str:
    """What a label says: the description without its remarks ("… ; vide s'il est inconnu")."""
    return description.partition(" ;")[0]


def palette(clauses: Iterable[Clause], values: Mapping[str, str]) -> list[tuple[str, list[Insert]]]:
    """Themes with what each offers. ``values``: the example values, or those of the convention tried."""
    themes: dict[str, list[Insert]] = {}
    for name, variable in VARIABLES.items():
        theme = _THEMES.get(name.partition(".")[0], _OTHER)
        shown = values.get(name) or "non renseigné"
        themes.setdefault(theme, []).append(Insert(f"{{{{ {name} }}}}", short_label(variable.description), shown))
    # What has no theme of its own closes the list of values.
    themes[_OTHER] = themes.pop(_OTHER, [])
    themes["Tableaux"] = [
        Insert(typed, _TABLE_LABELS.get(block, typed.strip("[]").capitalize()), "à la place d'un paragraphe", "table")
        for block, typed in TABLE_NAMES.items()
    ]
    themes["Renvois aux articles"] = [
        Insert(f"{{{{ ref:{clause.kind} }}}}", f"article « {clause.title} »", "son numéro suit l'ordre", "reference")
        for clause in clauses
        if clause.numbered
    ]
    themes["Conditions d'un paragraphe"] = [
        Insert(f"[si {label}]", f"si {label}", "imprimé dans ce cas seulement", "condition") for label in FLAGS.values()
    ]
    themes["Si une valeur est renseignée"] = [
        Insert(f"[si {term_words(HAS + name)}]", f"si {term_label(HAS + name)}", "imprimé alors seulement", "condition")
        for name in VARIABLES
    ]
    return [(theme, items) for theme, items in themes.items() if items]


def condition_choices(unknown: Iterable[str] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """Terms to choose from in a list, grouped; ``unknown`` terms met are kept, said to be so."""
    found = sorted({term.removeprefix("!") for term in unknown} - set(FLAGS) - {HAS + name for name in VARIABLES})
    groups = [
        ("Situation", list(FLAGS.items())),
        ("Une valeur est renseignée", [(HAS + name, term_label(HAS + name)) for name in VARIABLES]),
    ]
    if found:
        groups.append(
            ("Conditions inconnues", [(term, f"condition inconnue « {term_words(term)} »") for term in found])
        )
    return groups
