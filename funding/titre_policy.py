"""The dated rules of titres: which ones hold for a plan on a day. Reads only.

Rows of :class:`funding.models.TitrePolicy` are the territory's, an issuer's or a plan's; without any, the national
ones below apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from funding.enums import ProrataBasis
from funding.models import ExerciseClosing, FundingPlan, TitrePolicy
from funding.prorata import Basis, Policy
from parties.models import Organisation

#: What holds where nobody set anything, from when: the collection threshold is décret 2017-509's, before it 5 €.
NATIONAL: tuple[tuple[dt.date, Decimal], ...] = (
    (dt.date(2017, 4, 9), Decimal(15)),
    (dt.date.min, Decimal(5)),
)


@dataclass(frozen=True)
class Requirements:
    """What a titre must have before it leaves, on a day. ``minimum`` in euros."""

    minimum: Decimal
    siret: bool = False
    address: bool = False
    code: bool = False
    occupancy: bool = False
    settings: bool = False
    clean_plan: bool = False


class PolicyBook:
    """Every rule of a territory, read once, asked as often as needed."""

    def __init__(self, policies: Iterable[TitrePolicy]) -> None:
        self.policies = sorted(policies, key=lambda policy: policy.valid_from, reverse=True)

    @classmethod
    def of(cls, territory_id: int) -> PolicyBook:
        return cls(TitrePolicy.objects.filter(territory_id=territory_id))

    def find(self, *, issuer_id: int, plan_id: int | None, day: dt.date) -> TitrePolicy | None:
        """The narrowest rule in force on ``day``: the plan's, else the issuer's, else the territory's."""
        best: tuple[int, TitrePolicy] | None = None
        for policy in self.policies:
            if policy.valid_from > day:
                continue
            if policy.plan_id is not None:
                rank = 2 if policy.plan_id == plan_id else -1
            elif policy.issuer_id is not None:
                rank = 1 if policy.issuer_id == issuer_id else -1
            else:
                rank = 0
            # Latest first: of two as narrow, the first met is in force.
            if rank >= 0 and (best is None or rank > best[0]):
                best = (rank, policy)
        return best[1] if best else None

    def prorata(self, plan: FundingPlan) -> Policy:
        """How absences count for this plan: the rule in force on the first day of its period."""
        own: Basis = "days" if plan.prorata in (ProrataBasis.DAYS, ProrataBasis.SPAN) else "months"
        found = self.find(issuer_id=plan.employer_id, plan_id=plan.pk, day=plan.period_start)
        if found is None:
            return Policy(basis=own)
        basis: Basis = own
        if found.basis in ("months", "days"):
            basis = "days" if found.basis == "days" else "months"
        return Policy(
            basis=basis,
            tolerated_absence_days=found.tolerated_days,
            month_threshold=Fraction(found.month_threshold, 100),
        )

    def requirements(self, *, issuer_id: int, plan_id: int | None, day: dt.date) -> Requirements:
        """What a titre must have on ``day``."""
        found = self.find(issuer_id=issuer_id, plan_id=plan_id, day=day)
        if found is None:
            return Requirements(next(minimum for start, minimum in NATIONAL if start <= day))
        return Requirements(
            found.minimum,
            siret=found.needs_siret,
            address=found.needs_address,
            code=found.needs_code,
            occupancy=found.needs_occupancy,
            settings=found.needs_settings,
            clean_plan=found.needs_clean_plan,
        )


def closed_on(issuer: Organisation, year: int) -> dt.date:
    """The last day of ``issuer``'s exercice ``year``: the one it gave, else the usual one (31 January after)."""
    row = ExerciseClosing.objects.filter(issuer=issuer, year=year).first()
    return row.closed_on if row else ExerciseClosing.usual(year)


def is_closed(issuer: Organisation, year: int, day: dt.date) -> bool:
    """Whether the exercice takes no more entries on ``day``."""
    return day > closed_on(issuer, year)
