"""What people change about themselves: their password, where they are signed in. And closing an account."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.db import transaction

from core import rls
from parties import throttle
from parties.models import SignIn, User

#: Browsers and systems named on the account page; the first found in the header wins.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Replace the person's own password; the caller has checked the former one and the strength of the new one."""
    locked = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    locked.set_password(password)
    locked.save(update_fields=["password", "updated_at"])
    # The session's fingerprint is computed from the instance the request holds.
    user.password = locked.password


@transaction.atomic
def request_password_reset(*, email: str, address: str, site: str) -> None:
    """Ask for the mail that resets a password. Does and takes the same whether the address has an account or not.

    The mail leaves from a job. ``address``: the visitor's network address; ``site``: scheme and host of the link.
    """
    from parties.tasks import send_password_reset

    attempt = throttle.begin("password-reset", throttle.PASSWORD_RESET, account=email, address=address)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if not attempt.refused:
        # A job for nobody too: what the visitor can measure does not depend on the account.
        send_password_reset.defer(user_id=user.pk if user else None, site=site)


@transaction.atomic
def record_sign_in(*, user: User, session_key: str, user_agent: str) -> None:
    """Remember a session that was just opened, for the person to find it on the account page."""
    with rls.acting(rls.Context(user_id=user.pk)):
        SignIn.objects.filter(user=user).ended().delete()
        SignIn.objects.update_or_create(
            session_key=session_key, defaults={"user": user, "device": device_name(user_agent)}
        )


@transaction.atomic
def forget_sign_in(*, user: User, session_key: str) -> None:
    """The person signed out of this session."""
    with rls.acting(rls.Context(user_id=user.pk)):
        SignIn.objects.filter(user=user, session_key=session_key).delete()


@transaction.atomic
def follow_session(*, user: User, former: str, current: str) -> None:
    """The session in use was given another key (a change of password does): the others are ended."""
    SignIn.objects.filter(user=user, session_key=former).update(session_key=current)
    end_other_sessions(user=user, current=current)


@transaction.atomic
def end_session(*, user: User, uuid: str, current: str) -> bool:
    """Close one of the person's own sessions, never the one in use; False when it is not there."""
    others = SignIn.objects.filter(user=user).exclude(session_key=current)
    return bool(end_sessions([row for row in others if str(row.uuid) == uuid]))


@transaction.atomic
def end_other_sessions(*, user: User, current: str) -> int:
    """Close every session of the person but the one in use; returns how many."""
    return end_sessions(list(SignIn.objects.filter(user=user).exclude(session_key=current)))


@transaction.atomic
def set_account_active(*, email: str, active: bool) -> bool:
    """Close an account (its sessions end at once, its memberships and history stay) or open it again.

    For the platform's own commands: a territory closes memberships, not accounts. False when there is no such account.
    """
    return bool(User.objects.filter(email=email.strip().lower()).update(is_active=active))


def device_name(user_agent: str) -> str:
    """« Firefox, Windows » from the browser's header; what cannot be told is not guessed."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "Navigateur inconnu")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser}, {system}" if system else browser


def end_sessions(rows: Iterable[SignIn]) -> int:
    """Close sessions; returns how many. Needs the context of their account."""
    count = 0
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in rows:
        store(row.session_key).delete()
        row.delete()
        count += 1
    return count
