"""Everything one convention's text is computed from, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from conventions.enums import Family, PartyRole
from conventions.models import Annex, Convention, ConventionPlan, Party, Signatory
from conventions.tacit import TacitRenewal, tacit_renewal
from funding.enums import CostKind, ShareMode, Source
from funding.grant_sums import GrantSum, grant_sums
from funding.models import FundingPlan, Share
from funding.prorata import months_between
from parties.enums import OrganisationKind
from parties.models import Organisation
from posts.enums import Zone
from posts.models import Post

#: Bodies counted as "EPCI" in a convention's sentences: what funds at the local level.
LOCAL_FINANCERS = frozenset(
    {OrganisationKind.EPCI, OrganisationKind.CIAS, OrganisationKind.CCAS, OrganisationKind.COMMUNE}
)
STATE_SOURCES = frozenset({Source.FIPD, Source.STATE})


@dataclass(frozen=True)
class PlanView:
    """A plan as one convention sees it: all its lines, or one financer's only (bipartite child)."""

    plan: FundingPlan
    shares: list[Share]
    only_financer_id: int | None

    @cached_property
    def top(self) -> list[Share]:
        return [s for s in self.shares if s.parent_id is None]

    def children(self, share: Share) -> list[Share]:
        return [s for s in self.shares if s.parent_id == share.pk]

    @cached_property
    def leaves(self) -> list[Share]:
        """Lines with a financer, in the order of the table; one financer's only when the convention is bipartite."""
        lines = [line for top in self.top for line in ([top] if top.financer_id is not None else self.children(top))]
        if self.only_financer_id:
            return [s for s in lines if s.financer_id == self.only_financer_id]
        return lines

    @cached_property
    def total(self) -> Decimal | None:
        """Sum of the lines; None while one of them is unknown."""
        amounts = [s.amount for s in self.leaves]
        if not amounts or any(a is None for a in amounts):
            return None
        return sum((a for a in amounts if a is not None), start=Decimal(0))

    @cached_property
    def travel(self) -> Decimal:
        return sum(
            (c.amount for c in self.plan.costs.all() if c.kind == CostKind.TRAVEL and c.borne_by), start=Decimal(0)
        )

    @cached_property
    def travel_bearer(self) -> Organisation | None:
        refs = {c.borne_by for c in self.plan.costs.all() if c.kind == CostKind.TRAVEL and c.borne_by}
        bearers = [s.financer for s in self.shares if s.ref in refs and s.financer is not None]
        return bearers[0] if len(bearers) == 1 else None

    @cached_property
    def remainders(self) -> list[Share]:
        return [s for s in self.leaves if s.mode == ShareMode.REMAINDER]


