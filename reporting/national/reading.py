"""What the national role may read of activity: the contributions in force, as territories gave them. Nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from parties.actors import PlatformActor
from parties.models import Territory


@dataclass(frozen=True)
class Given:
    """A contribution in force."""

    code: str
    name: str
    year: int
    content: dict[str, Any]
    sha256: str
    given_at: dt.datetime


def contributions_in_force(*, by: PlatformActor) -> list[Given]:
    """Every contribution in force, latest year first, then by territory. One query. Raises ``NotAllowed``."""
    by.require("national.view")
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, name, year, content, sha256, given_at FROM cosigne_national_contributions()")
        rows = cursor.fetchall()
    return [Given(code, name, year, _object(content), digest, at) for code, name, year, content, digest, at in rows]


def open_territories() -> list[tuple[str, str]]:
    """Code and name of the territories opened and not suspended: those from which a contribution is awaited."""
    return list(Territory.objects.filter(suspended_at=None).order_by("code").values_list("code", "name"))


def _object(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    assert isinstance(found, dict)
    return found
