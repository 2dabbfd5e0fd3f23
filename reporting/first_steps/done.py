"""What the data show a person to have done: one small question each, one query at most."""

from __future__ import annotations

from collections.abc import Callable

from conventions.enums import ConventionAct
from conventions.models import CalendarPreference, Comment, Signature, Transition
from funding.models import ExportBatch
from funding.models.grant_accounts import GrantAccountEvent
from funding.models.grants import GrantEvent
from parties import factors
from parties.actors import Actor, PlatformActor
from parties.enums import MemberAct, OrganisationKind, PlatformAct
from parties.models import JournalEntry, MemberEvent, PlatformEvent
from posts.models import MonthStep

Anybody = Actor | PlatformActor
Asks = Callable[[Anybody], bool]


def wrote(table: str) -> Asks:
    """Whether the person created or changed something of that kind: the territory's journal says so."""

    def done(by: Anybody) -> bool:
        return JournalEntry.objects.filter(root_table=table, user=by.user).exists()

    return done


def acted(*acts: ConventionAct) -> Asks:
    def done(by: Anybody) -> bool:
        return Transition.objects.filter(by=by.user, act__in=acts).exists()

    return done


def invited(by: Anybody) -> bool:
    return MemberEvent.objects.filter(by_user=by.user, act=MemberAct.INVITED).exists()


def commented(by: Anybody) -> bool:
    return Comment.objects.filter(by=by.user).exists()


def signed(by: Anybody) -> bool:
    return Signature.objects.filter(by=by.user).exists()


def exported(by: Anybody) -> bool:
    return ExportBatch.objects.filter(by=by.user).exists()


def validated(by: Anybody) -> bool:
    return MonthStep.objects.filter(by=by.user).exists()


def asked_or_accounted(by: Anybody) -> bool:
    asked = GrantEvent.objects.filter(by=by.user).exists()
    return asked or GrantAccountEvent.objects.filter(by=by.user).exists()


def chose_reminders(by: Anybody) -> bool:
    organisation = by.organisation if isinstance(by, Actor) else None
    return CalendarPreference.objects.filter(user=by.user, membership__organisation=organisation).exists()


def is_protected(by: Anybody) -> bool:
    return by.user is not None and factors.protects(by.user)


def platform_did(*acts: PlatformAct) -> Asks:
    def done(by: Anybody) -> bool:
        return PlatformEvent.objects.filter(by_user=by.user, act__in=acts).exists()

    return done


def employs_publicly(by: Anybody) -> bool:
    return isinstance(by, Actor) and by.organisation is not None and by.organisation.issues_titres


def is_association(by: Anybody) -> bool:
    organisation = by.organisation if isinstance(by, Actor) else None
    return organisation is not None and organisation.kind == OrganisationKind.ASSOCIATION


def has_settings(by: Anybody) -> bool:
    """Whether the organisation's finance settings were begun."""
    return isinstance(by, Actor) and by.organisation is not None and bool(by.organisation.finance)
