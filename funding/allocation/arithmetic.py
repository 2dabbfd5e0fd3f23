"""Exact arithmetic on fractions of a euro: roundings, conversion to Decimal, replay of an explanation's steps."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from funding.allocation.model import Op, Step

CENT = Fraction(1, 100)


def floor_to(value: Fraction, unit: Fraction) -> Fraction:
    return floor(value / unit) * unit


def ceil_to(value: Fraction, unit: Fraction) -> Fraction:
    return ceil(value / unit) * unit


def half_up(value: Fraction, unit: Fraction = CENT) -> Fraction:
    """Half away from zero, as accountants round."""
    magnitude = floor(abs(value) / unit + Fraction(1, 2)) * unit
    return magnitude if value >= 0 else -magnitude


def to_decimal(value: Fraction) -> Decimal:
    """Exact: `value` must be a whole number of cents, or a rounding was forgotten upstream."""
    cents = value / CENT
    if cents.denominator != 1:
        raise ValueError(f"{value} is not a whole number of cents")
    number = cents.numerator
    # Built from digits: no context precision can round it.
    return Decimal((int(number < 0), tuple(int(digit) for digit in str(abs(number))), -2))


def usable(value: Decimal | int | None) -> Fraction | None:
    """The number as an exact fraction; None when absent, infinite or not a number."""
    if value is None or (isinstance(value, Decimal) and not value.is_finite()):
        return None
    return Fraction(value)


def replay(steps: Iterable[Step]) -> Fraction:
    """Recompute the result of an explanation from its steps."""
    result = Fraction(0)
    for step in steps:
        match step.op:
            case Op.START:
                result = step.value
            case Op.TIMES:
                result *= step.value
            case Op.ADD | Op.RESIDUE | Op.BORNE:
                result += step.value
            case Op.SUBTRACT:
                result -= step.value
            case Op.FLOOR:
                result = floor_to(result, step.value)
            case Op.CEIL:
                result = ceil_to(result, step.value)
            case Op.HALF_UP:
                result = half_up(result, step.value)
    return result


def largest_remainder(exact: dict[str, Fraction], target: Fraction, unit: Fraction) -> dict[str, Fraction]:
    """Round each value so that they sum to `target`; the largest dropped fractions are rounded up.

    Ties go to the larger value, then to the smaller reference, so that the order of lines never matters. When `target`
    is not a whole number of units, the part of a unit that is left goes to the next line in the same order.
    Expects `target` to be the sum of the values, to within half a cent.
    """
    rounded = {ref: floor_to(value, unit) for ref, value in exact.items()}
    left = target - sum(rounded.values(), Fraction(0))
    for ref in sorted(exact, key=lambda ref: (rounded[ref] - exact[ref], -exact[ref], ref)):
        if left <= 0:
            break
        given = min(unit, left)
        rounded[ref] += given
        left -= given
    return rounded
