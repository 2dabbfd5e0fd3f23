"""The personal link of a signatory: made, and read back by somebody who may have no account.

As for invitations (:mod:`parties.links`): the token is the link's identifier, signed; the database keeps its digest
only, and shows that one row to who tells it the digest.
"""

from __future__ import annotations

import hashlib

from django.core import signing
from django.db import connection, transaction
from django.urls import reverse

from core import rls
from parties.actors import Actor
from reporting.models import SignatureStep, SigningLink

_SIGNER = signing.Signer(salt="reporting.signing", sep=".")


def token_of(link: SigningLink) -> str:
    """The token of the link's address; the same each time it is sent."""
    return _SIGNER.sign(link.uuid.hex)


def digest(token: str) -> str:
    """SHA-256 of the token, hexadecimal: what is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def address(link: SigningLink) -> str:
    """The full address sent by mail."""
    return f"{link.step.circuit.site}{reverse('signing', args=[token_of(link)])}"


def read(token: str) -> SigningLink | None:
    """The link of this token, whatever its state, with all its step leads to; None when there is none.

    None too when its territory is suspended. Gives back the isolation context found.
    """
    try:
        _SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cosigne.link', %s, true)", [digest(token)])
        found = SigningLink.objects.select_related("territory").filter(token_hash=digest(token)).first()
        cursor.execute("SELECT set_config('cosigne.link', '', true)")
    if found is None or found.territory.suspended_at is not None:
        return None
    with rls.acting(Actor.system(found.territory).context):
        found.step = whole_steps().get(pk=found.step_id)
    return found


def whole_steps():  # type: ignore[no-untyped-def]
    """Steps with all that a page about one needs, in one query."""
    return SignatureStep.objects.select_related(
        "territory",
        "circuit__version__convention__territory",
        "circuit__version__avenant",
        "signatory__party",
        "organisation",
        "mandate",
    )
