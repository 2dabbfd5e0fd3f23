"""What part of a year is due for a post, from the convention's period and the post's occupancy. Pure.

A vacancy changes what is billed, never the convention (domain §4): these functions feed the titres and the checks.

Policy, all of it a setting of the territory:

- basis "months": months run from date to date from the start of the period (3 December to 2 January). A month is due in
  full when the post is filled on at least `month_threshold` of its days (half by default), not at all otherwise.
- basis "days": each filled day is due, over the days of the year that starts with the period (365 or 366).
- a continuous absence of at most `tolerated_absence_days` days counts as filled.
- working time (a fraction of what the convention finances) reduces what is due only when `weigh_working_time` is set.

End dates are included everywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from core.french import add_months, date_range, enumerate_fr, plural
from core.money import euros, number_fr
from funding.allocation.arithmetic import CENT, half_up, largest_remainder, to_decimal
from funding.allocation.model import Prorata

Basis = Literal["months", "days"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The post is filled from `start` to `end` (None: still filled). `working_time`: share of the financed time."""

    start: date
    end: date | None = None
    working_time: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError("an occupancy ends before it starts")
        if not 0 <= self.working_time <= 1:
            raise ValueError("working time is a Decimal between 0 and 1")


@dataclass(frozen=True, slots=True)
class Policy:
    """How absence is counted. `tolerated_absence_days` applies to each continuous absence."""

    basis: Basis = "months"
    tolerated_absence_days: int = 0
    month_threshold: Fraction = Fraction(1, 2)
    weigh_working_time: bool = False

    def __post_init__(self) -> None:
        if self.basis not in ("months", "days"):
            raise ValueError("the basis is months or days")
        if self.tolerated_absence_days < 0 or not 0 < self.month_threshold <= 1:
            raise ValueError("the tolerated absence is not negative and the threshold is between 0 and 1")


@dataclass(frozen=True, slots=True)
class Absence:
    """A continuous stretch of the period with nobody in post."""

    start: date
    end: date
    days: int
    tolerated: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Part of a year's amount that is due. `numerator` / `denominator`: 5/12 months, 151/365 days."""

    numerator: Fraction
    denominator: int
    basis: Basis
    period_units: Fraction  # what would be due with nobody absent, in the same unit
    absences: tuple[Absence, ...]
    explanation: str
    label: str = field(default="mois")

    @property
    def of_year(self) -> Fraction:
        """To apply to a full-year amount."""
        return self.numerator / self.denominator

    @property
    def of_period(self) -> Fraction:
        """To apply to an amount agreed for the whole period."""
        return self.numerator / self.period_units

    def prorata(self) -> Prorata:
        """The same fraction for `funding.allocation.allocate`."""
        return Prorata(self.numerator, self.denominator, self.label)

    def amount(self, yearly: Decimal) -> Decimal:
        """Part due of a full-year amount in euros, to the cent, half up."""
        return to_decimal(half_up(Fraction(yearly) * self.of_year))


def _check_period(start: date, end: date) -> None:
    if end < start:
        raise ValueError("the period ends before it starts")


def _days(start: date, end: date) -> int:
    return (end - start).days + 1


def months_between(start: date, end: date) -> Fraction:
    """Months from `start` to `end` included; an unfinished last month counts for its days over that month's length.

    1 September to 31 December is 4; 3 December to 2 December of the next year is 12.
    """
    _check_period(start, end)
    return sum((slot.length for slot in _slots(start, end)), Fraction(0))


@dataclass(frozen=True, slots=True)
class _Slot:
    start: date
    end: date
    length: Fraction  # 1, or a part of a month for the last one


def _slots(start: date, end: date) -> list[_Slot]:
    """The period's months, counted from date to date."""
    slots: list[_Slot] = []
    while True:
        first = add_months(start, len(slots))
        following = add_months(start, len(slots) + 1)
        if first > end:
            return slots
        last = min(end, following - ONE_DAY)
        slots.append(_Slot(first, last, Fraction(_days(first, last), (following - first).days)))


def find_absences(
    start: date, end: date, occupancies: Iterable[Occupancy], tolerated_days: int = 0
) -> tuple[Absence, ...]:
    """Continuous stretches of the period with nobody in post. Overlapping occupancies count once."""
    _check_period(start, end)
    found: list[Absence] = []
    expected = start
    for occupancy in sorted(occupancies, key=lambda item: item.start):
        if occupancy.end is not None and occupancy.end < expected:
            continue
        if occupancy.start > end:
            break
        if occupancy.start > expected:
            found.append(_absence(expected, occupancy.start - ONE_DAY, tolerated_days))
        if occupancy.end is None or occupancy.end >= end:
            return tuple(found)
        expected = occupancy.end + ONE_DAY
    found.append(_absence(expected, end, tolerated_days))
    return tuple(found)


def _absence(start: date, end: date, tolerated_days: int) -> Absence:
    days = _days(start, end)
    return Absence(start, end, days, days <= tolerated_days)


