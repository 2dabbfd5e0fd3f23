"""The checks of a funding plan (R01, R12, R13, R16, R17, R24, R35, R37, R43), pure functions on :class:`PlanFacts`."""

from __future__ import annotations

from collections.abc import Callable

from core.findings import Finding, ordered
from funding.checks import keys, period, sums, years
from funding.checks.answers import Answer, explain_url, with_answers
from funding.checks.facts import PlanFacts, facts_of
from funding.models import FundingPlan

Rule = Callable[[PlanFacts], list[Finding]]

RULES: tuple[Rule, ...] = (
    sums.stated_total,
    sums.groups,
    sums.balance,
    sums.remainder_without_cost,
    keys.key_amounts,
    keys.key_sums,
    keys.key_populations,
    keys.key_zone,
    period.vacancy,
    period.state_share,
    *years.RULES,
)


def check_facts(facts: PlanFacts) -> list[Finding]:
    """Every rule on one plan's facts, worst first."""
    return ordered(finding for rule in RULES for finding in rule(facts))


def check_plan(plan: FundingPlan) -> list[Finding]:
    """Every finding on a stored plan, without answers (see :func:`with_answers`)."""
    return check_facts(facts_of(plan))


__all__ = ["RULES", "Answer", "PlanFacts", "check_facts", "check_plan", "explain_url", "facts_of", "with_answers"]
