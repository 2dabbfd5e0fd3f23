"""A scenario computed: its plans as they stood, as the assumptions make them, and the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import BusinessError
from funding.adapter import PlanData, allocate_data
from funding.frozen_data import thawed_plans
from funding.models import Scenario, ScenarioPlan
from funding.scenarios.assumptions import POST, Assumption, added_plan, applied, known_by, words
from funding.scenarios.rules import leaves
from funding.tables import PlanTable, table_of


@dataclass(frozen=True)
class Outcome:
    """One plan of a scenario. ``row`` is None for a plan that would be created; ``before`` then too."""

    row: ScenarioPlan | None
    before: PlanData | None
    after: PlanData

    @property
    def table(self) -> PlanTable:
        """The plan as it would be, with the explanation of each amount."""
        return table_of(self.after)

    @property
    def change(self) -> Decimal:
        """What the shares come to in all, compared with the plan as it stood (euros)."""
        return _covered(self.after) - (_covered(self.before) if self.before else Decimal(0))


@dataclass
class Study:
    """``problems``: assumptions that cannot be followed, in words; their plans stay as they were."""

    scenario: Scenario
    assumptions: list[Assumption]
    sentences: list[str]
    outcomes: list[Outcome]
    problems: list[str] = field(default_factory=list)

    @property
    def base(self) -> list[PlanData]:
        return [outcome.before for outcome in self.outcomes if outcome.before is not None]

    @property
    def result(self) -> list[PlanData]:
        return [outcome.after for outcome in self.outcomes]


def study(scenario: Scenario) -> Study:
    """Compute a scenario from what it keeps; the plans of today are not read."""
    rows = list(scenario.plans.filter(added=False).select_related("plan"))
    before = thawed_plans(row.content for row in rows)
    assumptions = [Assumption.of_json(value) for value in scenario.assumptions]
    known = known_by(assumptions)
    problems: list[str] = []
    after = list(before)
    added: list[PlanData] = []
    for assumption in assumptions:
        try:
            if assumption.kind == POST:
                added += _added(assumption, rows, after, known)
            else:
                after = [applied(data, assumption, known) for data in after]
                added = [applied(data, assumption, known) for data in added]
        except BusinessError as error:
            problems.append(error.message)
    outcomes = [Outcome(row, old, new) for row, old, new in zip(rows, before, after, strict=True)]
    outcomes += [Outcome(None, None, data) for data in added]
    return Study(scenario, assumptions, [words(a, known) for a in assumptions], outcomes, problems)


def _added(assumption: Assumption, rows: list[ScenarioPlan], plans: list[PlanData], known: object) -> list[PlanData]:
    """One plan per year for the post added, like the chosen plan or the first one of each year."""
    chosen = next((row.plan for row in rows if row.plan_id == assumption.like), None)
    found = []
    for year in sorted({data.year for data in plans}):
        if assumption.from_year and year < assumption.from_year:
            continue
        models = [data for data in plans if data.year == year]
        pattern = next((d for d in models if chosen and set(d.posts) & set(chosen.posts.all())), models[0])
        found.append(added_plan(pattern, assumption, known))  # type: ignore[arg-type]
    return found


# --- Side by side -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """What one financer pays in one year. Euros; ``percent`` is the difference over what it was, None from nothing."""

    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    @property
    def percent(self) -> Decimal | None:
        return self.difference * 100 / self.before if self.before else None


@dataclass
class Line:
    """One financer and year over the scenarios compared. ``base`` is what it pays in the first one's plans."""

    financer: str
    year: int | None
    base: Decimal
    figures: list[Figure]


def side_by_side(studies: Sequence[Study]) -> list[Line]:
    """Financer by financer, year by year then in all; the whole last. Figures compare with each one's own plans."""
    amounts = [(paid(s.base), paid(s.result)) for s in studies]
    names = sorted({name for old, new in amounts for found in (old, new) for name, _ in found})
    years = sorted({year for old, new in amounts for found in (old, new) for _, year in found})
    lines = []
    for name in names:
        lines += [_line(name, year, amounts) for year in years]
        lines.append(_line(name, None, amounts))
    totals = [(_totals(old), _totals(new)) for old, new in amounts]
    lines += [_line(ALL, year, totals) for year in years]
    return [*lines, _line(ALL, None, totals)]


ALL = "Tous les financeurs"
Paid = dict[tuple[str, int], Decimal]


def paid(plans: Sequence[PlanData]) -> Paid:
    """(financer, year) → euros, over the plans; a part that cannot be computed counts for nothing."""
    found: Paid = {}
    for data in plans:
        result = allocate_data(data)
        for share in leaves(data.shares):
            place = (share.financer.name if share.financer else share.title, data.year)
            found[place] = found.get(place, Decimal(0)) + (result.lines[share.ref].amount or Decimal(0))
    return found


def _totals(amounts: Paid) -> Paid:
    found: Paid = {}
    for (_, year), amount in amounts.items():
        found[ALL, year] = found.get((ALL, year), Decimal(0)) + amount
    return found


def _line(name: str, year: int | None, amounts: Sequence[tuple[Paid, Paid]]) -> Line:
    def of(found: Paid) -> Decimal:
        return sum((v for (n, y), v in found.items() if n == name and year in (None, y)), Decimal(0))

    figures = [Figure(of(old), of(new)) for old, new in amounts]
    return Line(name, year, figures[0].before if figures else Decimal(0), figures)


def _covered(data: PlanData) -> Decimal:
    return allocate_data(data).total_shares
