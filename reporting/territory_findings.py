"""Every finding of a territory, as its pages show them one object at a time."""

from __future__ import annotations

from conventions.checks import check_convention, check_deliberation
from conventions.checks.budget import check_budget_line
from conventions.models import Convention, Deliberation
from core.findings import Finding, ordered
from funding.checks import check_plan, with_answers
from funding.models import BudgetLine, FundingPlan
from parties.models import Territory


def territory_findings(territory: Territory) -> list[Finding]:
    """Findings on all plans, votes, budget lines and conventions not abandoned, with their answers, worst first."""
    found: list[Finding] = []
    for plan in FundingPlan.objects.filter(territory=territory).order_by("key"):
        found += check_plan(plan)
    for deliberation in Deliberation.objects.filter(territory=territory).order_by("key"):
        found += check_deliberation(deliberation)
    for line in BudgetLine.objects.filter(territory=territory).select_related("organisation").order_by("key"):
        found += check_budget_line(line)
    for convention in Convention.objects.filter(territory=territory).exclude(status="abandonnee").order_by("reference"):
        found += check_convention(convention)
    return ordered(with_answers(dict.fromkeys(found), territory))
