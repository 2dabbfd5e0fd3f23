"""Acts approved on paper before the territory came to Cosigne: taken as they are, and said to be."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from conventions.enums import ConventionAct
from conventions.models import Convention, ConventionVersion
from conventions.services.locking import lock
from conventions.services.review import freeze, require_sound
from conventions.signals import version_made
from conventions.workflow import advance
from core.errors import BusinessError, InvalidInput
from core.french.dates import date_long
from parties.actors import Actor


@transaction.atomic
def take_over_convention(
    *, convention: Convention, approved_on: dt.date, source: str, by: Actor, expected: int | None = None
) -> ConventionVersion:
    """Make the frozen version of a text approved on ``approved_on`` outside Cosigne, as ``source`` (an act) says.

    Only what predates the territory's coming here: otherwise this would be a way round the préfecture. The version
    carries the act's date as its approval, and says what it was taken from; signatures then follow that date.
    Raises InvalidInput (no source, a date that does not predate), BusinessError (state, blocking finding, hole).
    """
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    came = timezone.localdate(locked.territory.created_at)
    if not source.strip():
        raise InvalidInput("Citez l'acte : délibération, arrêté, document publié.", place="source")
    if approved_on >= came:
        raise InvalidInput(
            f"Le territoire est dans Cosigne depuis le {date_long(came)} : un texte approuvé depuis se soumet à la"
            " préfecture, il ne se reprend pas.",
            place="approved_on",
        )
    if locked.submitted_at is not None:
        raise BusinessError("Cette convention a été soumise à la préfecture ici : c'est elle qui l'approuve.")
    advance(
        locked, ConventionAct.TAKE_OVER, by=by, reason=f"{source.strip()} (texte approuvé le {date_long(approved_on)})"
    )
    require_sound(locked)
    noon = timezone.make_aware(dt.datetime.combine(approved_on, dt.time(12)))
    version = freeze(locked, by, approved_at=noon, taken_from=source.strip())
    version_made.send(ConventionVersion, version=version)
    return version
