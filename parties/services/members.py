"""People's access: changing, closing, reopening a membership. Nothing is deleted: what was stays in the history."""

from __future__ import annotations

import datetime as dt
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from core.errors import Conflict, InvalidInput, NotAllowed
from core.french import date_long
from parties.actors import Actor
from parties.enums import MemberAct, OrganisationKind, Role
from parties.models import Invitation, MemberEvent, Membership, Organisation, User
from parties.roles import roles_for

ABILITY = "member.manage"
LAST_MANAGER = (
    "C'est le dernier gestionnaire du territoire : plus personne ne pourrait gérer le dispositif. "
    "Donnez d'abord ce rôle, sans date de fin, à une autre personne."
)


def assignable_roles(by: Actor, organisation: Organisation) -> tuple[Role, ...]:
    """The roles ``by`` may give in ``organisation``; the database refuses the others too (migration 0002).

    The two roles that see the whole territory are given by its staff; the préfecture's own administrator gives its own.
    """
    roles = roles_for(organisation.kind)
    if by.is_staff:
        return roles
    if by.organisation is None or by.organisation.pk != organisation.pk:
        return ()
    return tuple(r for r in roles if r != Role.GESTIONNAIRE and (r != Role.INSTRUCTEUR or by.role == Role.INSTRUCTEUR))


def check_may_manage(by: Actor, organisation: Organisation) -> None:
    """Raise ``NotAllowed`` unless ``by`` manages the people of ``organisation``."""
    by.require(ABILITY)
    if organisation.territory_id != by.territory_id:
        raise NotAllowed("Cette organisation n'est pas de votre territoire.")
    if not by.is_staff and (by.organisation is None or by.organisation.pk != organisation.pk):
        raise NotAllowed("Vous gérez les membres de votre organisation seulement.")


def check_role(by: Actor, organisation: Organisation, role: str) -> None:
    """Raise unless ``role`` exists in this kind of organisation and ``by`` may give it."""
    if role not in roles_for(organisation.kind):
        raise InvalidInput(
            f"Le rôle « {Role(role).label} » n'existe pas dans une organisation de cette nature "
            f"({organisation.get_kind_display()}). Choisissez-en un autre.",
            place="role",
        )
    if role not in assignable_roles(by, organisation):
        raise NotAllowed(
            f"Le rôle « {Role(role).label} » se donne par le gestionnaire du dispositif : demandez-le-lui.",
            place="role",
        )


def check_may_touch(membership: Membership, by: Actor) -> None:
    """Raise ``NotAllowed`` unless ``by`` may change this access as it stands; nobody changes their own."""
    check_may_manage(by, membership.organisation)
    if by.user is not None and membership.user_id == by.user.pk:
        raise NotAllowed("Personne ne modifie son propre accès : demandez-le à quelqu'un d'autre qui gère les membres.")
    if not by.is_staff and membership.role not in assignable_roles(by, membership.organisation):
        raise NotAllowed("L'accès de cette personne se gère par le gestionnaire du dispositif.")


@transaction.atomic
def change_membership(
    *,
    membership: Membership,
    by: Actor,
    role: str,
    is_admin: bool,
    end: dt.date | None,
    seen_at: dt.datetime | None = None,
) -> Membership:
    """Another role, another last day (``None``: no end), or the right to manage the organisation's people.

    The change holds from the person's next request. Raises ``NotAllowed``, ``InvalidInput`` (``place``: the field),
    ``Conflict`` when somebody saved since ``seen_at`` or when no gestionnaire would be left.
    """
    locked = _lock(membership, by, seen_at)
    if locked.closed_at:
        raise Conflict("Cet accès est fermé. Rouvrez-le avant de le modifier.")
    check_role(by, locked.organisation, role)
    if end and end < timezone.localdate():
        raise InvalidInput("Cette date est passée. Pour arrêter tout de suite, fermez l'accès.", place="end")
    if end and locked.start and end < locked.start:
        raise InvalidInput(f"La fin précède le début ({date_long(locked.start)}).", place="end")
    if locked.role == Role.GESTIONNAIRE and (role != Role.GESTIONNAIRE or end):
        _keep_a_manager(locked, until=end if role == Role.GESTIONNAIRE else None)
    said = _differences(locked, role, is_admin, end)
    if not said:
        return locked
    locked.role, locked.is_admin, locked.end = role, is_admin, end
    _save(locked)
    record(MemberAct.CHANGED, by=by, membership=locked, text=" ; ".join(said))
    return locked


@transaction.atomic
def close_membership(*, membership: Membership, by: Actor) -> Membership:
    """End the access at once: the person's very next request no longer has it. Closing twice changes nothing more.

    Raises ``NotAllowed``, ``Conflict`` when no gestionnaire would be left.
    """
    locked = _lock(membership, by, None)
    if locked.closed_at:
        return locked
    if locked.role == Role.GESTIONNAIRE:
        _keep_a_manager(locked, until=None)
    locked.closed_at = timezone.now()
    _save(locked)
    record(MemberAct.CLOSED, by=by, membership=locked, text=locked.get_role_display())
    return locked


