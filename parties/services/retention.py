"""Applying the retention rules (:mod:`parties.retention`). Each step can be repeated: it finds less and less to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from core import rls
from parties.actors import Actor
from parties.models import Invitation, JournalEntry, Membership, PlatformMembership, SignIn, Territory, Throttle, User
from parties.retention import Rule, rules

LABEL = "Durées de conservation"
#: The reserved domain nobody can register (RFC 2606): no mail will ever leave for it.
ERASED_DOMAIN = "efface.invalid"


@transaction.atomic
def apply_retention(*, now: dt.datetime | None = None, dry_run: bool = False) -> dict[str, int]:
    """Erase what was kept long enough; returns how many things, by rule. ``dry_run``: count, then undo everything."""
    now = now or timezone.now()
    every = rules()
    steps = {
        "sessions": _sessions, "invitations": _invitations, "accounts": _accounts, "jobs": _jobs, "journal": _journal,
    }  # fmt: skip
    done = {code: steps[code](rule, now) for code, rule in every.items()}
    if dry_run:
        transaction.set_rollback(True)
    return done


def _sessions(rule: Rule, now: dt.datetime) -> int:
    limit = rule.limit(now)
    ended, _ = Session.objects.filter(expire_date__lte=limit).delete()
    counters, _ = Throttle.objects.filter(until__lte=limit).delete()
    for user in User.objects.order_by("pk"):
        with rls.acting(_self(user)):
            SignIn.objects.filter(user=user).ended().delete()
    return ended + counters


def _invitations(rule: Rule, now: dt.datetime) -> int:
    limit = rule.limit(now)
    unanswered = Q(accepted_at=None, revoked_at=None, expires_at__lt=limit)
    over = Q(accepted_at__lt=limit) | Q(revoked_at__lt=limit) | unanswered
    count = 0
    for context in _territories():
        with rls.acting(context):
            for invitation in Invitation.objects.filter(over).exclude(email__endswith=f"@{ERASED_DOMAIN}"):
                invitation.email = f"invitation-{invitation.pk}@{ERASED_DOMAIN}"
                invitation.save(update_fields=["email", "updated_at"])
                count += 1
    return count


def _accounts(rule: Rule, now: dt.datetime) -> int:
    limit = rule.limit(now)
    quiet = User.objects.filter(Q(last_login=None) | Q(last_login__lt=limit), created_at__lt=limit)
    count = 0
    for user in quiet.exclude(email__endswith=f"@{ERASED_DOMAIN}").order_by("pk"):
        with rls.acting(_self(user)):
            if _opens_nothing_since(user, limit):
                _erase(user)
                count += 1
    return count


def _opens_nothing_since(user: User, limit: dt.datetime) -> bool:
    day = timezone.localdate(limit)
    still = Membership.objects.filter(user=user).exclude(Q(closed_at__lt=limit) | Q(end__lt=day))
    outside = PlatformMembership.objects.filter(user=user).exclude(Q(closed_at__lt=limit) | Q(end__lt=day))
    return not still.exists() and not outside.exists()


def _erase(user: User) -> None:
    """The row stays: acts point to it. They keep the name their author had, in their own words."""
    Authenticator.objects.filter(user_id=user.pk).delete()
    SocialAccount.objects.filter(user_id=user.pk).delete()
    user.name = f"Personne effacée (n° {user.pk})"
    user.email = f"compte-{user.pk}@{ERASED_DOMAIN}"
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["name", "email", "is_active", "password", "updated_at"])


def _jobs(rule: Rule, now: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND id IN"
            " (SELECT job_id FROM procrastinate_events GROUP BY job_id HAVING max(at) < %s)",
            [rule.limit(now)],
        )
        return int(cursor.rowcount)


def _journal(rule: Rule, now: dt.datetime) -> int:
    limit = rule.limit(now)
    count = 0
    for context in (*_territories(), rls.Context(scope="platform", label=LABEL)):
        with rls.acting(context):
            # Looking first: most nights there is nothing, and cutting takes the chain's lock.
            if JournalEntry.objects.filter(territory=context.territory_id, at__lt=limit).exists():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT cosigne_journal_cut(%s, %s)", [context.territory_id, limit])
                    count += int(cursor.fetchone()[0])
    return count


def _territories() -> Iterator[rls.Context]:
    for territory in Territory.objects.order_by("pk"):
        yield replace(Actor.system(territory).context, label=LABEL)


def _self(user: User) -> rls.Context:
    # One's own memberships and sessions are read in the name of the account itself.
    return rls.Context(user_id=user.pk, label=LABEL)
