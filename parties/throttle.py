"""How often something may be tried: counters in the database, shared by every process of the site.

An attempt is counted before it is judged, under the lock of its counters: many at once do not slip through. A counter
ends by itself (``Limit.minutes`` after its first attempt), so nobody is locked out for good.
"""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from parties.models import Throttle


@dataclass(frozen=True)
class Limit:
    """At most ``most`` attempts in ``minutes``, for each value of the named parts (« account », « address »)."""

    parts: tuple[str, ...]
    most: int
    minutes: int = 15


#: One person mistyping; many guesses at one account from many places; one place guessing many accounts.
SIGN_IN = (Limit(("account", "address"), 5), Limit(("account",), 50), Limit(("address",), 100))
PASSWORD_RESET = (Limit(("account",), 3, minutes=60), Limit(("address",), 20, minutes=60))
#: Whoever tries already knows the password, or sits at an open session.
SECOND_FACTOR = (Limit(("account", "address"), 5), Limit(("account",), 20))
#: Expired counters removed each time one is written: the table holds what is being tried, no more.
PURGED = 50


@dataclass(frozen=True)
class Attempt:
    """Counted already. ``refused``: one of the limits is passed."""

    keys: tuple[str, ...]
    forgotten: tuple[str, ...]
    refused: bool

    def succeeded(self) -> None:
        """What was tried is right: the account's counters start again, the others take this attempt back."""
        Throttle.objects.filter(pk__in=self.forgotten).delete()
        others = set(self.keys) - set(self.forgotten)
        Throttle.objects.filter(pk__in=others, count__gt=0).update(count=F("count") - 1)


def begin(purpose: str, limits: Iterable[Limit], *, account: str, address: str) -> Attempt:
    """Count one attempt at ``purpose`` and say whether it may go on. Needs a transaction (every request has one)."""
    values = {"account": account.strip().lower(), "address": network(address)}
    named = {_key(purpose, limit, values): limit for limit in limits}
    now = timezone.now()
    refused = False
    # In one order for everyone: two attempts never wait for each other.
    for key in sorted(named):
        limit = named[key]
        refused |= _count(key, now, now + dt.timedelta(minutes=limit.minutes)) > limit.most
    expired = Throttle.objects.filter(until__lte=now).select_for_update(skip_locked=True)[:PURGED]
    Throttle.objects.filter(pk__in=[row.pk for row in expired]).delete()
    forgotten = tuple(key for key, limit in named.items() if "account" in limit.parts)
    return Attempt(tuple(named), forgotten, refused)


def client_address(request: HttpRequest | None) -> str:
    """The visitor's network address; behind ``COSIGNE_PROXY_COUNT`` proxies, what the outermost of them wrote."""
    if request is None:
        return ""
    proxies = settings.COSIGNE_PROXY_COUNT
    if proxies:
        # A visitor may send the header too: only the entries our own proxies added, at its end, are believed.
        entries = str(request.headers.get("X-Forwarded-For", "")).split(",")
        return entries[-min(proxies, len(entries))].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def network(address: str) -> str:
    """An IPv4 address as it is; an IPv6 one by its /64, which is one subscriber's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _key(purpose: str, limit: Limit, values: dict[str, str]) -> str:
    text = "\n".join([purpose, *(f"{part}={values[part]}" for part in limit.parts)])
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), "sha256").hexdigest()


def _count(key: str, now: dt.datetime, until: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parties_throttle AS t (key, count, until) VALUES (%s, 1, %s) ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN t.until <= %s THEN 1 ELSE t.count + 1 END,"
            " until = CASE WHEN t.until <= %s THEN excluded.until ELSE t.until END RETURNING count",
            [key, until, now, now],
        )
        return int(cursor.fetchone()[0])
