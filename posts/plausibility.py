"""What surprises in a month's figures seen with what surrounds it (design of indicators, §4, rules 1, 10, 12, 13, 14).

Pure: figures in, breaches out. None of these is impossible but the first: they ask for a remark, not a correction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.french import month_name
from posts.enums import Zone
from posts.figures import Counts
from posts.relations import OUTLIER_FROM, Breach, Cells, sum_of, total

#: Points between the part of working time and the part of saisines of a zone beyond which a remark is asked for.
SPLIT = 15


@dataclass(frozen=True)
class Range:
    """Parts (percent of people) of children and men among the posts of the territory, a year before."""

    children: tuple[int, int]
    men: tuple[int, int]


@dataclass(frozen=True)
class Surroundings:
    """What is known of a month besides its figures. ``filled``: days the post was filled, of ``days``."""

    year: int
    month: int
    days: int
    filled: int
    exists: bool = True
    usual: Range | None = None


def surprises(cells: Cells, counts: Counts, around: Surroundings) -> list[Breach]:
    """Everything in one return that does not fit with what surrounds it."""
    return [
        *_people(cells, counts),
        *_life(cells, counts, around),
        *_days(cells, around),
        *_shares(counts, around),
    ]


def _people(cells: Cells, counts: Counts) -> Iterator[Breach]:
    """Rule 1: women, men and children typed as such make the people of the detail."""
    stated, parts = total(cells, "personnes"), [counts.get(name) for name in ("women", "men", "children")]
    if stated is None or None in parts or sum_of(cells, "I4") is not None:
        return  # the table of ages, when given, is compared by rule 2
    computed = sum(part for part in parts if part is not None)
    if computed != stated:
        message = f"Femmes, hommes et enfants font {computed} : le total des personnes est {stated}."
        yield Breach(1, ("I0", "personnes", ""), message, stated, computed)


def _life(cells: Cells, counts: Counts, around: Surroundings) -> Iterator[Breach]:
    """Rules 10 and 12: nothing happens before a post exists, nor while nobody holds it."""
    done = max([*cells.values(), *(value or 0 for value in counts.values())], default=0)
    if not done or around.filled:
        return
    when = f"{month_name(around.month)} {around.year}"
    if not around.exists:
        message = f"Le poste n'existe pas en {when} : dites en observation d'où viennent ces chiffres."
        yield Breach(10, ("I0", "saisines", ""), message, done, 0, blocking=False)
    else:
        message = f"Le poste est vacant tout le mois en {when} : dites en observation d'où viennent ces chiffres."
        yield Breach(12, ("I0", "saisines", ""), message, done, 0, blocking=False)


def _days(cells: Cells, around: Surroundings) -> Iterator[Breach]:
    """Rules 10 and 12: days worked are days of the month, when somebody held the post."""
    worked = total(cells, "jours")
    if worked is None:
        return
    place = ("I0", "jours", "")
    if worked > around.days:
        message = f"{worked} jours travaillés : {month_name(around.month)} {around.year} en compte {around.days}."
        yield Breach(10, place, message, worked, around.days)
    elif around.filled and worked > around.filled:
        message = f"{worked} jours travaillés, alors que le poste a été pourvu {around.filled} jours : dites pourquoi."
        yield Breach(12, place, message, worked, around.filled, blocking=False)


def _shares(counts: Counts, around: Surroundings) -> Iterator[Breach]:
    """Rule 13: children or men out of the range seen in the département the year before."""
    parts = {name: counts.get(name) for name in ("women", "men", "children")}
    people = sum(value or 0 for value in parts.values())
    if around.usual is None or None in parts.values() or people < OUTLIER_FROM:
        return
    for name, (low, high), words in (
        ("children", around.usual.children, "d'enfants"),
        ("men", around.usual.men, "d'hommes"),
    ):
        part = parts[name] or 0
        if low * people <= part * 100 <= high * people:
            continue
        share = (Decimal(part * 100) / people).quantize(Decimal(1))
        message = (
            f"{share} % {words}, quand les postes du département allaient de {low} à {high} % un an plus tôt : "
            "dites pourquoi en observation."
        )
        yield Breach(13, ("I4", "", ""), message, part, people, blocking=False)


def split_breaches(saisines: Mapping[str, int | None], time: Mapping[str, Decimal | None]) -> list[Breach]:
    """Rule 14: for a mixed post, the part of saisines of each zone against its part of the working time (percent).

    ``saisines`` and ``time`` are by zone; nothing is said while one of them is unknown, or of small numbers.
    """
    known = {zone: value for zone, value in saisines.items() if value is not None}
    parts = {zone: part for zone, part in time.items() if part is not None}
    everything = sum(known.values())
    if len(time) < 2 or set(known) != set(time) or set(parts) != set(time) or everything < OUTLIER_FROM:
        return []
    zone = max(known, key=lambda one: abs(Decimal(known[one] * 100) / everything - parts[one]))
    seen = (Decimal(known[zone] * 100) / everything).quantize(Decimal(1))
    if abs(Decimal(known[zone] * 100) / everything - parts[zone]) <= SPLIT:
        return []
    message = (
        f"{Zone(zone).label} : {seen} % des saisines pour {parts[zone]:.0f} % du temps de travail : "
        "dites pourquoi en observation."
    )
    return [Breach(14, ("I0", "saisines", ""), message, known[zone], everything, blocking=False)]
