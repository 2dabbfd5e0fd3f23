"""Reading the aggregate functions of migration 0002 and giving their lines the words of the models.

The role that reads them may read no row of any territory: what is not in these functions cannot be shown here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.db import connection

from conventions.enums import Status
from parties.actors import PlatformActor
from parties.enums import OrganisationKind
from posts.enums import PostKind

#: A count of people from 1 to this one is not told.
SMALLEST_TOLD = 11
ZONES = {
    "police": "Zone police",
    "gendarmerie": "Zone gendarmerie",
    "gendarmerie+police": "Les deux zones",
    "": "Zone non renseignée",
}


@dataclass(frozen=True)
class PostLine:
    """Posts of one zone, kind of employer or kind of post; ``etp`` is a sum of full-time equivalents."""

    group: str
    label: str
    territories: int
    posts: int
    etp: Decimal
    filled: int
    vacant: int


@dataclass(frozen=True)
class ConventionLine:
    status: str
    label: str
    territories: int
    conventions: int


@dataclass(frozen=True)
class ActivityLine:
    """One year. A count is None when it is unknown, or hidden: ``hidden`` names those."""

    year: int
    territories: int
    posts: int
    women: int | None
    men: int | None
    children: int | None
    people: int | None
    interviews: int | None
    vif_count: int | None
    vif_base: int | None
    hidden: frozenset[str]

    def cell(self, name: str) -> str:
        """What the page and the file write where there is no number."""
        return "secret" if name in self.hidden else "n. d."


@dataclass(frozen=True)
class National:
    day: dt.date
    total: PostLine
    posts: tuple[PostLine, ...]
    conventions: tuple[ConventionLine, ...]
    activity: tuple[ActivityLine, ...]

    def posts_by(self, group: str) -> list[PostLine]:
        return [line for line in self.posts if line.group == group]


def national_figures(*, by: PlatformActor, day: dt.date) -> National:
    """The figures of every territory on ``day``. Three queries, whatever their number. Raises ``NotAllowed``."""
    by.require("national.view")
    lines = [_post_line(*row) for row in _rows("SELECT * FROM cosigne_national_posts(%s)", [day])]
    total = next(line for line in lines if line.group == "all")
    groups = {"zone": list(ZONES.values()), "employer": list(OrganisationKind.labels), "kind": list(PostKind.labels)}
    told = [line for line in lines if line.group in groups]
    told.sort(key=lambda line: (list(groups).index(line.group), [str(x) for x in groups[line.group]].index(line.label)))
    conventions = {row[0]: row[1:] for row in _rows("SELECT * FROM cosigne_national_conventions()")}
    activity = _rows("SELECT * FROM cosigne_national_activity()")
    return National(
        day=day,
        total=total,
        posts=tuple(told),
        conventions=tuple(
            ConventionLine(status, str(Status(status).label), *conventions[status])
            for status in Status.values
            if status in conventions
        ),
        activity=tuple(_activity_line(*row) for row in activity),
    )


def _post_line(group: str, value: str, *counts: Any) -> PostLine:
    labels: dict[str, Any] = {
        "zone": ZONES,
        "employer": dict(OrganisationKind.choices),
        "kind": dict(PostKind.choices),
        "all": {"": "Ensemble"},
    }
    return PostLine(group, str(labels[group].get(value, value)), *counts)


def _activity_line(*row: Any) -> ActivityLine:
    names = [field.name for field in fields(ActivityLine)]
    told = dict(zip(names, row, strict=True))
    return ActivityLine(**{**told, "hidden": frozenset(told["hidden"])})


def _rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
