"""Reads plans, titres and conventions into forecast lines, with as many queries for a territory as for one body."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from django.db.models import Prefetch, Q

from conventions.budget import concerning, conventions_by_plan
from conventions.enums import PartyRole, Status
from conventions.models import Convention, Party
from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.models import FundingPlan, PlanPost, Share, Titre
from parties.models import Organisation

from .lines import HORIZON, ZERO, Claim, ForecastLine, State

#: Conventions that never bound, or whose last day is past or unknown: a denounced one binds until its last day.
ENDED = Q(status=Status.ABANDONNEE) | Q(status__in=(Status.DENONCEE, Status.RESILIEE), runs_until__isnull=True)
ISSUED = (TitreStatus.EMIS, TitreStatus.ENCAISSE)
OF_PLAN = {
    PlanStatus.PROJET: State.DRAFT,
    PlanStatus.ARRETE: State.APPROVED,
    PlanStatus.ENGAGE: State.COMMITTED,
    PlanStatus.SOLDE: State.COMMITTED,
}


def debtor_of(share: Share) -> Organisation | None:
    """Who owes: the financer, or the body a service without legal personality belongs to."""
    financer = share.financer
    if financer is None or financer.has_legal_personality:
        return financer
    return financer.parent or financer


def posts_of(plan: FundingPlan) -> str:
    return ", ".join(sorted(post.label for post in plan.posts.all())) or plan.label


class Reading:
    """One reading of the horizon ``first`` … ``first + 2``."""

    def __init__(self, *, first: int, debtor: Organisation | None) -> None:
        self.first, self.last, self.debtor = first, first + HORIZON - 1, debtor

    def lines(self) -> list[ForecastLine]:
        running = self._running()
        plans = self._plans_of(running)
        found = [*self._priced(), *self._unpriced(running, plans), *self._without_any_plan(running, plans)]
        return sorted(found, key=lambda line: (line.year, line.debtor.name, line.creditor.name, line.posts))

    def _is_asked(self, body: Organisation | None) -> bool:
        return body is not None and (self.debtor is None or body.pk == self.debtor.pk)

    # --- Years with a plan --------------------------------------------------------------------------------------------

    def _priced(self) -> list[ForecastLine]:
        shares = [share for share in self._shares() if self._is_asked(debtor_of(share))]
        plans = {share.plan_id for share in shares}
        carried, claims = conventions_by_plan(plans), self._claims(plans)
        found = []
        for share in shares:
            debtor, claim = debtor_of(share), claims.get((share.plan_id, share.ref))
            assert debtor is not None
            found.append(
                ForecastLine(
                    year=share.plan.year,
                    debtor=debtor,
                    creditor=share.plan.employer,
                    posts=posts_of(share.plan),
                    conventions=concerning(carried.get(share.plan_id, ()), share),
                    plan=share.plan,
                    share=share,
                    claim=claim,
                    state=_state(share.plan, claim),
                )
            )
        return found

    def _shares(self) -> list[Share]:
        shares = Share.objects.filter(plan__year__range=(self.first, self.last), financer__isnull=False).exclude(
            amount=0
        )
        if self.debtor is not None:
            shares = shares.filter(Q(financer=self.debtor) | Q(financer__parent=self.debtor))
        rows = shares.select_related("plan__employer", "financer__parent").prefetch_related("plan__posts")
        return [share for share in rows if share.financer_id != share.plan.employer_id]

    def _claims(self, plans: set[int]) -> dict[tuple[int, str], Claim]:
        by_share: dict[tuple[int, str], list[Titre]] = defaultdict(list)
        for titre in Titre.objects.filter(plan__in=plans).order_by("pk"):
            by_share[titre.plan_id, titre.share_ref].append(titre)
        return {key: _claim(titres) for key, titres in by_share.items()}

    # --- Years a convention covers without a plan ---------------------------------------------------------------------

    def _running(self) -> list[Convention]:
        """Conventions that cover a part of the horizon; a bipartite child follows its parent."""
        rows = (
            Convention.objects.with_last_day()
            .filter(parent=None, last_day__gte=dt.date(self.first, 1, 1), period_start__year__lte=self.last)
            .exclude(ENDED)
            .prefetch_related(
                "convention_posts", Prefetch("parties", Party.of_base.select_related("organisation__parent"))
            )
            .order_by("reference")
        )
        return list(rows)

    def _plans_of(self, running: list[Convention]) -> dict[int, dict[int, list[FundingPlan]]]:
        """Post → year → its plans, past ones included, with their shares."""
        posts = {link.post_id for convention in running for link in convention.convention_posts.all()}
        leaves = Share.objects.filter(financer__isnull=False).select_related("financer__parent").order_by("position")
        links = (
            PlanPost.objects.filter(post__in=posts, plan__year__lte=self.last)
            .select_related("plan__employer")
            .prefetch_related("plan__posts", Prefetch("plan__shares", leaves, to_attr="leaves"))
            .order_by("pk")
        )
        found: dict[int, dict[int, list[FundingPlan]]] = defaultdict(lambda: defaultdict(list))
        for link in links:
            found[link.post_id][link.plan.year].append(link.plan)
        return found

    def _years(self, convention: Convention) -> range:
        return range(max(self.first, convention.period_start.year), min(self.last, convention.final_day.year) + 1)

    def _unpriced(
        self, running: list[Convention], plans: dict[int, dict[int, list[FundingPlan]]]
    ) -> list[ForecastLine]:
        found: dict[tuple[int, int, int], ForecastLine] = {}
        for convention in running:
            for year in self._years(convention):
                for link in convention.convention_posts.all():
                    known = plans[link.post_id]
                    latest = max((each for each in known if each < year), default=None)
                    if year in known or latest is None:
                        continue
                    for line in (line for plan in known[latest] for line in self._assumed(convention, plan, year)):
                        assert line.share is not None
                        # Several posts of one plan, or a renewal that overlaps what it replaces: said once.
                        found.setdefault((year, line.share.pk, line.debtor.pk), line)
        return list(found.values())

    def _assumed(self, convention: Convention, plan: FundingPlan, year: int) -> list[ForecastLine]:
        lines = []
        for share in plan.leaves:  # type: ignore[attr-defined]
            debtor = debtor_of(share)
            if debtor is None or not self._is_asked(debtor) or share.financer_id == plan.employer_id:
                continue
            if share.amount == ZERO:
                continue
            lines.append(
                ForecastLine(
                    year=year,
                    debtor=debtor,
                    creditor=plan.employer,
                    posts=posts_of(plan),
                    conventions=(convention,),
                    plan=plan,
                    share=share,
                    state=State.UNPRICED,
                    last_known=share.amount,
                    last_year=plan.year,
                )
            )
        return lines

    def _without_any_plan(
        self, running: list[Convention], plans: dict[int, dict[int, list[FundingPlan]]]
    ) -> list[ForecastLine]:
        """A convention whose posts never had a plan: its financers, without amount."""
        lines = []
        for convention in running:
            parties = list(convention.parties.all())
            employer = next((p.organisation for p in parties if PartyRole.EMPLOYER in p.roles), None)
            if employer is None or any(plans[link.post_id] for link in convention.convention_posts.all()):
                continue
            for party in parties:
                payer = party.organisation
                if PartyRole.FINANCER not in party.roles or payer == employer or not self._is_asked(payer):
                    continue
                lines += [
                    ForecastLine(year, payer, employer, convention.title, (convention,), state=State.UNPRICED)
                    for year in self._years(convention)
                ]
        return lines


def _state(plan: FundingPlan, claim: Claim | None) -> State:
    if claim is not None and claim.issued:
        return State.PAID if claim.received >= claim.amount else State.CLAIMED
    return OF_PLAN[PlanStatus(plan.status)]


def _claim(titres: list[Titre]) -> Claim:
    amount = sum((t.amount if t.kind == TitreKind.TITRE else -t.amount for t in titres), Decimal(0))
    claims = [titre for titre in titres if titre.kind == TitreKind.TITRE]
    return Claim(
        amount=amount,
        issued=any(titre.status in ISSUED for titre in claims),
        received=sum((titre.received for titre in titres), Decimal(0)),
        numbers=tuple(titre.number for titre in claims if titre.number),
        text=str(claims[-1].statement.get("text", "")) if claims else "",
    )
