"""API tokens: making them, taking them back, recognising the one a program presents."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import rls
from core.errors import InvalidInput, NotAllowed
from core.french import date_long
from parties.actors import Actor
from parties.models import ApiToken, Membership, Organisation
from parties.roles import ABILITIES, abilities_by_token

#: The longest validity, in days from today.
LONGEST_DAYS = 365
SHAPE = re.compile(r"cosigne_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def longest_day() -> dt.date:
    """The last day a token made today may serve."""
    return timezone.localdate() + dt.timedelta(days=LONGEST_DAYS)


@transaction.atomic
def create_token(*, name: str, scopes: Iterable[str], last_day: dt.date, by: Actor) -> tuple[ApiToken, str]:
    """A token for ``by``'s own organisation in ``by``'s role; returns it with the text to hand over, known only now.

    ``scopes`` are abilities of the role (none: it reads what every role may). ``last_day`` is included, one year away
    at most. Raises ``NotAllowed``; ``InvalidInput`` with ``place`` one of ``name``, ``scopes``, ``last_day``.
    """
    by.require("token.manage")
    if by.organisation is None or by.user is None:
        raise NotAllowed("Un jeton se crée par une personne, pour son organisation.")
    token = ApiToken(
        territory=by.territory,
        organisation=by.organisation,
        name=name.strip(),
        role=by.role,
        scopes=_allowed(scopes, by),
        prefix="".join(secrets.choice(PREFIX_LETTERS) for _ in range(8)),
        created_by=by.user,
        expires_at=_end_of(last_day),
    )
    secret = secrets.token_urlsafe(32)  # 256 bits
    token.digest = digest_of(secret)
    _clean(token)
    token.save()
    return token, f"cosigne_{token.prefix}_{secret}"


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor) -> ApiToken:
    """The token stops serving at once, for good. Revoking it twice keeps the first date. Raises ``NotAllowed``."""
    by.require("token.manage")
    locked = ApiToken.objects.visible_to(by).select_for_update(of=("self",)).get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at", "updated_at"])
    return locked


def recognise(text: str) -> Actor | None:
    """Who presents ``text``; None when it is not a token, is unknown, revoked, past its date, or when its maker's
    access to the organisation, or the organisation's territory, is closed: a token does not outlive them.

    Needs an open transaction. Nothing of a territory can be read before the token is known: PostgreSQL is shown the
    digest of the secret and lets through the one row that has it. Leaves nobody's context; the caller sets the actor's.
    """
    shape = SHAPE.fullmatch(text)
    if shape is None:
        return None
    prefix, secret = shape.groups()
    digest = digest_of(secret)
    rls.present_token(digest)
    token = ApiToken.objects.select_related("territory").filter(prefix=prefix).first()
    rls.set_context(rls.NOBODY)
    # Compared here too, in constant time: no answer depends on how far a digest resembles another.
    same = hmac.compare_digest(token.digest if token else "", digest)
    if token is None or not same or not token.is_usable or token.territory.suspended_at:
        return None
    maker = rls.Context(token.territory_id, rls.ORGANISATION, token.organisation_id, token.created_by_id)
    with rls.acting(maker):
        if not maker_still_acts(token):
            return None
        token.organisation = Organisation.objects.get(pk=token.organisation_id)
    return Actor.of_token(token)


def maker_still_acts(token: ApiToken) -> bool:
    """Whether who made the token still holds, in its organisation, the role it was made with."""
    return (
        Membership.objects.in_force_on(timezone.localdate())
        .filter(user=token.created_by_id, user__is_active=True, organisation=token.organisation_id, role=token.role)
        .exists()
    )


def note_use(token: ApiToken) -> None:
    """Write the day down, once a day. Under the token's own context."""
    today = timezone.localdate()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)


def digest_of(secret: str) -> str:
    """SHA-256, in hexadecimal. A slow hash would add nothing: the secret is drawn at random, 256 bits, never chosen."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _allowed(scopes: Iterable[str], by: Actor) -> list[str]:
    asked = set(scopes)
    excess = sorted(asked - (abilities_by_token(by.role) & by.abilities))
    if excess:
        words = ABILITIES.get(excess[0], excess[0])
        raise InvalidInput(f"Votre rôle ne permet pas de donner ce droit à un jeton : {words}.", place="scopes")
    return sorted(asked)


def _end_of(last_day: dt.date) -> dt.datetime:
    if last_day < timezone.localdate():
        raise InvalidInput("Cette date est passée : choisissez un jour à venir.", place="last_day")
    if last_day > longest_day():
        raise InvalidInput(
            f"Un jeton vaut un an au plus : choisissez au plus tard le {date_long(longest_day())}.", place="last_day"
        )
    midnight = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time())
    return timezone.make_aware(midnight)


def _clean(token: ApiToken) -> None:
    try:
        # created_at is given by save(): the database checks the length of validity.
        token.full_clean(validate_constraints=False)
        taken = ApiToken.objects.filter(organisation=token.organisation, revoked_at=None, name__iexact=token.name)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place=name) from error
    if taken.exists():
        raise InvalidInput(
            f"Un jeton non révoqué s'appelle déjà « {token.name} » : révoquez-le, ou choisissez un autre nom.",
            place="name",
        )
