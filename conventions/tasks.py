"""Jobs of this app. A job enters a territory, calls one service, and can be run again without harm."""

from __future__ import annotations

from procrastinate.contrib.django import app

from core import rls
from funding.services.amendments import apply_due
from parties.actors import Actor
from parties.models import Territory


@app.periodic(cron="7 0 * * *")
@app.task(name="conventions.apply_amendments", queueing_lock="conventions.apply_amendments")
def apply_amendments(timestamp: int) -> None:
    """Every night: the figures of the avenants whose date has come."""
    for territory in Territory.objects.order_by("pk"):
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            apply_due(by=actor)
