"""A draft shown to parties before it is submitted: who is asked, who answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from conventions.enums import ReadingOutcome
from conventions.models import Convention, Party, ReadingReply, ReadingRequest
from conventions.services.locking import lock
from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.actors import Actor
from parties.enums import OrganisationKind


@transaction.atomic
def request_readings(
    *,
    convention: Convention,
    parties: Sequence[Party],
    by: Actor,
    site: str,
    deadline: dt.date | None = None,
    message: str = "",
) -> list[ReadingRequest]:
    """Ask parties to read the draft; their members are written to by a job. ``site``: scheme and host of the link.

    While the request is open they see this draft, and no other. Asking again an organisation already asked changes the
    deadline and the message, and sends no second mail. Raises BusinessError once the draft is submitted.
    """
    from conventions.tasks import announce_reading

    by.require("convention.edit")
    locked = lock(convention)
    if not locked.is_editable:
        raise BusinessError("Une relecture se demande avant de soumettre la convention.")
    if not parties:
        raise InvalidInput("Choisissez au moins une partie.", place="parties")
    if deadline is not None and deadline < timezone.localdate():
        raise InvalidInput("La date limite est déjà passée.", place="deadline")
    made = []
    for party in parties:
        if party.convention_id != locked.pk:
            raise InvalidInput("Cette partie n'est pas à la convention.", place="parties")
        if party.organisation.kind == OrganisationKind.PREFECTURE:
            raise InvalidInput("La préfecture lit la convention quand elle lui est soumise.", place="parties")
        row, created = ReadingRequest.objects.update_or_create(
            convention=locked,
            organisation=party.organisation,
            closed_at=None,
            defaults={"territory_id": locked.territory_id, "deadline": deadline, "message": message.strip()},
            create_defaults={
                "territory_id": locked.territory_id,
                "deadline": deadline,
                "message": message.strip(),
                "by": by.user,
                "by_label": by.label,
            },
        )
        if created:
            announce_reading.defer(territory_id=locked.territory_id, request_id=row.pk, site=site)
        made.append(row)
    return made


@transaction.atomic
def close_reading(*, request: ReadingRequest, by: Actor) -> ReadingRequest:
    """End a reading: the organisation no longer sees the draft. Its remarks stay."""
    by.require("convention.edit")
    if request.closed_at is None:
        request.closed_at = timezone.now()
        request.save(update_fields=["closed_at", "updated_at"])
    return request


@transaction.atomic
def declare_read(*, request: ReadingRequest, outcome: str, by: Actor) -> ReadingReply:
    """What a reader answers: read without remark, or remarks sent. Saying the same again changes nothing."""
    if by.organisation is None or by.organisation.pk != request.organisation_id:
        raise NotAllowed("Cette relecture est demandée à une autre organisation.")
    if request.closed_at is not None:
        raise BusinessError("Cette relecture est close.")
    if outcome not in ReadingOutcome.values:
        raise InvalidInput("Choisissez une réponse.", place="outcome")
    last = request.replies.filter(by=by.user).order_by("-pk").first()
    if last is not None and last.outcome == outcome:
        return last
    return ReadingReply.objects.create(request=request, outcome=outcome, by=by.user, by_label=by.label)
