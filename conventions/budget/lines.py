"""What each budget line pays: read with a number of queries that does not grow with the lines.

Nothing here is stored: an attribution is a share of a plan that names the line, or an article of a vote that no plan
carries yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Prefetch, Q

from conventions.enums import DecisionKind, Status
from conventions.models import Convention, ConventionPlan, Decision
from funding.models import BudgetLine, Share, Titre
from parties.models import Organisation

from .amounts import total
from .figures import Charge, Gap, LineFigures

Titres = dict[tuple[int, str], list[Titre]]


def figures_of(lines: Sequence[BudgetLine], *, compare: bool = True) -> list[LineFigures]:
    """Each line with its attributions, in the order given.

    ``compare``: look for articles of votes that differ from the plans. Only who sees every convention may: others
    would be told of differences that the hidden ones explain.
    """
    shares = (
        Share.objects.filter(budget_line__in=lines)
        .select_related("plan__employer", "financer")
        .prefetch_related("plan__posts")
        .order_by("plan__employer__name", "plan__label", "position", "pk")
    )
    by_line: dict[int | None, list[Share]] = defaultdict(list)
    for share in shares:
        by_line[share.budget_line_id].append(share)
    plans = {share.plan_id for found in by_line.values() for share in found}
    conventions = conventions_by_plan(plans)
    titres = _titres(plans, lines)
    votes = _votes(lines)
    whole = _whole_amounts(votes) if compare else {}
    return [_figures(line, by_line[line.pk], conventions, titres, votes[line.pk], whole, compare) for line in lines]


def _figures(
    line: BudgetLine,
    shares: list[Share],
    conventions: dict[int, list[ConventionPlan]],
    titres: Titres,
    votes: list[Decision],
    whole: dict[tuple[int, int], Decimal],
    compare: bool,
) -> LineFigures:
    carried = {share.pk: concerning(conventions.get(share.plan_id, ()), share) for share in shares}
    matched, orphans = _match(votes, shares, carried)
    charges = [
        Charge(
            share,
            carried[share.pk],
            tuple(matched.get(share.pk, ())),
            tuple(titres.get((share.plan_id, share.ref), ())),
        )
        for share in shares
    ]
    charges += [Charge(None, tuple(vote.conventions.all()), (vote,)) for vote in orphans]
    return LineFigures(line, tuple(charges), tuple(_gaps(line, charges, whole)) if compare else ())


def conventions_by_plan(plans: Iterable[int]) -> dict[int, list[ConventionPlan]]:
    """The agreements that carry each plan, abandoned ones left out."""
    found: dict[int, list[ConventionPlan]] = defaultdict(list)
    links = ConventionPlan.objects.filter(plan__in=list(plans)).exclude(convention__status=Status.ABANDONNEE)
    for link in links.select_related("convention").order_by("convention__reference"):
        found[link.plan_id].append(link)
    return found


def concerning(links: Iterable[ConventionPlan], share: Share) -> tuple[Convention, ...]:
    """The agreements that bind the share: one narrowed to another financer does not."""
    return tuple(link.convention for link in links if link.only_financer_id in (None, share.financer_id))


def _titres(plans: set[int], lines: Sequence[BudgetLine]) -> Titres:
    found: Titres = defaultdict(list)
    debtors = {line.organisation_id for line in lines}
    for titre in Titre.objects.filter(plan__in=plans, debtor__in=debtors):
        found[titre.plan_id, titre.share_ref].append(titre)
    return found


def _votes(lines: Sequence[BudgetLine]) -> dict[int | None, list[Decision]]:
    """The attributions voted on each line."""
    found: dict[int | None, list[Decision]] = defaultdict(list)
    decisions = (
        Decision.objects.filter(deliberation__budget_line__in=lines, kind=DecisionKind.ATTRIBUTION)
        .select_related("deliberation", "beneficiary")
        .prefetch_related(Prefetch("conventions", Convention.objects.order_by("reference")))
        .order_by("deliberation__date", "deliberation_id", "position")
    )
    for decision in decisions:
        found[decision.deliberation.budget_line_id].append(decision)
    return found


def _match(
    votes: list[Decision], shares: list[Share], carried: dict[int, tuple[Convention, ...]]
) -> tuple[dict[int, list[Decision]], list[Decision]]:
    """The articles that attribute each share, and those no share answers to.

    By the conventions an article names; when it names none, by its beneficiary among the shares still unmatched.
    """
    matched: dict[int, list[Decision]] = defaultdict(list)
    orphans: list[Decision] = []
    for vote in sorted(votes, key=lambda v: not v.conventions.all()):
        named = {convention.pk for convention in vote.conventions.all()}
        if named:
            answering = [s for s in shares if named & {convention.pk for convention in carried[s.pk]}]
        else:
            answering = [s for s in shares if s.plan.employer_id == vote.beneficiary_id and not matched.get(s.pk)]
        for share in answering:
            matched[share.pk].append(vote)
        if not answering:
            orphans.append(vote)
    return matched, orphans


def _gaps(line: BudgetLine, charges: list[Charge], whole: dict[tuple[int, int], Decimal]) -> Iterable[Gap]:
    groups: dict[tuple[int, ...], list[Charge]] = defaultdict(list)
    for charge in charges:
        if charge.share and charge.votes:
            groups[tuple(vote.pk for vote in charge.votes)].append(charge)
    for members in groups.values():
        gap = Gap(members[0].votes, tuple(members))
        if any(charge.amount is None for charge in members) or any(vote.amount is None for vote in gap.votes):
            continue
        # One vote may attribute every year of its conventions at once: the line pays one of them.
        every_year = total(whole.get((vote.pk, line.organisation_id)) for vote in gap.votes)
        if gap.voted not in (gap.computed, every_year):
            yield gap


def _whole_amounts(votes: dict[int | None, list[Decision]]) -> dict[tuple[int, int], Decimal]:
    """(article, financer) → what the financer pays over all the years of the conventions the article names."""
    named = {vote.pk: {c.pk for c in vote.conventions.all()} for found in votes.values() for vote in found}
    everything = set().union(*named.values()) if named else set()
    plans: dict[int, set[int]] = defaultdict(set)
    for convention, plan in ConventionPlan.objects.filter(convention__in=everything).values_list(
        "convention_id", "plan_id"
    ):
        plans[convention].add(plan)
    amounts: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    shares = Share.objects.filter(plan__in=set().union(*plans.values()) if plans else set(), financer__isnull=False)
    for plan, financer, amount in shares.exclude(amount=None).values_list("plan_id", "financer_id", "amount"):
        amounts[plan][financer] += amount or 0
    found: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for vote, conventions in named.items():
        for plan in set().union(*(plans[convention] for convention in conventions)) if conventions else set():
            for financer, amount in amounts[plan].items():
                found[vote, financer] += amount
    return found


def unassigned_shares(organisation: Organisation, year: int) -> list[Share]:
    """Shares the body pays for posts of others, that no line of its budget carries yet."""
    rows = (
        Share.objects.filter(financer=organisation, plan__year=year, budget_line=None)
        .exclude(Q(plan__employer=organisation) | Q(amount=0))
        .select_related("plan__employer", "financer")
        .prefetch_related("plan__posts")
    )
    return list(rows.order_by("plan__employer__name", "plan__label", "position"))
