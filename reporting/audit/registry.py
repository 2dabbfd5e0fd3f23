"""Who puts what in the audit bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignKey, Model

from conventions.models import Convention
from parties.actors import Actor

#: Columns that say nothing to who reads a bundle.
TECHNICAL = frozenset({"id", "territory", "created_at", "updated_at", "lock_version"})


@dataclass(frozen=True)
class Piece:
    """A file of the bundle: its path, its bytes, what the index says of it. ``missing``: why there are no bytes."""

    path: str
    data: bytes
    label: str
    missing: str = ""


Writer = Callable[[Convention, Actor], Iterator[Piece]]
#: Heading of the index → who writes its files, in the order of registration.
WRITERS: dict[str, list[Writer]] = {}


def piece(heading: str) -> Callable[[Writer], Writer]:
    """Register who writes the files under a heading of the index. Headings come in the order they are first named."""

    def register(writer: Writer) -> Writer:
        WRITERS.setdefault(heading, []).append(writer)
        return writer

    return register


def as_json(value: Any) -> bytes:
    """One byte form: sorted keys, readable, UTF-8."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str) + "\n").encode()


def facts(row: Model, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A row as data: its fields, what it points at in words."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in TECHNICAL or field.name in without:
            continue
        value = getattr(row, field.name) if isinstance(field, ForeignKey) else field.value_from_object(row)
        found[field.name] = value if isinstance(value, str | int | bool | dict | list | None) else str(value)
    return found
