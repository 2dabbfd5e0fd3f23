"""The territory's allocation keys as people judge them: who is counted, what comes out, beside the official figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from funding.allocation import column_totals
from funding.allocation.arithmetic import to_decimal
from funding.enums import KeyBasis, KeySource, PlanStatus
from funding.models import AllocationKey, FundingPlan, Share
from funding.services.keys import gendarmerie_communes, official_populations
from parties.models import Organisation, RefCommuneYear

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class KeySpec:
    """What a person decides of a key. ``members``: each body and its typed percentage (None: from the populations)."""

    label: str
    basis: str
    source: str
    vintage: int | None
    members: tuple[tuple[Organisation, Decimal | None], ...]


@dataclass(frozen=True)
class Counted:
    """A commune counted; ``population`` in inhabitants, None when the vintage does not know it."""

    code: str
    name: str
    population: int | None


@dataclass(frozen=True)
class MemberRow:
    """One body. Percentages out of 100, amounts in euros: its part of the base, and what the populations would give."""

    organisation: Organisation
    inhabitants: int | None
    communes: tuple[Counted, ...]
    official: Decimal | None
    typed: Decimal | None
    amount: Decimal | None
    official_amount: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        return self.typed if self.typed is not None else self.official

    @property
    def gap(self) -> Decimal | None:
        """Points of percentage between what is typed and the populations; None when they agree or are unknown."""
        if self.typed is None or self.official is None:
            return None
        return self.typed - self.official or None

    @property
    def communes_total(self) -> int:
        return sum(commune.population or 0 for commune in self.communes)


@dataclass(frozen=True)
class KeyStudy:
    """A key computed. ``complete`` is false when the vintage does not count every member: nothing is then official."""

    spec: KeySpec
    rows: tuple[MemberRow, ...]
    total: int
    complete: bool
    base: Decimal | None

    @property
    def typed(self) -> bool:
        return self.spec.source == KeySource.TYPED

    @property
    def basis_label(self) -> str:
        return str(KeyBasis(self.spec.basis).label)

    @property
    def missing(self) -> list[str]:
        """Members the vintage does not count."""
        return [row.organisation.label for row in self.rows if not row.inhabitants]

    @property
    def differs(self) -> bool:
        return any(row.gap for row in self.rows)


def spec_of(key: AllocationKey) -> KeySpec:
    members = tuple((line.organisation, line.percent) for line in key.lines.all())
    return KeySpec(key.label, key.basis, key.source, key.vintage, members)


def study(spec: KeySpec, base: Decimal | None = None) -> KeyStudy:
    """What the specification gives today on the reference data; nothing is written. A few queries, whatever the size.

    ``base`` is an amount in euros to divide, to show the effect.
    """
    bodies = [body for body, _ in spec.members]
    people: dict[int, int] = {}
    communes: dict[int, tuple[Counted, ...]] = {}
    if spec.vintage is not None and bodies:
        people = official_populations(basis=spec.basis, vintage=spec.vintage, financers=bodies, posts=None)
        communes = _communes(spec.basis, spec.vintage, bodies)
    return _study(spec, people, communes, base)


def study_of(key: AllocationKey, base: Decimal | None = None) -> KeyStudy:
    """A stored key. Computed on populations, it shows those kept with it, whatever the reference data became since."""
    spec, lines = spec_of(key), list(key.lines.all())
    if key.source == KeySource.TYPED:
        return study(spec, base)
    people = {line.organisation_id: line.population for line in lines if line.population}
    codes = {code for line in lines for code in line.communes}
    known = RefCommuneYear.objects.of_vintage(key.vintage or 0).of_communes(codes).select_related("commune")
    by_code = {row.commune_id: Counted(row.commune_id, row.commune.name, row.population) for row in known}
    communes = {
        line.organisation_id: tuple(
            sorted((by_code.get(code, Counted(code, code, None)) for code in line.communes), key=lambda c: c.name)
        )
        for line in lines
    }
    return _study(spec, people, communes, base)


def _study(
    spec: KeySpec, people: Mapping[int, int], communes: Mapping[int, tuple[Counted, ...]], base: Decimal | None
) -> KeyStudy:
    total = sum(people.values())
    complete = total > 0 and all(people.get(body.pk) for body, _ in spec.members)
    official = {body.pk: Decimal(people.get(body.pk, 0)) for body, _ in spec.members} if complete else {}
    typed = {body.pk: percent or Decimal(0) for body, percent in spec.members}
    chosen = typed if spec.source == KeySource.TYPED else official
    amounts, due = _divided(base, chosen), _divided(base, official)
    rows = tuple(
        MemberRow(
            organisation=body,
            inhabitants=people.get(body.pk),
            communes=communes.get(body.pk, ()),
            official=_percent(official[body.pk], total) if official else None,
            typed=percent if spec.source == KeySource.TYPED else None,
            amount=amounts.get(body.pk),
            official_amount=due.get(body.pk),
        )
        for body, percent in spec.members
    )
    return KeyStudy(spec, rows, total, complete, base)


def _divided(base: Decimal | None, weights: Mapping[int, Decimal]) -> dict[int, Decimal]:
    if base is None or sum(weights.values()) <= 0:
        return {}
    parts = column_totals(Fraction(base), {str(pk): Fraction(weight) for pk, weight in weights.items()})
    return {int(pk): to_decimal(value) for pk, value in parts.items()}


def _percent(count: Decimal, total: int) -> Decimal:
    return (count * 100 / total).quantize(HUNDREDTH, ROUND_HALF_UP)


def _communes(basis: str, vintage: int, bodies: list[Organisation]) -> dict[int, tuple[Counted, ...]]:
    by_siren = {body.siren: body.pk for body in bodies if body.siren}
    rows = RefCommuneYear.objects.of_vintage(vintage).filter(epci_id__in=by_siren)
    if basis == KeyBasis.GENDARMERIE:
        rows = rows.of_communes(gendarmerie_communes(bodies, None))
    found: dict[int, list[Counted]] = {}
    for row in rows.select_related("commune").order_by("commune__name", "commune_id"):
        counted = Counted(row.commune_id, row.commune.name, row.population)
        found.setdefault(by_siren[row.epci_id or ""], []).append(counted)
    return {pk: tuple(counted) for pk, counted in found.items()}


def plans_using(keys: Iterable[AllocationKey]) -> dict[int, list[FundingPlan]]:
    """Plans whose shares point at each key, newest year first. Two queries, whatever the number of keys."""
    pairs = set(
        Share.objects.filter(allocation_key__in=[key.pk for key in keys]).values_list("allocation_key_id", "plan_id")
    )
    plans = FundingPlan.objects.filter(pk__in={plan for _, plan in pairs})
    found: dict[int, list[FundingPlan]] = {}
    for plan in plans:
        for key, used in pairs:
            if used == plan.pk and key is not None:
                found.setdefault(key, []).append(plan)
    return found


def freezing(plans: Iterable[FundingPlan]) -> list[FundingPlan]:
    """Those that forbid changing the key: settled, committed or paid."""
    return [plan for plan in plans if plan.status != PlanStatus.PROJET]
