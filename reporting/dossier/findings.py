"""What the checks find in the objects of a dossier, once they are in the database."""

from __future__ import annotations

from typing import Any

from django.db import models

from conventions.checks import check_convention, check_deliberation
from conventions.checks.budget import check_budget_line
from core.findings import Finding, ordered
from funding.checks import check_plan
from funding.models import FundingPlan

Objects = dict[str, dict[str, models.Model]]


def findings_of(data: dict[str, Any], objects: Objects) -> list[Finding]:
    """Findings on the plans, votes, budget lines and conventions the file contains, worst first."""
    found: list[Finding] = []
    for plan in _in_file(data, objects, "plans", "key"):
        # Read again: the row written keeps no trace of what the allocation then computed.
        found += check_plan(FundingPlan.objects.get(pk=plan.pk))
    for deliberation in _in_file(data, objects, "deliberations", "key"):
        found += check_deliberation(deliberation)
    for line in _in_file(data, objects, "budget_lines", "key"):
        found += check_budget_line(line)
    for convention in _in_file(data, objects, "conventions", "reference"):
        found += check_convention(convention)
    return ordered(dict.fromkeys(found))


def _in_file(data: dict[str, Any], objects: Objects, section: str, key: str) -> list[Any]:
    return [objects[section][record[key]] for record in data.get(section, []) if record[key] in objects[section]]
