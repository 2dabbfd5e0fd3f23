"""Jobs of this app: mails that leave after the page was answered."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conventions.models import ReadingRequest
from core import rls
from parties.actors import Actor
from parties.models import Membership, Territory


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
