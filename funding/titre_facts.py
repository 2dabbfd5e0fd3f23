"""What the titres of a plan are computed from: posts, occupancies, costs, rules in force, advances. Reads only.

Loaded for many plans at once: the number of queries does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone

from funding import titre_rules
from funding.amendments import due_until
from funding.enums import TitreKind, TitreStatus
from funding.models import Advance, FundingPlan, Share, Titre
from funding.prorata import Occupancy, Policy
from funding.titre_policy import PolicyBook
from funding.titre_rules import Claim, Paid, PostFacts
from funding.titre_weights import post_weights
from parties.models import Organisation
from posts.models import Post


@dataclass(frozen=True)
class PlanFacts:
    """What every share of one plan has in common; ``advances`` by share."""

    plan: FundingPlan
    posts: list[PostFacts]
    costs: list[tuple[str, Decimal]]
    policy: Policy
    advances: dict[str, list[Paid]] = field(default_factory=dict)
    #: By share: euros of each post, by its key, when the plan divides it among them.
    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    #: Figures in force of the shares an avenant changed: what a titre exported before still claims is compared to them.
    amended: dict[str, Decimal] = field(default_factory=dict)
    #: The agreement's last day, when an act ended it before the plan's period.
    until: date | None = None
    #: By amended share: what each of its titres still claims, with the titre's id.
    standing: dict[str, list[tuple[int, Paid]]] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        return [post.kind for post in self.posts]

    def posts_of(self, share_ref: str) -> list[PostFacts]:
        """The posts with their part of one share, when the plan divides it among them."""
        parts = self.parts.get(share_ref) or {}
        if len(self.posts) < 2 or set(parts) != set(self.keys):
            return self.posts
        return [replace(post, part=Decimal(parts[key])) for post, key in zip(self.posts, self.keys, strict=True)]

    def until_day(self, last_day: date) -> PlanFacts:
        """As if the agreement ended on ``last_day``: to say what it would mean before it is decided."""
        return replace(self, until=last_day if self.until is None else min(self.until, last_day))

    def due_of(self, titre: Titre) -> Claim:
        """What is due today of a titre's share, less what the share's other titres call."""
        others = [paid for pk, paid in self.standing.get(titre.share_ref, []) if pk != titre.pk]
        return self.claim(titre.base, titre.share_ref, others)

    def claim(self, base: Decimal, share_ref: str, called: Sequence[Paid] = ()) -> Claim:
        """What is due today of a share of ``base`` euros, or of the figure an avenant gave it, less what is called."""
        return titre_rules.claim(
            base=self.amended.get(share_ref, base),
            until=self.until,
            called=called,
            start=self.plan.period_start,
            end=self.plan.period_end,
            basis=self.policy.basis,
            posts=self.posts_of(share_ref),
            policy=self.policy,
            advances=self.advances.get(share_ref, []),
        )


def facts_of(plan: FundingPlan) -> PlanFacts:
    return facts_by_plan([plan])[plan.pk]


def facts_by_plan(plans: Iterable[FundingPlan], book: PolicyBook | None = None) -> dict[int, PlanFacts]:
    """Facts of each plan by its id."""
    wanted = {plan.pk: plan for plan in plans}
    if not wanted:
        return {}
    posts = Post.objects.prefetch_related("occupancies").order_by("label", "pk")
    loaded = FundingPlan.objects.filter(pk__in=wanted).prefetch_related(
        Prefetch("posts", queryset=posts), "costs", "shares", "amendments__lines"
    )
    advances: dict[int, dict[str, list[Paid]]] = {}
    # A reversed advance and its reversal are no longer there to deduct.
    standing = Advance.objects.filter(plan__in=wanted, reverses__isnull=True, reversal__isnull=True)
    for row in standing.order_by("received_on", "pk"):
        paid = Paid(row.amount, row.received_on, row.reference)
        advances.setdefault(row.plan_id, {}).setdefault(row.share_ref, []).append(paid)
    facts = {}
    claimed = _standing(loaded)
    for plan in loaded:
        rows = list(plan.posts.all())
        if book is None:
            book = PolicyBook.of(plan.territory_id)
        facts[plan.pk] = PlanFacts(
            plan,
            _posts(rows),
            [(str(cost), cost.amount) for cost in plan.costs.all()],
            book.prorata(plan),
            advances.get(plan.pk, {}),
            {share.ref: share.explanation.get("posts") or {} for share in plan.shares.all()} if len(rows) > 1 else {},
            tuple(post.key for post in rows),
            _amended(plan),
            due_until(plan),
            claimed.get(plan.pk, {}),
        )
    return facts


def _standing(plans: Iterable[FundingPlan]) -> dict[int, dict[str, list[tuple[int, Paid]]]]:
    """What the titres of the plans an act amended still claim: a share may have several, each completing the others."""
    amended = [plan.pk for plan in plans if plan.amendments.all()]
    found: dict[int, dict[str, list[tuple[int, Paid]]]] = {}
    if amended:
        rows = Titre.objects.filter(plan__in=amended, kind=TitreKind.TITRE).exclude(status=TitreStatus.ABANDONNE)
        for row in rows.order_by("pk"):
            if row.net:
                found.setdefault(row.plan_id, {}).setdefault(row.share_ref, []).append((row.pk, paid_by(row)))
    return found


def paid_by(titre: Titre) -> Paid:
    """A titre as what it still calls: euros, when, and its name in a sentence."""
    name = f"le titre n° {titre.number}" if titre.number else f"l'écriture {titre.entry_id}"
    return Paid(titre.net, titre.issued_on or timezone.localdate(titre.created_at), name)


def _amended(plan: FundingPlan) -> dict[str, Decimal]:
    """The figures in force of the shares some act changed."""
    touched = {line.share_ref for act in plan.amendments.all() for line in act.lines.all()}
    return {s.ref: s.amount for s in plan.shares.all() if s.ref in touched and s.amount is not None}


def _posts(posts: list[Post]) -> list[PostFacts]:
    weights = post_weights(posts)
    return [
        PostFacts(
            label=post.label,
            kind=post.kind,
            occupancies=tuple(Occupancy(o.start, o.end, o.working_time) for o in post.occupancies.all()),
            weight=weights[post.pk],
        )
        for post in posts
    ]


def debtor_of(share: Share) -> Organisation | None:
    """Who pays: a service of the State without legal personality gives way to the body it belongs to."""
    financer = share.financer
    if financer is not None and not financer.has_legal_personality and financer.parent is not None:
        return financer.parent
    return financer