def _filled(
    start: date, end: date, occupancies: list[Occupancy], absences: tuple[Absence, ...], weigh: bool
) -> list[Fraction]:
    """For each day of the slot: 0 when vacant, else 1 or the working time (two people on one day never exceed 1)."""
    days: list[Fraction] = []
    for offset in range(_days(start, end)):
        day = start + timedelta(days=offset)
        absence = next((item for item in absences if item.start <= day <= item.end), None)
        if absence is not None:
            days.append(Fraction(int(absence.tolerated)))
        elif not weigh:
            days.append(Fraction(1))
        else:
            present = (item for item in occupancies if item.start <= day and (item.end is None or day <= item.end))
            days.append(min(Fraction(1), sum((Fraction(item.working_time) for item in present), Fraction(0))))
    return days


def due(start: date, end: date, occupancies: Iterable[Occupancy], policy: Policy | None = None) -> Due:
    """Part of a year that is due for the period `start` to `end` (both included), given who held the post.

    Raises `ValueError` when the period ends before it starts. Real case: a post vacant from 1 June 2022 in a calendar
    year gives 5/12, that is 8 352,08 € of 20 045 €.
    """
    _check_period(start, end)
    policy = policy or Policy()
    held = list(occupancies)
    absences = find_absences(start, end, held, policy.tolerated_absence_days)
    if policy.basis == "days":
        numerator = sum(_filled(start, end, held, absences, policy.weigh_working_time), Fraction(0))
        denominator, whole, label = (add_months(start, 12) - start).days, Fraction(_days(start, end)), "jours"
    else:
        numerator, denominator, label = Fraction(0), 12, "mois"
        whole = months_between(start, end)
        for slot in _slots(start, end):
            numerator += slot.length * _due_month(slot, held, absences, policy)
    text = _explain(numerator, denominator, label, start, end, absences)
    return Due(numerator, denominator, policy.basis, whole, absences, text, label)


def _due_month(slot: _Slot, held: list[Occupancy], absences: tuple[Absence, ...], policy: Policy) -> Fraction:
    """1 when the month is due in full, 0 when it is not, or the working time of those present."""
    filled = _filled(slot.start, slot.end, held, absences, weigh=False)
    present = sum(filled, Fraction(0))
    if present < policy.month_threshold * len(filled):
        return Fraction(0)
    if not policy.weigh_working_time:
        return Fraction(1)
    return sum(_filled(slot.start, slot.end, held, absences, weigh=True), Fraction(0)) / present


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return number_fr(to_decimal(half_up(value, CENT))).rstrip("0")


def _explain(
    numerator: Fraction, denominator: int, label: str, start: date, end: date, absences: tuple[Absence, ...]
) -> str:
    text = f"{_number(numerator)}/{denominator} {label} dus {date_range(start, end)}"
    if not absences:
        return f"{text} : poste pourvu sur toute la période."
    parts = []
    for absence in absences:
        days = f"{absence.days} {plural(absence.days, 'jour')}"
        if absence.tolerated:
            days += f", {plural(absence.days, 'toléré')}"
        parts.append(f"{date_range(absence.start, absence.end)} ({days})")
    return f"{text} : poste vacant {enumerate_fr(parts)}."


@dataclass(frozen=True, slots=True)
class YearSlice:
    """The days of a period that fall in one calendar year."""

    year: int
    start: date
    end: date
    days: int
    fraction: Fraction  # of the whole period


def split_by_year(start: date, end: date) -> tuple[YearSlice, ...]:
    """A period over calendar years, by days (M12). The fractions sum to 1: no day is funded twice."""
    _check_period(start, end)
    total = _days(start, end)
    slices = []
    for year in range(start.year, end.year + 1):
        first, last = max(start, date(year, 1, 1)), min(end, date(year, 12, 31))
        days = _days(first, last)
        slices.append(YearSlice(year, first, last, days, Fraction(days, total)))
    return tuple(slices)


def split_amount_by_year(
    amount: Decimal, start: date, end: date, unit: Decimal = Decimal("0.01")
) -> dict[int, Decimal]:
    """`amount` (euros, whole cents) over the calendar years of the period, by days; the parts sum exactly to it."""
    if amount < 0:
        raise ValueError("the amount to split is not negative")
    exact = {str(part.year): Fraction(amount) * part.fraction for part in split_by_year(start, end)}
    rounded = largest_remainder(exact, Fraction(amount), Fraction(unit))
    return {int(year): to_decimal(value) for year, value in rounded.items()}


def explain_split(amount: Decimal, start: date, end: date, unit: Decimal = Decimal("0.01")) -> str:
    """ "29 jours sur 365 en 2022 : 1 390,41 €, …": the sentence under a two-year table."""
    amounts = split_amount_by_year(amount, start, end, unit)
    total = _days(start, end)
    return enumerate_fr(
        f"{part.days} {plural(part.days, 'jour')} sur {total} en {part.year} : {euros(amounts[part.year])}"
        for part in split_by_year(start, end)
    )
