"""The money of a convention on its pages: the plans' tables, and what changed since the convention it renews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conventions.enums import Anchor
from conventions.models import Comment, Convention
from conventions.text.content import figures_of
from conventions.text.dossier import read
from conventions.text.reading import latest_version
from core.money import euros
from funding.models import FundingPlan
from funding.tables import PlanRow, PlanTable, plan_table
from parties.models import Organisation

from .clauses import by_target


@dataclass(frozen=True)
class LineView:
    row: PlanRow
    target: str
    comments: list[Comment]


@dataclass(frozen=True)
class PlanView:
    """A plan as the convention makes it binding: all its lines, or one financer's only (bipartite convention)."""

    plan: FundingPlan
    table: PlanTable
    only: Organisation | None
    lines: list[LineView]


def share_target(plan: FundingPlan, ref: str) -> str:
    """What a comment on a plan line is attached to: two years of a convention may use the same ref."""
    return f"{plan.year}:{ref}"


def plan_views(convention: Convention, comments: list[Comment]) -> list[PlanView]:
    remarks = by_target(comments, Anchor.SHARE)
    views = []
    links = convention.convention_plans.select_related("plan__employer", "only_financer").order_by("plan__year", "pk")
    for link in links:
        table = plan_table(link.plan)
        rows = [r for r in table.rows if link.only_financer is None or r.financer == link.only_financer]
        lines = []
        for row in rows:
            target = share_target(link.plan, row.ref)
            lines.append(LineView(row, target, remarks.get(target, [])))
        views.append(PlanView(link.plan, table, link.only_financer, lines))
    return views


@dataclass(frozen=True)
class FigureChange:
    """One financer's amount then and now, in euros; None when absent or not known in figures."""

    label: str
    before: Decimal | None
    after: Decimal | None
    is_total: bool = False

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def words(self) -> str:
        if self.before is None or self.after is None:
            return "nouveau" if self.after is not None else "retiré" if self.before is not None else "non chiffré"
        gap = self.after - self.before
        if not gap:
            return "inchangé"
        return f"{'+' if gap > 0 else '−'} {euros(abs(gap))}"


@dataclass(frozen=True)
class YearChange:
    """The figures of one plan beside those of the plan that came before it."""

    year: int
    before_year: int
    rows: list[FigureChange]

    @property
    def changed(self) -> list[FigureChange]:
        return [row for row in self.rows if row.changed]

    @property
    def changed_first(self) -> list[FigureChange]:
        """The financers' rows: what moved on top, in the order of the plan."""
        return sorted((row for row in self.rows if not row.is_total), key=lambda row: not row.changed)


def figure_changes(convention: Convention) -> list[YearChange]:
    """What each plan changes for each financer, since the convention renewed; nothing for a first convention."""
    if convention.previous is None:
        return []
    before = _figures(convention.previous)
    after = _figures(convention)
    if not before or not after:
        return []
    names = _names(convention, before + after)
    return [_year(figure, _former(figure, before), names) for figure in after]


def _figures(convention: Convention) -> list[dict[str, Any]]:
    version = None if convention.is_editable else latest_version(convention)
    return list(version.content.get("figures", [])) if version else figures_of(read(convention))


def _former(figure: Mapping[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """The latest plan of the former convention, of the same posts when it had several."""
    same = [f for f in before if set(f["posts"]) & set(figure["posts"])]
    return max(same or before, key=lambda f: int(f["year"]))


def _year(now: Mapping[str, Any], former: Mapping[str, Any], names: Mapping[str, str]) -> YearChange:
    old, new = _amounts(former), _amounts(now)
    rows = [FigureChange(names.get(k, k), old.get(k), new.get(k)) for k in [*new, *(k for k in old if k not in new)]]
    rows.append(FigureChange("Total", _decimal(former["total"]), _decimal(now["total"]), is_total=True))
    return YearChange(int(now["year"]), int(former["year"]), rows)


def _amounts(figure: Mapping[str, Any]) -> dict[str, Decimal | None]:
    amounts: dict[str, Decimal | None] = {}
    for line in figure["lines"]:
        amount, known = _decimal(line["amount"]), amounts.get(line["financer"])
        amounts[line["financer"]] = amount if known is None else known + (amount or Decimal(0))
    return amounts


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _names(convention: Convention, figures: list[dict[str, Any]]) -> dict[str, str]:
    keys = {line["financer"] for figure in figures for line in figure["lines"]}
    return {o.key: o.label for o in Organisation.objects.filter(territory_id=convention.territory_id, key__in=keys)}
