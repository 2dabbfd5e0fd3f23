"""Small communes told together: in a village, being counted is nearly being named.

Communes under a number of inhabitants are grouped into « autres communes » of their EPCI, and never one alone: the
group takes the smallest of the other communes with it, or, where the EPCI has no other, joins the small ones of the
département that are in the same case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Commune:
    """A commune of the reference data: INSEE code, name, inhabitants, SIREN of its EPCI ("" for none)."""

    code: str
    name: str
    population: int
    epci: str


@dataclass(frozen=True)
class Told:
    """What is told as one line: a commune by its name, or several. ``epci`` "" when they are of several."""

    epci: str
    communes: tuple[Commune, ...]

    @property
    def is_group(self) -> bool:
        return len(self.communes) > 1

    @property
    def population(self) -> int:
        return sum(commune.population for commune in self.communes)


def grouped(communes: Iterable[Commune], *, under: int) -> list[Told]:
    """``communes`` as they may be told: each alone from ``under`` inhabitants, the others grouped by EPCI.

    Every commune is told exactly once. A lone small commune remains only where it is the only one given.
    """
    by_epci: dict[str, list[Commune]] = {}
    for commune in communes:
        by_epci.setdefault(commune.epci, []).append(commune)
    alone: list[Told] = []
    groups: list[Told] = []
    orphans: list[Commune] = []
    for epci, members in by_epci.items():
        small = [commune for commune in members if commune.population < under]
        large = sorted((c for c in members if c.population >= under), key=lambda c: (c.population, c.code))
        if len(small) == 1 and large:
            small.append(large.pop(0))
        if len(small) == 1:
            orphans += small
        elif small:
            groups.append(_told(epci, small))
        alone += [Told(epci, (commune,)) for commune in large]
    if len(orphans) == 1:
        _join(orphans, groups, alone)
    elif orphans:
        groups.append(_told("", orphans))
    return [*sorted(alone, key=lambda told: (told.epci, told.communes[0].name)), *groups]


def _told(epci: str, communes: list[Commune]) -> Told:
    return Told(epci, tuple(sorted(communes, key=lambda commune: commune.code)))


def _join(orphans: list[Commune], groups: list[Told], alone: list[Told]) -> None:
    """One small commune left: it goes with the smallest line there is."""
    lines = groups or alone
    if not lines:
        groups.append(_told(orphans[0].epci, orphans))
        return
    host = min(lines, key=lambda told: (told.population, told.communes[0].code))
    lines.remove(host)
    groups.append(_told("", [*host.communes, *orphans]))
