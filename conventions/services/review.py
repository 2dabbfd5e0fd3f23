"""From draft to approved text: submission, remarks, sending back, approval."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from conventions.checks import blocking, check_convention_fully
from conventions.clauses.engine import ClauseError
from conventions.enums import Anchor, Status
from conventions.models import Comment, Convention, ConventionVersion, Party
from conventions.services.locking import lock
from conventions.text import build_content, content_hash
from conventions.workflow import advance
from core import rls
from core.errors import BusinessError, InvalidInput
from funding.enums import PlanStatus
from funding.models import FundingPlan
from funding.services.plans import freeze_plan, unfreeze_plan
from parties.actors import Actor


@transaction.atomic
def submit_convention(*, convention: Convention, by: Actor, expected: int | None = None) -> Convention:
    """Hand the draft to the préfecture. Refused while a blocking finding stands (they are named)."""
    by.require("convention.submit")
    locked = lock(convention, expected=expected)
    problems = blocking(check_convention_fully(locked), at_signature=False)
    if problems:
        listed = " ".join(f"{f.code} : {f.message}" for f in problems[:5])
        more = f" (et {len(problems) - 5} autres)" if len(problems) > 5 else ""
        raise BusinessError(f"{len(problems)} constat(s) bloquent la soumission. {listed}{more}")
    if locked.submitted_at is None:
        locked.submitted_at = timezone.now()
    advance(locked, "submit", by=by)
    return locked


@transaction.atomic
def add_comment(
    *, convention: Convention, text: str, by: Actor, anchor: str = Anchor.CONVENTION, target: str = ""
) -> Comment:
    """A remark on a clause, a plan line, a party or the whole."""
    by.require("convention.review")
    if not text.strip():
        raise InvalidInput("Écrivez votre commentaire.", place="text")
    if convention.status != Status.SOUMISE:
        raise BusinessError("On ne commente qu'une convention soumise.")
    _check_target(convention, anchor, target)
    return Comment.objects.create(
        convention=convention, anchor=anchor, target=target, text=text.strip(), by=by.user, by_label=by.label
    )


def _check_target(convention: Convention, anchor: str, target: str) -> None:
    if anchor == Anchor.PARTY and not Party.objects.filter(convention=convention, uuid=target).exists():
        raise InvalidInput("Cette partie n'est pas à la convention.", place="target")
    if anchor in (Anchor.CLAUSE, Anchor.SHARE) and not target:
        raise InvalidInput("Dites sur quel élément porte le commentaire.", place="target")


@transaction.atomic
def answer_comment(*, comment: Comment, answer: str, by: Actor) -> Comment:
    """The gestionnaire's answer; the remark is then marked as dealt with."""
    by.require("convention.edit")
    comment.answer = answer.strip()
    comment.resolved = True
    comment.save()
    return comment


@transaction.atomic
def withdraw_comment(*, comment: Comment, by: Actor) -> Comment:
    """The reviewer closes a remark that no longer holds, so that it does not stand in the way of approval."""
    by.require("convention.review")
    if comment.convention.status != Status.SOUMISE:
        raise BusinessError("Un commentaire se clôt pendant l'instruction de la convention.")
    comment.answer = comment.answer or f"Clos par {by.label}."
    comment.resolved = True
    comment.save()
    return comment


@transaction.atomic
def send_back_convention(*, convention: Convention, reason: str, by: Actor, expected: int | None = None) -> Convention:
    """Back to the gestionnaire, with what to correct. Open comments count as the reason when none is typed."""
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    if not reason.strip():
        pending = locked.comments.filter(resolved=False).count()
        if pending:
            reason = f"{pending} commentaire(s) à traiter."
    advance(locked, "send_back", by=by, reason=reason)
    return locked


@transaction.atomic
def approve_convention(*, convention: Convention, by: Actor, expected: int | None = None) -> ConventionVersion:
    """Freeze text, figures, parties and signatories in one hashed version, and the plans with it.

    Raises BusinessError when a blocking finding or an unanswered comment stands, or when the text has a hole.
    """
    by.require("convention.approve")
    locked = lock(convention, expected=expected)
    advance(locked, "approve", by=by)
    pending = locked.comments.filter(resolved=False).count()
    if pending:
        raise BusinessError(f"{pending} commentaire(s) attendent une réponse : renvoyez la convention ou retirez-les.")
    problems = blocking(check_convention_fully(locked), at_signature=False)
    if problems:
        raise BusinessError("Un constat bloque l'approbation. " + " ".join(f.message for f in problems[:3]))
    _freeze_plans(locked, by)
    try:
        content = build_content(locked)
    except ClauseError as error:
        raise BusinessError("Le texte n'est pas complet. " + " ".join(str(p) for p in error.problems[:3])) from error
    number = locked.versions.count() + 1
    content |= {"version": number, "draft": False, "status_label": ""}
    return ConventionVersion.objects.create(
        convention=locked,
        number=number,
        content=content,
        sha256=content_hash(content),
        approved_by_label=by.label,
        approved_at=timezone.now(),
    )


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
