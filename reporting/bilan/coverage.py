"""Which communes the posts cover: once, several times in the same zone, or not at all. Pure.

A post covers the communes of its units; where these list none, every commune of the EPCI it is said to cover. Two posts
of the same zone on one commune overlap; a police post and a gendarmerie post do not, as each serves its own zone.
A vacancy changes nothing to it: coverage is what was organised, not what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from reporting.protection.communes import Commune, Told, grouped


class State(Enum):
    """How a commune is served."""

    ONCE = "couverte"
    OVERLAP = "recouvrement"
    WHITE = "zone blanche"


@dataclass(frozen=True)
class Reach:
    """A post and the communes it covers, by zone. ``declared``: known by its EPCI only."""

    key: str
    label: str
    communes: Mapping[str, frozenset[str]]
    declared: bool = False

    @property
    def all_communes(self) -> frozenset[str]:
        return frozenset().union(*self.communes.values())


@dataclass(frozen=True)
class Served:
    """A commune and the posts that cover it, by zone."""

    commune: Commune
    posts: Mapping[str, tuple[str, ...]]

    @property
    def state(self) -> State:
        if not any(self.posts.values()):
            return State.WHITE
        return State.OVERLAP if any(len(labels) > 1 for labels in self.posts.values()) else State.ONCE

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(label for labels in self.posts.values() for label in labels))


@dataclass(frozen=True)
class EpciCoverage:
    """An EPCI (its communes of the département only): communes and inhabitants by state, and its posts."""

    siren: str
    name: str
    communes: Mapping[State, int]
    inhabitants: Mapping[State, int]
    posts: tuple[str, ...]

    @property
    def population(self) -> int:
        return sum(self.inhabitants.values())

    @property
    def commune_count(self) -> int:
        return sum(self.communes.values())


@dataclass(frozen=True)
class CommuneLine:
    """A line of the list of communes: one of them, or several small ones told together."""

    told: Told
    epci: str
    states: Mapping[State, int]
    posts: tuple[str, ...]

    @property
    def name(self) -> str:
        if not self.told.is_group:
            return self.told.communes[0].name
        return f"Autres communes ({len(self.told.communes)})"


@dataclass(frozen=True)
class Coverage:
    """The département's coverage in a year. ``vintage``: of the populations; ``declared``: posts known by EPCI only."""

    vintage: int
    served: tuple[Served, ...]
    epcis: tuple[EpciCoverage, ...]
    declared: tuple[str, ...]
    #: Codes the units list which are no commune of the département that year.
    outside: tuple[str, ...]

    @property
    def totals(self) -> dict[State, int]:
        return {state: sum(epci.inhabitants[state] for epci in self.epcis) for state in State}

    @property
    def commune_totals(self) -> dict[State, int]:
        return {state: sum(epci.communes[state] for epci in self.epcis) for state in State}

    def lines(self, *, under: int = 0) -> list[CommuneLine]:
        """Commune by commune; those under ``under`` inhabitants told together (:func:`grouped`)."""
        served = {one.commune.code: one for one in self.served}
        names = {epci.siren: epci.name for epci in self.epcis}
        found = []
        for told in grouped([one.commune for one in self.served], under=under):
            members = [served[commune.code] for commune in told.communes]
            found.append(
                CommuneLine(
                    told,
                    names.get(told.epci, "Plusieurs EPCI"),
                    _count(members),
                    tuple(dict.fromkeys(label for one in members for label in one.labels)),
                )
            )
        return sorted(found, key=lambda line: (line.epci, line.told.is_group, line.name))


def coverage_of(
    communes: Iterable[Commune], reaches: Sequence[Reach], *, epcis: Mapping[str, str], vintage: int
) -> Coverage:
    """How ``reaches`` cover ``communes``; ``epcis``: SIREN → name."""
    known = list(communes)
    served = tuple(Served(commune, _posts_on(commune.code, reaches)) for commune in known)
    by_epci: dict[str, list[Served]] = {}
    for one in served:
        by_epci.setdefault(one.commune.epci, []).append(one)
    lines = [
        EpciCoverage(
            siren,
            epcis.get(siren, "Hors EPCI"),
            _count(members),
            {state: sum(m.commune.population for m in members if m.state is state) for state in State},
            tuple(dict.fromkeys(label for member in members for label in member.labels)),
        )
        for siren, members in by_epci.items()
    ]
    codes = {commune.code for commune in known}
    outside = sorted({code for reach in reaches for code in reach.all_communes} - codes)
    return Coverage(
        vintage,
        served,
        tuple(sorted(lines, key=lambda epci: epci.name)),
        tuple(reach.label for reach in reaches if reach.declared),
        tuple(outside),
    )


def _posts_on(code: str, reaches: Sequence[Reach]) -> dict[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = {}
    for reach in reaches:
        for zone, codes in reach.communes.items():
            if code in codes:
                zones.setdefault(zone, []).append(reach.label)
    return {zone: tuple(labels) for zone, labels in zones.items()}


def _count(members: Sequence[Served]) -> dict[State, int]:
    return {state: sum(1 for member in members if member.state is state) for state in State}
