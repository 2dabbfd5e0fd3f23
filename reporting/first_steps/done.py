"""What the data show a person to have done: one small question each.

A question of the database is given back as rows to look for, so that all of them are asked in a single query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from conventions.enums import ConventionAct
from conventions.models import CalendarPreference, Comment, Signature, Transition
from funding.models import ExportBatch
from funding.models.grant_accounts import GrantAccountEvent
from funding.models.grants import GrantEvent
from parties.actors import Actor, PlatformActor
from parties.enums import MemberAct, OrganisationKind, PlatformAct
from parties.factors import MAIN
from parties.models import JournalEntry, MemberEvent, PlatformEvent
from posts.models import MonthStep

Anybody = Actor | PlatformActor
#: True, false, or the rows that make it true.
Answer = bool | QuerySet[Any]
Asks = Callable[[Anybody], Answer]
Is = Callable[[Anybody], bool]


def wrote(table: str) -> Asks:
    """Whether the person created or changed something of that kind: the territory's journal says so."""

    def done(by: Anybody) -> Answer:
        return JournalEntry.objects.filter(root_table=table, user=by.user)

    return done


def acted(*acts: ConventionAct) -> Asks:
    def done(by: Anybody) -> Answer:
        return Transition.objects.filter(by=by.user, act__in=acts)

    return done


def invited(by: Anybody) -> Answer:
    return MemberEvent.objects.filter(by_user=by.user, act=MemberAct.INVITED)


def commented(by: Anybody) -> Answer:
    return Comment.objects.filter(by=by.user)


def signed(by: Anybody) -> Answer:
    return Signature.objects.filter(by=by.user)


def exported(by: Anybody) -> Answer:
    return ExportBatch.objects.filter(by=by.user)


def validated(by: Anybody) -> Answer:
    return MonthStep.objects.filter(by=by.user)


def asked_or_accounted(by: Anybody) -> Answer:
    return GrantEvent.objects.filter(by=by.user).exists() or GrantAccountEvent.objects.filter(by=by.user)


def chose_reminders(by: Anybody) -> Answer:
    organisation = by.organisation if isinstance(by, Actor) else None
    return CalendarPreference.objects.filter(user=by.user, membership__organisation=organisation)


def is_protected(by: Anybody) -> Answer:
    """By an application or a key; recovery codes alone protect nothing."""
    return Authenticator.objects.filter(user_id=by.user.pk if by.user else 0, type__in=MAIN)


def platform_did(*acts: PlatformAct) -> Asks:
    def done(by: Anybody) -> Answer:
        return PlatformEvent.objects.filter(by_user=by.user, act__in=acts)

    return done


def employs_publicly(by: Anybody) -> bool:
    return isinstance(by, Actor) and by.organisation is not None and by.organisation.issues_titres


def is_association(by: Anybody) -> bool:
    organisation = by.organisation if isinstance(by, Actor) else None
    return organisation is not None and organisation.kind == OrganisationKind.ASSOCIATION


def has_settings(by: Anybody) -> bool:
    """Whether the organisation's finance settings were begun."""
    return isinstance(by, Actor) and by.organisation is not None and bool(by.organisation.finance)