@transaction.atomic
def reopen_membership(*, membership: Membership, by: Actor) -> Membership:
    """Give back an access that was closed, or whose last day has passed; it has no end until one is set.

    Raises ``NotAllowed``, ``InvalidInput`` when the role can no longer be given.
    """
    locked = _lock(membership, by, None)
    ended = locked.end is not None and locked.end < timezone.localdate()
    if not (locked.closed_at or ended):
        return locked
    check_role(by, locked.organisation, locked.role)
    locked.closed_at = None
    if ended:
        locked.end = None
    _save(locked)
    record(MemberAct.REOPENED, by=by, membership=locked, text=locked.get_role_display())
    return locked


@transaction.atomic
def add_member(
    *, email: str, name: str, organisation: Organisation, role: Role, by: Actor
) -> tuple[Membership, str | None]:
    """Let a person act for an organisation in one role; the account is made when this address has none.

    Gives the membership and, for a new account, its first password, kept nowhere: the person changes it. Adding the
    same membership again changes nothing; one that had ended or was closed is open again. An operator's act: ``by`` is
    the system.
    """
    if organisation.territory_id != by.territory_id:
        raise InvalidInput("Cette organisation n'est pas de ce territoire.", place="organisation")
    if role == Role.INSTRUCTEUR and organisation.kind != OrganisationKind.PREFECTURE:
        raise InvalidInput(f"Seule une préfecture instruit : {organisation} n'en est pas une.", place="role")
    user, password = User.objects.filter(email__iexact=email).first(), None
    if user is None:
        password = secrets.token_urlsafe(12)
        user = User(email=email.lower(), name=name)
        user.set_password(password)
        _clean(user)
        user.save()
    held = Membership.objects.filter(user=user, organisation=organisation, role=role).first()
    if held is not None and held.end is None and held.closed_at is None:
        return held, password
    membership, _created = Membership.objects.update_or_create(
        user=user, organisation=organisation, role=role, defaults={"end": None, "closed_at": None}
    )
    record(MemberAct.REOPENED if held else MemberAct.ADDED, by=by, membership=membership, text=Role(role).label)
    return membership, password


def record(
    act: MemberAct,
    *,
    by: Actor,
    text: str,
    membership: Membership | None = None,
    invitation: Invitation | None = None,
) -> MemberEvent:
    """Append one line to the history of people's access."""
    about = membership or invitation
    assert about is not None
    return MemberEvent.objects.create(
        organisation=about.organisation,
        membership=membership,
        invitation=invitation,
        act=act,
        text=text,
        by_user=by.user,
        by_label=by.label,
    )


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _lock(membership: Membership, by: Actor, seen_at: dt.datetime | None) -> Membership:
    check_may_touch(membership, by)
    if membership.role == Role.GESTIONNAIRE:
        _locked_managers(membership.territory_id)  # before its own row, so that nobody waits the other way round
    rows = Membership.objects.visible_to(by).select_for_update(of=("self",)).select_related("organisation", "user")
    row = rows.filter(pk=membership.pk).first()
    if row is None:
        raise Conflict("Cet accès n'existe pas dans votre territoire.")
    check_may_touch(row, by)  # as it is now, under the lock
    if seen_at is not None and row.updated_at != seen_at:
        raise Conflict(
            "Une autre personne a modifié cet accès pendant que vous l'aviez ouvert. Rien n'a été enregistré : "
            "comparez avec sa version, puis enregistrez de nouveau."
        )
    return row


def _keep_a_manager(leaving: Membership, *, until: dt.date | None) -> None:
    """Raise ``Conflict`` unless another gestionnaire remains after ``leaving`` ends (at once when ``until`` is None).

    Two people closing one another wait for each other's locks, taken in one order; the second is told.
    """
    today = timezone.localdate()
    day = until + dt.timedelta(days=1) if until else today
    remaining = [
        row
        for row in _locked_managers(leaving.territory_id)
        if row.pk != leaving.pk
        and row.user.is_active
        and row.closed_at is None
        and (row.start is None or row.start <= day)
        and (row.end is None or row.end > day)
    ]
    if not remaining:
        raise Conflict(LAST_MANAGER)


def _locked_managers(territory_id: int) -> list[Membership]:
    rows = Membership.objects.filter(territory_id=territory_id, role=Role.GESTIONNAIRE)
    return list(rows.select_for_update(of=("self",)).select_related("user").order_by("pk"))


def _differences(row: Membership, role: str, is_admin: bool, end: dt.date | None) -> list[str]:
    said = []
    if role != row.role:
        said.append(f"rôle : « {row.get_role_display()} » devient « {Role(role).label} »")
    if is_admin != row.is_admin:
        said.append("gère les membres de l'organisation" if is_admin else "ne gère plus les membres de l'organisation")
    if end != row.end:
        said.append(f"dernier jour : {date_long(end)}" if end else "sans date de fin")
    return said


def _save(row: Membership) -> None:
    _clean(row)
    row.save()


def _clean(row: Model) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place="" if name == "__all__" else name) from error
