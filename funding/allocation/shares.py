"""Exact shares before any rounding: what each line is worth, as a fraction of a euro."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from core.money import percent
from funding.allocation.arithmetic import half_up, usable
from funding.allocation.model import WHOLE_COST, Line, Mode, Op, Problem, Prorata, Step

Lookup = Callable[[str], Fraction | None]


@dataclass(slots=True)
class Problems:
    """Collected once each, given back in an order that does not depend on the order of the lines."""

    found: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def add(self, code: str, place: str, message: str) -> None:
        self.found.setdefault((place, code), Problem(code, place, message))

    def sorted(self) -> tuple[Problem, ...]:
        return tuple(self.found[key] for key in sorted(self.found))


@dataclass(frozen=True, slots=True)
class Base:
    """An amount to share out: its exact value and how it was found."""

    value: Fraction | None
    steps: tuple[Step, ...]
    text: str  # "42 000,00 € × 4/12 mois"
    compound: bool = False  # the text needs brackets when multiplied


def fixed_share(line: Line, prorata: Prorata | None, problems: Problems) -> Fraction | None:
    """A typed amount, to the cent; a full-year amount times the prorata, exact (M7)."""
    amount = usable(line.fixed)
    if amount is None:
        problems.add("missing_amount", line.ref, f"{line.label} : indiquez le montant de cette part.")
        return None
    if amount < 0:
        problems.add("negative_amount", line.ref, f"{line.label} : un montant ne peut pas être négatif.")
        return None
    if half_up(amount) != amount:
        problems.add(
            "sub_cent", line.ref, f"{line.label} : le montant a plus de deux décimales, il est arrondi au centime."
        )
        amount = half_up(amount)
    return amount * prorata.fraction if line.annual and prorata else amount


def percent_share(line: Line, base: Fraction | None, of: Lookup, problems: Problems) -> Fraction | None:
    rate = usable(line.percent)
    if rate is None or rate < 0:
        problems.add("missing_percent", line.ref, f"{line.label} : indiquez un pourcentage entre 0 et 100.")
        return None
    if rate > 100:
        problems.add(
            "percent_over_100",
            line.ref,
            f"{line.label} : {percent(line.percent or 0)} dépasse 100 %. Corrigez le pourcentage.",
        )
    source = base if line.of is None else of(line.of)
    return None if source is None else source * rate / 100


def weights(lines: list[Line], problems: Problems) -> dict[str, Fraction] | None:
    """Each key line's part of 1, or None when the weights cannot be used."""
    values = {line.ref: usable(line.weight) for line in lines}
    for line in lines:
        value = values[line.ref]
        if value is None or value < 0:
            problems.add(
                "missing_weight", line.ref, f"{line.label} : indiquez sa population ou son pourcentage dans la clé."
            )
    if any(value is None or value < 0 for value in values.values()):
        return None
    total = sum((value for value in values.values() if value is not None), Fraction(0))
    if total == 0:
        first = min(line.ref for line in lines)
        problems.add("weights_sum_zero", first, "La clé de répartition est nulle : indiquez au moins un poids positif.")
        return None
    return {ref: (value or Fraction(0)) / total for ref, value in values.items()}


@dataclass(frozen=True, slots=True)
class LevelShares:
    """Exact shares of the lines of one level, with what explains them."""

    exact: dict[str, Fraction | None]
    taken: Fraction | None  # fixed amounts and percentages, before parts are made
    parts: int
    keys: dict[str, Fraction] | None


def level_shares(
    lines: tuple[Line, ...],
    level: str,
    base: Fraction | None,
    of: Lookup,
    prorata: Prorata | None,
    problems: Problems,
) -> LevelShares:
    """Split `base` among the lines of one level. None values are what cannot be computed."""
    by_mode = {mode: [line for line in lines if line.mode is mode] for mode in Mode}
    exact: dict[str, Fraction | None] = {}
    for line in by_mode[Mode.FIXED]:
        exact[line.ref] = fixed_share(line, prorata, problems)
    for line in by_mode[Mode.PERCENTAGE]:
        exact[line.ref] = percent_share(line, base, of, problems)
    for line in by_mode[Mode.EQUAL]:
        if line.parts is not None:
            exact[line.ref] = None if base is None else base / line.parts
    rates = [usable(line.percent) or Fraction(0) for line in by_mode[Mode.PERCENTAGE] if line.of is None]
    if len(rates) > 1 and sum(rates, Fraction(0)) > 100:
        problems.add("percents_over_100", level, "La somme des pourcentages dépasse 100 %. Diminuez l'un d'eux.")

    first = list(exact.values())
    taken = None if any(value is None for value in first) else sum((v for v in first if v is not None), Fraction(0))
    pool = None if base is None or taken is None else base - taken
    equals = [line for line in by_mode[Mode.EQUAL] if line.parts is None]
    keyed, remainders = by_mode[Mode.KEY], sorted(by_mode[Mode.REMAINDER], key=lambda line: line.ref)
    if pool is not None and pool < 0 and (equals or keyed):
        problems.add(
            "nothing_left", level, "Les montants et pourcentages dépassent le coût : il ne reste rien à partager."
        )
    if keyed and remainders and not equals:
        problems.add(
            "remainder_beside_key", remainders[0].ref, "La clé répartit tout : il n'y a pas de reste à prendre."
        )
    if len(remainders) > 1:
        problems.add("several_remainders", remainders[1].ref, "Un seul financeur peut prendre le reste.")

    parts = len(equals) + bool(keyed) + (bool(remainders) if equals else 0)
    part = pool / parts if pool is not None and parts else None
    for line in equals:
        exact[line.ref] = part
    keys = weights(keyed, problems) if keyed else None
    for line in keyed:
        exact[line.ref] = None if part is None or keys is None else part * keys[line.ref]
    if remainders:
        others = list(exact.values())
        known = base is not None and all(value is not None for value in others)
        exact[remainders[0].ref] = (
            base - sum((v for v in others if v is not None), Fraction(0)) if known and base is not None else None
        )
        # Two lines cannot both take the rest: only the first is computed, the others are left to settle.
        exact.update({line.ref: None for line in remainders[1:]})
    return LevelShares(exact, taken, parts, keys)


