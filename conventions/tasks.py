"""Jobs of this app: the reminders of the calendar; conventions of a year carried on, or submitted, together."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from procrastinate.contrib.django import app

from conventions.models import Convention
from conventions.services.reminders import remind_everyone
from conventions.services.renewal import RENEWALS, renew_into
from conventions.services.submission import SUBMISSIONS, submit_or_say_why
from core.french import plural
from parties.jobs import Work, runner


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


@app.periodic(cron="23 6 * * *")
@app.task(name="conventions.remind", queueing_lock="conventions.remind")
def remind(timestamp: int) -> None:
    """Every morning: what is due soon or late, and the summary on Mondays. Can be run again without harm."""
    remind_everyone()
