"""An association with two funded posts, for the tests of grants. Call inside nothing: it sets its own context."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.test import Client

from funding.enums import PlanStatus
from funding.grant_schedule import PaymentTerm, Terms
from funding.models import Grant
from funding.services import grants as services
from parties.enums import Role
from parties.models import Membership, User
from tests.cast import YEAR, Cast, make_plan, make_post

SIGNED = dt.date(YEAR, 1, 20)
PAYMENT = dt.date(YEAR, 7, 31)
REQUEST = dt.date(YEAR, 2, 28)

FINANCERS = ["prefecture", "departement", "epci_b"]


def terms(**changes: object) -> Terms:
    values: dict = {
        "payments": (PaymentTerm(PAYMENT),),
        "request_deadline": REQUEST,
        "budget_deadline": REQUEST,
        "reference": "62-V",
    }
    return Terms(**(values | changes))


def grants_of(cast: Cast, key: str = "v", *, signed: bool = True, cost: Decimal | None = None) -> dict[str, Grant]:
    """A post and a plan (33 663 € in thirds) of the association, and its grants by financer."""
    with cast.acting("gestionnaire"):
        make_post(cast, key, employer="association", unit="police", filled_since=dt.date(YEAR - 1, 1, 1))
        status = PlanStatus.ENGAGE if signed else PlanStatus.PROJET
        plan = make_plan(cast, key, post=key, cost=cost or Decimal(33663), financers=FINANCERS, status=status)
        by = cast.actor("gestionnaire")
        if signed:
            made = services.settle_grants(plan=plan, terms=terms(signed_on=SIGNED), by=by)
        else:
            made = services.prepare_grants(plan=plan, terms=terms(), by=by)
    return {grant.share_ref.replace("-", "_"): grant for grant in made}


def finances_of(cast: Cast, organisation: str) -> str:
    """A finance officer of ``organisation``; gives back the key of the membership, for ``cast.actor``."""
    key = f"finances_{organisation}"
    if key not in cast.membership:
        user = User.objects.create_user(email=f"{key}@exemple.fr", password="x" * 14, name=key)
        with cast.acting("gestionnaire"):
            row = Membership.objects.create(user=user, organisation=cast.org[organisation], role=Role.FINANCES)
        cast.user[key], cast.membership[key] = user, row
    return key


def browser(cast: Cast, name: str) -> Client:
    return cast.client(name)
