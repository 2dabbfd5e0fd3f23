"""The words of the protection: cells, sums, and what is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Cause(Enum):
    """Why a cell is hidden: its own count is small, or it would let a small one be computed."""

    SMALL = "effectif inférieur au seuil"
    DEDUCTION = "permettrait de retrouver un effectif masqué"
    UNPRINTED = "ne figure dans aucun tableau"


@dataclass(frozen=True)
class Sum:
    """A published total and the cells it adds up: what anyone with the table and a pencil knows."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Everything published together, whatever the number of tables: the same figure has the same name everywhere.

    ``counts``: name → count (people, acts), never negative. ``sensitive``: those that count people, whose small values
    are hidden. ``sums``: each of them holds exactly. ``costly``: cells whose loss hurts most (totals), hidden last.
    ``unprinted``: cells no table prints, which sums tie to those printed; a reader may try to find them all the same.
    ``given``: cells already out elsewhere, which hiding here would not take back.
    """

    counts: Mapping[str, int]
    sums: tuple[Sum, ...]
    sensitive: frozenset[str]
    costly: frozenset[str] = frozenset()
    unprinted: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash((frozenset(self.counts.items()), self.sums))

    def __post_init__(self) -> None:
        for name, count in self.counts.items():
            if count < 0:
                raise ValueError(f"{name}: a count is not negative")
        for each in self.sums:
            if sum(self.counts[part] for part in each.parts) != self.counts[each.total]:
                raise ValueError(f"{each.total}: not the sum of its parts")

    def islands(self) -> list[Table]:
        """The table cut where no sum links its counts: what is in one island tells nothing of another."""
        head = {name: name for name in self.counts}

        def find(name: str) -> str:
            while head[name] != name:
                head[name] = head[head[name]]
                name = head[name]
            return name

        for each in self.sums:
            for part in each.parts:
                head[find(part)] = find(each.total)
        names: dict[str, list[str]] = {}
        for name in self.counts:
            names.setdefault(find(name), []).append(name)
        sums: dict[str, list[Sum]] = {}
        for each in self.sums:
            sums.setdefault(find(each.total), []).append(each)
        return [self._part(set(members), tuple(sums.get(key, ()))) for key, members in names.items()]

    def _part(self, names: set[str], sums: tuple[Sum, ...]) -> Table:
        return Table(
            {name: count for name, count in self.counts.items() if name in names},
            sums,
            self.sensitive & names,
            self.costly & names,
            self.unprinted & names,
            self.given & names,
        )


@dataclass(frozen=True)
class Protection:
    """The cells to hide and why; every other cell may be shown."""

    threshold: int
    hidden: Mapping[str, Cause] = field(default_factory=dict)

    def shows(self, name: str) -> bool:
        return name not in self.hidden

    def count(self, cause: Cause) -> int:
        return sum(1 for each in self.hidden.values() if each is cause)
