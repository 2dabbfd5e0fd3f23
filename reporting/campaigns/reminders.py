"""« Relancer »: one mail to the employer's people about one report, written in its history, once a day at most."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from conventions.models import ConventionPost
from core.errors import BusinessError
from parties.actors import Actor
from parties.enums import Role
from parties.models import Membership
from reporting.enums import ReportAct
from reporting.models import ReportStep

from .missing import missing_of
from .report import Report
from .services import find_report, hold_report, write_step

#: Lines of what is missing in the mail; the page has the rest.
MOST = 12


@transaction.atomic
def remind_report(*, link: str, key: str, by: Actor, site: str = "", today: dt.date | None = None) -> ReportStep:
    """Write to the employer's people. Asked again the same day, nothing leaves and the first reminder is given back.

    Refused when nothing is expected, or when nobody of the employer has an account to be written to.
    """
    from reporting.tasks import remind_about_report

    by.require("report.review")
    site = site or getattr(settings, "COSIGNE_PUBLIC_URL", "")
    day = today or timezone.localdate()
    report = hold_report(by, link, key, day)
    if report.is_handed or report.outside:
        raise BusinessError("Ce compte rendu est remis : il n'y a personne à relancer.")
    if report.start > day:
        raise BusinessError("La période n'a pas commencé : rien n'est encore attendu.")
    last = _last_reminder(report)
    if last is not None and last.done_on == timezone.localdate():
        return last
    if not people_of(report.employer.pk):
        raise BusinessError(
            f"Personne de {report.employer.label} n'a de compte : invitez quelqu'un dans « Membres », puis relancez."
        )
    step = write_step(report, ReportAct.REMINDED, by)
    # Enqueued in the same transaction: the mail leaves if and only if the history says so.
    remind_about_report.defer(territory_id=by.territory_id, step_id=step.pk, site=site)
    return step


def people_of(organisation_id: int) -> list[str]:
    """Addresses of those who enter the employer's activity; of all its people when nobody has that role."""
    rows = Membership.objects.in_force_on(timezone.localdate()).filter(
        organisation_id=organisation_id, user__is_active=True
    )
    pairs = set(rows.values_list("role", "user__email").order_by())
    entering = {email for role, email in pairs if role == Role.EMPLOYEUR}
    return sorted(entering or {email for _role, email in pairs})


def _last_reminder(report: Report) -> ReportStep | None:
    rows = ReportStep.objects.filter(
        convention_id=report.convention_id, post_id=report.post_id, period=report.key, act=ReportAct.REMINDED
    )
    return rows.order_by("-rank").first()


def send_reminder(step: ReportStep, *, site: str) -> int:
    """The mail a reminder stands for, as the report is now; returns how many left. Called by the queue."""
    by = Actor.system(step.territory)
    link = ConventionPost.objects.get(convention_id=step.convention_id, post_id=step.post_id)
    report = find_report(by, link=str(link.uuid), key=step.period, today=timezone.localdate())
    lines = missing_of(report)
    context = {
        "report": report,
        "by": step.by_label,
        "lines": lines[:MOST],
        "more": max(len(lines) - MOST, 0),
        "link": f"{site}{report.url}" if site else "",
    }
    body = render_to_string("reporting/mail/report_reminder.txt", context)
    subject = f"Cosigne : compte rendu attendu, {report.label}, {report.post}"
    addresses = people_of(report.employer.pk)
    for address in addresses:
        EmailMessage(subject, body, to=[address]).send()
    return len(addresses)
