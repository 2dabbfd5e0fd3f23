"""A small territory for tests of posts, activity and bilans: rows made without services, as staff of the territory."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core import rls
from parties.actors import Actor
from parties.enums import LegalForm, OrganisationKind, Role
from parties.models import Membership, Organisation, Territory, User
from parties.roles import abilities_of
from posts.enums import PostKind, UnitKind, Zone
from posts.models import ActivityReturn, Occupancy, Post, PostCoverage, PostUnit, ServiceUnit


def make_territory(code: str = "62", name: str = "Pas-de-Calais") -> Territory:
    """A territory, the test's transaction being put under its staff's context."""
    territory = Territory.objects.create(code=code, name=name)
    rls.set_context(rls.Context(territory.pk, rls.STAFF))
    return territory


def make_organisation(
    territory: Territory, name: str, kind: str = OrganisationKind.EPCI, **fields: Any
) -> Organisation:
    form = LegalForm.CC if kind == OrganisationKind.EPCI else ""
    return Organisation.objects.create(territory=territory, name=name, kind=kind, legal_form=form, **fields)


def make_unit(organisation: Organisation, name: str, zone: str = Zone.GENDARMERIE, communes: tuple[str, ...] = ()):
    kind = UnitKind.COMMISSARIAT if zone == Zone.POLICE else UnitKind.BRIGADE
    return ServiceUnit.objects.create(
        organisation=organisation, kind=kind, zone=zone, name=name, communes=list(communes)
    )


def make_post(employer: Organisation, label: str, kind: str = PostKind.ISG, **fields: Any) -> Post:
    return Post.objects.create(employer=employer, label=label, kind=kind, **fields)


def add_unit(post: Post, unit: ServiceUnit, percent: int | None = None) -> PostUnit:
    return PostUnit.objects.create(post=post, unit=unit, percent=None if percent is None else Decimal(percent))


def cover(post: Post, *epcis: Organisation) -> None:
    for epci in epcis:
        PostCoverage.objects.create(post=post, organisation=epci)


def occupy(post: Post, start: dt.date, end: dt.date | None = None) -> Occupancy:
    return Occupancy.objects.create(post=post, start=start, end=end)


def add_return(post: Post, year: int, month: int | None = None, zone: str = "", **counts: Any) -> ActivityReturn:
    return ActivityReturn.objects.create(post=post, year=year, month=month, zone=zone, **counts)


def actor(organisation: Organisation, role: str, user: User | None = None) -> Actor:
    return Actor(
        territory=organisation.territory,
        role=role,
        label=f"{role} de {organisation}",
        organisation=organisation,
        user=user,
        abilities=abilities_of(role),
    )


def staff(organisation: Organisation) -> Actor:
    return actor(organisation, Role.GESTIONNAIRE)


def make_member(organisation: Organisation, role: str, email: str = "") -> User:
    """An account that may sign in and act for ``organisation``."""
    user = User.objects.create_user(
        email=email or f"{role}@exemple.test", password="motdepasse", name=role.capitalize()
    )
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return user
