"""The tables of the national bilan as files, and the years side by side: one description for every format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core import sheets
from core.money import number_fr, percent
from core.sheets import Kind, SheetColumn
from reporting.bilan.parts import ND, SECRET
from reporting.contributions.definitions import GROUPS, VERSIONS
from reporting.national.bilan import NationalBilan, PostSum, Rate, Sum, TerritoryLine

JSON = "json"
FORMATS = {**sheets.MEDIA_TYPES, JSON: "application/json; charset=utf-8"}
#: Name in the address → title.
TABLES = {
    "activite": "Activité",
    "proportions": "Proportions",
    "postes": "Postes",
    "territoires": "Territoires",
    "annees": "Années comparées",
}


def sum_text(found: Sum | None) -> str:
    """« 1 234 », « au moins 1 234 » when a contribution hides its part, « s. » when all do, « n.d. »."""
    if found is None or (found.value is None and not found.hidden):
        return ND
    if found.value is None:
        return SECRET
    return f"au moins {number_fr(found.value, 0)}" if found.hidden else number_fr(found.value, 0)


def rate_text(found: Rate) -> str:
    return ND if found.value is None else percent(found.value, 1)


@dataclass(frozen=True)
class YearLine:
    """One figure over the years, as written."""

    label: str
    texts: tuple[str, ...]


def compared(bilans: Sequence[NationalBilan]) -> list[YearLine]:
    """Main figures of several years, in the order given. Years whose definitions differ do not compare: see notes."""
    rows: list[tuple[str, Callable[[NationalBilan], str]]] = [
        ("Territoires qui ont contribué", lambda one: f"{one.response.part} sur {one.response.whole}"),
        ("Postes", lambda one: number_fr(_posts(one).posts, 0)),
        ("Équivalents temps plein", lambda one: number_fr(_posts(one).etp, 2)),
        ("Personnes", lambda one: sum_text(one.people())),
        ("Mois de poste connus", lambda one: rate_text(one.months)),
    ]
    lines = [YearLine(label, tuple(read(one) for one in bilans)) for label, read in rows]
    for rank, rate in enumerate(bilans[0].rates if bilans else ()):
        lines.append(YearLine(rate.label, tuple(rate_text(one.rates[rank]) for one in bilans)))
    versions = tuple(", ".join(str(version) for version in one.definitions) or ND for one in bilans)
    return [*lines, YearLine("Version des définitions", versions)]


def _posts(bilan: NationalBilan) -> PostSum:
    return next((line for line in bilan.posts if line.group == "all"), PostSum("all", "", "", 0, 0, Decimal(0)))


def notes(bilans: Sequence[NationalBilan]) -> list[str]:
    """What must be known to read the figures: definitions, what is hidden, breaks between years."""
    said = [
        "Ces chiffres ne viennent que des contributions : un territoire qui n'a pas contribué n'y compte pas.",
        "Une contribution arrive protégée : un effectif de moins de onze personnes, et ce qui permettrait de le "
        "retrouver, n'a pas quitté son territoire. « au moins » : une ou plusieurs contributions taisent leur part.",
        "Une proportion porte sur les seules contributions qui donnent ses deux nombres.",
    ]
    said += [f"Définitions, version {version} : {VERSIONS[version]}" for version in _versions(bilans)]
    if len(_versions(bilans)) > 1:
        said.append("Rupture de série : des années reposent sur des définitions différentes et ne se comparent pas.")
    return said


def _versions(bilans: Iterable[NationalBilan]) -> list[int]:
    return sorted({version for one in bilans for version in one.definitions if version in VERSIONS})


# --- Files ------------------------------------------------------------------------------------------------------------

ACTIVITY: tuple[SheetColumn, ...] = (
    SheetColumn("tableau", lambda line: line[0].label, width=40),
    SheetColumn("unite", lambda line: str(line[0].unit), width=14),
    SheetColumn("ligne", lambda line: line[1].label, width=44),
    SheetColumn("nombre", lambda line: line[1].value, Kind.NUMBER, 12),
    SheetColumn("contributions_qui_le_donnent", lambda line: line[1].told, Kind.NUMBER, 28),
    SheetColumn("contributions_qui_le_masquent", lambda line: line[1].hidden, Kind.NUMBER, 28),
    SheetColumn("lecture", lambda line: sum_text(line[1]), width=18),
)
RATES: tuple[SheetColumn, ...] = (
    SheetColumn("proportion", lambda rate: rate.label, width=44),
    SheetColumn("pourcentage", lambda rate: rate.value, Kind.NUMBER, 12),
    SheetColumn("numerateur", lambda rate: rate.part if rate.territories else None, Kind.NUMBER, 12),
    SheetColumn("denominateur", lambda rate: rate.whole if rate.territories else None, Kind.NUMBER, 14),
    SheetColumn("contributions", lambda rate: rate.territories, Kind.NUMBER, 14),
)
POSTS: tuple[SheetColumn, ...] = (
    SheetColumn("regroupement", lambda line: GROUPS[line.group], width=18),
    SheetColumn("ligne", lambda line: line.label, width=44),
    SheetColumn("territoires", lambda line: line.territories, Kind.NUMBER, 12),
    SheetColumn("postes", lambda line: line.posts, Kind.NUMBER, 10),
    SheetColumn("etp", lambda line: line.etp, Kind.NUMBER, 10),
)


def _day(line: TerritoryLine) -> Any:
    return timezone.localtime(line.given_at).date() if line.given_at else None


TERRITORIES: tuple[SheetColumn, ...] = (
    SheetColumn("code", lambda line: line.code, width=8),
    SheetColumn("territoire", lambda line: line.name, width=30),
    SheetColumn("a_contribue", lambda line: "oui" if line.has_given else "non", width=12),
    SheetColumn("transmise_le", _day, Kind.DATE, 14),
    SheetColumn("postes", lambda line: line.posts, Kind.NUMBER, 10),
    SheetColumn("postes_declarants", lambda line: line.posts_reporting, Kind.NUMBER, 18),
    SheetColumn("mois_connus", lambda line: line.months_known, Kind.NUMBER, 12),
    SheetColumn("mois_attendus", lambda line: line.months_expected, Kind.NUMBER, 14),
    SheetColumn("definitions", lambda line: line.definitions, Kind.NUMBER, 12),
)


def table(bilans: Sequence[NationalBilan], name: str) -> tuple[tuple[SheetColumn, ...], list[Any]]:
    """Columns and lines of one of ``TABLES`` for the first of ``bilans``; ``annees`` compares them all."""
    bilan = bilans[0]
    if name == "annees":
        return _years(bilans), compared(bilans)
    found: dict[str, tuple[tuple[SheetColumn, ...], list[Any]]] = {
        "activite": (ACTIVITY, [(one, row) for one in bilan.tables for row in one.rows]),
        "proportions": (RATES, [bilan.response, bilan.months, *bilan.rates]),
        "postes": (POSTS, list(bilan.posts)),
        "territoires": (TERRITORIES, list(bilan.territories)),
    }
    return found[name]


def _years(bilans: Sequence[NationalBilan]) -> tuple[SheetColumn, ...]:
    def reader(rank: int) -> Callable[[YearLine], str]:
        return lambda line: line.texts[rank]

    columns = [SheetColumn(str(one.year), reader(rank), width=18) for rank, one in enumerate(bilans)]
    return (SheetColumn("chiffre", lambda line: line.label, width=44), *columns)


def as_json(bilans: Sequence[NationalBilan], names: Sequence[str] = tuple(TABLES)) -> bytes:
    """Every table under its name, the same lines as the CSV."""
    found: dict[str, Any] = {"annee": bilans[0].year, "notes": notes(bilans)}
    for name in names:
        columns, lines = table(bilans, name)
        rows = sheets.values(columns, lines)
        found[name] = [{c.header: _plain(v) for c, v in zip(columns, row, strict=True)} for row in rows]
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
