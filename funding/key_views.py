"""A block's key beside what the official populations give: percentages, inhabitants, communes counted, euros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from funding.adapter import KeyData, PlanData, ShareData, allocate_data
from funding.allocation import column_totals
from funding.allocation.arithmetic import CENT, to_decimal
from funding.enums import KeyBasis, KeySource, RoundingUnit, ShareMode
from funding.models import AllocationKey
from funding.services.keys import counted_communes, official_populations


@dataclass(frozen=True)
class KeyRow:
    """One member. Percentages out of 100; ``official_amount`` is what the populations would give. Euros."""

    label: str
    inhabitants: int | None
    communes: tuple[str, ...]
    official: Decimal | None
    typed: Decimal | None
    amount: Decimal | None
    official_amount: Decimal | None

    @property
    def gap(self) -> Decimal | None:
        """What the typed key moves, in euros, when it differs from the populations."""
        if self.amount is None or self.official_amount is None or self.amount == self.official_amount:
            return None
        return self.amount - self.official_amount


@dataclass(frozen=True)
class KeyView:
    """``url`` is the page of a key kept for several plans.

    ``complete`` is false when the vintage does not count one of the members: nothing is then compared."""

    label: str
    basis: str
    vintage: int | None
    typed: bool
    rows: tuple[KeyRow, ...]
    base: Decimal | None
    total: int
    complete: bool
    url: str = ""

    @property
    def basis_label(self) -> str:
        return str(KeyBasis(self.basis).label)

    @property
    def differs(self) -> bool:
        return any(
            row.typed is not None and row.official is not None and row.typed != row.official for row in self.rows
        )


def key_views(data: PlanData) -> list[KeyView]:
    """Every keyed block of a plan, saved or being typed; nothing is written. A few queries per block."""
    amounts = {ref: line.amount for ref, line in allocate_data(data).lines.items()}
    return [
        _view(group, members, group.key or KeyData(), data, amounts)
        for group in data.all_shares()
        if (members := [child for child in group.children if child.mode == ShareMode.KEY and child.financer])
    ]


def _view(
    group: ShareData,
    members: list[ShareData],
    key: KeyData,
    data: PlanData,
    amounts: Mapping[str, Decimal | None],
) -> KeyView:
    bodies = [member.financer for member in members if member.financer]
    people: dict[int, int] = {}
    communes: dict[int, tuple[str, ...]] = {}
    if key.vintage is not None:
        # A key kept for several plans counts the units of the territory, not only those of this plan's posts.
        posts = None if key.stored_id else data.posts
        people = official_populations(basis=key.basis, vintage=key.vintage, financers=bodies, posts=posts)
        if key.basis == KeyBasis.GENDARMERIE:
            communes = counted_communes(vintage=key.vintage, financers=bodies, posts=posts)
    total = sum(people.values())
    complete = len(people) == len({body.pk for body in bodies}) and total > 0
    known = [amounts.get(member.ref) for member in members]
    base = None if any(amount is None for amount in known) else sum((a for a in known if a is not None), Decimal(0))
    official = _official_amounts(base, members, people, data) if complete and base is not None else {}
    weights = sum((member.weight or Decimal(0) for member in members), Decimal(0))
    typed = key.source == KeySource.TYPED and weights > 0
    rows = tuple(
        KeyRow(
            label=member.title,
            inhabitants=people.get(member.financer.pk) if member.financer else None,
            communes=communes.get(member.financer.pk, ()) if member.financer else (),
            official=_percent(people[member.financer.pk], total) if complete and member.financer else None,
            typed=member.weight if typed else None,
            amount=amounts.get(member.ref),
            official_amount=official.get(member.ref),
        )
        for member in members
    )
    stored = AllocationKey.objects.filter(pk=key.stored_id).first() if key.stored_id else None
    url = stored.get_absolute_url() if stored else ""
    return KeyView(group.title, key.basis, key.vintage, typed, rows, base, total, complete, url)


def _percent(count: int, total: int) -> Decimal:
    return (Decimal(count) * 100 / total).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _official_amounts(
    base: Decimal, members: list[ShareData], people: Mapping[int, int], data: PlanData
) -> dict[str, Decimal]:
    unit = Fraction(1) if data.rounding_unit == RoundingUnit.EURO and base == base.to_integral_value() else CENT
    weights = {member.ref: Fraction(people[member.financer.pk]) for member in members if member.financer}
    return {ref: to_decimal(value) for ref, value in column_totals(Fraction(base), weights, unit).items()}
