"""Two people saving the same plan at the same moment: one wins, the other is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.errors import Conflict
from funding.adapter import CostData, data_of
from funding.models import FundingPlan
from funding.services.plans import freeze_plan, save_plan
from tests.cast import build_cast
from tests.funding.test_titre_concurrency import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_save_wins_and_the_other_is_told():
    cast = build_cast()
    by = cast.actor("gestionnaire")

    def save() -> FundingPlan:
        plan = FundingPlan.objects.get(pk=cast.plan["d"].pk)
        data = replace(data_of(plan), costs=(CostData(amount=Decimal(31000)),))
        return save_plan(plan=plan, data=data, expected_version=1, by=by)

    results = together(by, save)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "FundingPlan"]
    refusal = next(result for result in results if isinstance(result, Conflict))
    assert refusal.message.startswith(f"{by.label} a enregistré ce plan le ")
    with cast.acting("gestionnaire"):
        plan = FundingPlan.objects.get(pk=cast.plan["d"].pk)
        assert (plan.version, plan.events.count()) == (2, 1)


def test_a_plan_is_settled_once():
    cast = build_cast()
    by = cast.actor("gestionnaire")
    results = together(by, lambda: freeze_plan(plan=cast.plan["d"], by=by))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "FundingPlan"]
    with cast.acting("gestionnaire"):
        assert FundingPlan.objects.get(pk=cast.plan["d"].pk).events.count() == 1
