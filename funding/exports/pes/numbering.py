"""Numbers of a flow: the officer gives the first bordereau and the first titre of the exercice, the others follow.

Nobody invents them: they must continue the series of the finance software (IdBord is unique per exercice and budget).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

#: Titres per bordereau. The schema allows 99 999; what a signing circuit takes is not known, so it stays modest.
SLIP_SIZE = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Number:
    slip: int
    titre: int


@dataclass(frozen=True)
class Series:
    """Where an export starts."""

    first_slip: int
    first_titre: int
    size: int = SLIP_SIZE


def numbered(items: Iterable[tuple[str, T]], series: Series) -> Iterator[tuple[T, Number]]:
    """``items`` are (TypBord, thing): each with its numbers, a new slip at each change of type or when one is full."""
    slip, filled, kind = series.first_slip, 0, ""
    for rank, (each_kind, thing) in enumerate(items):
        if filled and (filled >= series.size or each_kind != kind):
            slip, filled = slip + 1, 0
        kind, filled = each_kind, filled + 1
        yield thing, Number(slip, series.first_titre + rank)
