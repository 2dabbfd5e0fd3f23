"""What the pages of grants show, from rows already read. Euros."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from funding import grant_workflow
from funding.models import DedicatedFund, FundingPlan, Grant
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation

ZERO = Decimal(0)


@dataclass(frozen=True)
class Sums:
    amount: Decimal
    paid: Decimal
    repaid: Decimal

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.paid


def sums(grants: Iterable[Grant]) -> Sums:
    rows = [grant for grant in grants if grant.status != "sans_objet"]
    return Sums(
        sum((g.amount for g in rows), ZERO), sum((g.paid for g in rows), ZERO), sum((g.repaid for g in rows), ZERO)
    )


@dataclass(frozen=True)
class Group:
    """One financer's grants to one association for a year. ``carry``: dedicated funds of the year before."""

    financer: Organisation
    beneficiary: Organisation
    year: int
    grants: tuple[Grant, ...]
    carry: Decimal

    @property
    def sums(self) -> Sums:
        return sums(self.grants)

    @property
    def net(self) -> Decimal:
        """What is left to ask once what was carried over is deducted; never under zero."""
        return max(self.sums.amount - self.carry, ZERO)


def by_financer(grants: Iterable[Grant], actor: Actor) -> list[Group]:
    """Grouped by association and financer, in that order. One query more."""
    rows: dict[tuple[int, int, int], list[Grant]] = {}
    for grant in grants:
        rows.setdefault((grant.beneficiary_id, grant.financer_id, grant.year), []).append(grant)
    years = {key[2] - 1 for key in rows}
    funds = {
        (fund.beneficiary_id, fund.financer_id, fund.year): fund.closing
        for fund in DedicatedFund.objects.visible_to(actor).filter(year__in=years)  # type: ignore[attr-defined]
    }
    groups = [
        Group(found[0].financer, found[0].beneficiary, key[2], tuple(found), funds.get((*key[:2], key[2] - 1), ZERO))
        for key, found in rows.items()
    ]
    return sorted(groups, key=lambda group: (group.beneficiary.name, group.financer.name))


def carried(beneficiary: Organisation, financer: Organisation, year: int) -> DedicatedFund | None:
    """The dedicated funds of the year before, when something is left of them."""
    fund = DedicatedFund.objects.filter(beneficiary=beneficiary, financer=financer, year=year - 1).first()
    return fund if fund is not None and fund.closing > 0 else None


def without_grants(actor: Actor) -> list[FundingPlan]:
    """Plans of associations no grant was prepared for."""
    rows = FundingPlan.objects.visible_to(actor).filter(
        employer__kind=OrganisationKind.ASSOCIATION, grants__isnull=True
    )
    return list(rows.select_related("employer").order_by("-year", "label"))


def history(grant: Grant) -> list[dict[str, Any]]:
    """The grant's log, latest first, as the timeline shows it."""
    acts = grant_workflow.ACTS
    return [
        {
            "title": acts[event.act].label if event.act in acts else event.act,
            "at": event.created_at,
            "by": event.by_label,
            "text": event.reason,
            "tone": acts[event.act].tone if event.act in acts else "neutral",
        }
        for event in grant.events.order_by("-pk")
    ]


def schedule_initial(grant: Grant) -> list[dict[str, Any]]:
    """The stored schedule as the form takes it: a percentage keeps no amount beside it."""
    rows = list(grant.instalments.all())
    alone = len(rows) == 1
    return [
        {
            "due_on": row.due_on,
            "percent": row.percent,
            "amount": "" if row.percent is not None or alone else f"{row.amount:f}".replace(".", ","),
            "condition": row.condition,
        }
        for row in rows
    ]
