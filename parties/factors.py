"""Second factors of an account: what it holds, checking one, and what a session has proved.

The rows are allauth's (``mfa_authenticator``). PostgreSQL shows an account's rows to that account only: to the person
signed in (``cosigne.user``) or to the one who has given a right password and no more (``cosigne.signing_in``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import transaction
from django.http import HttpRequest

from parties import vault
from parties.models import User

Kind = Authenticator.Type
#: What makes an account need a second step; recovery codes only stand in for one of these.
MAIN = (Kind.TOTP, Kind.WEBAUTHN)


@dataclass(frozen=True)
class Key:
    """A security key or the passkey of a device."""

    pk: int
    name: str
    added: dt.datetime
    used: dt.datetime | None


@dataclass(frozen=True)
class Held:
    """The factors of one account."""

    app: Authenticator | None = None
    keys: tuple[Key, ...] = ()
    codes: Authenticator | None = None
    codes_left: int = 0
    count: int = 0

    @property
    def has_codes_to_type(self) -> bool:
        """A code may be typed: of the application, or a recovery code."""
        return self.app is not None or self.codes is not None


def held_by(user: User) -> Held:
    """What the account holds. Needs the account's context."""
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("pk"))
    one = {row.type: row for row in rows if row.type != Kind.WEBAUTHN}
    keys = tuple(
        Key(row.pk, row.wrap().name, row.created_at, row.last_used_at) for row in rows if row.type == Kind.WEBAUTHN
    )
    app, codes = one.get(Kind.TOTP), one.get(Kind.RECOVERY_CODES)
    left = len(codes.wrap().get_unused_codes()) if codes else 0
    return Held(app, keys, codes, left, len(keys) + (app is not None))


def protects(user: User) -> bool:
    """The account has a second factor. Needs the account's context."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=MAIN).exists()


def proven(request: HttpRequest, user: User) -> bool:
    """In this session the person has proved two factors: one of ours, or those their identity provider vouches for."""
    records: list[dict[str, Any]] = get_authentication_records(request, user)
    return any(
        record.get("method") == "mfa" or (record.get("method") == "socialaccount" and record.get("two_factors"))
        for record in records
    )


@transaction.atomic
def use_code(user: User, code: str) -> Authenticator | None:
    """The factor that ``code`` proves, or None. A code serves once, whichever process of the site it is sent to."""
    rows = Authenticator.objects.select_for_update(of=("self",)).filter(user_id=user.pk).exclude(type=Kind.WEBAUTHN)
    for row in rows.order_by("-type"):
        if _use_totp(row, code) if row.type == Kind.TOTP else row.wrap().validate_code(code):
            row.user = user
            return row
    return None


def totp_step(secret: str, code: str) -> int | None:
    """The 30-second step of which ``code`` is the value, among those accepted now (RFC 6238, section 5.2)."""
    for step in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return step
    return None


def _use_totp(row: Authenticator, code: str) -> bool:
    step = totp_step(vault.unseal(row.data["secret"]), code)
    # Not the step already used, nor an earlier one: somebody may have looked over a shoulder.
    if step is None or step <= row.data.get("last_step", -1):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True
