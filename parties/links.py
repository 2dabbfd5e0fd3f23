"""The link of an invitation: made, and read back by somebody who has no account yet.

The token is the invitation's identifier, signed; the database keeps its digest only. A visitor has no isolation
context: the digest of the link they hold, told to PostgreSQL, shows that one row and no other (migration 0002).
"""

from __future__ import annotations

import hashlib

from django.core import signing
from django.db import connection, transaction

from core import rls
from parties.models import Invitation, Organisation

_SIGNER = signing.Signer(salt="parties.invitation", sep=".")


def token_of(invitation: Invitation) -> str:
    """The token of the invitation's address; the same each time."""
    return _SIGNER.sign(invitation.uuid.hex)


def digest(token: str) -> str:
    """SHA-256 of the token, hexadecimal: what is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def read(token: str) -> Invitation | None:
    """The invitation of this link with its organisation and territory, whatever its state; None when there is none.

    Gives back the isolation context found.
    """
    try:
        _SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cosigne.link', %s, true)", [digest(token)])
        found = Invitation.objects.select_related("territory").filter(token_hash=digest(token)).first()
        cursor.execute("SELECT set_config('cosigne.link', '', true)")
    if found is None:
        return None
    with rls.acting(rls.Context(found.territory_id, rls.ORGANISATION, found.organisation_id)):
        found.organisation = Organisation.objects.get(pk=found.organisation_id)
    return found
