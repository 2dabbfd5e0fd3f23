"""The decisions a deliberation takes on a set of conventions: computed, never typed. Amounts in euros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from conventions.enums import DecisionKind
from conventions.models import Convention
from conventions.text.dossier import Draft, read
from core.french import date_long, date_range, enumerate_fr, plural
from parties.enums import OrganisationKind
from parties.models import Organisation
from posts.models import Post

#: How the employers of renewed posts are counted, in the order of the sentence.
_EMPLOYERS = (
    (OrganisationKind.DEPARTEMENT, "du Département", "du Département"),
    (OrganisationKind.EPCI, "d'une intercommunalité", "d'intercommunalités"),
    (OrganisationKind.COMMUNE, "d'une commune", "de communes"),
    (OrganisationKind.ASSOCIATION, "d'une association", "d'associations"),
)


@dataclass(frozen=True)
class PlannedDecision:
    """An article to come: ``amount`` only where the body pays, None when the plan does not know it yet."""

    kind: DecisionKind
    subject: str
    conventions: tuple[Convention, ...] = ()
    amount: Decimal | None = None
    beneficiary: Organisation | None = None


def planned_decisions(organisation: Organisation, conventions: Sequence[Convention]) -> list[PlannedDecision]:
    """The articles ``organisation`` adopts for ``conventions``: what is renewed and created, an attribution for each
    post it pays without employing, an authorisation to sign each convention, and the charge on its budget.

    A bipartite child commits no money of its own (its parent did): it is only authorised, with those of the same
    financer.
    """
    drafts = sorted((read(convention) for convention in conventions), key=lambda draft: _rank(draft, organisation))
    decisions = [*_about_posts(drafts)]
    for group in _groups(drafts):
        attribution = _attribution(group[0], organisation) if len(group) == 1 else None
        if attribution is not None:
            decisions.append(attribution)
        decisions.append(_authorisation(group))
    charged = [d.amount for d in decisions if d.kind == DecisionKind.ATTRIBUTION and d.amount is not None]
    if charged:
        decisions.append(PlannedDecision(DecisionKind.IMPUTATION, "", amount=sum(charged, Decimal(0))))
    return decisions


def share_of(draft: Draft, organisation: Organisation) -> Decimal | None:
    """What ``organisation`` pays over the plans of the convention; None when nothing, or when one part is unknown."""
    amounts = [s.amount for view in draft.plans for s in view.leaves if s.financer_id == organisation.pk]
    if not amounts or any(amount is None for amount in amounts):
        return None
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _rank(draft: Draft, organisation: Organisation) -> tuple[int, str]:
    employer = draft.employer
    if draft.is_bipartite:
        order = 1
    elif employer == organisation:
        order = 0
    else:
        order = 3 if employer is not None and employer.kind == OrganisationKind.ASSOCIATION else 2
    return order, draft.convention.reference


def _groups(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """Each convention alone, but the bipartite ones of a same financer together."""
    groups: list[list[Draft]] = []
    for draft in drafts:
        key = _only_financers(draft)
        if key and groups and _only_financers(groups[-1][0]) == key:
            groups[-1].append(draft)
        else:
            groups.append([draft])
    return groups


def _only_financers(draft: Draft) -> frozenset[int]:
    return frozenset(view.only_financer_id for view in draft.plans if view.only_financer_id) or frozenset()


def _about_posts(drafts: Sequence[Draft]) -> list[PlannedDecision]:
    own = [draft for draft in drafts if not draft.is_bipartite]
    renewed = [draft for draft in own if _goes_on(draft)]
    created = [draft for draft in own if not _goes_on(draft)]
    decisions = []
    if renewed:
        posts = {post.pk: (draft, post) for draft in renewed for post in draft.posts}
        words = f"{len(posts)} {plural(len(posts), 'poste')}"
        kinds = [draft.employer.kind for draft, _post in posts.values() if draft.employer is not None]
        parts = [
            f"{kinds.count(kind)} {one if kinds.count(kind) == 1 else many}"
            for kind, one, many in _EMPLOYERS
            if kind in kinds
        ]
        subject = f"{words} ({enumerate_fr(parts)})" if parts else words
        decisions.append(PlannedDecision(DecisionKind.RENEWAL, subject, tuple(draft.convention for draft in renewed)))
    for draft in created:
        subject = f"{_posts(draft)} jusqu'au {date_long(draft.convention.period_end)}"
        decisions.append(PlannedDecision(DecisionKind.VALIDATION, subject, (draft.convention,)))
    return decisions


def _goes_on(draft: Draft) -> bool:
    """Whether its posts were there before: said by the convention, or shown by what was done in them."""
    start = draft.convention.period_start
    return draft.convention.is_renewal or (
        bool(draft.posts) and all(_worked_before(post, start) for post in draft.posts)
    )


def _worked_before(post: Post, day: dt.date) -> bool:
    if any(o.start < day for o in post.occupancies.all() if o.start) or (post.created_on and post.created_on < day):
        return True
    return post.activity.filter(Q(year__lt=day.year) | Q(year=day.year, month__lt=day.month)).exists()


def _attribution(draft: Draft, organisation: Organisation) -> PlannedDecision | None:
    pays = any(s.financer_id == organisation.pk for view in draft.plans for s in view.leaves)
    if not pays or draft.employer is None or draft.employer == organisation or draft.is_bipartite:
        return None
    return PlannedDecision(
        DecisionKind.ATTRIBUTION,
        _posts(draft),
        (draft.convention,),
        share_of(draft, organisation),
        draft.employer,
    )


def _authorisation(group: Sequence[Draft]) -> PlannedDecision:
    first = group[0]
    others = enumerate_fr(list(dict.fromkeys(p.organisation.label for draft in group for p in draft.parties)))
    period = date_range(first.convention.period_start, first.convention.period_end)
    posts = enumerate_fr(list(dict.fromkeys(_posts(draft) for draft in group)))
    subject = f"{others} – {posts} – {period}"
    return PlannedDecision(DecisionKind.AUTHORISATION, subject, tuple(draft.convention for draft in group))


def _posts(draft: Draft) -> str:
    return enumerate_fr([post.label for post in draft.posts]) or draft.convention.title
