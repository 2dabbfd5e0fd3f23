"""The words of a post's bilan: written, read again by somebody, and only then part of what leaves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from core.french import date_long
from parties.actors import Actor
from parties.enums import OrganisationKind
from posts.models import Post
from posts.screening import Suspicion, screened
from reporting.bilan.service import FIRST_YEAR, LAST_YEAR
from reporting.enums import BilanSection
from reporting.models import BilanText

#: About a page and a half: four sections and the figures hold in a few pages.
LONGEST = 6000  # characters
BULLETS = ("- ", "– ", "— ", "• ", "* ")


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list of items."""

    lines: tuple[str, ...]
    is_list: bool = False


@dataclass(frozen=True)
class Saved:
    """What saving did; ``suspicions``: what the text seems to tell of somebody."""

    text: BilanText
    changed: bool
    suspicions: tuple[Suspicion, ...]


def blocks(text: str) -> list[Block]:
    """Plain text as paragraphs and lists: a line that begins with a dash is an item, an empty line ends a block."""
    found: list[Block] = []
    for raw in [*text.splitlines(), ""]:
        line = raw.strip()
        item = next((line[len(mark) :].strip() for mark in BULLETS if line.startswith(mark)), None)
        last = found[-1] if found else Block(())
        if item is not None:
            if last.is_list and last.lines:
                found[-1] = Block((*last.lines, item), is_list=True)
            else:
                found.append(Block((item,), is_list=True))
        elif not line:
            found.append(Block(()))
        elif found and last.lines and not last.is_list:
            found[-1] = Block((f"{last.lines[0]} {line}",))
        else:
            found.append(Block((line,)))
    return [block for block in found if block.lines]


def may_write(*, post: Post, section: str, by: Actor) -> bool:
    """The managers write everything; the employer its own posts' sections; those who lead the work give the opinion."""
    if not by.can("bilan.write"):
        return False
    if by.is_staff:
        return True
    if by.organisation is None:
        return False
    if section != BilanSection.OPINION:
        return by.can("activity.edit") and post.employer_id == by.organisation.pk
    if by.organisation.kind == OrganisationKind.PREFECTURE:
        return by.can("convention.review")
    return post.units.filter(organisation=by.organisation).exists()


def may_review(*, post: Post, section: str, by: Actor) -> bool:
    """Whoever writes a section answers for it; the opinion goes nowhere, nobody reads it again."""
    return section != BilanSection.OPINION and may_write(post=post, section=section, by=by)


def held_text(*, post: Post, year: int, section: str) -> BilanText | None:
    return BilanText.objects.filter(post=post, year=year, section=section).first()


@transaction.atomic
def save_text(*, post: Post, year: int, section: str, text: str, by: Actor, expected: int | None = None) -> Saved:
    """Write one section; the same text again changes nothing. What changes is to be read again before it leaves.

    ``expected``: the version the person was looking at (0: none yet). Raises ``Conflict`` when somebody saved since,
    ``InvalidInput`` (place "text") for a text too long, ``NotAllowed``.
    """
    by.require("bilan.write")
    if section not in BilanSection.values or not FIRST_YEAR <= year <= min(LAST_YEAR, timezone.localdate().year):
        raise InvalidInput("Cette rubrique ou cette année n'existe pas.", place="section")
    if not may_write(post=post, section=section, by=by):
        raise NotAllowed(_whose(section))
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(text) > LONGEST:
        raise InvalidInput(
            f"Ce texte compte {len(text)} caractères : une rubrique en tient {LONGEST} au plus.", place="text"
        )
    row = BilanText.objects.select_for_update(of=("self",)).filter(post=post, year=year, section=section).first()
    if expected is not None and expected != (row.lock_version if row else 0):
        raise _conflict(row)
    if (row.text if row else "") == text:
        return Saved(row or BilanText(post=post, year=year, section=section), False, tuple(screened(text)))
    if row is None:
        row = BilanText(territory_id=post.territory_id, post=post, year=year, section=section, lock_version=0)
    row.text, row.lock_version = text, row.lock_version + 1
    row.written_by, row.written_by_label, row.written_at = by.user, by.label, timezone.now()
    row.reviewed_by, row.reviewed_by_label, row.reviewed_at = None, "", None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        # Two people began the same section at the same time.
        raise _conflict(held_text(post=post, year=year, section=section)) from error
    return Saved(row, True, tuple(screened(text)))


@transaction.atomic
def confirm_text(*, post: Post, year: int, section: str, by: Actor, expected: int) -> BilanText:
    """Answer that a section points at nobody: it then enters the versions that leave. Twice is once.

    ``expected`` is the version that was read: another text since then raises ``Conflict``.
    """
    by.require("bilan.write")
    if not may_review(post=post, section=section, by=by):
        raise NotAllowed(_whose(section))
    row = BilanText.objects.select_for_update(of=("self",)).filter(post=post, year=year, section=section).first()
    if row is None or not row.text:
        raise BusinessError("Rien n'est écrit dans cette rubrique : il n'y a rien à relire.")
    if row.lock_version != expected:
        raise _conflict(row)
    if row.reviewed_at is None:
        row.reviewed_by, row.reviewed_by_label, row.reviewed_at = by.user, by.label, timezone.now()
        row.save()
    return row


def _whose(section: str) -> str:
    if section == BilanSection.OPINION:
        return "L'avis est écrit par l'autorité fonctionnelle, la préfecture ou le gestionnaire ; il ne sort pas."
    return "Cette rubrique est écrite par l'employeur du poste ou par le gestionnaire."


def _conflict(row: BilanText | None) -> Conflict:
    if row is None:
        return Conflict("Cette rubrique a été effacée pendant que vous l'écriviez. Rien n'a été enregistré.")
    at = timezone.localtime(row.written_at)
    return Conflict(
        f"{row.written_by_label} a enregistré cette rubrique le {date_long(at.date())} à {at:%H:%M}, pendant que vous"
        " l'écriviez. Rien n'a été enregistré : son texte et le vôtre sont ci-dessous."
    )
