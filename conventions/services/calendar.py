"""The calendar's writes: dated rules of the territory, one's own reminders, one's own secret address."""

from __future__ import annotations

import datetime as dt
import hmac
import re
import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from conventions.enums import CalendarRuleKind
from conventions.models import CalendarFeed, CalendarPreference, CalendarRule
from core import rls
from core.errors import Conflict, InvalidInput, NotAllowed
from parties.actors import Actor
from parties.models import Membership
from parties.switch import read_organisations
from parties.tokens import digest_of

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
DAYS_KINDS = (CalendarRuleKind.SIGNATURE_DAYS, CalendarRuleKind.REPORT_DAYS)


@transaction.atomic
def set_calendar_rule(*, kind: str, value: str, valid_from: dt.date, source: str, by: Actor) -> CalendarRule:
    """A value in use from ``valid_from`` on, for ``by``'s territory; the same day again corrects it.

    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field.
    """
    by.require("convention.edit")
    if kind not in CalendarRuleKind.values:
        raise InvalidInput("Choisissez la règle à régler.", place="kind")
    if not source.strip():
        raise InvalidInput("Indiquez le texte ou la décision qui fixe cette valeur.", place="source")
    row, _ = CalendarRule.objects.update_or_create(
        territory=by.territory,
        kind=kind,
        valid_from=valid_from,
        defaults={"value": read_rule_value(kind, value), "source": source.strip()[:240]},
    )
    return row


def read_rule_value(kind: str, text: str) -> str:
    """« 31/03 » as "03-31"; « 30 » or « 30 jours » as "30". Raises ``InvalidInput``."""
    text = text.strip()
    if kind in DAYS_KINDS:
        found = re.fullmatch(r"(\d{1,3})(?:\s*jours?)?", text)
        if found is None or not 1 <= int(found[1]) <= 365:
            raise InvalidInput("Indiquez un nombre de jours, de 1 à 365.", place="value")
        return str(int(found[1]))
    found = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", text)
    if found is None:
        raise InvalidInput("Indiquez le jour et le mois : 31/03.", place="value")
    try:
        day = dt.date(2024, int(found[2]), int(found[1]))
    except ValueError as error:
        raise InvalidInput("Ce jour n'existe pas : écrivez par exemple 31/03.", place="value") from error
    return f"{day:%m-%d}"


@transaction.atomic
def set_reminders(*, due_soon: bool, weekly: bool, by: Actor) -> CalendarPreference:
    """Which mails ``by`` receives in this membership. Saying it twice changes nothing."""
    membership = own_membership(by)
    row, _ = CalendarPreference.objects.update_or_create(
        membership=membership, defaults={"user_id": membership.user_id, "due_soon": due_soon, "weekly": weekly}
    )
    return row


@transaction.atomic
def renew_feed(*, by: Actor) -> tuple[CalendarFeed, str]:
    """A new secret address for ``by``'s calendar; the former stops at once. The secret is known only now.

    Two at once: one address stays, the other is told to start again (:class:`Conflict`).
    """
    membership = own_membership(by)
    _revoke(membership)
    secret = secrets.token_urlsafe(32)  # 256 bits
    feed = CalendarFeed(membership=membership, user_id=membership.user_id, digest=digest_of(secret))
    try:
        with transaction.atomic():
            feed.save()
    except IntegrityError as error:
        raise Conflict("Une autre adresse vient d'être créée dans une autre fenêtre : recommencez.") from error
    return feed, secret


@transaction.atomic
def revoke_feed(*, by: Actor) -> None:
    """The address stops serving at once. Doing it twice changes nothing."""
    _revoke(own_membership(by))


def _revoke(membership: Membership) -> None:
    now = timezone.now()
    CalendarFeed.objects.filter(membership=membership, revoked_at=None).update(revoked_at=now, updated_at=now)


def own_membership(by: Actor) -> Membership:
    """The membership ``by`` acts under. Raises ``NotAllowed`` for programs, commands and exceptional accesses."""
    if by.user is None or by.organisation is None or by.token is not None:
        raise NotAllowed("Le calendrier appartient à une personne, dans une organisation.")
    found = (
        Membership.objects.in_force_on(timezone.localdate())
        .filter(user=by.user, organisation=by.organisation, role=by.role)
        .first()
    )
    if found is None:
        raise NotAllowed("Votre appartenance a pris fin.")
    return found


def holder_of(secret: str) -> Actor | None:
    """Who the secret address belongs to, as they are today; None when it is unknown or revoked, or when the person,
    their membership or the territory is closed. Writes nothing. Leaves nobody's context; the caller sets the actor's.

    As for API tokens, PostgreSQL is shown the digest and lets through the one row that has it.
    """
    if SHAPE.fullmatch(secret) is None:
        return None
    digest = digest_of(secret)
    rls.present_token(digest)
    feed = CalendarFeed.objects.filter(digest=digest, revoked_at=None).first()
    rls.set_context(rls.NOBODY)
    # Compared here too, in constant time: no answer depends on how far a digest resembles another.
    if feed is None or not hmac.compare_digest(feed.digest, digest):
        return None
    # One's own memberships are read under one's own account, nothing else.
    with rls.acting(rls.Context(user_id=feed.user_id)):
        membership = (
            Membership.objects.in_force_on(timezone.localdate())
            .select_related("user", "territory")
            .filter(pk=feed.membership_id, user__is_active=True, territory__suspended_at=None)
            # Not by the organisation's name: its row is hidden until its territory is known.
            .order_by("pk")
            .first()
        )
    if membership is None:
        return None
    read_organisations([membership])
    rls.set_context(rls.NOBODY)
    return Actor.of(membership)
