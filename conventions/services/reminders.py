"""Mails about the calendar: what is due soon or late, and a summary on Mondays. Never twice for the same thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from conventions.calendar.obligation import Obligation
from conventions.calendar.reading import calendar_of
from conventions.enums import ObligationState, ReminderStage
from conventions.models import CalendarPreference, CalendarReminder
from core import rls
from core.french import plural
from parties.actors import Actor
from parties.enums import Role
from parties.models import Membership, Territory

STAGES = {ObligationState.SOON: ReminderStage.SOON, ObligationState.LATE: ReminderStage.LATE}
#: The weekly summary looks this many days ahead.
WEEK_DAYS = 30
#: Something late for longer is no news; it stays on the page.
LATE_DAYS = 60
#: Lines of one mail; the page has the rest.
MOST = 30
MONDAY = 0


@dataclass(frozen=True)
class Choice:
    """What a person wants; without a row, what is due soon."""

    due_soon: bool = True
    weekly: bool = False


@dataclass(frozen=True)
class Mail:
    """One mail to send, and what it will have said."""

    subject: str
    rows: tuple[Obligation, ...]
    marks: tuple[tuple[str, ReminderStage, dt.date], ...]
    template: str


def concerns(row: Obligation, by: Actor) -> bool:
    """Managers follow the whole scheme; others what their own organisation owes."""
    return by.role == Role.GESTIONNAIRE or row.owed_by(by.organisation.pk if by.organisation else None)


def mails_for(
    rows: Sequence[Obligation], choice: Choice, *, by: Actor, today: dt.date, sent: set[tuple[str, str, dt.date]]
) -> list[Mail]:
    """What to send ``by`` today. Pure: ``sent`` is what left already (obligation, stage, day)."""
    mine = [row for row in rows if concerns(row, by) and (today - row.due_on).days <= LATE_DAYS]
    found = []
    if choice.due_soon:
        stages = [(row, STAGES[state]) for row in mine if (state := row.state(today)) in STAGES]
        # A day that moved is told again: the day is part of what was said.
        fresh = [(row, stage) for row, stage in stages if (row.uid, stage.value, row.due_on) not in sent]
        if fresh:
            count = len(fresh)
            words = plural(count, "échéance proche ou dépassée", "échéances proches ou dépassées")
            subject = f"Cosigne : {count} {words}"
            marks = tuple((row.uid, stage, row.due_on) for row, stage in fresh)
            found.append(Mail(subject, tuple(row for row, _ in fresh), marks, "conventions/mail/due.txt"))
    year, week, weekday = today.isocalendar()
    mark = (f"semaine-{year}-{week:02d}", ReminderStage.WEEKLY, today - dt.timedelta(days=weekday - 1))
    if choice.weekly and today.weekday() == MONDAY and (mark[0], mark[1].value, mark[2]) not in sent:
        ahead = today + dt.timedelta(days=WEEK_DAYS)
        week_rows = tuple(row for row in mine if row.is_open(today) and row.due_on <= ahead)
        if week_rows:
            found.append(Mail("Cosigne : votre semaine", week_rows, (mark,), "conventions/mail/week.txt"))
    return found


def remind_territory(territory: Territory, *, today: dt.date) -> int:
    """Send every mail of the day to the people of ``territory``; returns how many. Run twice, it sends once.

    Each person has their own transaction: what was said is written with the mail that says it, under a lock.
    """
    staff = Actor.system(territory).context
    with rls.acting(staff):
        people = list(
            Membership.objects.in_force_on(today)
            .filter(territory=territory, user__is_active=True)
            .select_related("user", "organisation", "territory")
            .order_by("pk")
        )
    return sum(remind(membership, today=today) for membership in people)


@transaction.atomic
def remind(membership: Membership, *, today: dt.date) -> int:
    """The mails of the day for one person in one membership."""
    staff = Actor.system(membership.territory).context
    with rls.acting(staff):
        # Two runs at once: the second waits here, then finds everything said.
        Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
        row = CalendarPreference.objects.filter(membership=membership).first()
        sent = set(CalendarReminder.objects.filter(membership=membership).values_list("obligation", "stage", "due_on"))
    choice = Choice(row.due_soon, row.weekly) if row else Choice()
    if not choice.due_soon and not choice.weekly:
        return 0
    by = Actor.of(membership)
    # Under the person's own context: a mail never says more than their page.
    with rls.acting(by.context):
        rows = calendar_of(by, today=today)
    mails = mails_for(rows, choice, by=by, today=today, sent=sent)
    with rls.acting(staff):
        for mail in mails:
            CalendarReminder.objects.bulk_create(
                CalendarReminder(
                    territory_id=membership.territory_id, membership=membership, obligation=uid, stage=stage, due_on=day
                )
                for uid, stage, day in mail.marks
            )
    for mail in mails:
        send(mail, membership, today)
    return len(mails)


def send(mail: Mail, membership: Membership, today: dt.date) -> None:
    site = getattr(settings, "COSIGNE_PUBLIC_URL", "")
    lines = [
        {"row": row, "state": row.state(today).label, "link": f"{site}{row.url}" if site else ""} for row in mail.rows
    ]
    context = {
        "user": membership.user,
        "organisation": membership.organisation,
        "lines": lines[:MOST],
        "more": max(len(lines) - MOST, 0),
        "link": f"{site}{reverse('calendar')}" if site else "",
        "settings": f"{site}{reverse('calendar-settings')}" if site else "",
    }
    body = render_to_string(mail.template, context)
    EmailMessage(mail.subject, body, to=[membership.user.email]).send()


def remind_everyone(*, today: dt.date | None = None) -> int:
    """Every open territory; returns how many mails left."""
    day = today or timezone.localdate()
    return sum(
        remind_territory(each, today=day) for each in Territory.objects.filter(suspended_at=None).order_by("code")
    )
