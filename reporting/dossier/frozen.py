"""A file against what is frozen (an approved convention, a settled plan): the same is passed over, else refused."""

from __future__ import annotations

from typing import Any

from .fields import Field, Group
from .paths import at
from .structure import Children, Links, Section

Record = dict[str, Any]

FROZEN = (
    "Cet élément est figé (approuvé, signé ou engagé) et le fichier le change : "
    "remettez la valeur enregistrée, ou passez par le circuit de l'application."
)


def difference(section: Section, given: Record, stored: Record, path: str) -> tuple[str, str] | None:
    """(path, message) of the first property of ``given`` that differs from ``stored``; None when all agree."""
    place = _in_record(section, given, stored, path)
    return (place, FROZEN) if place else None


def _in_record(holder: Section | Children, given: Record, stored: Record, path: str) -> str:
    for item in holder.fields:
        if item.name in given and (
            place := _in_property(item, given[item.name], stored[item.name], at(path, item.name))
        ):
            return place
    for links in holder.links:
        if links.name in given and _keys(links, given[links.name]) != _keys(links, stored[links.name]):
            return at(path, links.name)
    if isinstance(holder, Section):
        for children in holder.children:
            place = _in_list(children, given.get(children.name), stored[children.name], at(path, children.name))
            if place:
                return place
    elif holder.tree:
        return _in_list(holder, given.get(holder.tree, []), stored[holder.tree], at(path, holder.tree))
    return ""


def _in_property(item: Field | Group, given: Any, stored: Any, path: str) -> str:
    if isinstance(item, Group):
        inner = [f for f in item.fields if f.name in given]
        return next((at(path, f.name) for f in inner if _in_property(f, given[f.name], stored[f.name], path)), "")
    if item.on_create_only:
        return ""
    if not item.ref:
        given = item.to_json(item.to_python(given))
    return path if given != stored else ""


def _in_list(children: Children, given: list[Record] | None, stored: list[Record], path: str) -> str:
    if given is None:
        return ""
    if len(given) != len(stored):
        return path
    found = (_in_record(children, g, s, at(path, i)) for i, (g, s) in enumerate(zip(given, stored, strict=True)))
    return next((place for place in found if place), "")


def _keys(links: Links, keys: list[str]) -> list[str]:
    """Links written later have no order of their own to compare."""
    return sorted(keys) if links.later else keys
