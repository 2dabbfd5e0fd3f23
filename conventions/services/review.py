"""From draft to approved text: submission, sending back, one or two approvals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from conventions.checks import blocking, check_convention_fully
from conventions.clauses.engine import ClauseError
from conventions.enums import ConventionAct, Status
from conventions.models import ApprovalRule, Comment, Convention, ConventionVersion, ReadingRequest, ReviewSheet
from conventions.services.comments import close_comments
from conventions.services.locking import lock
from conventions.text import build_content, content_hash
from conventions.verdict import verdict_of
from conventions.workflow import advance
from core import rls
from core.errors import BusinessError, InvalidInput, NotAllowed
from core.findings import Finding
from core.french.numbers import plural
from funding.enums import PlanStatus
from funding.models import FundingPlan
from funding.services.plans import freeze_plan, unfreeze_plan
from parties.actors import Actor


@transaction.atomic
def submit_convention(*, convention: Convention, by: Actor, expected: int | None = None) -> Convention:
    """Hand the draft to the préfecture. Refused while a blocking finding stands (they are named).

    What is submitted is written down with its verdict (:mod:`conventions.verdict`); readings still open end here.
    """
    by.require("convention.submit")
    locked = lock(convention, expected=expected)
    findings = check_convention_fully(locked)
    problems = blocking(findings, at_signature=False)
    if problems:
        listed = " ".join(f"{f.code} : {f.message}" for f in problems[:5])
        more = f" (et {len(problems) - 5} autres)" if len(problems) > 5 else ""
        raise BusinessError(f"{len(problems)} constat(s) bloquent la soumission. {listed}{more}")
    if locked.submitted_at is None:
        locked.submitted_at = timezone.now()
    advance(locked, "submit", by=by)
    write_sheet(locked, findings)
    ReadingRequest.objects.filter(convention=locked, closed_at=None).update(closed_at=timezone.now())
    return locked


def write_sheet(convention: Convention, findings: list[Finding]) -> ReviewSheet:
    """The text as submitted, and what it changes. The caller is in a transaction."""
    content, verdict = verdict_of(convention, findings)
    return ReviewSheet.objects.create(
        convention=convention,
        territory_id=convention.territory_id,
        content=content,
        sha256=content_hash(content),
        verdict=verdict,
    )


@transaction.atomic
def send_back_convention(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """Back to the gestionnaire, with what to correct, from either level. Open remarks are a reason in themselves.

    What the gestionnaire may then change is what they are about (:mod:`conventions.services.unlocking`).
    """
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    if not reason.strip():
        pending = _open_remarks(locked).count()
        if pending:
            reason = f"{pending} {plural(pending, 'commentaire')} à traiter."
    advance(locked, "send_back", by=by, reason=reason)
    return locked


@transaction.atomic
def ask_wider_reopening(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """The gestionnaire needs to change more than the remarks are about, and says why. The préfecture decides."""
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    advance(locked, ConventionAct.ASK_WIDER, by=by, reason=reason)
    return locked


@transaction.atomic
def widen_reopening(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """The préfecture lets the whole convention be changed."""
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    advance(locked, ConventionAct.WIDEN, by=by, reason=reason)
    return locked


@transaction.atomic
def endorse_convention(
    *, convention: Convention, by: Actor, opinion: str = "", expected: int | None = None
) -> Convention:
    """The first of two levels: a favourable opinion, kept with the log. The text is checked as for an approval."""
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    advance(locked, ConventionAct.ENDORSE, by=by, reason=opinion.strip() or "Avis favorable.")
    _settle_remarks(locked, by)
    require_sound(locked)
    return locked


@transaction.atomic
def approve_convention(*, convention: Convention, by: Actor, expected: int | None = None) -> ConventionVersion:
    """Freeze text, figures, parties and signatories in one hashed version, and the plans with it.

    Raises BusinessError when a blocking finding or an unanswered remark stands, or when the text has a hole;
    NotAllowed when the second level is asked of the person who was the first, or of one the rule does not name.
    """
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    _require_second_person(locked, by)
    advance(locked, "approve", by=by)
    _settle_remarks(locked, by)
    require_sound(locked)
    return freeze(locked, by, approved_at=timezone.now())


def freeze(convention: Convention, by: Actor, *, approved_at: dt.datetime, taken_from: str = "") -> ConventionVersion:
    """Write the next version of a convention whose state says approved, and freeze its plans."""
    _freeze_plans(convention, by)
    content = _complete_content(convention)
    number = convention.versions.count() + 1
    content |= {"version": number, "draft": False, "status_label": ""}
    return ConventionVersion.objects.create(
        convention=convention,
        number=number,
        content=content,
        sha256=content_hash(content),
        approved_by_label=(f"Reprise par {by.label}" if taken_from else by.label)[:200],
        approved_at=approved_at,
        taken_from=taken_from,
    )


def _complete_content(convention: Convention) -> dict[str, object]:
    try:
        return build_content(convention)
    except ClauseError as error:
        raise BusinessError("Le texte n'est pas complet. " + " ".join(str(p) for p in error.problems[:3])) from error


def _open_remarks(convention: Convention) -> QuerySet[Comment]:
    """The préfecture's own: a partner's is an opinion, it holds nothing back."""
    return convention.comments.filter(resolved=False, organisation=None)


def _settle_remarks(convention: Convention, by: Actor) -> None:
    """A favourable decision accepts the answers given; a remark nobody answered stands in its way."""
    remarks = list(_open_remarks(convention).prefetch_related("messages"))
    pending = sum(1 for remark in remarks if not remark.is_answered)
    if pending:
        raise BusinessError(f"{pending} commentaire(s) attendent une réponse : renvoyez la convention ou clôturez-les.")
    close_comments(remarks, by)


def require_sound(convention: Convention) -> None:
    """Refuse a text with a blocking finding or a hole."""
    problems = blocking(check_convention_fully(convention), at_signature=False)
    if problems:
        raise BusinessError("Un constat bloque l'approbation. " + " ".join(f.message for f in problems[:3]))
    _complete_content(convention)


def approval_rule(territory_id: int) -> ApprovalRule:
    """The rule in force; one level when nobody set any."""
    rule = ApprovalRule.objects.filter(territory_id=territory_id).order_by("-pk").first()
    return rule or ApprovalRule(territory_id=territory_id)


def may_give_second(convention: Convention, by: Actor) -> str:
    """Why this person may not approve at the second level; empty when they may, or when there is none."""
    if convention.status != Status.VISEE:
        return ""
    first = convention.transitions.filter(act=ConventionAct.ENDORSE).order_by("-pk").first()
    if first and (first.by_id, first.by_label) == (by.user.pk if by.user else None, by.label):
        return "Le second niveau est une autre personne que le premier, qui a déjà donné son avis."
    rule = approval_rule(convention.territory_id)
    if rule.levels == 2 and rule.second_users and (by.user is None or by.user.pk not in rule.second_users):
        return f"Le second niveau ({rule.second_label or 'non nommé'}) est réservé aux personnes désignées."
    return ""


def _require_second_person(convention: Convention, by: Actor) -> None:
    problem = may_give_second(convention, by)
    if problem:
        raise NotAllowed(problem)


@transaction.atomic
def set_approval_rule(
    *,
    levels: int,
    by: Actor,
    first_label: str = "Instructeur",
    second_label: str = "",
    second_users: list[int] | None = None,
) -> ApprovalRule:
    """How the préfecture approves in this territory from now on. The former rule stays on file.

    Conventions already submitted follow the new one: a first opinion given is kept. Setting the same rule changes
    nothing.
    """
    by.require("approval.rule")
    if levels not in (1, 2):
        raise InvalidInput("Choisissez un ou deux niveaux.", place="levels")
    if levels == 2 and not second_label.strip():
        raise InvalidInput("Nommez le second niveau, par exemple « Chef de bureau ».", place="second_label")
    values = {
        "levels": levels,
        "first_label": first_label.strip() or "Instructeur",
        "second_label": second_label.strip() if levels == 2 else "",
        "second_users": sorted(set(second_users or [])) if levels == 2 else [],
    }
    current = approval_rule(by.territory_id)
    if current.pk and all(getattr(current, name) == value for name, value in values.items()):
        return current
    return ApprovalRule.objects.create(territory_id=by.territory_id, by=by.user, by_label=by.label, **values)


def _freeze_plans(convention: Convention, by: Actor) -> None:
    """The préfecture does not write plans: freezing them is a consequence of its approval, done as staff."""
    with rls.acting(replace(by.context, scope=rls.STAFF)):
        for plan in _plans(convention):
            if plan.status == PlanStatus.PROJET:
                freeze_plan(plan=plan, by=by)


def _plans(convention: Convention) -> list[FundingPlan]:
    return [link.plan for link in convention.convention_plans.select_related("plan")]


def _release_plans(convention: Convention, by: Actor, reason: str) -> None:
    """Give frozen plans back to the desk, but those another approved convention stands on."""
    for plan in _plans(convention):
        others = plan.convention_plans.exclude(convention=convention).filter(
            convention__status__in=[Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE]
        )
        if plan.status == PlanStatus.ARRETE and not others.exists():
            unfreeze_plan(plan=plan, by=by, reason=reason)


@transaction.atomic
def reopen_convention(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """Take an approved text back to the desk: a new version will be needed, signatures of the former stay with it."""
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    advance(locked, "reopen", by=by, reason=reason)
    _release_plans(locked, by, reason)
    return locked


@transaction.atomic
def abandon_convention(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """Give up a convention nobody has signed. Its log and versions stay."""
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    advance(locked, "abandon", by=by, reason=reason)
    _release_plans(locked, by, reason)
    return locked
