"""Remarks and their threads: the préfecture's during its review, the partners' while a draft is read."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from conventions.enums import Anchor, Side, Status
from conventions.models import Comment, CommentMessage, Convention, ConventionPlan, Party, ReadingRequest
from conventions.models.agreement import UNDER_REVIEW
from conventions.text.clauses import template_clauses
from conventions.text.reading import UNNUMBERED
from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.actors import Actor


@transaction.atomic
def add_comment(
    *, convention: Convention, text: str, by: Actor, anchor: str = Anchor.CONVENTION, target: str = ""
) -> Comment:
    """A remark of the préfecture on a clause, a plan line, a party or the whole, while it reviews.

    Raises NotAllowed, InvalidInput (no text, or a target the convention does not have), BusinessError (state).
    """
    by.require("convention.review")
    if not text.strip():
        raise InvalidInput("Écrivez votre commentaire.", place="text")
    if convention.status not in UNDER_REVIEW:
        raise BusinessError("On ne commente qu'une convention soumise.")
    _check_target(convention, anchor, target)
    return Comment.objects.create(
        convention=convention, anchor=anchor, target=target, text=text.strip(), by=by.user, by_label=by.label
    )


def _check_target(convention: Convention, anchor: str, target: str) -> None:
    """A remark unlocks what it is about: it must be about something."""
    if anchor == Anchor.PARTY and not _party_exists(convention, target):
        raise InvalidInput("Cette partie n'est pas à la convention.", place="target")
    if anchor in (Anchor.CLAUSE, Anchor.SHARE) and not target:
        raise InvalidInput("Dites sur quel élément porte le commentaire.", place="target")
    if anchor == Anchor.CLAUSE and convention.template is not None:
        known = {c.kind for c in template_clauses(convention.template)} | set(UNNUMBERED)
        if target not in known | set(convention.clauses.values_list("kind", flat=True)):
            raise InvalidInput(f"La convention n'a pas de clause « {target} ».", place="target")
    if anchor == Anchor.SHARE:
        year, _, ref = target.partition(":")
        lines = ConventionPlan.objects.filter(convention=convention, plan__shares__ref=ref)
        if not year.isascii() or not year.isdigit() or not lines.filter(plan__year=int(year)).exists():
            raise InvalidInput("Cette ligne n'est pas au plan de la convention.", place="target")


def _party_exists(convention: Convention, target: str) -> bool:
    return target in {str(uuid) for uuid in Party.objects.filter(convention=convention).values_list("uuid", flat=True)}


@transaction.atomic
def answer_comment(*, comment: Comment, answer: str, by: Actor) -> Comment:
    """The gestionnaire's message in the thread. The remark stays open: who made it says if that settles it."""
    by.require("convention.edit")
    _say(comment, answer, Side.MANAGER, by)
    return comment


@transaction.atomic
def reply_comment(*, comment: Comment, text: str, by: Actor) -> CommentMessage:
    """A message of the side that made the remark: the préfecture, or the organisation asked to read."""
    if comment.organisation_id is None:
        by.require("convention.review")
        return _say(comment, text, Side.REVIEWER, by)
    if by.organisation is None or by.organisation.pk != comment.organisation_id:
        raise NotAllowed("Cette remarque est celle d'une autre organisation.")
    return _say(comment, text, Side.READER, by)


def _say(comment: Comment, text: str, side: str, by: Actor) -> CommentMessage:
    if not text.strip():
        raise InvalidInput("Écrivez votre message.", place="answer")
    if comment.resolved:
        raise BusinessError("Ce commentaire est clos : la discussion ne se poursuit pas.")
    return CommentMessage.objects.create(comment=comment, side=side, text=text.strip(), by=by.user, by_label=by.label)


@transaction.atomic
def withdraw_comment(*, comment: Comment, by: Actor) -> Comment:
    """The side that made the remark closes it: it is settled, or no longer holds. Closing twice changes nothing.

    A partner's remark is closed by the gestionnaire, to whom it was made.
    """
    if comment.organisation_id is not None:
        by.require("convention.edit")
    else:
        by.require("convention.review")
        if comment.convention.status not in UNDER_REVIEW:
            raise BusinessError("Un commentaire se clôt pendant l'instruction de la convention.")
    if not comment.resolved:
        close_comments([comment], by)
    return comment


def close_comments(comments: list[Comment], by: Actor) -> None:
    """Say who settled each, and when."""
    for comment in comments:
        comment.resolved, comment.resolved_at, comment.resolved_by_label = True, timezone.now(), by.label
        comment.save(update_fields=["resolved", "resolved_at", "resolved_by_label", "updated_at"])


@transaction.atomic
def add_reader_comment(
    *,
    request: ReadingRequest,
    text: str,
    by: Actor,
    anchor: str = Anchor.CONVENTION,
    target: str = "",
    to_review: bool = False,
) -> Comment:
    """A remark of an organisation asked to read the draft. The gestionnaire reads it; the préfecture if ``to_review``.

    Raises BusinessError when the request is closed or the draft has been submitted.
    """
    if by.organisation is None or by.organisation.pk != request.organisation_id:
        raise NotAllowed("Cette relecture est demandée à une autre organisation.")
    convention = request.convention
    if request.closed_at is not None or convention.status not in (Status.BROUILLON, Status.A_CORRIGER):
        raise BusinessError("Cette relecture est close : vos remarques ne peuvent plus être ajoutées.")
    if not text.strip():
        raise InvalidInput("Écrivez votre remarque.", place="text")
    _check_target(convention, anchor, target)
    return Comment.objects.create(
        convention=convention,
        anchor=anchor,
        target=target,
        text=text.strip(),
        organisation=by.organisation,
        to_review=to_review,
        by=by.user,
        by_label=by.label,
    )
