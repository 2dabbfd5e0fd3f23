"""A convention carried on into the next period, alone or with all those of its year."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Max

from conventions.checks import blocking, check_convention_fully
from conventions.enums import Family, PartyRole, Status
from conventions.models import Annex, Convention, ConventionClause, ConventionPlan, Party, Signatory
from conventions.renewal import Difference, differences, renewal_of
from conventions.services.drafting import create_convention, family_for, mandate_on, next_reference
from conventions.services.locking import lock, touch
from core.errors import BusinessError, InvalidInput
from core.french.dates import add_months, date_long, date_range
from funding.adapter import data_of
from funding.enums import PlanStatus
from funding.models import FundingPlan
from funding.services.plans import copy_plan_to_year, save_plan
from parties.actors import Actor
from parties.jobs import start_job
from parties.models import Job, Mandate
from posts.models import Post

RENEWALS = "conventions.renew"
#: Deadlines typed for one year, carried to the next.
DEADLINES = ("budget_deadline", "payment_deadline")
#: Roles that follow from the plans: a body that no longer pays nor employs has no other reason to be carried on.
_FROM_PLANS = {PartyRole.EMPLOYER, PartyRole.FINANCER, PartyRole.BEARER}
_FROM_UNITS = {PartyRole.HOST, PartyRole.FUNCTIONAL}


@transaction.atomic
def renew_convention(
    *,
    convention: Convention,
    reference: str,
    plans: Sequence[FundingPlan],
    period_start: dt.date,
    period_end: dt.date,
    by: Actor,
) -> Convention:
    """Next period's draft: same model line, local edits, annexes, parties and notice; new plans, mandates in force.

    Deadlines move by as many years as the period does. Votes are not carried: each body decides again.
    """
    by.require("convention.edit")
    renewed = create_convention(
        by=by,
        reference=reference,
        plans=plans,
        period_start=period_start,
        period_end=period_end,
        title=convention.title,
        family=_family(convention, plans),
        place=convention.place,
        notice_months=convention.notice_months,
        is_renewal=True,
    )
    renewed.previous = convention
    renewed.variables = _shifted(convention.variables, period_start.year - convention.period_start.year)
    renewed.notice_form = convention.notice_form
    renewed.save()
    for row in convention.clauses.all():
        ConventionClause.objects.create(
            convention=renewed,
            kind=row.kind,
            position=row.position,
            variant=row.variant,
            edited_title=row.edited_title,
            edited_text=row.edited_text,
            removed=row.removed,
        )
    _carry_annexes(convention, renewed)
    _carry_parties(convention, renewed)
    touch(renewed)
    return renewed


def _family(convention: Convention, plans: Sequence[FundingPlan]) -> str:
    """The same, unless the post has passed to an employer of another kind, whose conventions are written otherwise."""
    was = convention.parties.filter(roles__contains=[PartyRole.EMPLOYER]).select_related("organisation").first()
    post = Post.objects.filter(plan_posts__plan__in=plans).select_related("employer").order_by("pk").first()
    if was is None or post is None or family_for(post.employer) == family_for(was.organisation):
        return str(convention.family)
    return family_for(post.employer)


def _shifted(variables: dict[str, Any], years: int) -> dict[str, Any]:
    dates = {name: variables[name] for name in DEADLINES if variables.get(name)}
    moved = {name: add_months(dt.date.fromisoformat(text), 12 * years).isoformat() for name, text in dates.items()}
    return variables | moved


def _carry_annexes(old: Convention, new: Convention) -> None:
    """Those generated follow the new data; files are the same until somebody replaces them."""
    posts = set(new.posts.values_list("pk", flat=True))
    for annex in old.annexes.all():
        if annex.post_id is None or annex.post_id in posts:
            Annex.objects.create(
                convention=new,
                kind=annex.kind,
                title=annex.title,
                position=annex.position,
                post_id=annex.post_id,
                sha256=annex.sha256,
                filename=annex.filename,
                size=annex.size,
                pages=annex.pages,
            )


def _carry_parties(old: Convention, new: Convention) -> None:
    """Order, roles and people of the former convention, as far as the new plans and the mandates allow.

    Parties the plans do not give (parquet, a second authority) follow it; a body that only paid, and no longer does,
    does not. In a bipartite convention the parties are the former ones.
    """
    former = {p.organisation_id: p for p in old.parties.select_related("organisation", "representative")}
    if new.family == Family.F5:
        new.parties.exclude(organisation_id__in=former).delete()
    last = new.parties.aggregate(last=Max("position"))["last"] or 0
    present = set()
    for party in new.parties.select_related("organisation", "representative"):
        present.add(party.organisation_id)
        was = former.get(party.organisation_id)
        if was is None and set(party.roles) <= _FROM_UNITS:
            # Where the post works is not a reason to bind a service the parties left out until now.
            party.delete()
        if was is not None:
            party.position = was.position
            party.roles = sorted({r for r in was.roles if r not in _FROM_PLANS} | set(party.roles))
            party.representative = _still(was.representative, party.representative, new.period_start)
            # The vote of the former year does not carry the new one: each body decides again, or says it decided both.
            party.deliberation = None if party.deliberation_id == was.deliberation_id else party.deliberation
            party.save(update_fields=["position", "roles", "representative", "deliberation", "updated_at"])
            _carry_signatory(was, party, new)
    for was in former.values():
        kept = [role for role in was.roles if role not in _FROM_PLANS]
        if was.organisation_id in present or (was.roles and not kept and new.family != Family.F5):
            continue
        last += 1
        added = Party.objects.create(
            convention=new,
            organisation=was.organisation,
            position=was.position or last,
            roles=kept or was.roles,
            representative=_still(was.representative, mandate_on(was.organisation, new.period_start), new.period_start),
        )
        _carry_signatory(was, added, new)


def _carry_signatory(was: Party, party: Party, new: Convention) -> None:
    """The person who signed before, as long as their mandate runs; else whoever represents the party now."""
    before = was.signatories.select_related("mandate").first()
    mandate = _still(before.mandate if before else None, party.representative, new.period_start)
    Signatory.objects.update_or_create(
        convention=new,
        party=party,
        defaults={
            "territory_id": new.territory_id,
            "mandate": mandate,
            "position": before.position if before else party.position,
            "channel": before.channel if before else Signatory._meta.get_field("channel").default,
        },
    )


def _still(former: Mandate | None, proposed: Mandate | None, day: dt.date) -> Mandate | None:
    """``former`` when its mandate has begun and still runs on ``day``, else ``proposed``."""
    runs = former is not None and (former.start is None or former.start <= day)
    return former if former is not None and runs and (former.end is None or former.end >= day) else proposed


# --- All those of a year ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Renewed:
    """What became of one convention. ``state``: ready (nothing but the year changes), changed, problem, refused."""

    source: str
    source_reference: str
    state: str
    made: bool = False
    uuid: str = ""
    reference: str = ""
    title: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def start_renewals(*, conventions: Sequence[Convention], to_year: int, copy_plans: bool, by: Actor) -> Job:
    """Ask for the renewal of ``conventions`` into ``to_year``, followed in « Mes travaux »."""
    by.require("convention.edit")
    if not conventions:
        raise InvalidInput("Choisissez au moins une convention à renouveler.", place="conventions")
    count = len(conventions)
    return start_job(
        kind=RENEWALS,
        label=f"Renouveler {count} convention{'s' if count > 1 else ''} pour {to_year}",
        params={"to_year": to_year, "copy_plans": copy_plans, "conventions": [c.pk for c in conventions]},
        by=by,
    )


def renew_into(*, convention: Convention, to_year: int, copy_plans: bool, by: Actor) -> Renewed:
    """Carry one convention on into ``to_year`` and say what changed. Done again, it finds what it made, writes nothing.

    Never raises for a convention that cannot be carried on: it is ``refused``, nothing written, and told what to do.
    """
    by.require("convention.edit")
    known = Renewed(str(convention.uuid), convention.reference, "refused", title=convention.title)
    try:
        with transaction.atomic():
            made, fresh = _renewed(convention, to_year, copy_plans, by)
            changes = differences(convention, made)
            problems = [] if made.status not in _WRITING else blocking(check_convention_fully(made), at_signature=False)
    except BusinessError as error:
        return replace(known, problems=[{"message": error.message, "url": ""}])
    return replace(
        known,
        state=_state(changes, bool(problems)),
        made=fresh,
        uuid=str(made.uuid),
        reference=made.reference,
        changes=[change.as_dict() for change in changes],
        problems=[{"message": f"{p.code} : {p.message}", "url": p.url} for p in problems],
    )


_WRITING = (Status.BROUILLON, Status.A_CORRIGER)


def _state(changes: Sequence[Difference], has_problems: bool) -> str:
    if has_problems:
        return "problem"
    return "changed" if any(not change.expected for change in changes) else "ready"


def _renewed(convention: Convention, to_year: int, copy_plans: bool, by: Actor) -> tuple[Convention, bool]:
    source = lock(convention)
    before = renewal_of(source)
    if before is not None:
        return before, False
    _check_period(source, to_year)
    posts = list(source.posts.select_related("employer"))
    links = list(source.convention_plans.select_related("plan", "only_financer").order_by("plan__year", "pk"))
    parent = _renewed_parent(source)
    plans = [_plan_for(post, source, links, to_year, copy_plans, by) for post in posts]
    plans = list({plan.pk: plan for plan in plans}.values())
    if not plans:
        raise BusinessError(f"La convention {source.reference} ne porte sur aucun poste : complétez-la d'abord.")
    renewed = renew_convention(
        convention=source,
        reference=_reference(source, to_year, by),
        plans=plans,
        period_start=min(plan.period_start for plan in plans),
        period_end=max(plan.period_end for plan in plans),
        by=by,
    )
    narrowed = next((link.only_financer for link in links if link.only_financer_id), None)
    if narrowed is not None:
        renewed.convention_plans.update(only_financer=narrowed)
    if parent is not None:
        renewed.parent = parent
        renewed.save(update_fields=["parent", "updated_at"])
    return renewed, True


def _check_period(source: Convention, to_year: int) -> None:
    """A whole calendar year follows a period that ended with the year before; others are agreed case by case."""
    if source.period_end != dt.date(to_year - 1, 12, 31):
        period = date_range(source.period_start, source.period_end)
        raise BusinessError(
            f"Sa période ({period}) ne finit pas le {date_long(dt.date(to_year - 1, 12, 31))} : renouvelez-la depuis"
            " sa page, où vous choisirez la période et les plans."
        )


def _renewed_parent(source: Convention) -> Convention | None:
    if source.parent is None:
        return None
    parent = renewal_of(source.parent)
    if parent is None:
        raise BusinessError(
            f"La convention dont elle dépend, {source.parent.reference}, n'est pas encore renouvelée :"
            " commencez par elle."
        )
    return parent


def _plan_for(
    post: Post, source: Convention, links: Sequence[ConventionPlan], to_year: int, copy_plans: bool, by: Actor
) -> FundingPlan:
    """The plan that pays for ``post`` in ``to_year``; last year's copied when there is none and it was asked for."""
    if post.closed_on is not None and post.closed_on < dt.date(to_year, 1, 1):
        raise BusinessError(f"Le poste « {post.label} » est fermé depuis le {date_long(post.closed_on)}.")
    plan = FundingPlan.objects.filter(posts=post, year=to_year).order_by("pk").first()
    if plan is None:
        plan = _copied(post, links, to_year, copy_plans, by)
    if plan.status not in (PlanStatus.PROJET, PlanStatus.ARRETE):
        raise BusinessError(f"Le plan « {plan.label} » est « {plan.get_status_display()} » : un autre acte l'engage.")
    holders = plan.convention_plans.exclude(convention__status=Status.ABANDONNEE).select_related("convention")
    other = next((link.convention for link in holders if link.convention_id != source.parent_id), None)
    # A bipartite attribution and the convention it depends on share their plan.
    if other is not None and source.family != Family.F5 and other.family != Family.F5:
        raise BusinessError(f"Le plan « {plan.label} » est déjà dans la convention {other.reference}.")
    return plan


def _copied(post: Post, links: Sequence[ConventionPlan], to_year: int, copy_plans: bool, by: Actor) -> FundingPlan:
    last = next((link.plan for link in reversed(links) if post in link.plan.posts.all()), None)
    if last is None or not copy_plans:
        raise BusinessError(
            f"Aucun plan {to_year} pour le poste « {post.label} » : préparez-le, ou cochez"
            " « Reconduire les plans manquants »."
        )
    plan = copy_plan_to_year(plan=last, year=to_year, by=by)
    if plan.employer_id != post.employer_id:
        data = replace(data_of(plan), employer=post.employer)
        plan = save_plan(plan=plan, data=data, expected_version=plan.version, by=by)
    return plan


def _reference(source: Convention, to_year: int, by: Actor) -> str:
    """Last year's, its year replaced: "62-2023-03" gives "62-2024-03"; else the next free one."""
    candidate = re.sub(rf"\b{to_year - 1}\b", str(to_year), source.reference)
    taken = Convention.objects.filter(territory_id=by.territory_id, reference=candidate).exists()
    return next_reference(by, to_year) if taken or candidate == source.reference else candidate
