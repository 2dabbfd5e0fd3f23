"""What a convention says of the grants it promises: dates, reference, signature. The grants are funding's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction

from conventions.enums import Status
from conventions.models import Convention
from funding.grant_schedule import PaymentTerm, Terms
from funding.models import FundingPlan, Grant
from funding.services.grants import default_terms, prepare_grants, settle_grants, within
from parties.actors import Actor

#: Convention → its dates count, the most advanced first.
_ORDER = (
    Status.SIGNEE,
    Status.EN_SIGNATURE,
    Status.APPROUVEE,
    Status.VISEE,
    Status.SOUMISE,
    Status.A_CORRIGER,
    Status.BROUILLON,
)


def terms_of(plan: FundingPlan) -> Terms:
    """The territory's usual dates, replaced by those the plan's convention sets."""
    rows = plan.convention_plans.filter(only_financer__isnull=True, convention__status__in=_ORDER)
    conventions = [row.convention for row in rows.select_related("convention")]
    terms = default_terms(plan)
    if not conventions:
        return terms
    return terms_in(min(conventions, key=lambda c: (_ORDER.index(Status(c.status)), c.pk)), plan, terms)


def terms_in(convention: Convention, plan: FundingPlan, usual: Terms) -> Terms:
    """``usual`` with what the convention sets: dates of the request and of the payment, reference, signature."""
    asked = _day(convention.variables.get("budget_deadline"))
    paid = _day(convention.variables.get("payment_deadline"))
    terms = replace(usual, reference=convention.reference, signed_on=convention.signed_on)
    if asked:
        terms = replace(terms, request_deadline=asked, budget_deadline=asked)
    if paid:
        terms = replace(terms, payments=(PaymentTerm(within(plan, paid)),))
    return terms


@transaction.atomic
def prepare_plan_grants(*, plan: FundingPlan, by: Actor) -> list[Grant]:
    """The grants of a plan, with its convention's dates; awarded at once when that convention is signed."""
    by.require("grant.manage")
    terms = terms_of(plan)
    if terms.signed_on is not None:
        return settle_grants(plan=plan, terms=terms, by=by)
    return prepare_grants(plan=plan, by=by, terms=terms)


def _day(text: object) -> dt.date | None:
    return dt.date.fromisoformat(text) if isinstance(text, str) and text else None
