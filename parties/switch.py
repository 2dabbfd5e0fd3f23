"""What an account may act for: memberships, roles outside the territories, exceptional accesses in force."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from core import rls
from parties.enums import PlatformRole
from parties.models import ExceptionalAccess, Membership, Organisation, PlatformMembership, Territory, User

Source = Membership | PlatformMembership | ExceptionalAccess
EVERYWHERE = {PlatformRole.NATIONAL: "Tous les territoires", PlatformRole.PLATFORM: "Plateforme"}


@dataclass(frozen=True)
class Choice:
    """One thing the account may act for, in the words of the switch: « Pas-de-Calais (62) : CA du Boulonnais »."""

    source: Source
    place: str
    name: str
    role: str

    @property
    def uuid(self) -> UUID:
        return self.source.uuid

    @property
    def label(self) -> str:
        return " – ".join(part for part in (f"{self.place} : {self.name}", self.role) if part)

    @property
    def is_access(self) -> bool:
        return isinstance(self.source, ExceptionalAccess)


@dataclass(frozen=True)
class Held:
    """Everything an account holds today; ``suspended`` are the territories its memberships no longer open."""

    choices: tuple[Choice, ...] = ()
    suspended: tuple[Territory, ...] = ()

    @property
    def memberships(self) -> list[Membership]:
        return [choice.source for choice in self.choices if isinstance(choice.source, Membership)]

    @property
    def accesses(self) -> list[ExceptionalAccess]:
        return [choice.source for choice in self.choices if isinstance(choice.source, ExceptionalAccess)]

    def platform_role(self, role: str) -> PlatformMembership | None:
        roles = (c.source for c in self.choices if isinstance(c.source, PlatformMembership))
        return next((source for source in roles if source.role == role), None)

    def chosen(self, wanted: str | None) -> Choice | None:
        """The one asked for, else the first; nobody finds themselves under an exceptional access without asking."""
        asked = next((choice for choice in self.choices if str(choice.uuid) == wanted), None)
        return asked or next((choice for choice in self.choices if not choice.is_access), None)


def held_by(user: User) -> Held:
    """Read what ``user`` holds. Leaves the context of the last territory read: the caller sets the right one next."""
    # First only the account is known: it may read what is its own and nothing else.
    rls.set_context(rls.Context(user_id=user.pk))
    today = timezone.localdate()
    rows = list(
        Membership.objects.filter(user=user).in_force_on(today).select_related("territory", "user").order_by("pk")
    )
    roles = list(PlatformMembership.objects.filter(user=user).in_force_on(today).select_related("user"))
    accesses: list[ExceptionalAccess] = []
    if any(role.role == PlatformRole.PLATFORM for role in roles):
        mine = ExceptionalAccess.objects.filter(user=user).current()
        accesses = list(mine.select_related("territory", "user").order_by("pk"))
    memberships = [row for row in rows if row.territory.suspended_at is None]
    read_organisations(memberships)
    choices = [Choice(m, str(m.territory), str(m.organisation), m.get_role_display()) for m in memberships]
    choices += [Choice(r, EVERYWHERE[PlatformRole(r.role)], r.get_role_display(), "") for r in roles]
    choices += [Choice(a, str(a.territory), "accès exceptionnel", f"incident {a.incident}") for a in accesses]
    closed = {row.territory_id: row.territory for row in rows if row.territory.suspended_at}
    return Held(tuple(choices), tuple(closed.values()))


def read_organisations(memberships: list[Membership]) -> None:
    """Fill ``organisation`` in: each is a row of its own territory, which shows it only under that territory's context.

    Leaves the context of the last territory read: the caller sets the right one next.
    """
    territories: dict[int, list[Membership]] = {}
    for membership in memberships:
        territories.setdefault(membership.territory_id, []).append(membership)
    for territory_id, held in territories.items():
        rls.set_context(rls.Context(territory_id, rls.ORGANISATION, held[0].organisation_id, held[0].user_id))
        found = Organisation.objects.in_bulk({membership.organisation_id for membership in held})
        for membership in held:
            membership.organisation = found[membership.organisation_id]
