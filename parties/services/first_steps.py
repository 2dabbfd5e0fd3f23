"""The first steps of a role: ticking one, putting the list away. What is done is the person's own affair."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from core.errors import InvalidInput, NotAllowed
from parties.actors import Actor, PlatformActor
from parties.models import FirstSteps, Membership, PlatformMembership

Anybody = Actor | PlatformActor
Held = Membership | PlatformMembership


@transaction.atomic
def tick_step(*, step: str, done: bool, known: frozenset[str], by: Anybody) -> FirstSteps:
    """Say that ``step``, one of ``known``, is done or not after all. Saying it twice changes nothing.

    Raises ``InvalidInput`` for a step this role does not tick.
    """
    if step not in known:
        raise InvalidInput("Cette étape n'est pas de celles que l'on coche soi-même.", place="step")
    row = _own_row(by)
    kept = [one for one in row.ticked if one != step]
    row.ticked = [*kept, step] if done else kept
    row.save()
    return row


@transaction.atomic
def show_first_steps(*, shown: bool, by: Anybody) -> FirstSteps:
    """Put the list away, or have it back on the home page. Doing it twice changes nothing."""
    row = _own_row(by)
    if shown == (row.hidden_at is not None):
        row.hidden_at = None if shown else timezone.now()
        row.save()
    return row


def first_steps_row(by: Anybody) -> FirstSteps | None:
    """What ``by`` ticked and put away, if anything. Reads only, in one query."""
    rows = FirstSteps.objects.filter(user=by.user)
    if isinstance(by, PlatformActor):
        return rows.filter(platform_membership__user=by.user, platform_membership__role=by.role).first()
    return rows.filter(membership__organisation=by.organisation, membership__role=by.role).first()


def _own_row(by: Anybody) -> FirstSteps:
    held = _held(by)
    if held is None or by.user is None:
        raise NotAllowed("Les premiers pas appartiennent à une personne, dans une organisation ou un rôle.")
    name = "membership" if isinstance(held, Membership) else "platform_membership"
    row, _ = FirstSteps.objects.select_for_update(of=("self",)).get_or_create(
        **{name: held}, defaults={"user": by.user}
    )
    return row


def _held(by: Anybody) -> Held | None:
    """The membership or platform role ``by`` acts under; None for programs, commands and exceptional accesses."""
    today = timezone.localdate()
    if by.user is None:
        return None
    if isinstance(by, PlatformActor):
        return PlatformMembership.objects.in_force_on(today).filter(user=by.user, role=by.role).first()
    if by.organisation is None or by.token is not None or by.access is not None:
        return None
    held: Membership | None = (
        Membership.objects.in_force_on(today).filter(user=by.user, organisation=by.organisation, role=by.role).first()
    )
    return held
