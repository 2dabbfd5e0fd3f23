"""The layout of the plans' file: one row per cost or share. What each column holds, and how it is written.

The rows of a plan follow one another or not; they are the whole plan: a cost or a share that has no row is removed.
``plan`` is the plan's key; a plan not known yet is created under it. Rows of one plan must agree on its own columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.sheets import Kind, SheetColumn
from funding.adapter import CostData, PlanData, ShareData
from funding.enums import (
    CostKind,
    KeyBasis,
    KeySource,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)
from funding.models import FundingPlan

COST, SHARE, BLOCK, MEMBER = "cout", "part", "bloc", "membre"
LINES = {COST: "coût", SHARE: "part", BLOCK: "bloc", MEMBER: "membre"}


@dataclass(frozen=True)
class Column:
    """``name`` is what the reader compares (no accent, underscores), ``header`` what the file shows."""

    name: str
    header: str
    meaning: str
    kind: Kind = Kind.TEXT
    width: int = 14
    of_plan: bool = False


#: In the order of the file.
COLUMNS: tuple[Column, ...] = (
    Column("plan", "plan", "La clé du plan, la même sur toutes ses lignes.", width=22, of_plan=True),
    Column("libelle_du_plan", "libellé du plan", "Le titre du plan.", width=34, of_plan=True),
    Column("annee", "année", "Quatre chiffres.", Kind.NUMBER, 8, True),
    Column("employeur", "employeur", "La clé ou le nom de l'annuaire.", width=26, of_plan=True),
    Column("postes", "postes", "Clés ou libellés des postes, séparés par « | ».", width=26, of_plan=True),
    Column("du", "du", "Premier jour, JJ/MM/AAAA ; vide : 1er janvier.", Kind.DATE, 12, True),
    Column("au", "au", "Dernier jour ; vide : 31 décembre.", Kind.DATE, 12, True),
    Column("prorata", "prorata", "Vide pour une année pleine, mois ou jours.", of_plan=True),
    Column("arrondi", "arrondi", "centime ou euro.", of_plan=True),
    Column("methode_d_arrondi", "méthode d'arrondi", "plus fort reste, au plus proche ou troncature.", of_plan=True),
    Column("ecart_a", "écart à", "Le repère de la part qui prend l'écart d'arrondi.", of_plan=True),
    Column("ligne", "ligne", "coût, part, bloc ou membre.", width=9),
    Column("repere", "repère", "Le nom court de la part, unique dans son plan.", width=16),
    Column("bloc", "bloc", "Pour un membre : le repère de son bloc."),
    Column("financeur", "financeur", "La clé ou le nom de l'annuaire ; vide pour un bloc.", width=30),
    Column("libelle", "libellé", "Ce qui s'affiche, s'il diffère du nom.", width=26),
    Column("nature", "nature", "Pour un coût : masse salariale, déplacement…", width=18),
    Column("supporte_par", "supporté par", "Pour un coût : le repère de la part qui le paie seule."),
    Column("credit", "crédit", "FIPD, Département, EPCI…"),
    Column("mode", "mode", "montant fixe, pourcentage, parts égales, clé ou reste.", width=16),
    Column("montant", "montant", "Le coût annuel, ou la part fixe, en euros.", Kind.AMOUNT),
    Column("annee_pleine", "année pleine", "oui : le montant fixe est d'une année pleine, à proratiser."),
    Column("pourcentage", "pourcentage", "Sur 100, quatre décimales au plus ; pour un membre : sa clé.", Kind.NUMBER),
    Column("pourcentage_de", "pourcentage de", "Le repère de la part sur laquelle il porte ; vide : le coût."),
    Column("origine_de_la_cle", "origine de la clé", "Pour un bloc : saisie ou officielle."),
    Column("base_de_la_cle", "base de la clé", "Pour un bloc : toutes les communes, ou celles de la zone gendarmerie."),
    Column("millesime", "millésime", "Pour un bloc à clé officielle : l'année des populations.", Kind.NUMBER),
    Column("note", "note", "La note de bas de tableau.", width=30),
    Column("montant_calcule", "montant calculé", "Pour lire : il n'est pas repris.", Kind.AMOUNT),
)
BY_NAME = {column.name: column for column in COLUMNS}
#: Without these there is nothing to read.
REQUIRED = ("plan", "annee", "employeur", "postes", "ligne", "financeur", "mode", "montant", "pourcentage")

#: Words of the file → stored values; what is written is the first word of each value.
WORDS: dict[str, dict[str, str]] = {
    "prorata": {
        "": ProrataBasis.NONE,
        "année": ProrataBasis.NONE,
        "mois": ProrataBasis.MONTHS,
        "jours": ProrataBasis.DAYS,
    },
    "arrondi": {"centime": RoundingUnit.CENT, "euro": RoundingUnit.EURO, "": RoundingUnit.CENT},
    "methode_d_arrondi": {
        "plus fort reste": RoundingMethod.LARGEST_REMAINDER,
        "au plus proche": RoundingMethod.HALF_UP_RESIDUE,
        "troncature": RoundingMethod.TRUNCATE_RESIDUE,
        "": RoundingMethod.LARGEST_REMAINDER,
    },
    "nature": {
        "masse salariale": CostKind.PAYROLL,
        "déplacement": CostKind.TRAVEL,
        "équipement": CostKind.EQUIPMENT,
        "formation": CostKind.TRAINING,
        "autres": CostKind.OTHER,
        "": CostKind.PAYROLL,
    },
    "credit": {
        "FIPD": Source.FIPD,
        "État": Source.STATE,
        "Département": Source.DEPARTEMENT,
        "EPCI": Source.EPCI,
        "commune": Source.COMMUNE,
        "CAF": Source.CAF,
        "autre": Source.OTHER,
    },
    "mode": {
        "montant fixe": ShareMode.FIXED,
        "pourcentage": ShareMode.PERCENTAGE,
        "parts égales": ShareMode.EQUAL,
        "clé": ShareMode.KEY,
        "reste": ShareMode.REMAINDER,
    },
    "annee_pleine": {"": "", "oui": "1", "non": ""},
    "origine_de_la_cle": {"saisie": KeySource.TYPED, "officielle": KeySource.OFFICIAL, "": KeySource.TYPED},
    "base_de_la_cle": {"toutes": KeyBasis.WHOLE, "gendarmerie": KeyBasis.GENDARMERIE, "": KeyBasis.WHOLE},
}
# Values other parts of the application add (a schedule, a period over two years) are written by their own name.
for _name, _choices in (("mode", ShareMode), ("prorata", ProrataBasis), ("methode_d_arrondi", RoundingMethod)):
    for _value in _choices.values:
        if _value not in WORDS[_name].values():
            WORDS[_name][_value] = _value


def word(name: str, value: Any) -> str:
    """The word the file uses for a stored value."""
    return next((text for text, stored in WORDS[name].items() if stored == value), str(value))


# --- Writing ----------------------------------------------------------------------------------------------------------


def rows_of(plan: FundingPlan, data: PlanData, amounts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of one plan; ``amounts`` by ref are the stored ones."""
    head = {
        "plan": plan.key,
        "libelle_du_plan": data.label,
        "annee": data.year,
        "employeur": data.employer.key,
        "postes": " | ".join(post.key for post in data.posts),
        "du": data.period_start,
        "au": data.period_end,
        "prorata": word("prorata", data.prorata),
        "arrondi": word("arrondi", data.rounding_unit),
        "methode_d_arrondi": word("methode_d_arrondi", data.rounding_method),
        "ecart_a": data.residue_ref,
    }
    for cost in data.costs:
        yield head | _cost(cost)
    for share in data.shares:
        yield head | _share(share, "", amounts)
        for child in share.children:
            yield head | _share(child, share.ref, amounts)


