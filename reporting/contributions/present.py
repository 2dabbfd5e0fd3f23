"""A contribution as people read it: one line per figure, for the page and the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import number_fr, percent
from core.sheets import Kind, SheetColumn
from parties.enums import OrganisationKind
from posts.enums import PostKind
from posts.indicators import UNKNOWN
from reporting.bilan.model import percentage
from reporting.bilan.parts import ND, SECRET
from reporting.contributions.content import Content
from reporting.contributions.definitions import CONTACT, GROUPS, KNOWN, TABLES, TOTAL, VIF
from reporting.contributions.measure import ZONES

HIDDEN = "masqué"
WITHIN_72H = ("24h", "72h")


@dataclass(frozen=True)
class Row:
    code: str
    label: str
    text: str
    hidden: bool
    missing: bool

    @property
    def is_total(self) -> bool:
        return self.code == TOTAL


@dataclass(frozen=True)
class Shown:
    """A table to print: ``unit`` says what one count is one of."""

    code: str
    label: str
    unit: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class PostRow:
    group: str
    label: str
    posts: int
    etp: str


@dataclass(frozen=True)
class Share:
    """A percentage with the two counts it comes from; None when one of them is hidden or unknown."""

    label: str
    part: int | None
    whole: int | None

    @property
    def value(self) -> Decimal | None:
        return percentage(self.part, self.whole)

    @property
    def text(self) -> str:
        return ND if self.value is None else percent(self.value, 1)

    @property
    def counts(self) -> str:
        """« 348 sur 450 »; "" when one of them is hidden or unknown."""
        if self.part is None or self.whole is None:
            return ""
        return f"{number_fr(self.part, 0)} sur {number_fr(self.whole, 0)}"


def tables(content: Content) -> list[Shown]:
    return [
        Shown(
            table["code"],
            TABLES[table["code"]].label,
            TABLES[table["code"]].unit,
            tuple(_row(row) for row in table["rows"]),
        )
        for table in content["tables"]
    ]


def _row(row: dict[str, Any]) -> Row:
    count = row["count"]
    text = SECRET if row["hidden"] else ND if count is None else number_fr(count, 0)
    return Row(row["code"], row["label"], text, row["hidden"], count is None)


def post_label(group: str, code: str) -> str:
    """« Zone police », « EPCI », « ISC – en commissariat »; « Ensemble » for all of them."""
    labels: dict[str, dict[str, Any]] = {
        "all": {"": GROUPS["all"]},
        "zone": dict(ZONES),
        "employer": dict(OrganisationKind.choices),
        "kind": dict(PostKind.choices),
    }
    return str(labels[group].get(code, code))


def posts(content: Content) -> list[PostRow]:
    return [
        PostRow(
            GROUPS[line["group"]],
            post_label(line["group"], line["code"]),
            line["posts"],
            number_fr(Decimal(line["etp"]), 2),
        )
        for line in content["posts"]
    ]


def post_rank(group: str, code: str) -> int:
    """Where a row of posts comes in its group."""
    orders = {"zone": list(ZONES), "employer": list(OrganisationKind.values), "kind": list(PostKind.values)}
    order = orders.get(group, [])
    return order.index(code) if code in order else len(order)


def vacancy(content: Content) -> Share:
    """Part of the days the posts existed that they were vacant."""
    return Share("Jours de vacance", *vacancy_of(content))


def vacancy_of(content: Content) -> tuple[int | None, int | None]:
    found = content["vacancy"] or {}
    return found.get("vacant_days"), found.get("days")


def shares(content: Content) -> list[Share]:
    """The percentages a contribution gives: VIF, people unknown to social services, first contact within 72 hours."""
    return [
        Share("Situations de violences intrafamiliales", *vif_of(content)),
        Share("Personnes inconnues des services sociaux", *unknown_of(content)),
        Share("Premiers contacts en 72 heures au plus", *within_72h(content)),
    ]


def counts_of(content: Content, table: str) -> dict[str, int | None]:
    """Row → count; None where hidden or unknown. Empty when the table is not there."""
    found = next((one for one in content["tables"] if one["code"] == table), None)
    return {row["code"]: row["count"] for row in found["rows"]} if found else {}


def vif_of(content: Content) -> tuple[int | None, int | None]:
    found = counts_of(content, VIF)
    return found.get("vif_count"), found.get("vif_base")


def unknown_of(content: Content) -> tuple[int | None, int | None]:
    """People nobody knew, among those for whom it is known whether a social service did."""
    found = counts_of(content, KNOWN)
    return found.get("inconnue"), _without_unknown(found)


def within_72h(content: Content) -> tuple[int | None, int | None]:
    found = counts_of(content, CONTACT)
    parts = [found.get(code) for code in WITHIN_72H]
    return (None if None in parts else sum(part or 0 for part in parts)), _without_unknown(found)


def _without_unknown(found: dict[str, int | None]) -> int | None:
    total, unknown = found.get(TOTAL), found.get(UNKNOWN, 0)
    return None if total is None or unknown is None else total - unknown


# --- Files ------------------------------------------------------------------------------------------------------------

SHEET: tuple[SheetColumn, ...] = (
    SheetColumn("tableau", lambda line: line[0], width=36),
    SheetColumn("ligne", lambda line: line[1], width=40),
    SheetColumn("nombre", lambda line: line[2], Kind.NUMBER, 12),
    SheetColumn("precision", lambda line: line[3], width=20),
)


def sheet_lines(content: Content) -> Iterable[tuple[str, str, int | None, str]]:
    """Every count of the content, and why there is none."""
    for table in content["tables"]:
        for row in table["rows"]:
            why = HIDDEN if row["hidden"] else "non renseigné" if row["count"] is None else ""
            yield TABLES[table["code"]].label, row["label"], row["count"], why
