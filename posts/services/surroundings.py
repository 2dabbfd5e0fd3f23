"""What surrounds a month's figures: the post's life, its working time, the range of the territory's posts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from posts.models import ActivityReturn, Post
from posts.plausibility import Range, Surroundings, split_breaches
from posts.relations import Breach
from posts.timeline import life_of, month_bounds


def surroundings_of(post: Post, *, year: int, month: int) -> Surroundings:
    """Of one month of one post. Two queries, one when its occupancies are known."""
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    first, last = month_bounds(year, month)
    days = (last - first).days + 1
    # What is not known is not a vacancy: days before the first date known count as filled.
    filled = days - life.vacant_days(first, last)
    exists = life.exists_in(first, last)
    return Surroundings(year, month, days, filled if exists else 0, exists, people_range(year - 1))


def people_range(year: int) -> Range | None:
    """Parts of children and men among the territory's posts that year; None when too few are known to tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT children_low, children_high, men_low, men_high FROM cosigne_people_range(%s)", [year])
        row = cursor.fetchone()
    return Range((row[0], row[1]), (row[2], row[3])) if row else None


def split_of(post: Post, rows: Iterable[ActivityReturn]) -> list[Breach]:
    """Rule 14 on the returns of one month of a mixed post, entered by zone."""
    time: dict[str, Decimal | None] = {}
    for link in post.post_units.select_related("unit"):
        held = time.get(link.unit.zone, Decimal(0))
        time[link.unit.zone] = None if held is None or link.percent is None else held + link.percent
    saisines = {
        row.zone: next((c.value for c in row.cells.all() if (c.indicator, c.row) == ("I0", "saisines")), row.people)
        for row in rows
        if row.zone
    }
    return split_breaches(saisines, time)
