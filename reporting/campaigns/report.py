"""One report of one convention, as pages, files, mails and the API show it: plain values, no query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from conventions.calendar.obligation import SOON_DAYS, Body
from conventions.enums import ReportEvery
from core.findings import Mark
from core.french import month_name, plural
from reporting.enums import ReportAct, ReportState

#: A word, a tone and an icon each: nothing is told by colour alone.
TONES = {
    ReportState.AHEAD: "neutral",
    ReportState.OPEN: "warning",
    ReportState.READY: "info",
    ReportState.RETURNED: "warning",
    ReportState.CHANGED: "warning",
    ReportState.SUBMITTED: "info",
    ReportState.VALIDATED: "success",
    ReportState.KNOWN: "success",
}
ICONS = {
    ReportState.AHEAD: "clock",
    ReportState.OPEN: "pencil",
    ReportState.READY: "check-lg",
    ReportState.RETURNED: "arrow-left",
    ReportState.CHANGED: "arrow-repeat",
    ReportState.SUBMITTED: "send",
    ReportState.VALIDATED: "check-circle-fill",
    ReportState.KNOWN: "check-circle-fill",
}
#: Nothing is expected of the employer any more.
HANDED = (ReportState.SUBMITTED, ReportState.VALIDATED, ReportState.KNOWN)


class Entry(StrEnum):
    """How one month of a report stands; the value is what pages print."""

    VALIDATED = "validé"
    ENTERED = "saisi, à valider"
    MISSING = "non saisi"
    YEARLY = "connu pour l'année"
    VACANT = "poste vacant"
    OUTSIDE = "poste inexistant"
    FUTURE = "à venir"
    HIDDEN = "non communiqué"


#: Months that hold nothing back.
SETTLED = (Entry.VALIDATED, Entry.YEARLY, Entry.VACANT, Entry.OUTSIDE)


@dataclass(frozen=True)
class MonthLine:
    year: int
    month: int
    entry: Entry

    @property
    def label(self) -> str:
        return f"{month_name(self.month)} {self.year}"

    @property
    def opens(self) -> bool:
        """There is a page to enter it on."""
        return self.entry not in (Entry.FUTURE, Entry.OUTSIDE, Entry.HIDDEN)


@dataclass(frozen=True)
class Last:
    """What was last done with the report. ``on`` is the local day."""

    act: ReportAct
    on: dt.date
    who: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """``start`` and ``end`` are within the convention. ``outside`` says why a report is in no calendar any more.

    ``hidden``: the reader is a party of the convention but does not see the post, hence none of its months.
    """

    link: str
    key: str
    convention: str
    convention_uuid: str
    convention_url: str
    convention_id: int
    post_id: int
    post: str
    post_uuid: str
    employer: Body
    every: int
    start: dt.date
    end: dt.date
    label: str
    due_on: dt.date
    source: str
    mark: Mark
    state: ReportState
    today: dt.date
    months: tuple[MonthLine, ...] = ()
    last: Last | None = None
    handed_on: dt.date | None = None
    note: str = ""
    note_asked: bool = False
    cut: str = ""
    remark: str = ""
    outside: str = ""
    reopened: bool = False
    hidden: bool = False
    url: str = ""

    @property
    def uid(self) -> str:
        return f"{self.link}:{self.key}"

    @property
    def kind(self) -> str:
        """« Trimestriel »."""
        return str(ReportEvery(self.every).label)

    @property
    def title(self) -> str:
        return f"{self.kind}, {self.label}"

    @property
    def is_handed(self) -> bool:
        return self.state in HANDED

    @property
    def late(self) -> bool:
        return not self.is_handed and not self.outside and self.due_on < self.today

    @property
    def days_late(self) -> int:
        """0 when it is not late."""
        return (self.today - self.due_on).days if self.late else 0

    @property
    def soon(self) -> bool:
        left = (self.due_on - self.today).days
        return not self.is_handed and not self.outside and 0 <= left <= SOON_DAYS

    @property
    def tone(self) -> str:
        return "danger" if self.late else TONES[self.state]

    @property
    def icon(self) -> str:
        return "exclamation-triangle-fill" if self.late else ICONS[self.state]

    @property
    def status(self) -> str:
        """« À remplir », « À remplir, en retard de 12 jours »."""
        word = str(self.state.label)
        if not self.late:
            return word
        return f"{word}, en retard de {self.days_late} {plural(self.days_late, 'jour')}"

    @property
    def flags(self) -> list[str]:
        """What is to know about the period itself."""
        changed = "Les chiffres ont changé depuis la remise : le compte rendu est à remettre de nouveau."
        found = [self.outside, self.cut, self.remark]
        if self.state is ReportState.CHANGED:
            found.append(changed)
        elif self.reopened:
            found.append("Un mois est rouvert depuis la remise : validez-le de nouveau.")
        return [each for each in found if each]

    @property
    def progress(self) -> str:
        """« 2 mois validés sur 3 »."""
        if self.hidden or not self.months:
            return ""
        expected = [m for m in self.months if m.entry not in (Entry.VACANT, Entry.OUTSIDE)]
        done = sum(m.entry in SETTLED for m in expected)
        if not expected:
            return "aucun mois attendu"
        return f"{done} mois {plural(done, 'validé')} sur {len(expected)}"

    @property
    def order(self) -> tuple[int, dt.date, str, str, str]:
        """Late first, the longest first; then by day."""
        return (0 if self.late else 1, self.due_on, self.convention, self.post, self.key)
