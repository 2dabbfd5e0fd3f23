"""The national tables as files: what the page shows, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.sheets import Kind, SheetColumn

from .figures import National

GROUPS = {"zone": "Par zone", "employer": "Par employeur", "kind": "Par type de poste", "all": "Ensemble"}

POSTS: tuple[SheetColumn, ...] = (
    SheetColumn("Regroupement", lambda line: GROUPS[line.group], width=20),
    SheetColumn("Ligne", lambda line: line.label, width=40),
    SheetColumn("Territoires", lambda line: line.territories, Kind.NUMBER),
    SheetColumn("Postes", lambda line: line.posts, Kind.NUMBER),
    SheetColumn("ETP", lambda line: line.etp, Kind.NUMBER),
    SheetColumn("Pourvus", lambda line: line.filled, Kind.NUMBER),
    SheetColumn("Vacants", lambda line: line.vacant, Kind.NUMBER),
)
CONVENTIONS: tuple[SheetColumn, ...] = (
    SheetColumn("État", lambda line: line.label, width=28),
    SheetColumn("Territoires", lambda line: line.territories, Kind.NUMBER),
    SheetColumn("Conventions", lambda line: line.conventions, Kind.NUMBER),
)
TABLES = {"postes": "Postes", "conventions": "Conventions"}


def table(found: National, name: str) -> tuple[tuple[SheetColumn, ...], Sequence[Any]]:
    """Columns and lines of one of ``TABLES``; ``KeyError`` for another."""
    return {
        "postes": (POSTS, [found.total, *found.posts]),
        "conventions": (CONVENTIONS, found.conventions),
    }[name]
