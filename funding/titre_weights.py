"""How much each post of a plan counts when the plan does not divide its shares among them: one place decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from posts.models import Post


def post_weights(posts: Sequence[Post]) -> dict[int, Fraction]:
    """Weight of each post by its id, in any unit: only their proportions matter.

    Each counts for its full-time equivalent: two posts at 1 and 0.8 weigh 1 and 0.8, equal ones weigh the same.
    """
    return {post.pk: Fraction(post.etp) for post in posts}
