"""The compte rendu financier's arithmetic: its lines, what the plan foresees for each, which gaps must be explained.

The lines are those of the plan comptable the CERFA forms 12156*06 and 15059*02 use (classes 6, 7 and 8).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.french.dates import add_months
from funding.adapter import allocate_data, data_of
from funding.enums import CostKind
from funding.enums_grants import RuleKind
from funding.grant_rules import Rules
from funding.models import FundingPlan, GrantAccountLine, Share
from funding.services.grants import payer_of
from parties.models import Organisation

ZERO = Decimal(0)

CHARGES: tuple[tuple[str, str], ...] = (
    ("60", "Achats"),
    ("61", "Services extérieurs"),
    ("62", "Autres services extérieurs"),
    ("63", "Impôts et taxes"),
    ("64", "Charges de personnel"),
    ("65", "Autres charges de gestion courante"),
    ("66", "Charges financières"),
    ("67", "Charges exceptionnelles"),
    ("68", "Dotations aux amortissements, provisions et engagements à réaliser"),
)
PRODUCTS: tuple[tuple[str, str], ...] = (
    ("70", "Vente de produits finis, de marchandises, prestations de services"),
    ("73", "Dotations et produits de tarification"),
    ("74", "Subventions d'exploitation"),
    ("75", "Autres produits de gestion courante"),
    ("76", "Produits financiers"),
    ("77", "Produits exceptionnels"),
    ("78", "Reprises sur amortissements et provisions, report de ressources non utilisées"),
    ("79", "Transferts de charges"),
)
IN_KIND: tuple[tuple[str, str], ...] = (
    ("86", "Emplois des contributions volontaires en nature"),
    ("87", "Contributions volontaires en nature"),
)

#: Where a cost of the plan goes. Travel and outside training are other external services (625, 628).
CODE_OF_COST: dict[str, str] = {
    CostKind.PAYROLL: "64",
    CostKind.TRAVEL: "62",
    CostKind.EQUIPMENT: "60",
    CostKind.TRAINING: "62",
    CostKind.OTHER: "65",
}
#: The association's own part of the cost.
OWN_CODE = "75"


@dataclass(frozen=True)
class PlannedLine:
    """A line before anything happened; ``financer`` only under 74. Euros."""

    code: str
    label: str
    planned: Decimal
    financer: Organisation | None = None


def planned_lines(plan: FundingPlan) -> list[PlannedLine]:
    """Every line of the form in order, with what the plan foresees on its period. Six queries."""
    data = data_of(plan)
    costs: dict[str, Decimal] = {}
    for cost, found in zip(data.costs, allocate_data(data).costs, strict=True):
        code = CODE_OF_COST.get(cost.kind, "65")
        costs[code] = costs.get(code, ZERO) + (found.amount or ZERO)
    grants, own = planned_products(plan)
    lines = [PlannedLine(code, label, costs.get(code, ZERO)) for code, label in CHARGES]
    for code, label in PRODUCTS:
        if code == "74":
            lines += [PlannedLine(code, payer.name, amount, payer) for payer, amount in grants]
        else:
            lines.append(PlannedLine(code, label, own if code == OWN_CODE else ZERO))
    return lines + [PlannedLine(code, label, ZERO) for code, label in IN_KIND]


def planned_products(plan: FundingPlan) -> tuple[list[tuple[Organisation, Decimal]], Decimal]:
    """Each payer with its share (several shares of one payer added), then the employer's own part. Euros."""
    payers: dict[int, tuple[Organisation, Decimal]] = {}
    own = ZERO
    shares: Iterable[Share] = plan.shares.select_related("financer__parent")
    for share in shares:
        payer = payer_of(share)
        if payer is None or share.amount is None:
            continue
        if payer.pk == plan.employer_id:
            own += share.amount
        else:
            payers[payer.pk] = (payer, payers.get(payer.pk, (payer, ZERO))[1] + share.amount)
    return list(payers.values()), own


def due_date(year: int, rules: Rules) -> dt.date:
    """Six months after the end of the year the grant was given for (loi 2000-321, article 10)."""
    months = int(rules.for_year(RuleKind.ACCOUNT_MONTHS, year).number)
    return add_months(dt.date(year, 12, 31), months)


def must_explain(line: GrantAccountLine, percent: Decimal) -> bool:
    """Whether the gap goes over ``percent`` of what was planned; anything unplanned does."""
    gap = line.gap
    if not gap:
        return False
    return abs(gap) * 100 > line.planned * percent


@dataclass(frozen=True)
class Totals:
    """Of the charges or of the products, contributions in kind apart. Euros; ``realised`` counts what is typed."""

    planned: Decimal
    realised: Decimal

    @property
    def gap(self) -> Decimal:
        return self.realised - self.planned


def totals(lines: Iterable[GrantAccountLine], first: str) -> Totals:
    """``first``: "6" for charges, "7" for products, or "86" / "87"."""
    rows = [line for line in lines if line.code.startswith(first)]
    return Totals(sum((r.planned for r in rows), ZERO), sum((r.realised or ZERO for r in rows), ZERO))
