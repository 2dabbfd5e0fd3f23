"""What the posts a body employs cost it and bring it. Reads only; amounts in euros."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from conventions.models import Convention
from funding.costs import cost_of
from funding.models import FundingPlan, Share
from parties.models import Organisation

from .amounts import posts_of, stated_amount, total, total_if_all
from .lines import conventions_by_plan


@dataclass(frozen=True)
class OwnPost:
    """A plan the body employs under: what is left to it, and what it expects from the others."""

    plan: FundingPlan
    shares: tuple[Share, ...]
    conventions: tuple[Convention, ...]
    cost: Decimal | None

    @property
    def posts(self) -> str:
        return posts_of(self.plan) or self.plan.label

    @property
    def _own(self) -> list[Share]:
        return [share for share in self.shares if share.financer_id == self.plan.employer_id]

    @property
    def _others(self) -> list[Share]:
        return [share for share in self.shares if share.financer_id != self.plan.employer_id]

    @property
    def own(self) -> Decimal:
        return total(share.amount for share in self._own)

    @property
    def revenue(self) -> Decimal:
        return total(share.amount for share in self._others)

    @property
    def own_stated(self) -> Decimal | None:
        return total_if_all(stated_amount(share) for share in self._own)

    @property
    def revenue_stated(self) -> Decimal | None:
        return total_if_all(stated_amount(share) for share in self._others)

    @property
    def unknown(self) -> int:
        return sum(1 for share in self.shares if share.amount is None)

    @property
    def references(self) -> str:
        return ", ".join(convention.reference for convention in self.conventions)

    @property
    def own_explanation(self) -> dict[str, Any]:
        texts = [str(share.explanation.get("text") or "") for share in self._own]
        return {"formula": " ".join(text for text in texts if text), "source": self.references}

    @property
    def revenue_explanation(self) -> dict[str, Any]:
        lines = [(share.display_label, share.amount) for share in self._others if share.amount is not None]
        return {"formula": "Parts des autres financeurs.", "lines": lines, "source": self.references}


@dataclass(frozen=True)
class OwnPosts:
    """The posts a body employs in a year, with somebody else's help or not."""

    organisation: Organisation
    year: int
    posts: tuple[OwnPost, ...]

    @property
    def cost(self) -> Decimal | None:
        return total_if_all(post.cost for post in self.posts)

    @property
    def own(self) -> Decimal:
        return total(post.own for post in self.posts)

    @property
    def revenue(self) -> Decimal:
        return total(post.revenue for post in self.posts)

    @property
    def own_stated(self) -> Decimal | None:
        return total_if_all(post.own_stated for post in self.posts)

    @property
    def revenue_stated(self) -> Decimal | None:
        return total_if_all(post.revenue_stated for post in self.posts)

    @property
    def unknown(self) -> int:
        return sum(post.unknown for post in self.posts)


def own_posts_of(asked: Iterable[tuple[Organisation, int]]) -> dict[tuple[int, int], OwnPosts]:
    """(organisation id, year) → the posts it employs that year. Five queries, whatever is asked."""
    wanted = {(organisation.pk, year): organisation for organisation, year in asked}
    leaves = Share.objects.filter(financer__isnull=False).select_related("financer").order_by("position", "pk")
    plans = (
        FundingPlan.objects.filter(employer__in={o for o, _ in wanted}, year__in={year for _, year in wanted})
        .select_related("employer")
        .prefetch_related("posts", "costs", Prefetch("shares", leaves, to_attr="leaves"))
        .order_by("label", "pk")
    )
    found: dict[tuple[int, int], list[OwnPost]] = defaultdict(list)
    rows = list(plans)
    carried = conventions_by_plan(plan.pk for plan in rows)
    for plan in rows:
        agreements = {
            link.convention.pk: link.convention for link in carried.get(plan.pk, ()) if not link.only_financer_id
        }
        own = OwnPost(plan, tuple(plan.leaves), tuple(agreements.values()), cost_of(plan))
        found[plan.employer_id, plan.year].append(own)
    return {
        (pk, year): OwnPosts(organisation, year, tuple(found[pk, year])) for (pk, year), organisation in wanted.items()
    }
