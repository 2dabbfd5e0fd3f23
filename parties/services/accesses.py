"""Exceptional access: a platform administrator reads one territory, for hours, for a written reason (ADR 8)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import rls
from core.errors import Conflict, InvalidInput, NotAllowed
from core.french import plural
from parties.actors import Actor, PlatformActor
from parties.enums import AccessMode, PlatformAct
from parties.models import AccessUse, ExceptionalAccess, Territory, User

from .platform import record_act

#: What the mail about an access tells the territory's managers, or its holder.
ASKED, STARTED, ENDED, GRANTED, REFUSED = "asked", "started", "ended", "granted", "refused"


@transaction.atomic
def request_access(
    *, territory: Territory, justification: str, incident: str, hours: int, by: PlatformActor, site: str = ""
) -> ExceptionalAccess:
    """Ask to read ``territory`` for ``hours``; its managers are written to at once.

    By the platform's setting it waits for one of them, or opens now. ``site``: scheme and host of the mail's link.
    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` one of ``justification``, ``incident``, ``hours``;
    ``Conflict`` when one is already asked for or in force.
    """
    by.require("platform.manage")
    if by.user is None:
        raise NotAllowed("Un accès exceptionnel se demande par une personne, en son nom.")
    most = settings.COSIGNE_ACCESS_HOURS
    if not 1 <= hours <= most:
        raise InvalidInput(f"Un accès dure {most} {plural(most, 'heure')} au plus.", place="hours")
    # One request at a time for an account: two clicks ask once.
    User.objects.select_for_update(of=("self",)).get(pk=by.user.pk)
    with rls.acting(by.context):
        mine = ExceptionalAccess.objects.filter(user=by.user, territory=territory)
        if mine.current().exists() or mine.waiting().exists():
            raise Conflict("Vous avez déjà demandé un accès à ce territoire : utilisez-le, ou arrêtez-le d'abord.")
        mode = AccessMode(settings.COSIGNE_ACCESS_MODE)
        access = ExceptionalAccess(
            territory=territory, user=by.user, user_label=by.label[:200], justification=justification.strip(),
            incident=incident.strip(), hours=hours, mode=mode,
        )  # fmt: skip
        if mode == AccessMode.IMMEDIATE:
            _open(access, by.label)
        _clean(access)
        access.save()
    act = PlatformAct.STARTED if access.granted_at else PlatformAct.ASKED
    record_act(act, by=by, about=territory, text=f"incident {access.incident} : {access.justification}")
    _announce(access, STARTED if access.granted_at else ASKED, site)
    return access


@transaction.atomic
def approve_access(*, access: ExceptionalAccess, by: Actor, site: str = "") -> ExceptionalAccess:
    """A manager of the territory lets its holder in, from now. Raises ``NotAllowed``, ``Conflict``."""
    locked = _to_answer(access, by)
    _open(locked, by.label)
    locked.save()
    _announce(locked, GRANTED, site)
    return locked


@transaction.atomic
def refuse_access(*, access: ExceptionalAccess, by: Actor, site: str = "") -> ExceptionalAccess:
    """A manager of the territory says no. Raises ``NotAllowed``, ``Conflict``."""
    locked = _to_answer(access, by)
    locked.refused_at, locked.refused_by = timezone.now(), by.label
    locked.save()
    _announce(locked, REFUSED, site)
    return locked


@transaction.atomic
def end_access(*, access: ExceptionalAccess, by: Actor | PlatformActor, site: str = "") -> ExceptionalAccess:
    """Stop it now: its holder, or a manager of the territory. Ending twice, or after its time, changes nothing.

    Raises ``NotAllowed``.
    """
    if isinstance(by, Actor):
        by.require("access.manage")
        mine = access.territory_id == by.territory_id
    else:
        by.require("platform.manage")
        mine = by.user is not None and access.user_id == by.user.pk
    if not mine:
        raise NotAllowed("Cet accès n'est pas le vôtre, et ne concerne pas votre territoire.")
    with rls.acting(by.context):
        locked = ExceptionalAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
        if locked.state not in ("waiting", "current"):
            return locked
        locked.ended_at, locked.ended_by = timezone.now(), by.label
        locked.save()
    if isinstance(by, PlatformActor):
        record_act(PlatformAct.ENDED, by=by, about=locked.territory, text=f"incident {locked.incident}")
    _announce(locked, ENDED, site)
    return locked


@transaction.atomic
def record_use(*, access: ExceptionalAccess, method: str, route: str, path: str) -> AccessUse:
    """Write down one request made under ``access``, before it is answered: the address, without what was searched."""
    with rls.acting(rls.Context(user_id=access.user_id, label=Actor.under(access).label)):
        return AccessUse.objects.create(
            access=access, territory_id=access.territory_id, user_id=access.user_id, method=method[:7],
            route=route[:80], path=path[:300],
        )  # fmt: skip


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _to_answer(access: ExceptionalAccess, by: Actor) -> ExceptionalAccess:
    by.require("access.manage")
    rows = ExceptionalAccess.objects.visible_to(by).select_for_update(of=("self",))
    locked = rows.filter(pk=access.pk).first()
    if locked is None:
        raise Conflict("Cette demande n'existe pas dans votre territoire.")
    if by.user is not None and locked.user_id == by.user.pk:
        raise NotAllowed("Personne ne répond à sa propre demande : un autre gestionnaire le fait.")
    if locked.state == "lapsed":
        raise Conflict("Cette demande date de plus de trois jours : elle n'attend plus de réponse.")
    if locked.state != "waiting":
        raise Conflict("Cette demande a déjà reçu sa réponse.")
    return locked


def _open(access: ExceptionalAccess, by_label: str) -> None:
    now = timezone.now()
    access.granted_at, access.granted_by = now, by_label
    access.expires_at = now + dt.timedelta(hours=access.hours)


def _announce(access: ExceptionalAccess, what: str, site: str) -> None:
    from parties.tasks import announce_access

    announce_access.defer(territory_id=access.territory_id, access_id=access.pk, what=what, site=site)


def _clean(access: ExceptionalAccess) -> None:
    try:
        access.full_clean(validate_constraints=False)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place="" if name == "__all__" else name) from error
