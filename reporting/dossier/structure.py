"""How a dossier is described: sections of objects, rows they own, lists of keys. The description itself: `sections`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from .fields import Field, Group

#: Models of convention are named by family and version: national ones, or the territory's own.
TEMPLATES = "templates"
#: A reference to another row of the same parent object, not to a section (a signatory's party).
LOCAL_PARTY = "parties"


@dataclass(frozen=True)
class Links:
    """A list of keys: rows of ``model`` tying the parent to objects of ``section``."""

    name: str
    model: type[models.Model]
    parent: str
    attr: str
    section: str
    description: str
    #: Written once every section exists, because the section comes later.
    later: bool = False


@dataclass(frozen=True)
class Children:
    """Rows owned by their parent object. ``identity``: the attributes by which a row is found again."""

    name: str
    model: type[models.Model]
    parent: str
    fields: tuple[Field | Group, ...]
    identity: tuple[str, ...]
    description: str
    position: str = ""
    order: tuple[str, ...] = ("position", "pk")
    tree: str = ""
    links: tuple[Links, ...] = ()


@dataclass(frozen=True)
class Section:
    """A top-level list. ``key`` is the property that names an object; none: ``identity`` does."""

    name: str
    model: type[models.Model]
    fields: tuple[Field | Group, ...]
    description: str
    key: str = "key"
    identity: tuple[str, ...] = ()
    order: tuple[str, ...] = ("key",)
    children: tuple[Children, ...] = ()
    links: tuple[Links, ...] = ()
    #: Fields pointing at the same section: such objects are written parents first.
    self_refs: tuple[str, ...] = ()


def flat(fields: tuple[Field | Group, ...]) -> Iterator[tuple[str, Field]]:
    """Every field with the name of the group it stands in, if any."""
    for item in fields:
        if isinstance(item, Group):
            for inner in item.fields:
                yield item.name, inner
        else:
            yield "", item


def value_of(record: dict[str, Any], group: str, name: str, missing: Any = None) -> Any:
    holder = record.get(group) if group else record
    return holder.get(name, missing) if isinstance(holder, dict) else missing
