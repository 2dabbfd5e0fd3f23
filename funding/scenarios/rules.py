"""Who bears, or gains, what an assumption leaves: the rules a scenario can state, applied to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from core.errors import InvalidInput
from core.money import euros
from funding.adapter import UNITS, PlanData, ShareData, allocate_data
from funding.allocation import Cost, Line, Mode, Rounding, allocate
from funding.allocation.model import CostKind
from funding.enums import RoundingUnit, ShareMode

MODES, EQUAL, PRORATA, EMPLOYER, FINANCER = "modes", "equal", "prorata", "employer", "financer"
RULES: dict[str, str] = {
    MODES: "Selon les modes de chaque plan",
    EQUAL: "À parts égales entre les autres",
    PRORATA: "Au prorata de ce que paient les autres",
    EMPLOYER: "L'employeur prend tout",
    FINANCER: "Un financeur désigné prend tout",
}


def rebalanced(
    before: PlanData, after: PlanData, changed: set[str], rule: str, taker: int | None, taker_label: str
) -> PlanData:
    """``after`` with the difference to its cost borne as ``rule`` says; the shares of ``changed`` keep their amounts.

    The others start from what they paid in ``before``; all become fixed amounts of the plan's period, so that the rule,
    not the modes, decides. Without a known cost, what was paid in all is to be paid still.
    Raises :class:`InvalidInput` when nobody can take the difference, or one would pay less than nothing.
    """
    if rule == MODES:
        return after
    old, new = allocate_data(before), allocate_data(after)
    shares = {share.ref: share for share in leaves(after.shares)}
    amounts = {}
    for ref in shares:
        line = new.lines[ref] if ref in changed else old.lines.get(ref)
        if line is None or line.share is None:
            raise InvalidInput(
                f"« {after.label} » : la part de {shares[ref].title} n'est pas chiffrée, cette règle ne peut pas "
                "s'appliquer. Complétez le plan, ou choisissez « Selon les modes de chaque plan »."
            )
        amounts[ref] = line.share
    target = new.shared_cost
    if target is None:
        target = sum((line.share or Decimal(0) for line in old.lines.values() if not line.is_group), Decimal(0))
    gap = target - sum(amounts.values(), Decimal(0))
    takers = _takers(after, shares, changed, rule, taker, taker_label) if gap else {}
    for ref, part in _split(gap, takers, amounts, rule, after).items():
        amounts[ref] += part
        if amounts[ref] < 0:
            raise InvalidInput(
                f"« {after.label} » : {shares[ref].title} paierait {euros(amounts[ref])}. Choisissez une autre règle."
            )
    return replace(after, shares=tuple(_settled(share, amounts) for share in after.shares))


def leaves(shares: tuple[ShareData, ...]) -> Iterator[ShareData]:
    """The shares somebody pays, blocks apart."""
    for share in shares:
        if share.children:
            yield from leaves(share.children)
        else:
            yield share


def _takers(
    data: PlanData, shares: dict[str, ShareData], changed: set[str], rule: str, taker: int | None, label: str
) -> dict[str, ShareData]:
    if rule in (EMPLOYER, FINANCER):
        wanted, name = (data.employer.pk, data.employer.label) if rule == EMPLOYER else (taker, label)
        found = next((s for s in shares.values() if s.financer is not None and s.financer.pk == wanted), None)
        if found is None:
            raise InvalidInput(f"« {data.label} » : {name} n'y paie aucune part. Choisissez une autre règle.")
        return {found.ref: found}
    others = {ref: share for ref, share in shares.items() if ref not in changed}
    if not others:
        raise InvalidInput(f"« {data.label} » : personne d'autre ne peut prendre la différence.")
    return others


def _split(
    gap: Decimal, takers: dict[str, ShareData], amounts: dict[str, Decimal], rule: str, data: PlanData
) -> dict[str, Decimal]:
    """The difference among the takers, by the real allocation: its rounding, its largest remainder."""
    if not gap:
        return {}
    weighted = rule == PRORATA and any(amounts[ref] for ref in takers)
    lines = [
        Line(ref, share.title, Mode.KEY if weighted else Mode.EQUAL, weight=amounts[ref] if weighted else None)
        for ref, share in takers.items()
    ]
    unit = Rounding(UNITS[RoundingUnit(data.rounding_unit)])
    result = allocate([Cost("gap", CostKind.OTHER, "différence", abs(gap))], lines, unit)
    sign = 1 if gap > 0 else -1
    return {ref: sign * (result.lines[ref].share or Decimal(0)) for ref in takers}


def _settled(share: ShareData, amounts: dict[str, Decimal]) -> ShareData:
    children = tuple(_settled(child, amounts) for child in share.children)
    amount = amounts[share.ref] if not children else sum((c.fixed_amount or Decimal(0) for c in children), Decimal(0))
    return replace(
        share, mode=ShareMode.FIXED, fixed_amount=amount, fixed_is_annual=False, percent=None, percent_of="",
        weight=None, population=None, key=None, children=children,
    )  # fmt: skip