def _cost(cost: CostData) -> dict[str, Any]:
    return {
        "ligne": LINES[COST],
        "libelle": cost.label,
        "nature": word("nature", cost.kind),
        "supporte_par": cost.borne_by,
        "montant": cost.amount,
    }


def _share(share: ShareData, block: str, amounts: dict[str, Any]) -> dict[str, Any]:
    keyed = share.mode == ShareMode.KEY
    typed = keyed and share.weight is not None and share.population is None and share.weight <= 100
    row = {
        "ligne": LINES[MEMBER if block else SHARE if share.financer else BLOCK],
        "repere": share.ref,
        "bloc": block,
        "financeur": share.financer.key if share.financer else "",
        "libelle": share.label,
        "credit": word("credit", share.source),
        "mode": word("mode", share.mode),
        "montant": share.fixed_amount,
        "annee_pleine": "oui" if share.fixed_is_annual else "",
        "pourcentage": share.weight if typed else None if keyed else share.percent,
        "pourcentage_de": share.percent_of,
        "note": share.footnote,
        "montant_calcule": amounts.get(share.ref),
    }
    if share.key is not None:
        row |= {
            "origine_de_la_cle": word("origine_de_la_cle", share.key.source),
            "base_de_la_cle": word("base_de_la_cle", share.key.basis),
            "millesime": share.key.vintage,
        }
    return row


def sheet_columns() -> list[SheetColumn]:
    """The columns for :mod:`core.sheets`, read from the mappings of :func:`rows_of`."""
    return [SheetColumn(c.header, _reader(c.name), c.kind, c.width) for c in COLUMNS]


def _reader(name: str) -> Any:
    return lambda row: row.get(name)


def example(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the template: those given, or a small invented plan when there is none."""
    found = list(rows)
    if found:
        return found
    head = {"plan": "mon-plan-2026", "annee": 2026, "employeur": "(clé de l'employeur)", "postes": "(clé du poste)"}
    return [
        head | {"ligne": "coût", "nature": "masse salariale", "montant": 42000},
        head | {"ligne": "part", "repere": "etat", "financeur": "(clé)", "mode": "parts égales"},
        head | {"ligne": "part", "repere": "employeur", "financeur": "(clé)", "mode": "reste"},
    ]
