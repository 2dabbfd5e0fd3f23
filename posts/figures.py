"""What the counts of an activity return must satisfy, and how complete a year is. Pure: no database.

Source of the relations: the definitions of the units of count (a saisine, an interview, a situation) and the published
bilans, where they hold. A relation that cannot hold is refused; what is only surprising is said and kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from posts.timeline import PostLife, month_bounds

Counts = Mapping[str, int | None]

#: Above this a count is a typing error: no post reaches it in a year.
HIGHEST_COUNT = 99_999
PEOPLE = ("women", "men", "children")


def problems(counts: Counts) -> list[tuple[str, str]]:
    """(field, French message) of each relation that cannot hold between these counts."""
    found: list[tuple[str, str]] = []
    for name, value in counts.items():
        if value is not None and value < 0:
            found.append((name, "Un nombre négatif n'est pas possible : indiquez 0 ou plus."))
        elif value is not None and value > HIGHEST_COUNT:
            found.append((name, f"{value} n'est pas vraisemblable : vérifiez le nombre saisi."))
    partners, phone = counts.get("interviews_partners"), counts.get("interviews_phone")
    if partners is not None and phone is None:
        found.append(("interviews_phone", "Indiquez aussi le nombre d'entretiens téléphoniques, partenaires compris."))
    elif partners is not None and phone is not None and partners > phone:
        found.append(
            (
                "interviews_partners",
                f"{partners} entretiens avec des partenaires pour {phone} entretiens téléphoniques : "
                "les premiers sont compris dans les seconds.",
            )
        )
    in_person, total = counts.get("interviews_in_person"), counts.get("interviews_total")
    if None not in (in_person, phone, total) and in_person + phone != total:  # type: ignore[operator]
        found.append(
            (
                "interviews_total",
                f"{in_person} en présence et {phone} au téléphone font {in_person + phone}, pas {total} : "  # type: ignore[operator]
                "laissez ce total vide quand le détail est connu.",
            )
        )
    vif, base = counts.get("vif_count"), counts.get("vif_base")
    if vif is not None and base is None:
        found.append(("vif_base", "Indiquez sur combien de situations ce nombre est compté."))
    elif vif is not None and base is not None and vif > base:
        found.append(
            ("vif_count", f"{vif} situations de violences intrafamiliales pour {base} situations comptées en tout.")
        )
    return found


def remarks(counts: Counts) -> list[str]:
    """What is worth a second look without being wrong (French sentences)."""
    said = []
    known = [name for name in PEOPLE if counts.get(name) is not None]
    if 0 < len(known) < len(PEOPLE):
        said.append("Femmes, hommes et enfants ne sont pas tous renseignés : le total des saisines restera inconnu.")
    in_person, phone = counts.get("interviews_in_person"), counts.get("interviews_phone")
    if (in_person is None) != (phone is None) and counts.get("interviews_total") is None:
        said.append("Un seul des deux modes d'entretien est renseigné : le total des entretiens restera inconnu.")
    return said


def people(counts: Counts) -> int | None:
    """Women + men + children, None when one of them is unknown."""
    values = [counts.get(name) for name in PEOPLE]
    return None if None in values else sum(value for value in values if value is not None)


def interviews(counts: Counts) -> int | None:
    """In person + phone when both are known, else the undetailed total; None when neither is."""
    in_person, phone = counts.get("interviews_in_person"), counts.get("interviews_phone")
    if in_person is not None and phone is not None:
        return in_person + phone
    return counts.get("interviews_total")


class MonthState(StrEnum):
    FILLED = "saisi"
    MISSING = "non saisi"
    VACANT = "vacant"
    FUTURE = "à venir"
    OUTSIDE = "hors période"


@dataclass(frozen=True)
class Month:
    number: int
    state: MonthState
    people: int | None = None
    #: Counts were given although the post was vacant all month.
    surprising: bool = False


def year_states(*, year: int, life: PostLife, filled: Mapping[int, int | None], today: dt.date) -> list[Month]:
    """The twelve months of a post. ``filled``: month → people (None: given but unknown)."""
    months = []
    for number in range(1, 13):
        first, last = month_bounds(year, number)
        vacant = life.vacant_month(year, number)
        if number in filled:
            months.append(Month(number, MonthState.FILLED, filled[number], surprising=vacant))
        elif not life.exists_in(first, last):
            months.append(Month(number, MonthState.OUTSIDE))
        elif vacant:
            months.append(Month(number, MonthState.VACANT))
        elif first > today or last >= today:
            # The current month is still to come for whoever reports at its end.
            months.append(Month(number, MonthState.FUTURE))
        else:
            months.append(Month(number, MonthState.MISSING))
    return months


def missing_months(months: Iterable[Month]) -> list[int]:
    return [month.number for month in months if month.state is MonthState.MISSING]


def year_disagreement(months: Iterable[Month], year: int | None) -> str:
    """Rule 3: what the months add up to against the year entered as a whole; "" while one of them is not known."""
    months = list(months)
    waited = [month for month in months if month.state in (MonthState.MISSING, MonthState.FUTURE)]
    filled = [month.people for month in months if month.state is MonthState.FILLED]
    if year is None or waited or not filled or None in filled:
        return ""
    added = sum(value for value in filled if value is not None)
    if added == year:
        return ""
    return f"Les mois font {added} saisines, l'année entière {year} : corrigez l'un ou l'autre, les mois comptent."
