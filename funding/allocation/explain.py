"""Why an amount is what it is: French sentence and replayable steps, built together so that they cannot diverge."""

from decimal import Decimal
from fractions import Fraction

from core.money import CENT as CENT_EUROS
from core.money import euros, euros_short, number_fr, percent
from funding.allocation.arithmetic import CENT, ceil_to, floor_to, half_up, replay, to_decimal, usable
from funding.allocation.model import Line, Mode, Op, Prorata, Rounding, Step
from funding.allocation.shares import Base, LevelShares

Explained = tuple[str, tuple[Step, ...]]


def money_text(value: Fraction) -> str:
    return euros(to_decimal(half_up(value)))


def quantity(value: Fraction) -> str:
    """A number as people write it: "4", "4,5", "1/3"."""
    if value.denominator == 1:
        return number_fr(Decimal(value.numerator), 0)
    hundredths = value * 100
    if hundredths.denominator == 1:
        return number_fr(Decimal(hundredths.numerator).scaleb(-2)).rstrip("0")
    return f"{value.numerator}/{value.denominator}"


def prorata_text(prorata: Prorata) -> str:
    """ "4/12 mois", "122/365 jours"."""
    numerator = Fraction(prorata.numerator)
    shown = quantity(numerator) if (numerator * 100).denominator == 1 else f"({quantity(numerator)})"
    return f"{shown}/{prorata.denominator} {prorata.label}".rstrip()


def _within(base: Base) -> str:
    return f"({base.text})" if base.compound else base.text


def _less(base: Base, taken: Fraction | None) -> tuple[str, list[Step]]:
    """The base once fixed amounts and percentages are taken out."""
    steps = list(base.steps)
    if not taken:
        return _within(base), steps
    steps.append(Step(Op.SUBTRACT, taken, "autres parts"))
    return f"({base.text} \u2212 {money_text(taken)} d'autres parts)", steps


def _key_text(line: Line, siblings: tuple[Line, ...]) -> str:
    total = sum((usable(other.weight) or Fraction(0) for other in siblings if other.mode is Mode.KEY), Fraction(0))
    if total == 100:
        return percent(Decimal(line.weight or 0))
    return f"{quantity(usable(line.weight) or Fraction(0))}/{quantity(total)}"


def origin(
    line: Line,
    siblings: tuple[Line, ...],
    base: Base,
    shares: LevelShares,
    prorata: Prorata | None,
    of: tuple[str, Fraction | None] | None,
) -> Explained:
    """How the exact share is found, before rounding. `of`: label and exact share a percentage applies to."""
    if line.mode is Mode.FIXED:
        amount = half_up(usable(line.fixed) or Fraction(0))
        start = Step(Op.START, amount, "montant fixé")
        if line.annual and prorata:
            times = Step(Op.TIMES, prorata.fraction, prorata.label)
            return f"{money_text(amount)} par an × {prorata_text(prorata)}", (start, times)
        return f"Montant fixé : {money_text(amount)}", (start,)
    if line.mode is Mode.PERCENTAGE:
        rate = Step(Op.TIMES, (usable(line.percent) or Fraction(0)) / 100, "pourcentage")
        shown = percent(Decimal(line.percent or 0), 4) + (f" ({line.note})" if line.note else "")
        if of is not None:
            label, value = of
            return f"{shown} de {label} ({money_text(value or Fraction(0))})", (
                Step(Op.START, value or Fraction(0)),
                rate,
            )
        return f"{shown} de {_within(base)}", (*base.steps, rate)
    if line.mode is Mode.EQUAL and line.parts is not None:
        part = Step(Op.TIMES, Fraction(1, line.parts), "part")
        return f"1/{line.parts} de {_within(base)}", (*base.steps, part)
    text, steps = _less(base, shares.taken)
    if line.mode is Mode.EQUAL:
        if shares.parts > 1:
            steps.append(Step(Op.TIMES, Fraction(1, shares.parts), "part égale"))
            text = f"1/{shares.parts} de {text}"
        return text, tuple(steps)
    if shares.parts > 1:  # the key lines together make one part beside the equal ones
        steps.append(Step(Op.TIMES, Fraction(1, shares.parts), "part égale"))
        text = f"(1/{shares.parts} de {text})"
    steps.append(Step(Op.TIMES, (shares.keys or {}).get(line.ref, Fraction(0)), "clé"))
    return f"{_key_text(line, siblings)} de {text} (clé de répartition)", tuple(steps)


def remainder(base: Fraction, amount: Fraction) -> Explained:
    """What the others leave, from their rounded amounts: the reader can check it on the page."""
    others = base - amount
    steps = (Step(Op.START, base), Step(Op.SUBTRACT, others, "autres parts"))
    if not others:
        return f"Reste : {money_text(base)}, aucune autre part", steps
    return f"Reste : {money_text(base)} \u2212 {money_text(others)} (autres parts) = {money_text(amount)}", steps


def rounded(found: Explained, exact: Fraction, amount: Fraction, extra: Fraction, rounding: Rounding) -> Explained:
    """Complete `origin` with the rounding that led from the exact share to the amount."""
    text, steps = found[0], list(found[1])
    if exact < 0:  # brought back to zero: the problem says why
        steps.append(Step(Op.SUBTRACT, exact, "ramené à zéro"))
        return f"{text} = {money_text(exact)}, ramené à {euros_short(0)}", tuple(steps)
    if len(steps) > 1:
        text += f" = {_shown(exact, rounding)}"
    if amount == exact:
        return text, tuple(steps)
    unit = Fraction(rounding.unit)
    name = "au centime" if rounding.unit == CENT_EUROS else "à l'euro"
    own = amount - extra
    if own == floor_to(exact, unit):
        op, side = Op.FLOOR, "inférieur"
    elif own == ceil_to(exact, unit):
        op, side = Op.CEIL, "supérieur"
    else:  # a base with cents shared out in whole euros: this line keeps the part of a euro that is left
        op, side = Op.FLOOR, "inférieur"
        own = floor_to(exact, unit)
    if own != exact:
        steps.append(Step(op, unit, f"{name} {side}"))
        text += f", arrondi {name} {side} : {euros_short(to_decimal(own))}"
    if left := amount - own:
        steps.append(Step(Op.RESIDUE, left, "reste de l'arrondi"))
        sign = "plus" if left > 0 else "moins"
        text += f", {sign} {euros_short(to_decimal(abs(left)))} d'arrondi : {euros_short(to_decimal(amount))}"
    if replay(steps) != amount:
        raise AssertionError("an explanation no longer leads to its amount")
    return text, tuple(steps)


def _shown(exact: Fraction, rounding: Rounding) -> str:
    """Exact share as printed: two more decimals when the cent itself is being rounded."""
    if rounding.unit == CENT_EUROS and half_up(exact) != exact:
        scaled = half_up(exact, CENT / 100) * 10000
        return f"{number_fr(Decimal(scaled.numerator).scaleb(-4), 4)}\u202f€"
    return money_text(exact)


def with_borne(found: Explained, borne: list[tuple[str, Fraction]], amount: Fraction) -> Explained:
    """Add the costs the line bears on top of its share."""
    text, steps = found
    for label, value in borne:
        if value:
            text += f" + {money_text(value)} ({label})"
            steps = (*steps, Step(Op.BORNE, value, label))
    if len(steps) > len(found[1]):
        text += f" = {money_text(amount)}"
    return text, steps
