"""Places in a dossier, as people read them: ``conventions[3].parties[0].organisation``."""

from __future__ import annotations

from collections.abc import Iterable


def at(path: str, step: str | int) -> str:
    """``path`` one step deeper: a property by its name, an item by its rank from 0."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def path_of(steps: Iterable[str | int]) -> str:
    path = ""
    for step in steps:
        path = at(path, step)
    return path
