"""Posts and conventions of this day, from the aggregate functions of migration 0002; activity is in ``bilan``.

The role that reads them may read no row of any territory: what is not in these functions cannot be shown here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from conventions.enums import Status
from parties.actors import PlatformActor
from parties.enums import OrganisationKind
from posts.enums import PostKind
from reporting.contributions.measure import ZONES
from reporting.national.bilan import years_given
from reporting.national.reading import contributions_in_force, open_territories


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
class YearLine:
    """One year of the observatoire: how many of the open territories contributed."""

    year: int
    contributions: int
    territories: int


@dataclass(frozen=True)
class National:
    day: dt.date
    total: PostLine
    posts: tuple[PostLine, ...]
    conventions: tuple[ConventionLine, ...]
    years: tuple[YearLine, ...]

    def posts_by(self, group: str) -> list[PostLine]:
        return [line for line in self.posts if line.group == group]


def national_figures(*, by: PlatformActor, day: dt.date) -> National:
    """The figures of every territory on ``day``. Four queries, whatever their number. Raises ``NotAllowed``."""
    by.require("national.view")
    lines = [_post_line(*row) for row in _rows("SELECT * FROM cosigne_national_posts(%s)", [day])]
    total = next(line for line in lines if line.group == "all")
    groups = {"zone": list(ZONES.values()), "employer": list(OrganisationKind.labels), "kind": list(PostKind.labels)}
    told = [line for line in lines if line.group in groups]
    told.sort(key=lambda line: (list(groups).index(line.group), [str(x) for x in groups[line.group]].index(line.label)))
    conventions = {row[0]: row[1:] for row in _rows("SELECT * FROM cosigne_national_conventions()")}
    given, opened = contributions_in_force(by=by), {code for code, _ in open_territories()}
    return National(
        day=day,
        total=total,
        posts=tuple(told),
        conventions=tuple(
            ConventionLine(status, str(Status(status).label), *conventions[status])
            for status in Status.values
            if status in conventions
        ),
        years=tuple(
            YearLine(year, len(codes), len(codes | opened))
            for year in years_given(given)
            for codes in [{one.code for one in given if one.year == year}]
        ),
    )


def _post_line(group: str, value: str, *counts: Any) -> PostLine:
    labels: dict[str, Any] = {
        "zone": ZONES,
        "employer": dict(OrganisationKind.choices),
        "kind": dict(PostKind.choices),
        "all": {"": "Ensemble"},
    }
    return PostLine(group, str(labels[group].get(value, value)), *counts)


def _rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
