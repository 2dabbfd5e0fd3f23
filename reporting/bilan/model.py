"""What a bilan is made of: returns in, rows, totals and the whole out. Unknown is None, never zero. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.findings import Finding
from posts.figures import MonthState

PEOPLE = ("women", "men", "children")
MEASURES = (
    *PEOPLE,
    "people",
    "interviews_in_person",
    "interviews_phone",
    "interviews_partners",
    "interviews",
    "vif_count",
    "vif_base",
)
TENTH = Decimal("0.1")
ZONES = {"": "", "police": "zone police", "gendarmerie": "zone gendarmerie"}


@dataclass(frozen=True)
class Return:
    """One activity return: ``month`` None for the year; ``counts`` by name.

    ``stated``: what a published bilan prints (people, interviews, vif_percent, epcis, communes).
    """

    month: int | None
    zone: str = ""
    counts: Mapping[str, int | None] = field(default_factory=dict)
    note: str = ""
    missing_reason: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_counts(self) -> bool:
        return any(value is not None for value in self.counts.values())


@dataclass(frozen=True)
class PostYear:
    """A post, its coverage and its returns of the year. ``states``: month → its state if nothing were entered."""

    key: str
    label: str
    employer: str
    group: str
    epci_count: int | None
    #: Communes served, by zone ("" for the whole post); a zone left out is unknown.
    communes: Mapping[str, int]
    returns: tuple[Return, ...]
    #: Months in which nothing can be expected, and why (vacant, to come, outside the post's life).
    excused: Mapping[int, MonthState] = field(default_factory=dict)
    url: str = ""
    #: Its own bilan.
    page: str = ""
    #: Months of the year in which somebody was in post, and the full-time equivalents worked; None: dates unknown.
    worked: int | None = None
    etp_worked: Decimal | None = None
    #: Part of the post's time in each zone; empty where it is not known.
    time_share: Mapping[str, Decimal] = field(default_factory=dict)
    #: Inhabitants of the communes served, by zone as ``communes``.
    population: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A number, or None with the reason why it is not known, or not shown (``hidden``)."""

    value: int | None
    reason: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Share:
    """A percentage (one decimal) computed from its two counts, or as published when they are not known."""

    value: Decimal | None
    published: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Quarter:
    """Three months of a row: how many are known, and their figures."""

    months: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Row:
    key: str
    label: str
    zone: str
    employer: str
    group: str
    epci: Figure
    communes: Figure
    figures: Mapping[str, Figure]
    vif: Share
    basis: str
    #: Months expected of which nothing is known, only when months are the source or nothing is.
    missing: tuple[int, ...] = ()
    reason: str = ""
    url: str = ""
    #: Its own bilan.
    page: str = ""
    #: The four quarters; empty where only the year is known.
    quarters: tuple[Quarter, ...] = ()
    #: Months in which somebody was in post; None: not known.
    worked: int | None = None
    etp_worked: Decimal | None = None
    population: int | None = None

    @property
    def name(self) -> str:
        return f"{self.label}, {ZONES[self.zone]}" if self.zone else self.label

    @property
    def reports(self) -> bool:
        return self.figures["people"].value is not None or self.figures["people"].hidden


@dataclass(frozen=True)
class Total:
    """Sum over the rows that know the figure; ``rows`` says how many do."""

    value: int | None
    rows: int
    hidden: bool = False


@dataclass(frozen=True)
class QuarterTotal:
    """A quarter over the rows that know it; ``rows``: how many do; ``months``: how many months of posts that makes."""

    rows: int
    months: int
    totals: Mapping[str, Total]


@dataclass(frozen=True)
class Bilan:
    year: int
    rows: tuple[Row, ...]
    totals: Mapping[str, Total]
    vif: Share
    vif_rows: int
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    #: What its readers must know of what it leaves out; empty for the full bilan.
    notice: str = ""
    #: Four, or none where no post reports by month.
    quarters: tuple[QuarterTotal, ...] = ()

    @property
    def reporting(self) -> int:
        """Rows that know their people."""
        return sum(1 for row in self.rows if row.reports)

    @property
    def posts_reporting(self) -> int:
        return len({row.key for row in self.rows if row.reports})

    @property
    def posts(self) -> int:
        return len({row.key for row in self.rows})

    @property
    def is_empty(self) -> bool:
        return not any(figure.value is not None for row in self.rows for figure in row.figures.values())

    def share_of_people(self, name: str) -> Decimal | None:
        """Part of ``name`` (women, men, children) in all people, percent, one decimal."""
        return percentage(self.totals[name].value, self.totals["people"].value)

    @property
    def interviews_with_people(self) -> int | None:
        """Interviews without the contacts with partners, which are another unit of count."""
        total, partners = self.totals["interviews"].value, self.totals["interviews_partners"].value
        return None if total is None else total - (partners or 0)


def percentage(part: int | None, whole: int | None) -> Decimal | None:
    """``part`` of ``whole`` in percent, one decimal; None when unknown or when there is nothing to divide."""
    if part is None or not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, rounding=ROUND_HALF_UP)
