"""The national bilan of a year: sums of what territories gave. Pure: contents in, tables out.

Nothing here knows a hidden number: it never left its territory. A sum therefore adds the numbers told, says how many
contributions tell it and how many hide it, and is « at least » where one does. Percentages are computed over the
contributions that tell both of their numbers, and say how many these are. So whatever is added to, subtracted from or
compared with a national table can give back nothing that the contributions do not already tell (docs/adr/0023).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reporting.bilan.model import percentage
from reporting.contributions import present
from reporting.contributions.content import Content
from reporting.contributions.definitions import TABLES, TOTAL
from reporting.national.reading import Given


@dataclass(frozen=True)
class Sum:
    """A national count: of the ``told`` contributions that tell it; ``hidden`` others hide it, the rest ignore it."""

    code: str
    label: str
    value: int | None
    told: int
    hidden: int

    @property
    def is_least(self) -> bool:
        """Whether the true sum is greater than or equal to ``value``, and not known."""
        return self.hidden > 0 and self.value is not None

    @property
    def is_total(self) -> bool:
        return self.code == TOTAL


@dataclass(frozen=True)
class Table:
    code: str
    label: str
    unit: str
    rows: tuple[Sum, ...]

    def row(self, code: str) -> Sum | None:
        return next((row for row in self.rows if row.code == code), None)


@dataclass(frozen=True)
class PostSum:
    """Posts of one group over the contributions; ``etp``: full-time equivalents."""

    group: str
    code: str
    label: str
    territories: int
    posts: int
    etp: Decimal


@dataclass(frozen=True)
class Rate:
    """A percentage over ``territories`` contributions that tell its two counts; None when there is none."""

    label: str
    part: int
    whole: int
    territories: int

    @property
    def value(self) -> Decimal | None:
        return percentage(self.part, self.whole) if self.territories else None


@dataclass(frozen=True)
class TerritoryLine:
    """One territory: None everywhere when it has not contributed."""

    code: str
    name: str
    given_at: dt.datetime | None = None
    posts: int | None = None
    posts_reporting: int | None = None
    months_known: int | None = None
    months_expected: int | None = None
    definitions: int | None = None

    @property
    def has_given(self) -> bool:
        return self.given_at is not None

    @property
    def months_rate(self) -> Decimal | None:
        return percentage(self.months_known, self.months_expected)


@dataclass(frozen=True)
class NationalBilan:
    """``response``: territories that contributed among those open; ``definitions``: versions used this year."""

    year: int
    tables: tuple[Table, ...]
    posts: tuple[PostSum, ...]
    rates: tuple[Rate, ...]
    territories: tuple[TerritoryLine, ...]
    response: Rate
    months: Rate
    definitions: tuple[int, ...]
    data_at: dt.datetime | None

    @property
    def contributions(self) -> int:
        return self.response.part

    @property
    def missing(self) -> tuple[TerritoryLine, ...]:
        return tuple(line for line in self.territories if not line.has_given)

    def table(self, code: str) -> Table | None:
        return next((table for table in self.tables if table.code == code), None)

    def people(self) -> Sum | None:
        found = self.table("personnes")
        return found.row(TOTAL) if found else None


def national_bilan(*, year: int, given: Sequence[Given], opened: Sequence[tuple[str, str]]) -> NationalBilan:
    """The bilan of ``year`` from the contributions ``given`` (other years left aside) of the territories ``opened``.

    A territory suspended since keeps its contribution: it was given.
    """
    of_year = [one for one in given if one.year == year]
    contents = [one.content for one in of_year]
    known = dict(opened) | {one.code: one.name for one in of_year}
    by_code = {one.code: one for one in of_year}
    coverage = [content["coverage"] for content in contents]
    return NationalBilan(
        year=year,
        tables=tuple(_tables(contents)),
        posts=tuple(_posts(contents)),
        rates=tuple(_rates(contents)),
        territories=tuple(_line(code, known[code], by_code.get(code)) for code in sorted(known)),
        response=Rate("Territoires qui ont contribué", len(of_year), len(known), len(of_year) if known else 0),
        months=Rate(
            "Mois de poste connus",
            sum(one["months_known"] for one in coverage),
            sum(one["months_expected"] for one in coverage),
            len(coverage),
        ),
        definitions=tuple(sorted({content["definitions"] for content in contents})),
        data_at=max((one.given_at for one in of_year), default=None),
    )


def years_given(given: Iterable[Given]) -> list[int]:
    """Years of at least one contribution, latest first."""
    return sorted({one.year for one in given}, reverse=True)


def _tables(contents: Sequence[Content]) -> Iterable[Table]:
    for kind in TABLES.values():
        found = [table for content in contents for table in content["tables"] if table["code"] == kind.code]
        if found:
            yield Table(kind.code, kind.label, kind.unit, tuple(_rows(found)))


def _rows(tables: Sequence[Content]) -> Iterable[Sum]:
    """Rows in the order of the first contribution that has them, the total last."""
    labels: dict[str, str] = {}
    found: dict[str, list[Content]] = {}
    for table in tables:
        for row in table["rows"]:
            labels.setdefault(row["code"], row["label"])
            found.setdefault(row["code"], []).append(row)
    for code in sorted(labels, key=lambda each: each == TOTAL):
        rows = found[code]
        told = [row["count"] for row in rows if row["count"] is not None]
        hidden = sum(1 for row in rows if row["hidden"])
        yield Sum(code, labels[code], sum(told) if told else None, len(told), hidden)


def _posts(contents: Sequence[Content]) -> Iterable[PostSum]:
    found: dict[tuple[str, str], list[Content]] = {}
    for content in contents:
        for line in content["posts"]:
            found.setdefault((line["group"], line["code"]), []).append(line)
    groups = list(present.GROUPS)
    for group, code in sorted(found, key=lambda key: (groups.index(key[0]), present.post_rank(*key))):
        lines = [line for line in found[group, code] if line["posts"]]
        etp = sum((Decimal(line["etp"]) for line in lines), start=Decimal(0))
        posts = sum(line["posts"] for line in lines)
        yield PostSum(group, code, present.post_label(group, code), len(lines), posts, etp)


Counts = tuple[int | None, int | None]


def _rates(contents: Sequence[Content]) -> Iterable[Rate]:
    read: tuple[tuple[str, Callable[[Content], Counts]], ...] = (
        ("Situations de violences intrafamiliales", present.vif_of),
        ("Personnes inconnues des services sociaux", present.unknown_of),
        ("Premiers contacts en 72 heures au plus", present.within_72h),
        ("Jours de vacance des postes", present.vacancy_of),
    )
    for label, counts in read:
        both = [(part, whole) for part, whole in map(counts, contents) if part is not None and whole is not None]
        yield Rate(label, sum(part for part, _ in both), sum(whole for _, whole in both), len(both))


def _line(code: str, name: str, given: Given | None) -> TerritoryLine:
    if given is None:
        return TerritoryLine(code, name)
    found = given.content["coverage"]
    return TerritoryLine(
        code,
        name,
        given.given_at,
        found["posts"],
        found["posts_reporting"],
        found["months_known"],
        found["months_expected"],
        given.content["definitions"],
    )
