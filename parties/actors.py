"""Who acts: the one object services take as ``by``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core import rls
from core.errors import NotAllowed
from core.french import de as french_de
from parties.enums import EXCEPTIONAL_ROLE, PlatformRole, Role
from parties.models import (
    ApiToken,
    ExceptionalAccess,
    Membership,
    Organisation,
    PlatformMembership,
    Territory,
    User,
)
from parties.roles import ABILITIES, ROLE_SCOPE, abilities_by_token, abilities_of


@dataclass(frozen=True)
class Actor:
    """A person, a program with a token, or the system, acting for one organisation of one territory, in one role."""

    territory: Territory
    role: str
    label: str
    organisation: Organisation | None = None
    user: User | None = None
    abilities: frozenset[str] = field(default_factory=frozenset)
    token: ApiToken | None = None
    access: ExceptionalAccess | None = None
    #: A command or a job: enters a suspended territory too.
    is_system: bool = False

    @property
    def territory_id(self) -> int:
        return self.territory.pk

    @property
    def is_staff(self) -> bool:
        """Whether the whole territory is theirs to see; an exceptional access lets read it as its staff does."""
        return ROLE_SCOPE[self.role] in (rls.STAFF, rls.EXCEPTIONAL)

    @property
    def context(self) -> rls.Context:
        """What PostgreSQL is told about this actor."""
        return rls.Context(
            territory_id=self.territory.pk,
            scope=ROLE_SCOPE[self.role],
            organisation_id=self.organisation.pk if self.organisation else None,
            user_id=self.user.pk if self.user else None,
            label=self.label,
            system=self.is_system,
        )

    def can(self, ability: str) -> bool:
        if ability not in ABILITIES:
            raise LookupError(f"unknown ability {ability}")
        return ability in self.abilities

    def require(self, ability: str) -> None:
        """Raise :class:`NotAllowed` unless the role includes ``ability``."""
        if not self.can(ability):
            subject = "Ce jeton" if self.token else "Votre rôle"
            raise NotAllowed(f"{subject} ne permet pas {french_de(ABILITIES[ability])}.")

    @classmethod
    def of(cls, membership: Membership) -> Actor:
        return cls(
            territory=membership.territory,
            role=membership.role,
            label=f"{membership.user.name} ({membership.organisation.label})",
            organisation=membership.organisation,
            user=membership.user,
            abilities=abilities_of(membership.role, is_admin=membership.is_admin),
        )

    @classmethod
    def of_token(cls, token: ApiToken) -> Actor:
        """A program: no account, and of the role's abilities those the token was given."""
        return cls(
            territory=token.territory,
            role=token.role,
            label=f"Jeton « {token.name} » ({token.organisation.label})",
            organisation=token.organisation,
            abilities=abilities_by_token(token.role) & frozenset(token.scopes),
            token=token,
        )

    @classmethod
    def system(cls, territory: Territory) -> Actor:
        """Commands, imports and jobs: the whole of one territory, every ability, no account."""
        return cls(
            territory=territory,
            role=Role.GESTIONNAIRE,
            label="Commande d'exploitation",
            abilities=frozenset(ABILITIES),
            is_system=True,
        )

    @classmethod
    def under(cls, access: ExceptionalAccess) -> Actor:
        """A platform administrator reading a territory under an exceptional access."""
        return cls(
            territory=access.territory,
            role=EXCEPTIONAL_ROLE,
            label=f"{access.user_label} (accès exceptionnel)",
            user=access.user,
            abilities=abilities_of(EXCEPTIONAL_ROLE),
            access=access,
        )


@dataclass(frozen=True)
class PlatformActor:
    """Who acts outside any territory. Not an :class:`Actor`: what asks for one refuses this one."""

    role: str
    label: str
    user: User | None = None
    abilities: frozenset[str] = field(default_factory=frozenset)

    @property
    def context(self) -> rls.Context:
        """What PostgreSQL is told: a scope without a territory."""
        if self.user is None:
            return rls.Context(scope=rls.PLATFORM, label=self.label)
        return rls.Context(scope=ROLE_SCOPE[self.role], user_id=self.user.pk, label=self.label)

    def can(self, ability: str) -> bool:
        if ability not in ABILITIES:
            raise LookupError(f"unknown ability {ability}")
        return ability in self.abilities

    def require(self, ability: str) -> None:
        """Raise :class:`NotAllowed` unless the role includes ``ability``."""
        if not self.can(ability):
            raise NotAllowed(f"Votre rôle ne permet pas {french_de(ABILITIES[ability])}.")

    def inside(self, territory: Territory) -> Actor:
        """The system at work in a territory on this one's behalf: services use it, and show nothing of it."""
        return replace(Actor.system(territory), label=self.label, user=self.user)

    @classmethod
    def of(cls, membership: PlatformMembership) -> PlatformActor:
        return cls(
            role=membership.role,
            label=f"{membership.user.name} ({membership.get_role_display()})",
            user=membership.user,
            abilities=abilities_of(membership.role),
        )

    @classmethod
    def system(cls) -> PlatformActor:
        """The commands of the deployment."""
        return cls(
            role=PlatformRole.PLATFORM,
            label="Commande d'exploitation",
            abilities=abilities_of(PlatformRole.PLATFORM),
        )
