"""Obligations as an iCalendar file (RFC 5545): one whole-day event each, whose identity never changes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

from icalendar import Alarm, Calendar, Event

from conventions.enums import ObligationState
from core.findings import Mark

from .obligation import Obligation

#: How often a calendar program is asked to come back.
REFRESH = dt.timedelta(hours=12)
#: Events older than this are left out: a feed is about what comes.
KEPT_DAYS = 400
#: Days before an open deadline when a calendar program may ring.
ALARM_DAYS = 7


def calendar_file(rows: Iterable[Obligation], *, name: str, site: str, today: dt.date) -> bytes:
    """The file. ``site`` is the address links begin with. Same rows, same day: same bytes.

    ``SEQUENCE`` grows with the day an obligation falls on and with its state, so that a program that has the event
    takes the new one.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Cosigne//Calendrier des obligations//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Paris")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for row in rows:
        if (today - row.due_on).days <= KEPT_DAYS:
            calendar.add_component(_event(row, site, today))
    return bytes(calendar.to_ical())


def _event(row: Obligation, site: str, today: dt.date) -> Event:
    state = row.state(today)
    event = Event()
    event.add("uid", f"{row.uid}@cosigne")
    event.add("dtstamp", dt.datetime.combine(today, dt.time(), dt.UTC))
    event.add("sequence", sequence_of(row))
    event.add("dtstart", row.due_on)
    event.add("dtend", row.due_on + dt.timedelta(days=1))
    event.add("summary", row.title if state != ObligationState.DONE else f"Fait : {row.title}")
    lines = [f"{row.kind_label}. {state.label}.", f"Qui : {row.who}.", f"Origine : {row.source}"]
    if row.mark is Mark.UNVERIFIED:
        lines.append("Règle non vérifiée : contrôlez la date.")
    event.add("description", "\n".join([*lines, f"{site}{row.url}"]))
    event.add("url", f"{site}{row.url}")
    event.add("categories", [row.kind_label])
    # The day is told, nobody is busy for it.
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    if row.is_open(today) and row.due_on >= today:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row.title)
        alarm.add("trigger", dt.timedelta(days=-ALARM_DAYS))
        event.add_component(alarm)
    return event


def sequence_of(row: Obligation) -> int:
    """A number that grows when the day moves on and when the thing is done; small enough for every program."""
    return row.due_on.toordinal() * 2 + (1 if row.done else 0)


def etag_of(content: bytes) -> str:
    """What a calendar program gives back to learn that nothing changed."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
