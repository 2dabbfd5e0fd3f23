"""Jobs of this app: the reminders of the calendar."""

from __future__ import annotations

from procrastinate.contrib.django import app

from conventions.services.reminders import remind_everyone


@app.periodic(cron="23 6 * * *")
@app.task(name="conventions.remind", queueing_lock="conventions.remind")
def remind(timestamp: int) -> None:
    """Every morning: what is due soon or late, and the summary on Mondays. Can be run again without harm."""
    remind_everyone()
