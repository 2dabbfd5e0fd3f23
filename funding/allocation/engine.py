"""`allocate`: share out the cost of a plan among its financers, to the cent, with an explanation for each amount."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from core.money import euros
from funding.allocation import explain
from funding.allocation.arithmetic import CENT, half_up, largest_remainder, to_decimal, usable
from funding.allocation.model import (
    WHOLE_COST,
    Allocation,
    Cost,
    CostResult,
    Line,
    LineResult,
    Mode,
    Op,
    Prorata,
    Residue,
    Rounding,
    Step,
)
from funding.allocation.rounding import RoundedLevel, round_level
from funding.allocation.shares import Base, Ideals, LevelShares, Problems, level_shares, prorata_step

ZERO = Fraction(0)

_WITHOUT_COST = {
    Mode.REMAINDER: ("remainder_without_cost", "le reste ne peut pas être calculé"),
    Mode.PERCENTAGE: ("percentage_without_cost", "ce pourcentage ne peut pas être appliqué"),
    Mode.EQUAL: ("equal_without_cost", "la part égale ne peut pas être calculée"),
    Mode.KEY: ("key_without_cost", "la clé ne peut pas être appliquée"),
}


def allocate(
    costs: Iterable[Cost],
    lines: Iterable[Line],
    rounding: Rounding | None = None,
    prorata: Prorata | None = None,
) -> Allocation:
    """Share out `costs` (euros per year) among `lines` (domain §4).

    Business errors never raise: they come back as `problems`, and what can be computed is. The shares sum exactly to
    the cost, or `imbalance` says by how much they miss it. The order of costs and lines changes no amount.
    Raises `ValueError` or `TypeError` on what only a programming error can cause: duplicate references, floats.
    """
    return _Run(tuple(costs), tuple(lines), rounding or Rounding(), prorata).result()


class _Run:
    """One allocation under way: the state the levels share."""

    def __init__(self, costs: tuple[Cost, ...], lines: tuple[Line, ...], rounding: Rounding, prorata: Prorata | None):
        self.top, self.rounding, self.prorata = lines, rounding, prorata
        self.problems = Problems()
        self.results: dict[str, LineResult] = {}
        self.residues: list[Residue] = []
        if len({cost.ref for cost in costs}) != len(costs):
            raise ValueError("two costs share the same reference")
        self.shared = [cost for cost in costs if cost.borne_by is None]
        self.borne = [cost for cost in costs if cost.borne_by is not None]
        self.all_costs = costs
        self.exact_cost = {cost.ref: self._cost_exact(cost) for cost in costs}
        self.base = self._base()
        self.target = None if self.base.value is None else half_up(self.base.value)
        self.borne_by: dict[str, list[tuple[str, Fraction]]] = defaultdict(list)
        for cost in sorted(self.borne, key=lambda cost: cost.ref):
            exact = self.exact_cost[cost.ref]
            if exact is not None and cost.borne_by is not None:
                self.borne_by[cost.borne_by].append((cost.label, half_up(exact)))
        totals = {ref: sum((value for _, value in items), ZERO) for ref, items in self.borne_by.items()}
        self.ideals = Ideals(lines, self.base.value, prorata, totals)

    # --- costs -----------------------------------------------------------------------------------------------------

    def _cost_exact(self, cost: Cost) -> Fraction | None:
        amount = usable(cost.amount)
        if amount is None:
            self.problems.add("missing_cost", cost.ref, f"{cost.label} : indiquez le coût annuel.")
            return None
        if amount < 0:
            self.problems.add("negative_cost", cost.ref, f"{cost.label} : un coût ne peut pas être négatif.")
            return None
        return amount * self.prorata.fraction if self.prorata and cost.prorated else amount

    def _base(self) -> Base:
        """The shared cost, kept exact: M7's yearly parts × months/12 must still sum to it."""
        exact = [self.exact_cost[cost.ref] for cost in self.shared]
        if not exact or any(value is None for value in exact):
            return Base(None, (), "coût inconnu")
        amounts = {cost.ref: usable(cost.amount) or ZERO for cost in self.shared}
        whole = sum((amounts[cost.ref] for cost in self.shared if not (self.prorata and cost.prorated)), ZERO)
        yearly = sum((amounts[cost.ref] for cost in self.shared if self.prorata and cost.prorated), ZERO)
        value = sum((item for item in exact if item is not None), ZERO)
        if not self.prorata or not any(cost.prorated for cost in self.shared):
            return Base(value, (Step(Op.START, whole, "coût"),), explain.money_text(whole))
        steps: tuple[Step, ...] = (Step(Op.START, yearly, "coût annuel"), prorata_step(self.prorata))
        text = f"{explain.money_text(yearly)} × {explain.prorata_text(self.prorata)}"
        if not whole:
            return Base(value, steps, text)
        return Base(value, (*steps, Step(Op.ADD, whole, "hors prorata")), f"{text} + {explain.money_text(whole)}", True)

    def _cost_results(self) -> tuple[CostResult, ...]:
        shared = {cost.ref: self.exact_cost[cost.ref] for cost in self.shared}
        known = {ref: value for ref, value in shared.items() if value is not None}
        amounts = {cost.ref: half_up(value) for cost in self.borne if (value := self.exact_cost[cost.ref]) is not None}
        if self.target is not None:
            amounts |= largest_remainder(known, self.target, CENT)
        else:
            amounts |= {ref: half_up(value) for ref, value in known.items()}
        return tuple(self._cost_result(cost, amounts.get(cost.ref)) for cost in self.all_costs)

    def _cost_result(self, cost: Cost, amount: Fraction | None) -> CostResult:
        if amount is None:
            text = "Coût inconnu"
        elif self.prorata and cost.prorated:
            yearly = explain.money_text(usable(cost.amount) or ZERO)
            text = f"{yearly} × {explain.prorata_text(self.prorata)} = {explain.money_text(amount)}"
        else:
            text = explain.money_text(amount)
        decimal = None if amount is None else to_decimal(amount)
        exact = self.exact_cost[cost.ref]
        return CostResult(cost.ref, cost.label, cost.kind, cost.borne_by, cost.amount, exact, decimal, text)

    # --- lines -----------------------------------------------------------------------------------------------------

    def _residue_ref(self, level: tuple[Line, ...]) -> str | None:
        """The line of this level that is, or holds, the one named to take the residue."""
        ref = self.rounding.residue_to
        here = {line.ref for line in level}
        while ref is not None and ref not in here:
            ref = self.ideals.parent.get(ref)
        return ref

    def _level(self, lines: tuple[Line, ...], parent: str | None, base: Base, target: Fraction | None) -> None:
        level = parent or ""
        shares = level_shares(lines, level, base.value, self.ideals.of, self.prorata, self.problems)
        outcome = round_level(
            lines=lines,
            level=level,
            exact=shares.exact,
            base=base.value,
            target=target,
            rounding=self.rounding,
            prorated=self.prorata is not None,
            residue_ref=self._residue_ref(lines),
            problems=self.problems,
        )
        if outcome.residue:
            self.residues.append(outcome.residue)
        for line in lines:
            self._line(line, lines, parent, base, target, shares, outcome)

    def _line(
        self,
        line: Line,
        siblings: tuple[Line, ...],
        parent: str | None,
        base: Base,
        target: Fraction | None,
        shares: LevelShares,
        outcome: RoundedLevel,
    ) -> None:
        exact, share = shares.exact[line.ref], outcome.amounts[line.ref]
        own = self.borne_by.get(line.ref, [])
        own_total = sum((value for _, value in own), ZERO)
        if line.children:
            inside = None if share is None else share + own_total
            start = (Step(Op.START, inside or ZERO, line.label),)
            text = "coût inconnu" if inside is None else explain.money_text(inside)
            self._level(line.children, line.ref, Base(inside, start, text), inside)
        below = [(child.label, value) for child in line.children for value in [self._borne_of(child.ref)] if value]
        borne_total = own_total + sum((value for _, value in below), ZERO)
        amount = None if share is None else share + borne_total
        if exact is None or share is None or amount is None:
            text = "Montant non calculable : une information manque."
            steps: tuple[Step, ...] = ()
        else:
            found = self._explain(line, siblings, base, target, shares, outcome, exact, share)
            text, steps = explain.with_borne(found, own + below, amount)
        self.results[line.ref] = LineResult(
            ref=line.ref,
            label=line.label,
            mode=line.mode,
            parent=parent,
            children=tuple(child.ref for child in line.children),
            exact=exact,
            share=None if share is None else to_decimal(share),
            borne=to_decimal(borne_total),
            amount=None if amount is None else to_decimal(amount),
            explanation=text,
            steps=steps,
        )
        if line.children and amount is not None:
            self._check_group(line, amount)

    def _explain(
        self,
        line: Line,
        siblings: tuple[Line, ...],
        base: Base,
        target: Fraction | None,
        shares: LevelShares,
        outcome: RoundedLevel,
        exact: Fraction,
        share: Fraction,
    ) -> explain.Explained:
        if line.mode is Mode.REMAINDER and target is not None and exact >= 0:
            return explain.remainder(target, share)
        if line.mode is Mode.REMAINDER:
            found: explain.Explained = ("Reste", (Step(Op.START, exact),))
        else:
            found = explain.origin(line, siblings, base, shares, self.prorata, self._of(line))
        return explain.rounded(found, exact, share, outcome.extra.get(line.ref, ZERO), self.rounding)

    def _of(self, line: Line) -> tuple[str, Fraction | None] | None:
        if line.of is None:
            return None
        if line.of == WHOLE_COST:
            return "coût partagé", self.ideals.of(WHOLE_COST)
        other = self.ideals.lines.get(line.of)
        return None if other is None else (f"la part « {other.label} »", self.ideals.of(line.of))

    def _borne_of(self, ref: str) -> Fraction:
        return Fraction(self.results[ref].borne)

    def _check_group(self, line: Line, amount: Fraction) -> None:
        parts = [self.results[child.ref].amount for child in line.children]
        if any(part is None for part in parts):
            return
        gap = amount - sum((Fraction(part) for part in parts if part is not None), ZERO)
        if gap:
            what = "laissent" if gap > 0 else "dépassent ce montant de"
            tail = " sans financeur" if gap > 0 else ""
            message = f"{line.label} : les parts du groupe {what} {euros(to_decimal(abs(gap)))}{tail}."
            self.problems.add("group_not_covered", line.ref, message)

    # --- whole -----------------------------------------------------------------------------------------------------

    def _check_inputs(self) -> None:
        self.ideals.check(self.problems)
        for cost in self.borne:
            if cost.borne_by not in self.ideals.lines:
                message = f"{cost.label} : ce coût est à la charge d'une part qui n'existe pas."
                self.problems.add("unknown_ref", cost.ref, message)
        residue_to = self.rounding.residue_to
        if residue_to is not None and residue_to not in self.ideals.lines:
            self.problems.add(
                "unknown_residue_ref", "", "L'arrondi est confié à une part qui n'existe pas dans ce plan."
            )
        if self.base.value is None:
            self.problems.add("cost_unknown", "", "Le coût n'est pas indiqué : l'équilibre ne peut pas être vérifié.")
            for line in self.top:
                if line.mode in _WITHOUT_COST and (line.mode is not Mode.PERCENTAGE or line.of in (None, WHOLE_COST)):
                    code, what = _WITHOUT_COST[line.mode]
                    self.problems.add(code, line.ref, f"{line.label} : {what} sans le coût. Indiquez le coût du poste.")

    def result(self) -> Allocation:
        self._check_inputs()
        self._level(self.top, None, self.base, self.target)
        leaves = [result for result in self.results.values() if not result.is_group]
        # Through fractions: a Decimal sum would round to the context's precision.
        shares = sum((Fraction(leaf.amount) for leaf in leaves if leaf.amount is not None), ZERO)
        costs = self._cost_results()
        borne = sum((Fraction(cost.amount) for cost in costs if cost.borne_by and cost.amount is not None), ZERO)
        borne_known = all(self.exact_cost[cost.ref] is not None for cost in self.borne)
        total = self.target + borne if self.target is not None and borne_known else None
        gap = None if total is None else total - shares
        complete = all(leaf.amount is not None for leaf in leaves)
        if gap and complete:
            size = euros(to_decimal(abs(gap)))
            text = f"Il manque {size} pour couvrir le coût." if gap > 0 else f"Les parts dépassent le coût de {size}."
            self.problems.add("unbalanced", "", text)
        return Allocation(
            lines={ref: self.results[ref] for ref in self.ideals.lines},
            top=tuple(line.ref for line in self.top),
            costs=costs,
            shared_cost=_decimal(self.target),
            borne_cost=to_decimal(borne),
            total_cost=_decimal(total),
            total_shares=to_decimal(shares),
            imbalance=_decimal(gap),
            balanced=gap == 0 and complete,
            problems=self.problems.sorted(),
            residues=tuple(sorted(self.residues, key=lambda residue: residue.level)),
        )


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else to_decimal(value)