class Ideals:
    """Unrounded share of any line, for the percentages that apply to another line; finds circular definitions."""

    def __init__(
        self, top: tuple[Line, ...], base: Fraction | None, prorata: Prorata | None, borne: dict[str, Fraction]
    ):
        self.base, self.prorata, self.borne = base, prorata, borne
        self.lines: dict[str, Line] = {}
        self.parent: dict[str, str | None] = {}
        self.levels: dict[str | None, tuple[Line, ...]] = {}
        self._index(top, None)
        self._known: dict[str, Fraction | None] = {}
        self._open: list[str] = []

    def _index(self, level: tuple[Line, ...], parent: str | None) -> None:
        self.levels[parent] = level
        for line in level:
            if line.ref in self.lines:
                raise ValueError(f"two lines share the reference {line.ref!r}")
            self.lines[line.ref], self.parent[line.ref] = line, parent
            if line.children:
                self._index(line.children, line.ref)

    def check(self, problems: Problems) -> None:
        """Report unknown references and circles. Done once, in reference order."""
        for ref in sorted(self.lines):
            line = self.lines[ref]
            if line.mode is Mode.PERCENTAGE and line.of not in (None, WHOLE_COST) and line.of not in self.lines:
                problems.add("unknown_ref", ref, f"{line.label} : ce pourcentage porte sur une part qui n'existe pas.")
            if self._in_circle(ref):
                problems.add(
                    "cycle",
                    ref,
                    f"{line.label} : cette part dépend d'elle-même. Fixez l'un des montants pour rompre le cercle.",
                )

    def _dependencies(self, ref: str) -> list[str]:
        line, parent = self.lines[ref], self.parent[ref]
        upper = [parent] if parent else []
        if line.mode is Mode.FIXED:
            return []
        if line.mode is Mode.PERCENTAGE:
            return upper if line.of is None else [line.of] if line.of in self.lines else []
        if line.parts is not None and line.mode is Mode.EQUAL:
            return upper
        siblings = [other for other in self.levels[parent] if other.mode in (Mode.FIXED, Mode.PERCENTAGE)]
        return upper + [other.ref for other in siblings]

    def _in_circle(self, ref: str) -> bool:
        seen: set[str] = set()
        waiting = self._dependencies(ref)
        while waiting:
            current = waiting.pop()
            if current == ref:
                return True
            if current not in seen:
                seen.add(current)
                waiting += self._dependencies(current)
        return False

    def of(self, ref: str) -> Fraction | None:
        """Exact share of `ref`; None when unknown, circular or not computable."""
        if ref == WHOLE_COST:
            return self.base
        if ref not in self.lines or ref in self._open:
            return None
        if ref not in self._known:
            self._open.append(ref)
            self._known[ref] = self._compute(ref)
            self._open.pop()
        return self._known[ref]

    def _compute(self, ref: str) -> Fraction | None:
        line, parent = self.lines[ref], self.parent[ref]
        silent = Problems()  # the level's own pass reports
        if line.mode is Mode.FIXED:
            return fixed_share(line, self.prorata, silent)
        if line.mode is Mode.PERCENTAGE and line.of is not None:
            return percent_share(line, None, self.of, silent)
        base = self.base
        if parent is not None:
            upper = self.of(parent)
            base = None if upper is None else upper + self.borne.get(parent, Fraction(0))
        if line.mode is Mode.PERCENTAGE:
            return percent_share(line, base, self.of, silent)
        if line.parts is not None and line.mode is Mode.EQUAL:
            # Not through the level: a sibling may be a percentage of this very line, which is no circle.
            return None if base is None else base / line.parts
        return level_shares(self.levels[parent], "", base, self.of, self.prorata, silent).exact[ref]


def prorata_step(prorata: Prorata) -> Step:
    return Step(Op.TIMES, prorata.fraction, prorata.label)
