"""Conditions of clauses, variants and paragraphs: a tiny closed language, never evaluated as code.

``["a", "!b"]`` holds when flag *a* is up and *b* is not; ``[["a"], ["b"]]`` when either holds; ``[]`` always.
``has:path`` is up when the variable of that name has a value, so that a text can leave out what is not known.
"""

from collections.abc import Iterable, Set

Condition = list[str] | list[list[str]]

FLAGS = {
    "police": "le service d'accueil relève de la police nationale seule",
    "gendarmerie": "le service d'accueil relève de la gendarmerie nationale seule",
    "mixed": "le poste est partagé entre police et gendarmerie",
    "employer_departement": "l'employeur est le département",
    "employer_epci": "l'employeur est un EPCI ou une commune",
    "employer_association": "l'employeur est une association",
    "association": "une association reçoit les contributions",
    "several_epci": "plusieurs EPCI sont parties",
    "single_epci": "un seul EPCI est partie",
    "renewal": "le poste existait déjà : la convention le reconduit",
    "creation": "la convention crée le poste",
    "short_period": "la période dure moins de six mois",
    "under_one_year": "la période dure moins d'un an",
    "over_23000": "une autorité verse plus de 23 000 € par an à l'association",
    "personal_data_software": "un logiciel contient des données personnelles",
    "remainder_known": "l'employeur prend le reste à charge, dont le montant est connu",
    "remainder_unknown": "l'employeur prend le reste à charge, dont le montant n'est pas connu",
    "travel_borne": "un seul financeur supporte les frais de déplacement",
    "key_split": "une part est répartie entre EPCI selon une clé",
    "state_financer": "l'État contribue au financement",
    "has_parquet": "le parquet est associé",
    "several_posts": "la convention porte sur plusieurs postes",
    "titre": "l'employeur est un organisme public qui émet des titres de recettes",
    "grant": "les contributions sont des subventions versées à une association",
    "multi_year": "le financement porte sur plusieurs années civiles",
    "unfunded_years": "la convention court au-delà des années que ses plans financent",
    "several_employers": "les postes ont plusieurs employeurs",
    "psychologist": "un poste au moins est celui d'un psychologue",
    "has_parent": "la convention est conclue en application d'une convention de partenariat",
    "tacit_renewal": "la convention se reconduit tacitement",
    "renewal_unlimited": "la reconduction tacite n'a pas de limite",
}

HAS = "has:"


def alternatives(condition: Condition) -> list[list[str]]:
    """The condition as an OR of ANDs; an empty condition is one alternative asking for nothing."""
    if not condition:
        return [[]]
    return [item if isinstance(item, list) else [item] for item in condition] if _nested(condition) else [condition]  # type: ignore[list-item]


def holds(condition: Condition, flags: Set[str], known: Set[str] = frozenset()) -> bool:
    """Whether ``condition`` holds for the raised ``flags`` and the variables ``known`` to have a value."""
    return any(all(_term(term, flags, known) for term in terms) for terms in alternatives(condition))


def mandatory(condition: Condition, flags: Set[str]) -> bool:
    """As ``holds``, except that an empty list means *never mandatory*."""
    return bool(condition) and holds(condition, flags)


def unknown_terms(condition: Condition, variables: Iterable[str]) -> list[str]:
    """Terms that name no existing flag or variable: a misspelt flag would silently never hold."""
    names = set(variables)
    return [term for terms in alternatives(condition) for term in terms if not _exists(term.removeprefix("!"), names)]


def _exists(term: str, variables: Set[str]) -> bool:
    return term.removeprefix(HAS) in variables if term.startswith(HAS) else term in FLAGS


def _term(term: str, flags: Set[str], known: Set[str]) -> bool:
    wanted = not term.startswith("!")
    name = term.removeprefix("!")
    raised = name.removeprefix(HAS) in known if name.startswith(HAS) else name in flags
    return raised is wanted


def _nested(condition: Condition) -> bool:
    return any(isinstance(item, list) for item in condition)
