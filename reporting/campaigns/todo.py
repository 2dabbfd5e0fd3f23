"""What the home page says of reports: late, to finish, sent back, to validate."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.urls import reverse

from core.french import plural
from parties.actors import Actor
from parties.enums import Role
from reporting.enums import ReportState

from .reading import read_campaign
from .report import Report
from .standing import standing

if TYPE_CHECKING:
    from reporting.home.items import TodoItem

#: A report late for longer is no news of the day: it stays on its campaign's board.
LATE_DAYS = 400


def report_items(by: Actor, *, today: dt.date) -> list[TodoItem]:
    """One line a report that waits for ``by``: the employer's own to hand in, the manager's late and to validate."""
    # The home page imports this module: the package of its items is known once both are.
    from reporting.home.items import capped

    if by.role not in (Role.GESTIONNAIRE, Role.EMPLOYEUR):
        return []
    if by.role == Role.GESTIONNAIRE:
        # One query: the page of a manager asks many things already, and this needs no month.
        found = sorted(standing(by, today=today), key=lambda report: report.order)
    else:
        found = list(read_campaign(by, today=today, years=(today.year - 1, today.year + 1)).reports)
    mine = [report for report in found if _concerns(report, by) and report.days_late <= LATE_DAYS]
    years = sorted({report.end.year for report in mine})
    url = f"{reverse('reports')}?annee={years[-1] if years else today.year}"
    return capped([_item(report) for report in mine], noun="compte rendu", url=url)


def _concerns(report: Report, by: Actor) -> bool:
    if by.role == Role.GESTIONNAIRE:
        return report.late or report.state is ReportState.SUBMITTED
    own = by.organisation is not None and report.employer.pk == by.organisation.pk
    waiting = report.late or report.soon or report.state in (ReportState.RETURNED, ReportState.CHANGED)
    return own and waiting and not report.is_handed


def _item(report: Report) -> TodoItem:
    from reporting.home.items import TodoItem

    words = f"{report.post}, convention {report.convention}"
    detail = " ".join([f"{words}.", *report.flags[:1]])
    status = f"{report.days_late} {plural(report.days_late, 'jour')} de retard" if report.late else report.status
    return TodoItem(
        title=f"Compte rendu : {report.label}",
        url=report.url,
        detail=detail,
        status=status,
        tone=report.tone,
        due=report.due_on,
    )
