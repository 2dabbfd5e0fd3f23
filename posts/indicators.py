"""What a monthly return counts: units defined once, tables of counts, the closed list behind each side of a table.

Units and relations are those of the design of indicators; the lists themselves are dated rows (``posts.ListItem``) that
an administrator keeps. Pure: no database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What one count is one of. Each has a single definition, shown wherever it is asked for."""

    SAISINE = "saisine"
    SITUATION = "situation"
    PERSON = "personne"
    INTERVIEW = "entretien"
    PARTNER_ACT = "acte partenarial"
    ACCOMPANIMENT = "accompagnement"
    REFERRAL = "orientation"
    ALERT = "écrit d'alerte"
    ACTION = "action collective"


DEFINITIONS: dict[Unit, str] = {
    Unit.SAISINE: "Une demande ou un signalement reçu à une date, par un mode ; plusieurs peuvent viser une situation.",
    Unit.SITUATION: "L'affaire dont on s'occupe : un foyer, un événement. Elle réunit une ou plusieurs saisines.",
    Unit.PERSON: "Un être humain concerné, compté une fois dans le mois, et une fois dans l'année pour le poste.",
    Unit.INTERVIEW: "Un échange avec la personne elle-même. Les échanges avec des professionnels n'en sont pas.",
    Unit.PARTNER_ACT: "Un appel, une réunion ou un écrit avec un professionnel.",
    Unit.ACCOMPANIMENT: "Un déplacement avec la personne, pour une démarche.",
    Unit.REFERRAL: "L'envoi proposé vers un type de service nommé.",
    Unit.ALERT: "Une information préoccupante, un signalement ou une fiche de liaison, transmis par écrit.",
    Unit.ACTION: "Une formation, une réunion ou une action de prévention, sans personne suivie.",
}

#: The code of « non renseigné » in every list that has one: an explicit count, never a blank.
UNKNOWN = "nr"


@dataclass(frozen=True)
class Indicator:
    """A table of counts. ``rows`` and ``columns`` name closed lists; no ``columns``: one figure a row."""

    code: str
    label: str
    unit: Unit
    rows: str
    columns: str = ""
    help: str = ""


#: Closed lists, with their French name. Their items are in the database.
LISTS: dict[str, str] = {
    "total": "Totaux du mois",
    "mode": "Modes de saisine",
    "refus": "Raisons de ne pas donner suite",
    "delai": "Délais du premier contact",
    "age": "Tranches d'âge",
    "sexe": "Sexe",
    "role": "Rôle de la personne",
    "connu": "Connue des services sociaux",
    "probleme": "Problématiques",
    "rang": "Principale ou secondaire",
    "cadre": "Cadre juridique",
    "danger": "Danger évalué",
    "lieu": "Lieu ou moyen de l'entretien",
    "partenaire": "Types de partenaires",
    "demarche": "Démarches accompagnées",
    "service": "Services d'orientation",
    "suite": "Suite de l'orientation",
    "alerte": "Écrits d'alerte",
    "cloture": "Motifs de clôture",
    "collectif": "Actions collectives",
}

INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator("I0", "Totaux du mois", Unit.SAISINE, "total", help="Chaque total a son unité, écrite à côté."),
        Indicator("I1", "Saisines par mode", Unit.SAISINE, "mode"),
        Indicator("I2", "Saisines sans suite", Unit.SAISINE, "refus"),
        Indicator("I3", "Premier contact", Unit.SAISINE, "delai", help="De la saisine au premier essai de contact."),
        Indicator("I4", "Personnes par âge et sexe", Unit.PERSON, "age", "sexe"),
        Indicator("I4R", "Personnes par rôle et sexe", Unit.PERSON, "role", "sexe"),
        Indicator("I6", "Personnes déjà connues d'un service social", Unit.PERSON, "connu"),
        Indicator("I7", "Problématiques", Unit.SITUATION, "probleme", "rang", help="Une principale par situation."),
        Indicator("I9", "Cadre juridique", Unit.SITUATION, "cadre"),
        Indicator("I10", "Danger évalué", Unit.SITUATION, "danger"),
        Indicator("I11", "Entretiens", Unit.INTERVIEW, "lieu"),
        Indicator("I12", "Actes avec les partenaires", Unit.PARTNER_ACT, "partenaire"),
        Indicator("I13", "Accompagnements", Unit.ACCOMPANIMENT, "demarche"),
        Indicator("I14", "Orientations", Unit.REFERRAL, "service", "suite"),
        Indicator("I15", "Écrits d'alerte", Unit.ALERT, "alerte"),
        Indicator("I16", "Clôtures", Unit.SITUATION, "cloture"),
        Indicator("I18", "Actions collectives", Unit.ACTION, "collectif"),
    )
}

#: Items the rules and the derived counts name; a list may gain others, these stay.
ADULT_AGES = ("18_25", "26_40", "41_60", "61_75", "plus_75")
CHILD_AGES = ("0_5", "6_12", "13_17")
WOMEN, MEN = "f", "h"
IN_PERSON = ("unite", "domicile", "ailleurs")
BY_PHONE = ("telephone", "visio")
VIF = ("conjugales", "intrafamiliales")
MAIN, SECONDARY = "principale", "secondaire"
#: State of an orientation, each included in the one before.
PROPOSED, ACCEPTED, EFFECTIVE = "proposee", "acceptee", "effective"

#: One cell: indicator, row item, column item ("" when the table has one figure a row).
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Item:
    """One line of a closed list, as on the day it is used."""

    code: str
    label: str


def cells_of(indicator: Indicator, items: dict[str, list[Item]]) -> Iterable[Cell]:
    """Every cell of an indicator's table, row by row."""
    columns = [item.code for item in items.get(indicator.columns, [])] if indicator.columns else [""]
    for row in items.get(indicator.rows, []):
        for column in columns:
            yield (indicator.code, row.code, column)


#: Lists the computed counts and the rules are written for: their words may change, not what they hold.
FIXED_LISTS = frozenset({"total", "age", "sexe", "lieu", "rang", "suite"})
#: Items of the other lists that rules and bilans name.
KEPT_ITEMS = frozenset({("probleme", code) for code in VIF})


def is_kept(list_name: str, code: str) -> bool:
    """Whether this item stays in its list: something computed names it, or it is « non renseigné »."""
    return list_name in FIXED_LISTS or code == UNKNOWN or (list_name, code) in KEPT_ITEMS
