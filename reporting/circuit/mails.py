"""The mails of a circuit. They leave by jobs, which make the secret address themselves: the queue holds ids only.

The one exception is the code: the person is waiting for it, and is told at once when it could not leave.
"""

from __future__ import annotations

import datetime as dt

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone

from core.errors import BusinessError
from parties.enums import Role
from parties.models import Membership
from reporting.circuit import links
from reporting.circuit.texts import reference_of, subject_of
from reporting.models import CircuitEvent, SignatureCircuit, SignatureStep, SigningLink

SUBJECTS = {
    "call": "Convention {reference} : votre signature est attendue",
    "remind": "Convention {reference} : rappel, votre signature est attendue",
    "receipt": "Convention {reference} : votre signature est enregistrée",
    "done": "Convention {reference} : signée par toutes les parties",
    "code": "Convention {reference} : votre code de signature",
}


def live_link(step: SignatureStep) -> SigningLink | None:
    """The link in force of a step, expired or not; None when there is none or it was revoked."""
    return step.links.filter(revoked_at__isnull=True).order_by("-pk").first()


def call(step: SignatureStep, kind: str = "call") -> None:
    """Write to a signatory, once the current transaction holds; nothing when we have no address."""
    from reporting.tasks import send_signing_mail

    if live_link(step) is not None:
        send_signing_mail.defer(territory_id=step.territory_id, step_id=step.pk, kind=kind)


def tell_everyone(circuit: SignatureCircuit) -> None:
    for step in circuit.steps.all():
        call(step, "done")


def tell_staff(event: CircuitEvent) -> None:
    """Write to the managers of the territory about something that waits for them."""
    from reporting.tasks import announce_circuit_event

    announce_circuit_event.defer(territory_id=event.territory_id, event_id=event.pk)


def send(step: SignatureStep, kind: str) -> bool:
    """Write to the signatory now; False when there is nobody to write to any more."""
    link = live_link(step)
    if link is None or (kind in ("call", "remind") and step.signed_at is not None):
        return False
    link.step = step
    message(kind, step, link.email, link=links.address(link), expires_at=link.expires_at).send()
    return True


def send_code(step: SignatureStep, email: str, code: str, *, minutes: int) -> None:
    """Raises :class:`BusinessError` when the message could not leave."""
    try:
        message("code", step, email, code=code, minutes=minutes).send()
    except OSError as error:  # SMTP errors are of this family
        raise BusinessError("Le code n'a pas pu partir. Réessayez dans quelques minutes.") from error


def message(kind: str, step: SignatureStep, email: str, **values: object) -> EmailMessage:
    evidence = step.evidence.first() if kind in ("receipt", "done") else None
    version = step.circuit.version
    reference = reference_of(version)
    context = {"step": step, "reference": reference, "title": subject_of(version).title, "circuit": step.circuit}
    context |= {"evidence": evidence, **values}
    body = render_to_string(f"reporting/mail/signing_{kind}.txt", context)
    return EmailMessage(SUBJECTS[kind].format(reference=reference), body, to=[email])


def managers(territory_id: int, day: dt.date | None = None) -> list[str]:
    """Addresses of the territory's managers, each once. Under the system's context."""
    rows = Membership.objects.in_force_on(day or timezone.localdate()).filter(
        territory_id=territory_id, role=Role.GESTIONNAIRE, user__is_active=True
    )
    return sorted(set(rows.values_list("user__email", flat=True).order_by()))
