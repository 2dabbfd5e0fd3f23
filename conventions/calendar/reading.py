"""From rows to facts: the conventions one person sees, with all the calendar needs, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from conventions.enums import DueMode, Family, PartyRole, Status
from conventions.models import (
    Convention,
    ConventionPlan,
    ConventionPost,
    ConventionVersion,
    Party,
    ReportSchedule,
    Signatory,
)
from core.money import percent
from funding.enums import PlanStatus, ShareMode, Source, TitreStatus
from funding.grant_accounts import due_date
from funding.grants import publication_due
from funding.models import FundingPlan, Grant, GrantAccount, GrantPayment, Share, StateRate, Titre
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation
from posts.models import ActivityReturn, Post

from .compute import obligations_of
from .due import Due
from .endings import amendments, ends
from .facts import (
    AmendmentFacts,
    ConventionFacts,
    GrantFacts,
    PartyFacts,
    PlanFacts,
    PostFacts,
    StepFacts,
    TacitFacts,
    TitreFacts,
)
from .handed import handed_in
from .obligation import Body, Obligation
from .rules import CalendarRules, rules_of
from .schedule import Asked

SENT = (TitreStatus.EXPORTE, TitreStatus.EMIS, TitreStatus.ENCAISSE)
#: Conventions that oblige, or are about to; an abandoned or terminated one no longer does.
LIVE = (
    Status.BROUILLON,
    Status.A_CORRIGER,
    Status.SOUMISE,
    Status.APPROUVEE,
    Status.EN_SIGNATURE,
    Status.SIGNEE,
    Status.DENONCEE,
)
SIGNED = (Status.SIGNEE, Status.DENONCEE)
CIRCULATING = (Status.APPROUVEE, Status.EN_SIGNATURE)


def calendar_of(by: Actor, *, today: dt.date, convention: Convention | None = None) -> list[Obligation]:
    """Every obligation of the conventions ``by`` sees, or of one of them, by day."""
    rules = rules_of(by.territory_id)
    rows = Convention.objects.visible_to(by).filter(status__in=LIVE)
    if convention is not None:
        rows = rows.filter(pk=convention.pk)
    found: dict[str, Obligation] = {}
    for facts in read_facts(rows, by=by, rules=rules):
        for each in obligations_of(facts, rules, today):
            found.setdefault(each.uid, each)
    return sorted(found.values(), key=lambda each: each.order)


def terms_of(by: Actor, *, today: dt.date) -> list[Obligation]:
    """The ends of conventions, the last days to leave them, the avenants to come: for the home page, three queries."""
    rows = Convention.objects.visible_to(by).filter(status__in=SIGNED)
    found = [
        each
        for row in _with_terms(rows)
        for facts in [_terms(row)]
        for each in (*ends(facts, today), *amendments(facts))
    ]
    return sorted(found, key=lambda each: each.order)


def read_facts(rows: QuerySet[Convention], *, by: Actor, rules: CalendarRules) -> list[ConventionFacts]:
    """The facts of each convention. A fixed number of queries, whatever their number."""
    conventions = list(_with_all(rows))
    rates, handed = _rates(by), handed_in(by)
    return [_facts(row, by, rules, rates, handed) for row in conventions]


def report_facts(rows: QuerySet[Convention]) -> list[tuple[ConventionFacts, dict[int, Post]]]:
    """What tells the reports of each convention, and its posts by id: a fixed, small number of queries.

    A party that does not see a post of its convention still knows that its reports are due.
    """
    # Not joined: a line whose post is hidden would be left out with it.
    links = ConventionPost.objects.prefetch_related(Prefetch("post", queryset=Post.objects.select_related("employer")))
    found = []
    for row in _with_terms(rows).prefetch_related("report_schedules", Prefetch("convention_posts", queryset=links)):
        known = {link.post_id: link.post for link in row.convention_posts.all() if _loaded(link, "post")}
        posts = tuple(
            _post_facts(known[link.post_id], link, (), frozenset())
            if link.post_id in known
            else _hidden_post(link, row)
            for link in row.convention_posts.all()
        )
        facts = replace(_terms(row), pk=row.pk, posts=posts, reports=_reports(row), schedules=_schedules(row))
        found.append((facts, known))
    return found


def bare_facts(row: Convention, posts: Sequence[PostFacts], schedules: Sequence[Asked]) -> ConventionFacts:
    """What tells the reports of a convention, from its own row: no query, neither parties nor avenants."""
    return ConventionFacts(
        uuid=str(row.uuid),
        reference=row.reference,
        url=row.get_absolute_url(),
        start=row.period_start,
        end=_end(row, parties=False),
        signed=row.status in SIGNED,
        bipartite=row.family == Family.F5,
        parties=(),
        tacit=_tacit(row, parties=False),
        posts=tuple(posts),
        reports=_reports(row),
        schedules=tuple(schedules),
        pk=row.pk,
    )


def _hidden_post(link: ConventionPost, row: Convention) -> PostFacts:
    employer = next((p.organisation for p in row.parties.all() if PartyRole.EMPLOYER in p.roles), None)
    return PostFacts(
        key="",
        label=f"Poste de la convention {row.reference}",
        url="",
        employer=body(employer) if employer else Body(0, "Employeur du poste"),
        months=frozenset(),
        years=frozenset(),
        pk=link.post_id,
        link=str(link.uuid),
        hidden=True,
    )


def _with_all(rows: QuerySet[Convention]) -> QuerySet[Convention]:
    payments = GrantPayment.objects.select_related("reverses")
    grants = (
        Grant.objects.alive()
        .select_related("financer")
        .prefetch_related(  # type: ignore[attr-defined]
            "instalments", Prefetch("payments", queryset=payments)
        )
    )
    plans = FundingPlan.objects.select_related("employer").prefetch_related(
        Prefetch("shares", queryset=Share.objects.select_related("financer")),
        Prefetch("titres", queryset=Titre.objects.filter(original=None).select_related("debtor")),
        Prefetch("grants", queryset=grants),
        Prefetch("grant_account", queryset=GrantAccount.objects.all()),
    )
    posts = Post.objects.select_related("employer").prefetch_related(
        Prefetch("activity", queryset=ActivityReturn.objects.telling().only("post_id", "year", "month"))
    )
    return _with_terms(rows).prefetch_related(
        "report_schedules",
        Prefetch("signatories", queryset=Signatory.of_base.select_related("party__organisation")),
        Prefetch("versions", queryset=ConventionVersion.of_base.order_by("-number").prefetch_related("signatures")),
        Prefetch(
            "convention_plans", queryset=ConventionPlan.objects.prefetch_related(Prefetch("plan", queryset=plans))
        ),
        Prefetch(
            "convention_posts", queryset=ConventionPost.objects.prefetch_related(Prefetch("post", queryset=posts))
        ),
    )


def _with_terms(rows: QuerySet[Convention]) -> QuerySet[Convention]:
    renewals = Convention.objects.exclude(status=Status.ABANDONNEE).filter(previous=OuterRef("pk"))
    return (
        rows.annotate(is_renewed=Exists(renewals))
        .prefetch_related(
            Prefetch("parties", queryset=Party.of_base.select_related("organisation", "deliberation")),
            "avenants",
        )
        .order_by("reference")
    )


def body(organisation: Organisation) -> Body:
    return Body(organisation.pk, organisation.label)


def _terms(row: Convention) -> ConventionFacts:
    """What tells how it ends."""
    return ConventionFacts(
        uuid=str(row.uuid),
        reference=row.reference,
        url=row.get_absolute_url(),
        start=row.period_start,
        end=_end(row),
        signed=row.status in SIGNED,
        bipartite=row.family == Family.F5,
        network=row.family == Family.F6,
        parties=tuple(_party(party, row) for party in row.parties.all()),
        notice_months=row.notice_months,
        tacit=_tacit(row),
        # Annotated by ``_with_terms``.
        renewed=row.is_renewed or row.status == Status.DENONCEE,  # type: ignore[attr-defined]
        amendments=tuple(_amendments(row)),
    )


def _facts(
    row: Convention,
    by: Actor,
    rules: CalendarRules,
    rates: dict[int | None, list[StateRate]],
    handed: Mapping[tuple[int, int], frozenset[str]],
) -> ConventionFacts:
    # An avenant's versions hang on the convention too.
    version = next((v for v in row.versions.all() if getattr(v, "avenant_id", None) is None), None)
    variables = row.variables
    committee = variables.get("committee")
    name = committee.get("name") if isinstance(committee, dict) else ""
    links = [link for link in row.convention_plans.all() if _loaded(link, "plan")]
    kept = [link for link in row.convention_posts.all() if _loaded(link, "post")]
    return replace(
        _terms(row),
        plans=tuple(_plan(link, by, rules) for link in links),
        posts=tuple(
            _post_facts(
                link.post, link, list(link.post.activity.all()), handed.get((row.pk, link.post_id), frozenset())
            )
            for link in kept
        ),
        reports=_reports(row),
        schedules=_schedules(row),
        committee=name if isinstance(name, str) else "",
        budget_deadline=_day(variables.get("budget_deadline")),
        payment_deadline=_day(variables.get("payment_deadline")),
        approved_on=timezone.localdate(version.approved_at) if version else None,
        circulating=row.status in CIRCULATING,
        signatures=_signatures(row, version),
        steps=tuple(_steps(links, [link.post for link in kept], rates)),
    )


def _end(row: Convention, *, parties: bool = True) -> dt.date:
    """The last day as known today; of the first period, when others may follow it by tacit renewal."""
    last = row.runs_until
    return last if last and last < dt.date.max and _tacit(row, parties=parties) is None else row.period_end


def _tacit(row: Convention, *, parties: bool = True) -> TacitFacts | None:
    typed = row.variables.get("tacit_renewal")
    months = typed.get("months") if isinstance(typed, dict) else None
    if not isinstance(months, int) or isinstance(months, bool) or months < 1:
        return None
    limit, leavers = typed.get("limit"), typed.get("leavers")
    keys = set(leavers) if isinstance(leavers, list) and all(isinstance(key, str) for key in leavers) else set()
    last = row.runs_until
    return TacitFacts(
        months,
        limit if isinstance(limit, int) and limit > 0 else None,
        tuple(body(party.organisation) for party in row.parties.all() if party.organisation.key in keys)
        if parties
        else (),
        last if last and last < dt.date.max else None,
    )


def _loaded(link: object, name: str) -> bool:
    """Whether the reader sees the row: what isolation hides is not there to be read."""
    return getattr(link, name, None) is not None


def _day(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _party(party: Party, row: Convention) -> PartyFacts:
    vote = party.deliberation
    days = (vote.date, vote.transmitted_on, vote.published_on) if vote else ()
    known = [day for day in days if day is not None]
    return PartyFacts(
        body=body(party.organisation),
        must_vote=party.organisation.is_local_authority,
        voted_on=vote.date if vote else None,
        enforceable_on=max(known) if len(known) == 3 else None,
        url=f"{row.get_absolute_url()}?onglet=parties#partie-{party.uuid}",
    )


def _signatures(row: Convention, version: ConventionVersion | None) -> tuple[tuple[Body, dt.date | None], ...]:
    if version is None:
        return ()
    signed = {signature.signatory_id: signature.signed_on for signature in version.signatures.all()}
    return tuple((body(each.party.organisation), signed.get(each.pk)) for each in row.signatories.all())


def _post_facts(
    post: Post, link: ConventionPost, returns: Sequence[ActivityReturn], handed: frozenset[str]
) -> PostFacts:
    return PostFacts(
        key=post.key,
        label=post.label,
        url=f"/activite/{post.uuid}/",
        employer=body(post.employer),
        months=frozenset((each.year, each.month) for each in returns if each.month),
        years=frozenset(each.year for each in returns if each.month is None),
        handed=handed,
        pk=post.pk,
        link=str(link.uuid),
    )


def _reports(row: Convention) -> tuple[str, ...]:
    typed = row.variables.get("reports")
    return tuple(item for item in typed if isinstance(item, str)) if isinstance(typed, list) else ()


def _schedules(row: Convention) -> tuple[Asked, ...]:
    return tuple(asked_of(each) for each in row.report_schedules.all())


def asked_of(row: ReportSchedule) -> Asked:
    """A schedule set on the page, as the computation reads it."""
    due = Due(DueMode(row.mode), day=row.day or 0, after=row.after or 0, days=tuple(row.days)) if row.asked else None
    return Asked(row.every, row.valid_from, due, row.anchored, row.asked, row.note_asked, row.source, own=True)


def _plan(link: ConventionPlan, by: Actor, rules: CalendarRules) -> PlanFacts:
    plan = link.plan
    lines = [share for share in plan.shares.all() if share.financer is not None and share.amount != 0]
    if link.only_financer_id:
        lines = [share for share in lines if share.financer_id == link.only_financer_id]
    payers = {s.financer.pk: body(s.financer) for s in lines if s.financer and s.financer_id != plan.employer_id}
    everything = by.is_staff or (by.organisation is not None and by.organisation.pk == plan.employer_id)
    own = {by.organisation.pk} if by.organisation else set()
    account = getattr(plan, "grant_account", None)
    association = plan.employer.kind == OrganisationKind.ASSOCIATION
    return PlanFacts(
        key=plan.key,
        label=plan.label,
        url=plan.get_absolute_url(),
        year=plan.year,
        employer=body(plan.employer),
        is_association=association,
        issues_titres=plan.employer.issues_titres,
        settled=plan.status in (PlanStatus.ENGAGE, PlanStatus.SOLDE),
        fipd=any(share.source == Source.FIPD for share in lines),
        payers=tuple(payers.values()),
        titres=tuple(TitreFacts(body(titre.debtor), titre.status in SENT) for titre in plan.titres.all()),
        claims_seen=frozenset(payers) if everything else frozenset(own),
        grants=tuple(_grant(grant, rules) for grant in plan.grants.all()),
        account_by=due_date(plan.year, rules.grants) if association else None,
        account_on=account.submitted_on if account and account.status in ("soumis", "accepte") else None,
        account_url=account.get_absolute_url() if account else "",
    )


def _grant(grant: Grant, rules: CalendarRules) -> GrantFacts:
    instalments = []
    for each in grant.instalments.all():
        each.grant = grant
        instalments.append((each.due_on, each.remaining <= 0))
    return GrantFacts(
        uuid=str(grant.uuid),
        financer=body(grant.financer),
        url=grant.get_absolute_url(),
        is_state=grant.share_ref == "etat" or grant.financer.kind == OrganisationKind.PREFECTURE,
        request_deadline=grant.request_deadline,
        requested_on=grant.requested_on,
        instalments=tuple(instalments),
        publish_by=publication_due(grant, rules.grants),
        published_on=grant.published_on,
    )


def _rates(by: Actor) -> dict[int | None, list[StateRate]]:
    found: dict[int | None, list[StateRate]] = defaultdict(list)
    for rate in StateRate.objects.visible_to(by).order_by("post_id", "year"):
        found[rate.post_id].append(rate)
    return found


def _steps(
    links: Iterable[ConventionPlan], posts: Iterable[Post], rates: dict[int | None, list[StateRate]]
) -> list[StepFacts]:
    """Falls of the State's share for the posts whose plan follows the schedule; a post's own rates win."""
    follows = any(share.mode == ShareMode.SCHEDULE for link in links for share in link.plan.shares.all())
    found: dict[dt.date, StepFacts] = {}
    for post in posts if follows else ():
        for before, after in pairwise(rates.get(post.pk) or rates.get(None) or []):
            if after.year != before.year + 1 or after.percent >= before.percent:
                continue
            words = f"La part de l'État passe de {percent(before.percent)} à {percent(after.percent)} en {after.year}"
            day = dt.date(after.year, 1, 1)
            found.setdefault(day, StepFacts(day, words, after.source, after.mark))
    return list(found.values())


def _amendments(row: Convention) -> list[AmendmentFacts]:
    """Avenants, once the territory has some: the day each takes effect."""
    found = []
    for each in row.avenants.all():
        effect = getattr(each, "effective_on", None)
        if effect is not None and each.status != Status.ABANDONNEE:
            signed = each.status == Status.SIGNEE
            found.append(AmendmentFacts(str(each.uuid), str(each), effect, signed, each.get_absolute_url()))
    return found
