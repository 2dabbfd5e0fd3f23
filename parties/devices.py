"""Browsers a person signs in from: a new one is told by mail.

The browser itself keeps what makes it known: a signed cookie holding, for each account that signed in there, a keyed
digest of that account. Nothing about devices is stored here, and the cookie names nobody.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from parties.demo import DEMO_ACCOUNTS
from parties.models import User

COOKIE = "cosigne_devices"
SALT = "parties.devices"
#: Seconds a browser stays known after its last sign-in; accounts remembered in one browser.
AGE = 180 * 24 * 3600
MOST = 8


def recognise(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Make this browser known for the account, and write to the person when it was not."""
    from parties.services.account import device_name
    from parties.tasks import send_account_notice

    known, mark = _known(request), _mark(user)
    if mark not in known and not _is_example(user):
        device = device_name(request.META.get("HTTP_USER_AGENT", ""))
        at = timezone.localtime().strftime("%d/%m/%Y à %H:%M")
        send_account_notice.defer(user_id=user.pk, kind="new_device", details={"device": device, "at": at})
    remember(request, response, user)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Make this browser known without a mail: the account was opened in it."""
    kept = [_mark(user), *(mark for mark in _known(request) if mark != _mark(user))][:MOST]
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> list[str]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return []
    return found if isinstance(found, list) else []


def _mark(user: User) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"device\n{user.uuid}".encode(), "sha256").hexdigest()[:24]


def _is_example(user: User) -> bool:
    """The demonstration's addresses are nobody's mailbox."""
    return settings.COSIGNE_DEMO and user.email in {account.email for account in DEMO_ACCOUNTS}
