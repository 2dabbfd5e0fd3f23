"""The year of a territory in aggregates, before protection: posts, months known, and the counts of each table.

People, VIF and interviews are the totals of the territory's bilan. The other tables add up the monthly detail of the
posts that keep one: they may rest on fewer posts, and the contribution says on how many.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from parties.actors import Actor
from parties.enums import OrganisationKind
from posts.enums import PostKind, Zone
from posts.figures import MonthState, people, year_states
from posts.indicators import INDICATORS
from posts.models import ActivityCell, ActivityReturn, ListItem, Post
from posts.models.activity import COUNTS
from posts.timeline import PostLife, life_of, month_bounds
from reporting.bilan.model import Bilan
from reporting.bilan.service import territory_bilan
from reporting.contributions.definitions import TABLES, TOTAL, TableKind

#: Under this many posts their vacancy is somebody's leave: not told.
FEWEST_POSTS = 3
BOTH_ZONES = "gendarmerie+police"
ZONES = {
    Zone.POLICE.value: "Zone police",
    Zone.GENDARMERIE.value: "Zone gendarmerie",
    BOTH_ZONES: "Les deux zones",
    "": "Zone non renseignée",
}
#: Zone of a post without unit, by its kind.
ZONE_OF_KIND = {PostKind.ISC: "police", PostKind.ISG: "gendarmerie", PostKind.ISCG: BOTH_ZONES}


@dataclass(frozen=True)
class PostLine:
    """Posts of one zone, kind of employer or kind of post that existed in the year; ``etp``: full-time equivalents."""

    group: str
    code: str
    posts: int
    etp: Decimal


@dataclass(frozen=True)
class Vacancy:
    """Days the posts existed, as far as is known, and those without anybody. Post-days."""

    days: int
    vacant_days: int


@dataclass(frozen=True)
class Coverage:
    """How much of the year the figures rest on. Months are post-months: one post, one month, when it was filled."""

    posts: int
    posts_reporting: int
    months_expected: int
    months_known: int
    posts_detailed: int
    months_detailed: int


@dataclass(frozen=True)
class Measured:
    """``counts``: table → row → count; a row left out is not known. ``labels``: table → its rows in order.

    ``vacancy`` is of all the posts together and None under three: a post is one person's work.
    """

    year: int
    posts: tuple[PostLine, ...]
    vacancy: Vacancy | None
    coverage: Coverage
    counts: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, tuple[tuple[str, str], ...]]
    #: The bilan its totals come from, published apart.
    bilan: Bilan | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


def measure(*, year: int, by: Actor, today: dt.date | None = None) -> Measured:
    """The aggregates of ``year`` over the territory. ``by`` is its staff. Raises as ``territory_bilan``."""
    day = today or timezone.localdate()
    bilan = territory_bilan(year=year, by=by, today=day).bilan
    posts = [post for post in _posts(by) if _exists(post, year) or _returns(post, year)]
    labels = _labels(year)
    counts: dict[str, dict[str, int]] = {}
    for kind in TABLES.values():
        if not kind.indicator:
            named = {code: "people" if code == TOTAL else code for code, _ in kind.rows}
            totals = {code: bilan.totals[name].value for code, name in named.items()}
            counts[kind.code] = {code: value for code, value in totals.items() if value is not None}
    detailed = _detail(posts, year)
    for kind in TABLES.values():
        if kind.indicator:
            counts[kind.code] = _sum_rows(kind, detailed.cells, labels[kind.code])
    _only_whole_totals(counts)
    return Measured(
        year=year,
        posts=tuple(_post_lines(posts)),
        vacancy=_vacancy(posts, year, day),
        coverage=_coverage(posts, year, day, bilan.posts_reporting, detailed),
        counts=counts,
        labels=labels,
        bilan=bilan,
    )


def _only_whole_totals(counts: dict[str, dict[str, int]]) -> None:
    """A total that rests on other lines than its parts is not given beside them: nobody could read the difference."""
    for kind in TABLES.values():
        known = counts[kind.code]
        parts = [value for code, value in known.items() if code != TOTAL]
        if kind.total and parts and TOTAL in known and sum(parts) != known[TOTAL]:
            del known[TOTAL]


# --- Posts ------------------------------------------------------------------------------------------------------------


def _posts(by: Actor) -> Iterable[Post]:
    return (
        Post.objects.visible_to(by)
        .select_related("employer")
        .prefetch_related("occupancies", "post_units__unit", "activity")
        .order_by("pk")
    )


def _life(post: Post) -> PostLife:
    return life_of(post.created_on, post.closed_on, list(post.occupancies.all()))


def _returns(post: Post, year: int) -> list[ActivityReturn]:
    return [activity for activity in post.activity.all() if activity.year == year]


def _exists(post: Post, year: int) -> bool:
    return _life(post).exists_in(month_bounds(year, 1)[0], month_bounds(year, 12)[1])


def zone_of(post: Post) -> str:
    """police, gendarmerie, both, or "" when neither its units nor its kind say."""
    zones = sorted({link.unit.zone for link in post.post_units.all() if link.unit.zone})
    return "+".join(zones) if zones else ZONE_OF_KIND.get(PostKind(post.kind), "")


def _post_lines(posts: list[Post]) -> Iterable[PostLine]:
    orders = {
        "all": [""],
        "zone": list(ZONES),
        "employer": list(OrganisationKind.values),
        "kind": list(PostKind.values),
    }
    reads: dict[str, Any] = {
        "all": lambda post: "",
        "zone": zone_of,
        "employer": lambda post: post.employer.kind,
        "kind": lambda post: post.kind,
    }
    for group, order in orders.items():
        for code in order:
            found = [post for post in posts if reads[group](post) == code]
            if found or group == "all":
                yield PostLine(group, code, len(found), sum((post.etp for post in found), start=Decimal(0)))


def _vacancy(posts: list[Post], year: int, today: dt.date) -> Vacancy | None:
    if len(posts) < FEWEST_POSTS:
        return None
    days = [_days(post, year, today) for post in posts]
    return Vacancy(sum(existed for existed, _ in days), sum(vacant for _, vacant in days))


def _days(post: Post, year: int, today: dt.date) -> tuple[int, int]:
    """Days of the year the post is known to have existed until ``today``, and those it was vacant."""
    life = _life(post)
    if life.begins is None:
        return 0, 0
    first = max(life.begins, dt.date(year, 1, 1))
    last = min(life.closed or dt.date.max, dt.date(year, 12, 31), today)
    if last < first:
        return 0, 0
    return (last - first).days + 1, life.vacant_days(first, last)


def _coverage(posts: list[Post], year: int, today: dt.date, reporting: int, detailed: Detailed) -> Coverage:
    expected = known = 0
    for post in posts:
        returns = _returns(post, year)
        filled = {r.month: people(_counts(r)) for r in returns if r.month and people(_counts(r)) is not None}
        states = Counter(month.state for month in year_states(year=year, life=_life(post), filled=filled, today=today))
        due = states[MonthState.FILLED] + states[MonthState.MISSING]
        whole_year = any(r.month is None and people(_counts(r)) is not None for r in returns)
        expected += due
        known += due if whole_year else states[MonthState.FILLED]
    return Coverage(len(posts), reporting, expected, known, detailed.posts, detailed.months)


def _counts(activity: ActivityReturn) -> dict[str, int | None]:
    return {name: getattr(activity, name) for name in COUNTS}


# --- The monthly detail -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Detailed:
    """Sums of the year's cells: (indicator, row, column) → count; how many posts and post-months they come from."""

    cells: Mapping[tuple[str, str, str], int]
    posts: int
    months: int


