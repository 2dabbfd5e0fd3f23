"""Outside the territories: the roles there, and the log of what is done there."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import rls
from core.errors import InvalidInput
from parties.actors import PlatformActor
from parties.enums import PlatformAct, PlatformRole
from parties.models import PlatformEvent, PlatformMembership, Territory, User


@transaction.atomic
def appoint(*, email: str, name: str, role: PlatformRole, by: PlatformActor) -> tuple[PlatformMembership, str | None]:
    """Give a role outside the territories; the account is made when this address has none. A command's act.

    Gives the role and, for a new account, its first password, kept nowhere. Giving it twice changes nothing; one that
    was withdrawn is given again. Raises ``InvalidInput`` (``place``: the field).
    """
    by.require("platform.manage")
    user, password = User.objects.filter(email__iexact=email.strip()).first(), None
    if user is None:
        password = secrets.token_urlsafe(12)
        user = User(email=email.strip().lower(), name=name.strip())
        user.set_password(password)
        _clean(user)
        user.save()
    with rls.acting(by.context):
        held = PlatformMembership.objects.filter(user=user, role=role).first()
        if held is not None and held.closed_at is None and held.end is None:
            return held, password
        membership, _created = PlatformMembership.objects.update_or_create(
            user=user, role=role, defaults={"end": None, "closed_at": None}
        )
        record_act(PlatformAct.APPOINTED, by=by, text=f"{user.name}, {role.label}")
    return membership, password


@transaction.atomic
def withdraw(*, email: str, by: PlatformActor) -> list[PlatformMembership]:
    """Take back every role an account holds outside the territories, at once; its accesses to territories stay."""
    by.require("platform.manage")
    with rls.acting(by.context):
        rows = PlatformMembership.objects.select_for_update(of=("self",)).select_related("user")
        held = list(rows.filter(user__email__iexact=email.strip(), closed_at__isnull=True))
        for row in held:
            row.closed_at = timezone.now()
            row.save()
            record_act(PlatformAct.WITHDRAWN, by=by, text=f"{row.user.name}, {row.get_role_display()}")
    return held


def record_act(act: PlatformAct, *, by: PlatformActor, about: Territory | None = None, text: str = "") -> PlatformEvent:
    """Append one line to the platform's log, under the context of ``by``: outside any territory."""
    with rls.acting(by.context):
        return PlatformEvent.objects.create(act=act, about=about, text=text[:600], by_user=by.user, by_label=by.label)


def _clean(user: User) -> None:
    try:
        user.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place="" if name == "__all__" else name) from error
