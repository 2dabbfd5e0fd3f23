"""Sums of amounts that may be unknown. Euros."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from funding.models import FundingPlan, Share

ZERO = Decimal(0)


def stated_amount(share: Share) -> Decimal | None:
    """What a published act prints for a share."""
    text = share.stated.get("amount") if isinstance(share.stated, dict) else None
    return Decimal(text) if text else None


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), ZERO)


def total_if_all(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when one is missing or there is none at all."""
    found = list(amounts)
    return None if not found or None in found else total(found)


def posts_of(plan: FundingPlan) -> str:
    return ", ".join(sorted(post.label for post in plan.posts.all()))
