"""What each post of a merged plan stands for: every share divided among the posts, exactly both ways.

Each financer's parts sum to its share, each post's column to that post's total. Derived from the plan alone (its shares
and the weights kept on its posts), so a frozen plan always divides the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.french import enumerate_fr
from core.money import euros, number_fr
from funding.adapter import PlanData
from funding.allocation import Allocation, cross_split
from funding.allocation.arithmetic import to_decimal
from funding.enums import Breakdown
from posts.models import Post


@dataclass(frozen=True)
class PostBreakdown:
    """``parts``: share ref → post id → euros, for the lines whose amount is known; ``totals`` by post id."""

    basis: str
    posts: tuple[Post, ...]
    weights: Mapping[int, Decimal]
    parts: Mapping[str, Mapping[int, Decimal]]
    totals: Mapping[int, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.totals.values(), Decimal(0))

    def words(self, ref: str) -> str:
        """ "Par poste (à parts égales) : 7 000,00 € pour « Boulogne », …"; empty for a line without amount."""
        if ref not in self.parts:
            return ""
        rows = enumerate_fr(
            f"{euros(self.parts[ref][post.pk])} pour « {post.label} »{self._weight_words(post)}" for post in self.posts
        )
        return f"Par poste ({Breakdown(self.basis).label.lower()}) : {rows}."

    def _weight_words(self, post: Post) -> str:
        if self.basis == Breakdown.EQUAL:
            return ""
        weights = self.weights
        if self.basis == Breakdown.COST:
            return f" ({euros(weights[post.pk])} sur {euros(sum(weights.values(), Decimal(0)))})"
        return f" ({_plain(weights[post.pk])} ETP sur {_plain(sum(weights.values(), Decimal(0)))})"


def _plain(value: Decimal) -> str:
    return number_fr(value).rstrip("0").rstrip(",")


def weights_of(data: PlanData) -> dict[int, Decimal]:
    """What the breakdown divides by. Weights missing or all zero (a cost not typed yet) give equal parts."""
    if data.breakdown == Breakdown.EQUAL:
        return {post.pk: Decimal(1) for post in data.posts}
    own = {post.pk: post.etp for post in data.posts} if data.breakdown == Breakdown.ETP else {}
    found = {post.pk: data.post_weights.get(post.pk, own.get(post.pk, Decimal(0))) for post in data.posts}
    if any(weight < 0 for weight in found.values()) or not any(found.values()):
        return {post.pk: Decimal(1) for post in data.posts}
    return found


def breakdown_of(data: PlanData, result: Allocation) -> PostBreakdown | None:
    """The division of every known share among the plan's posts, to the cent; None for a plan of one post."""
    if len(data.posts) < 2:
        return None
    weights = weights_of(data)
    rows = {
        line.ref: Fraction(line.amount)
        for line in result.lines.values()
        if not line.is_group and line.amount is not None
    }
    table = cross_split(rows, {str(pk): Fraction(weight) for pk, weight in weights.items()})
    parts = {ref: {int(pk): to_decimal(value) for pk, value in row.items()} for ref, row in table.items()}
    totals = {post.pk: sum((row[post.pk] for row in parts.values()), Decimal(0)) for post in data.posts}
    return PostBreakdown(data.breakdown, data.posts, weights, parts, totals)