@dataclass(frozen=True)
class Draft:
    """A convention with what surrounds it. Build with :func:`read`."""

    convention: Convention
    parties: list[Party]
    signatories: list[Signatory]
    posts: list[Post]
    plans: list[PlanView]
    annexes: list[Annex] = field(default_factory=list)

    @cached_property
    def departement(self) -> Organisation | None:
        return self._party_of_kind(OrganisationKind.DEPARTEMENT)

    @cached_property
    def state(self) -> Organisation | None:
        return self._party_of_kind(OrganisationKind.PREFECTURE)

    @cached_property
    def employer(self) -> Organisation | None:
        for party in self.parties:
            if PartyRole.EMPLOYER in party.roles:
                return party.organisation
        return self.posts[0].employer if self.posts else None

    @cached_property
    def employers(self) -> list[Organisation]:
        """Every employer: the parties who have that role, then those of the posts."""
        named = [p.organisation for p in self.parties if PartyRole.EMPLOYER in p.roles]
        found = dict.fromkeys([*named, *(post.employer for post in self.posts)])
        return list(found) or ([self.employer] if self.employer else [])

    @cached_property
    def beneficiary(self) -> Organisation | None:
        """Who receives the money: the party said to, else the bearer, else the employer."""
        for role in (PartyRole.GRANTEE, PartyRole.BEARER):
            for party in self.parties:
                if role in party.roles:
                    return party.organisation
        return self.employer

    @cached_property
    def financers(self) -> list[Organisation]:
        """Who pays, in the order of the parties, the beneficiary left out."""
        return [
            p.organisation for p in self.parties if PartyRole.FINANCER in p.roles and p.organisation != self.beneficiary
        ]

    @cached_property
    def granting(self) -> Organisation | None:
        """The one financer of a bipartite attribution: the one its plans are narrowed to, else the first who pays."""
        only = {view.only_financer_id for view in self.plans if view.only_financer_id}
        paying = [o for o in self.financers if not only or o.pk in only]
        return paying[0] if paying else None

    @cached_property
    def tacit(self) -> TacitRenewal | None:
        convention = self.convention
        return tacit_renewal(
            end=convention.period_end, variables=convention.variables, notice_months=convention.notice_months
        )

    @cached_property
    def local_financers(self) -> list[Organisation]:
        """EPCI, CIAS… that fund and do not employ, in the order of the parties."""
        return [
            p.organisation
            for p in self.parties
            if p.organisation.kind in LOCAL_FINANCERS
            and PartyRole.FINANCER in p.roles
            and p.organisation != self.employer
        ]

    @cached_property
    def hosts(self) -> list[Organisation]:
        return [p.organisation for p in self.parties if PartyRole.HOST in p.roles]

    @cached_property
    def zones(self) -> set[str]:
        return {zone for post in self.posts for zone in post.zones}

    @cached_property
    def is_mixed(self) -> bool:
        return self.zones == {Zone.POLICE, Zone.GENDARMERIE}

    @cached_property
    def months(self) -> Fraction:
        return months_between(self.convention.period_start, self.convention.period_end)

    @cached_property
    def is_bipartite(self) -> bool:
        return self.convention.family == Family.F5

    @cached_property
    def grants_over_threshold(self) -> list[GrantSum]:
        """What an authority of this convention pays an association above the year's threshold, all plans together.

        Every employer counts: a departmental scheme (F4) may have several associations among them.
        """
        if self.is_bipartite:
            return []
        payers = {share.financer_id for view in self.plans for share in view.leaves}
        years = {view.plan.year for view in self.plans}
        sums = [found for employer in self.employers for found in grant_sums(employer, years)]
        return [found for found in sums if found.over_threshold and found.authority.pk in payers]

    def _party_of_kind(self, kind: str) -> Organisation | None:
        return next((p.organisation for p in self.parties if p.organisation.kind == kind), None)


def read(convention: Convention) -> Draft:
    """The convention with its parties, signatories, posts and plans: a fixed number of queries."""
    return Draft(
        convention=convention,
        parties=list(
            convention.parties.select_related(
                "organisation__parent", "representative", "deliberation__organisation"
            ).order_by("position", "pk")
        ),
        signatories=list(
            convention.signatories.select_related("party__organisation", "mandate", "delegation__delegator").order_by(
                "position", "pk"
            )
        ),
        posts=list(
            Post.objects.filter(convention_posts__convention=convention)
            .select_related("employer")
            .prefetch_related("post_units__unit__organisation", "coverage__organisation", "occupancies")
            .order_by("convention_posts__pk")
        ),
        plans=[_view(link) for link in _links(convention)],
        annexes=list(convention.annexes.all()),
    )


def _links(convention: Convention) -> Iterable[ConventionPlan]:
    return (
        convention.convention_plans.select_related("plan__employer")
        .prefetch_related(
            "plan__costs",
            "plan__shares__financer",
            "plan__shares__allocation_key__lines__organisation",
            "plan__shares__parent__allocation_key__lines__organisation",
            "plan__posts",
        )
        .order_by("plan__year", "pk")
    )


def _view(link: ConventionPlan) -> PlanView:
    return PlanView(link.plan, list(link.plan.shares.all()), link.only_financer_id)
