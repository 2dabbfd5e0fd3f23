"""Long works of this app: conventions renewed or submitted together; mails that leave afterwards, or every morning."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conventions.models import Convention, ReadingRequest
from conventions.services.reminders import remind_everyone
from conventions.services.renewal import RENEWALS, renew_into
from conventions.services.submission import SUBMISSIONS, submit_or_say_why
from core import rls
from core.french import plural
from funding.services.amendments import apply_due
from parties.actors import Actor
from parties.jobs import Work, runner
from parties.models import Membership, Territory


@runner(RENEWALS)
def renew_conventions(work: Work) -> None:
    """One convention, one transaction: stopped or killed, it goes on from the first one that is not done."""
    ids = work.params["conventions"]
    rows: list[dict[str, Any]] = list(work.checkpoint.get("rows", []))
    for pk in ids[len(rows) :]:
        work.progress(len(rows), len(ids))
        with work.acting():
            source = Convention.objects.filter(pk=pk).first()
            if source is not None:
                done = renew_into(
                    convention=source,
                    to_year=work.params["to_year"],
                    copy_plans=work.params["copy_plans"],
                    by=work.actor,
                )
                rows = [*rows, done.as_dict()]
            else:
                rows = [*rows, {"source": "", "state": "refused", "source_reference": "?", "problems": []}]
            work.remember(rows=rows)
    with work.acting():
        made = sum(1 for row in rows if row.get("made"))
        stopped = sum(1 for row in rows if row["state"] == "refused")
        words = f"{made} {plural(made, 'convention préparée', 'conventions préparées')}"
        if stopped:
            words += f", {stopped} à traiter à part"
        work.finish(
            url=f"{reverse('conventions-renewed')}?travail={work.job.uuid}",
            label="Voir ce qui change",
            message=f"{words}.",
            to_year=work.params["to_year"],
            rows=rows,
        )


@runner(SUBMISSIONS)
def submit_conventions(work: Work) -> None:
    """Each convention on its own: one that is refused does not hold the others back."""
    ids = work.params["conventions"]
    rows: list[dict[str, Any]] = list(work.checkpoint.get("rows", []))
    for pk in ids[len(rows) :]:
        work.progress(len(rows), len(ids))
        with work.acting():
            convention = Convention.objects.filter(pk=pk).first()
            reason = submit_or_say_why(convention=convention, by=work.actor) if convention else "Elle n'existe plus."
            rows = [*rows, {"reference": convention.reference if convention else "?", "refused": reason}]
            work.remember(rows=rows)
    with work.acting():
        refused = [row for row in rows if row["refused"]]
        done = len(rows) - len(refused)
        words = f"{done} {plural(done, 'convention soumise', 'conventions soumises')}."
        for row in refused[:3]:
            words += f" {row['reference']} : {row['refused']}"
        work.finish(
            url=f"{reverse('conventions')}?etat=soumise",
            label="Voir les conventions soumises",
            message=words,
            rows=rows,
        )


@app.task(name="conventions.announce_reading", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def announce_reading(*, territory_id: int, request_id: int, site: str) -> None:
    """Write to the members of an organisation asked to read a draft; nothing once the request is closed."""
    territory = Territory.objects.get(pk=territory_id)
    with rls.acting(Actor.system(territory).context):
        request = (
            ReadingRequest.objects.select_related("convention", "organisation")
            .filter(pk=request_id, closed_at=None)
            .first()
        )
        if request is None:
            return
        members = Membership.objects.in_force_on(timezone.localdate()).filter(
            organisation=request.organisation, user__is_active=True
        )
        addresses = sorted(set(members.values_list("user__email", flat=True).order_by()))
    link = site + reverse("convention-reading", args=[request.convention.uuid])
    context = {"request": request, "convention": request.convention, "link": link}
    body = render_to_string("conventions/mail/reading.txt", context)
    for address in addresses:
        EmailMessage(f"Cosigne : relire la convention {request.convention.reference}", body, to=[address]).send()


@app.periodic(cron="23 6 * * *")
@app.task(name="conventions.remind", queueing_lock="conventions.remind")
def remind(timestamp: int) -> None:
    """Every morning: what is due soon or late, and the summary on Mondays. Can be run again without harm."""
    remind_everyone()


@app.periodic(cron="7 0 * * *")
@app.task(name="conventions.apply_amendments", queueing_lock="conventions.apply_amendments")
def apply_amendments(timestamp: int) -> None:
    """Every night: the figures of the avenants whose date has come."""
    for territory in Territory.objects.order_by("pk"):
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            apply_due(by=actor)
