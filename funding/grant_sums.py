"""What one authority pays to one association in a year, over every plan (loi 2000-321, art. 10: V)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from funding.enums_grants import RuleKind
from funding.grant_rules import rules_of
from funding.models import Share
from parties.enums import OrganisationKind
from parties.models import Organisation


@dataclass(frozen=True)
class GrantSum:
    """``amount`` euros from ``authority`` to the association in ``year``, through ``plans`` plans.

    Above ``threshold``, the dated rule of that year, a convention says its object, amount, payment and use.
    """

    authority: Organisation
    year: int
    amount: Decimal
    plans: int
    threshold: Decimal

    @property
    def over_threshold(self) -> bool:
        return self.amount > self.threshold


def grant_sums(association: Organisation, years: Iterable[int]) -> list[GrantSum]:
    """Sums by authority and year, an authority and an association told by their SIREN when they have one. Two queries.

    A body without SIREN counts by itself. What the association brings itself is no grant.
    """
    if association.kind != OrganisationKind.ASSOCIATION:
        return []
    rows = (
        Share.objects.filter(
            territory_id=association.territory_id, plan__year__in=set(years), financer__isnull=False, amount__gt=0
        )
        .filter(plan__employer__kind=OrganisationKind.ASSOCIATION)
        .select_related("plan__employer", "financer")
        .order_by("plan__year", "pk")
    )
    found: dict[tuple[str, int], list[Share]] = {}
    mine = _identity(association)
    rules = rules_of(association.territory_id)
    for row in rows:
        assert row.financer is not None
        if _identity(row.plan.employer) == mine and _identity(row.financer) != mine:
            found.setdefault((_identity(row.financer), row.plan.year), []).append(row)
    return [
        GrantSum(
            shares[0].financer,  # type: ignore[arg-type]  # filtered above
            year,
            sum((share.amount or Decimal(0) for share in shares), Decimal(0)),
            len({share.plan_id for share in shares}),
            rules.for_year(RuleKind.THRESHOLD, year).number,
        )
        for (_, year), shares in found.items()
    ]


def _identity(body: Organisation) -> str:
    return body.siren or f"#{body.pk}"
