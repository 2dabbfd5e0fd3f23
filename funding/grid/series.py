"""Which plans stand side by side: those of one employer for the same posts, year after year. Derived, never stored."""

from __future__ import annotations

from funding.models import FundingPlan
from parties.actors import Actor

#: Years shown at most, the plan's own among them.
MOST_YEARS = 10


def series_of(plan: FundingPlan, actor: Actor) -> list[FundingPlan]:
    """The plans of consecutive years around ``plan``, oldest first; ``plan`` alone when no other goes with it.

    Going from one year to the next, the plan that follows is the one of the same employer that pays for the most of the
    same posts, one at least. A post that joins or leaves the group on the way does not break the series.
    """
    around = (
        FundingPlan.objects.visible_to(actor)
        .filter(employer_id=plan.employer_id, year__gte=plan.year - MOST_YEARS, year__lte=plan.year + MOST_YEARS)
        .select_related("employer")
        .prefetch_related("posts")
    )
    by_year: dict[int, list[FundingPlan]] = {}
    for other in around:
        by_year.setdefault(other.year, []).append(other)
    here = next((p for p in by_year.get(plan.year, []) if p.pk == plan.pk), plan)
    found = [here]
    for step in (1, -1):
        current = here
        while len(found) < MOST_YEARS:
            follower = _follower(current, by_year.get(current.year + step, []))
            if follower is None:
                break
            found.append(follower)
            current = follower
    return sorted(found, key=lambda p: p.year)


def _follower(plan: FundingPlan, candidates: list[FundingPlan]) -> FundingPlan | None:
    posts = {post.pk for post in plan.posts.all()}

    def closeness(other: FundingPlan) -> tuple[int, int, int]:
        theirs = {post.pk for post in other.posts.all()}
        return len(posts & theirs), -len(posts ^ theirs), -other.pk

    near = [other for other in candidates if closeness(other)[0] > 0]
    return max(near, key=closeness) if near else None
