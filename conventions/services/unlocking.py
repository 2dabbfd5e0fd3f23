"""What may be corrected in a convention the préfecture sent back: what its open remarks are about, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from conventions.enums import Anchor, ConventionAct, Status
from conventions.models import Comment, Convention, Party, Transition
from core.errors import BusinessError
from funding.models import FundingPlan


@dataclass(frozen=True)
class Target:
    """One thing somebody wants to change: a clause (its kind), a plan (its pk), a party (its uuid), or the whole."""

    anchor: str = Anchor.CONVENTION
    value: str = ""

    @classmethod
    def clause(cls, kind: str) -> Target:
        return cls(Anchor.CLAUSE, kind)

    @classmethod
    def party(cls, party: Party) -> Target:
        return cls(Anchor.PARTY, str(party.uuid))

    @classmethod
    def plan(cls, plan: FundingPlan) -> Target:
        return cls(Anchor.SHARE, str(plan.pk))


#: Its head, its parties as a list, its annexes: anything that no single remark names.
WHOLE = Target()


@dataclass(frozen=True)
class Unlocked:
    """What may change. ``limited`` is False where everything may; ``remarks`` are those that opened each thing."""

    limited: bool
    targets: frozenset[Target] = frozenset()
    remarks: list[Comment] = field(default_factory=list)
    #: The line of the log that opened everything again, when there is one.
    widened: Transition | None = None
    #: The last request of the gestionnaire for more, while nobody answered it.
    asked: Transition | None = None

    def allows(self, target: Target) -> bool:
        return not self.limited or target in self.targets


def unlocked(convention: Convention) -> Unlocked:
    """What may be corrected now: everything, unless a review sent the convention back with remarks on parts of it.

    A sending back without an open remark is about the whole: its reason says what. A remark on the whole, or the
    préfecture's consent to a wider reopening, unlocks everything. Three queries at most.
    """
    if convention.status != Status.A_CORRIGER:
        return Unlocked(limited=False)
    log = list(convention.transitions.filter(to_status=Status.A_CORRIGER).order_by("pk"))
    entered = [rank for rank, line in enumerate(log) if line.from_status != Status.A_CORRIGER]
    since = log[entered[-1] :] if entered else []
    if not since or since[0].act != ConventionAct.SEND_BACK:
        # Taken up again by its own writer, or imported in this state: nobody limited anything.
        return Unlocked(limited=False)
    widened = next((line for line in since if line.act == ConventionAct.WIDEN), None)
    asked = next((line for line in reversed(since) if line.act == ConventionAct.ASK_WIDER), None)
    remarks = list(convention.comments.filter(resolved=False, organisation=None))
    if widened or not remarks or any(remark.anchor == Anchor.CONVENTION for remark in remarks):
        return Unlocked(False, remarks=remarks, widened=widened)
    return Unlocked(True, frozenset(_targets(convention, remarks)), remarks, asked=asked)


def _targets(convention: Convention, remarks: list[Comment]) -> set[Target]:
    """Remarks on plan lines name them "2024:etat": the plan of that year is what opens."""
    found: set[Target] = set()
    years = {remark.target.partition(":")[0] for remark in remarks if remark.anchor == Anchor.SHARE}
    if years:
        for link in convention.convention_plans.select_related("plan"):
            if str(link.plan.year) in years:
                found.add(Target.plan(link.plan))
    return found | {Target(r.anchor, r.target) for r in remarks if r.anchor in (Anchor.CLAUSE, Anchor.PARTY)}


def require_unlocked(convention: Convention, target: Target = WHOLE) -> None:
    """Refuse a change outside what the open remarks are about (409)."""
    now = unlocked(convention)
    if now.allows(target):
        return
    raise BusinessError(
        f"La convention {convention.reference} est renvoyée pour correction : seul ce que visent les commentaires de la"
        " préfecture se modifie. Pour changer autre chose, demandez-lui une réouverture plus large."
    )