def _detail(posts: list[Post], year: int) -> Detailed:
    rows = ActivityCell.objects.filter(activity__post__in=posts, activity__year=year).values_list(
        "activity__post_id", "activity__month", "activity__zone", "indicator", "row", "column", "value"
    )
    by_period: dict[tuple[int, int | None], dict[str, list[tuple[tuple[str, str, str], int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for post, month, zone, indicator, row, column, value in rows:
        by_period[post, month][zone].append(((indicator, row, column), value))
    monthly = {post for post, month in by_period if month is not None}
    sums: Counter[tuple[str, str, str]] = Counter()
    used: set[tuple[int, int | None]] = set()
    for (post, month), zones in by_period.items():
        if month is None and post in monthly:
            continue
        used.add((post, month))
        # The post as a whole stands for its zones, where both were entered.
        for zone in [""] if "" in zones else list(zones):
            for cell, value in zones[zone]:
                sums[cell] += value
    return Detailed(sums, len({post for post, _ in used}), len([1 for _, month in used if month is not None]))


def _labels(year: int) -> dict[str, tuple[tuple[str, str], ...]]:
    """Every table's rows: the closed lists as they stood at some time in the year."""
    items: dict[str, list[tuple[str, str]]] = defaultdict(list)
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    for item in ListItem.objects.all():
        if item.since <= last and (item.until is None or item.until >= first):
            items[item.list].append((item.code, item.label))
    return {
        kind.code: (*items[INDICATORS[kind.indicator].rows], (TOTAL, "Total")) if kind.indicator else kind.rows
        for kind in TABLES.values()
    }


def _sum_rows(
    kind: TableKind, cells: Mapping[tuple[str, str, str], int], labels: tuple[tuple[str, str], ...]
) -> dict[str, int]:
    """Rows of one table; nothing when no post keeps that detail. A cell never entered is then a zero among counts."""
    found = {code: cells.get((kind.indicator, code, kind.column), 0) for code, _ in labels if code != TOTAL}
    if not any(found.values()):
        return {}
    return {**found, TOTAL: sum(found.values())}
