"""What somebody types and has not saved: kept for them alone, tried on the text without writing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from conventions.clauses.engine import ClauseProblem
from conventions.models import Convention, FormDraft
from conventions.presentation.holes import Hole, convention_holes
from conventions.redline import Change, ClauseChange, compare_clauses
from conventions.services.locking import correcting
from conventions.text import preview_content
from conventions.text.reading import wordings
from parties.actors import Actor

#: Characters: more than any form of a convention holds.
LONGEST = 200_000


@dataclass(frozen=True)
class ProposedParty:
    name: str
    roles: str
    signatory: str
    vote: str


@dataclass(frozen=True)
class Proposal:
    """What a convention made from these plans would be: everything already read, nothing of it written."""

    title: str
    family: str
    template: str
    posts: list[str]
    parties: list[ProposedParty]
    holes: list[Hole]


def propose(*, create: Callable[[], Convention], by: Actor) -> Proposal:
    """Create a convention, read what it is, undo it. Raises what ``create`` raises."""
    by.require("convention.edit")
    with transaction.atomic():
        made = create()
        parties = made.parties.select_related("organisation", "representative", "deliberation").order_by("position")
        found = Proposal(
            title=made.title,
            family=str(made.get_family_display()),
            template=str(made.template or "aucun : celui de la convention dont elle dépend"),
            posts=[post.label for post in made.posts.all()],
            parties=[
                ProposedParty(
                    str(party.organisation),
                    ", ".join(party.role_labels),
                    f"{party.representative.person}, {party.representative.function}" if party.representative else "",
                    str(party.deliberation or ""),
                )
                for party in parties
            ],
            holes=convention_holes(made) if made.template else [],
        )
        transaction.set_rollback(True)
    return found


@transaction.atomic
def keep_typing(*, convention: Convention, form: str, values: Mapping[str, Any], seen: int, by: Actor) -> None:
    """Keep what ``by`` typed in ``form``, in place of what came before. Nothing for a program, or too much."""
    by.require("convention.edit")
    if by.user is None or sum(len(str(value)) for value in values.values()) > LONGEST:
        return
    FormDraft.objects.update_or_create(
        convention=convention,
        user=by.user,
        form=form,
        defaults={"territory_id": convention.territory_id, "values": dict(values), "seen": seen},
    )


def typing_of(*, convention: Convention, form: str, by: Actor) -> FormDraft | None:
    """What ``by`` typed there and did not save."""
    return FormDraft.objects.filter(convention=convention, user=by.user, form=form).first()


@transaction.atomic
def forget_typing(*, convention: Convention, form: str, by: Actor) -> None:
    """It is saved, or given up."""
    FormDraft.objects.filter(convention=convention, user=by.user, form=form).delete()


@dataclass(frozen=True)
class TypedPreview:
    """What a change would make of the text: the clauses it touches, and what would be missing."""

    changes: list[ClauseChange]
    problems: list[ClauseProblem]


def preview_edit(*, convention: Convention, edit: Callable[[], object], by: Actor) -> TypedPreview:
    """Try ``edit`` on the text and undo it. Raises what ``edit`` raises, BusinessError without a model."""
    by.require("convention.edit")
    before = wordings(preview_content(convention).content)
    with transaction.atomic():
        with correcting(convention):
            edit()
        after = preview_content(Convention.objects.get(pk=convention.pk))
        transaction.set_rollback(True)
    found = compare_clauses(before, wordings(after.content))
    return TypedPreview([change for change in found if change.change is not Change.SAME], after.problems)
