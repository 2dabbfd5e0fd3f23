"""Writing a plan that a file names by its key."""

from __future__ import annotations

from django.db import transaction

from core.errors import InvalidInput
from funding.adapter import PlanData
from funding.models import FundingPlan
from funding.services.plans import create_plan, save_plan
from parties.actors import Actor


@transaction.atomic
def write_plan(*, key: str, plan: FundingPlan | None, data: PlanData, by: Actor) -> FundingPlan:
    """Create the plan under ``key``, or replace the content of ``plan`` as it was read (its version).

    Raises what the plan services raise.
    """
    if plan is not None:
        return save_plan(plan=plan, data=data, expected_version=plan.version, by=by)
    if FundingPlan.objects.filter(territory_id=by.territory_id, key=key).exists():
        raise InvalidInput(f"Un plan porte déjà la clé « {key} ».", place="plan")
    made = create_plan(data=data, by=by)
    made.key = key
    made.save(update_fields=["key", "updated_at"])
    return made
