"""Reasons other floors have for a plan not to change now. They register here; the services that write plans ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

#: From the plans about to be written (their ids) to those that may not be, each with why, in French.
Guard = Callable[[Collection[int]], Mapping[int, str]]

_GUARDS: list[Guard] = []


def plan_guard(guard: Guard) -> Guard:
    """Register a guard: ``@plan_guard``. It asks a number of queries that does not depend on how many plans."""
    _GUARDS.append(guard)
    return guard


def closed_plans(plans: Collection[int]) -> dict[int, str]:
    """The plans that may not be written now, with the reason to tell."""
    return {plan: why for guard in _GUARDS for plan, why in guard(plans).items()} if plans else {}
