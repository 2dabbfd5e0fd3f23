"""One calendar year of a plan agreed for a period over several (M12): the whole is shared once, then cut by days.

The years therefore sum exactly to what was agreed for the period, financer by financer and cost by cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from core.money import euros, number_fr
from funding.allocation import explain
from funding.allocation.arithmetic import CENT, ceil_to, floor_to, half_up, replay, to_decimal
from funding.allocation.cross import column_totals, cross_split
from funding.allocation.engine import allocate
from funding.allocation.model import Allocation, Cost, CostResult, Line, LineResult, Op, Prorata, Rounding, Step

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Span:
    """The calendar years of a period with the days each holds, and the one asked for."""

    days: Mapping[str, int]
    year: str

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.days[self.year], sum(self.days.values()))

    @property
    def words(self) -> str:
        """ "29/365 jours"."""
        return f"{self.days[self.year]}/{sum(self.days.values())} jours"


def allocate_year(
    costs: Iterable[Cost],
    lines: Iterable[Line],
    rounding: Rounding | None,
    span: Span,
    prorata: Prorata | None = None,
) -> Allocation:
    """The part of `span.year` in the allocation of the whole period. Same contract as :func:`allocate`.

    `prorata` is what the period is of a year, when it is not twelve months: `costs` stay full-year amounts.
    """
    rounding = rounding or Rounding()
    whole = allocate(costs, lines, rounding, prorata)
    return _Cut(whole, span, Fraction(_unit(whole, rounding))).result()


def _unit(whole: Allocation, rounding: Rounding) -> Decimal:
    """Whole euros when everything agreed is in whole euros, as the plan wants; cents otherwise."""
    amounts = [line.amount for line in whole.lines.values()] + [cost.amount for cost in whole.costs]
    if any(amount is not None and amount % rounding.unit for amount in amounts):
        return Decimal("0.01")
    return rounding.unit


class _Cut:
    def __init__(self, whole: Allocation, span: Span, unit: Fraction):
        self.whole, self.span, self.unit = whole, span, unit
        self.weights = {year: Fraction(days) for year, days in span.days.items()}
        self.costs = self._costs()
        self.amounts: dict[str, Fraction] = {}  # of the year, when known
        self.borne: dict[str, Fraction] = {}

    def _costs(self) -> dict[str, dict[str, Fraction]]:
        known = {cost.ref: Fraction(cost.amount) for cost in self.whole.costs if cost.amount is not None}
        borne = {cost.ref for cost in self.whole.costs if cost.borne_by is not None}
        table = cross_split({ref: value for ref, value in known.items() if ref in borne}, self.weights, self.unit)
        return table | cross_split({r: v for r, v in known.items() if r not in borne}, self.weights, self.unit)

    def _cost_sum(self, refs: Iterable[str]) -> dict[str, Fraction]:
        found = [self.costs[ref] for ref in refs if ref in self.costs]
        return {year: sum((row[year] for row in found), ZERO) for year in self.weights}

    def _leaves(self) -> dict[str, dict[str, Fraction]]:
        """Amounts by leaf and year: shares cut together so that each year's make that year's cost."""
        whole = self.whole
        leaves = [line for line in whole.lines.values() if not line.is_group and line.amount is not None]
        rows = {line.ref: Fraction(line.amount or 0) - Fraction(line.borne) for line in leaves}
        own = {line.ref: [c.ref for c in whole.costs if c.borne_by == line.ref] for line in leaves}
        totals = None
        if whole.balanced:
            every = self._cost_sum(self.costs)
            apart = self._cost_sum(ref for refs in own.values() for ref in refs)
            totals = {year: every[year] - apart[year] for year in self.weights}
            if any(value < 0 for value in totals.values()):
                totals = None
        table = cross_split(rows, self.weights, self.unit, totals)
        for ref, refs in own.items():
            borne = self._cost_sum(refs)
            table[ref] = {year: value + borne[year] for year, value in table[ref].items()}
        return table

    def result(self) -> Allocation:
        year, whole = self.span.year, self.whole
        leaves = self._leaves()
        for ref in reversed(list(whole.lines)):  # children after their group in the engine's order
            self._line(whole.lines[ref], leaves)
        lines = {ref: self._result(line) for ref, line in whole.lines.items()}
        costs = tuple(self._cost_result(cost) for cost in whole.costs)
        shared = None
        if whole.shared_cost is not None:
            shared = to_decimal(self._cost_sum(c.ref for c in whole.costs if c.borne_by is None)[year])
        borne = to_decimal(self._cost_sum(c.ref for c in whole.costs if c.borne_by is not None)[year])
        total = None if whole.total_cost is None or shared is None else shared + borne
        paid = sum((row[year] for row in leaves.values()), ZERO)
        gap = None if total is None else Fraction(total) - paid
        return replace(
            whole,
            lines=lines,
            costs=costs,
            shared_cost=shared,
            borne_cost=borne,
            total_cost=total,
            total_shares=to_decimal(paid),
            imbalance=None if gap is None else to_decimal(gap),
            # Of a year too short for a cent of the gap, the period's own imbalance still speaks.
            balanced=whole.balanced and gap == 0,
        )

    def _line(self, line: LineResult, leaves: dict[str, dict[str, Fraction]]) -> None:
        year = self.span.year
        own = self._cost_sum(c.ref for c in self.whole.costs if c.borne_by == line.ref)[year]
        self.borne[line.ref] = own + sum((self.borne[ref] for ref in line.children), ZERO)
        if line.amount is None:
            return
        if not line.is_group:
            self.amounts[line.ref] = leaves[line.ref][year]
            return
        inside = [self.whole.lines[ref].amount for ref in line.children]
        if any(amount is None for amount in inside) or sum(map(Fraction, inside), ZERO) != line.amount:  # type: ignore[arg-type]
            # Its members do not make it: cut alone, the gap is reported on the whole period.
            self.amounts[line.ref] = column_totals(Fraction(line.amount), self.weights, self.unit)[year]
        else:
            self.amounts[line.ref] = sum((self.amounts[ref] for ref in line.children), ZERO)

    def _result(self, line: LineResult) -> LineResult:
        borne = self.borne[line.ref]
        if line.amount is None or line.exact is None:
            return replace(line, borne=to_decimal(borne))
        amount = self.amounts[line.ref]
        text, steps = self._explain(line, amount)
        return replace(
            line,
            exact=line.exact * self.span.fraction,
            share=to_decimal(amount - borne),
            borne=to_decimal(borne),
            amount=to_decimal(amount),
            explanation=text,
            steps=steps,
        )

    def _explain(self, line: LineResult, amount: Fraction) -> tuple[str, tuple[Step, ...]]:
        """The whole period's sentence, then the year's days and where the rounding went."""
        whole = Fraction(line.amount or 0)
        exact = whole * self.span.fraction
        steps = [*line.steps, Step(Op.TIMES, self.span.fraction, f"jours en {self.span.year}")]
        text = f"Pour la période entière : {line.explanation}. En {self.span.year} : "
        text += f"{explain.money_text(whole)} × {self.span.words} = {_shown(exact)}"
        if amount != exact:
            own, side = floor_to(exact, self.unit), "inférieur"
            op = Op.FLOOR
            if amount == ceil_to(exact, self.unit):
                own, side, op = amount, "supérieur", Op.CEIL
            name = "au centime" if self.unit == CENT else "à l'euro"
            if own != exact:
                steps.append(Step(op, self.unit, f"{name} {side}"))
                text += f", arrondi {name} {side} : {euros(to_decimal(own))}"
            if left := amount - own:
                steps.append(Step(Op.RESIDUE, left, "reste de l'arrondi"))
                sign = "plus" if left > 0 else "moins"
                text += f", {sign} {euros(to_decimal(abs(left)))} d'arrondi : {euros(to_decimal(amount))}"
        if replay(steps) != amount:
            raise AssertionError("an explanation no longer leads to its amount")
        return text, tuple(steps)

    def _cost_result(self, cost: CostResult) -> CostResult:
        if cost.amount is None:
            return cost
        amount = self.costs[cost.ref][self.span.year]
        text = f"{cost.explanation} × {self.span.words} en {self.span.year} = {explain.money_text(amount)}"
        exact = None if cost.exact is None else cost.exact * self.span.fraction
        return replace(cost, exact=exact, amount=to_decimal(amount), explanation=text)


def _shown(exact: Fraction) -> str:
    """Two more decimals when the cent itself is being rounded."""
    if half_up(exact) == exact:
        return explain.money_text(exact)
    scaled = half_up(exact, CENT / 100) * 10000
    return f"{number_fr(Decimal(scaled.numerator).scaleb(-4), 4)}\u202f€"
