"""One thing due on one day: what the list, the month, the mail and the iCalendar feed all show."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from conventions.enums import ObligationKind, ObligationState
from core.findings import Mark

#: A day nearer than this is « bientôt », and is what the mail of the day announces.
SOON_DAYS = 14
TONES = {
    ObligationState.DONE: "success",
    ObligationState.LATE: "danger",
    ObligationState.SOON: "warning",
    ObligationState.AHEAD: "neutral",
    ObligationState.PAST: "neutral",
}


@dataclass(frozen=True)
class Body:
    """An organisation, as far as the calendar needs it."""

    pk: int
    label: str


@dataclass(frozen=True)
class Obligation:
    """``uid`` never changes for the same duty of the same convention, whatever its day or its words become.

    ``done``: True, False, or None when nothing in the data can say. ``bodies`` are those who owe it.
    """

    uid: str
    kind: ObligationKind
    due_on: dt.date
    title: str
    convention: str
    convention_url: str
    url: str
    bodies: tuple[Body, ...]
    source: str
    mark: Mark = Mark.STATED
    done: bool | None = None
    done_on: dt.date | None = None

    def state(self, today: dt.date) -> ObligationState:
        if self.done:
            return ObligationState.DONE
        if self.due_on < today:
            return ObligationState.LATE if self.done is False else ObligationState.PAST
        return ObligationState.SOON if (self.due_on - today).days <= SOON_DAYS else ObligationState.AHEAD

    def is_open(self, today: dt.date) -> bool:
        """Something is still to do about it."""
        return self.state(today) in (ObligationState.LATE, ObligationState.SOON, ObligationState.AHEAD)

    def owed_by(self, organisation_id: int | None) -> bool:
        return any(body.pk == organisation_id for body in self.bodies)

    @property
    def kind_label(self) -> str:
        return str(self.kind.label)

    @property
    def who(self) -> str:
        """« CC du Sud-Artois » or « toutes les parties »: four names or more say nothing in a list."""
        if len(self.bodies) > 3:
            return "Toutes les parties"
        return ", ".join(body.label for body in self.bodies)

    @property
    def order(self) -> tuple[dt.date, str, str]:
        return self.due_on, self.convention, self.uid
