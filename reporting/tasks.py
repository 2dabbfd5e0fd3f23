"""Jobs of this app. A job takes ids, enters its territory, calls one service, and can be run again without harm."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conventions.models import Convention, ConventionVersion, Deliberation
from core import rls
from parties.actors import Actor
from parties.jobs import Work, keep_file, runner
from parties.models import Territory
from reporting import batch, services_proofs  # noqa: F401  (importing registers their works)
from reporting.campaigns.reminders import send_reminder
from reporting.circuit import links, mails
from reporting.circuit import paper as paper  # registers how a scan is read
from reporting.circuit.opening import remind_all
from reporting.circuit.texts import address_of, reference_of
from reporting.commission import read_commission
from reporting.commission.document import commission_filename, commission_pdf
from reporting.models import CircuitEvent, ReportStep
from reporting.services_documents import store_sealed_document, store_version_document
from reporting.steering.copil import read_copil
from reporting.steering.copil_document import copil_filename, copil_pdf


@runner("commission.dossier")
def produce_dossier(work: Work) -> None:
    """The dossier of a vote as one PDF. Writes nothing but the file, so it can be done again."""
    with work.acting():
        vote = Deliberation.objects.select_related("organisation", "budget_line").get(pk=work.params["deliberation"])
        found = read_commission(vote, by=work.actor)
        work.progress(1, 2, f"{len(found.annexes)} annexes réunies")
        file = keep_file(content=commission_pdf(found), by=work.actor, suffix=".pdf")
        work.finish(
            label="Télécharger le dossier",
            message=f"{len(found.decisions)} articles, {len(found.annexes)} annexes.",
            file=file,
            filename=commission_filename(found),
        )


@runner("steering.copil")
def produce_copil(work: Work) -> None:
    """The steering committee's pack. Writes nothing but the file, so it can be done again."""
    with work.acting():
        convention = None
        if work.params["convention"]:
            convention = Convention.objects.visible_to(work.actor).get(pk=work.params["convention"])
        found = read_copil(work.actor, year=work.params["year"], today=timezone.localdate(), convention=convention)
        work.progress(1, 2, "Mise en page")
        file = keep_file(content=copil_pdf(found), by=work.actor, suffix=".pdf")
        work.finish(
            label="Télécharger le dossier",
            message=f"{len(found.activity)} lignes d'activité, {len(found.decisions)} décisions à prendre.",
            file=file,
            filename=copil_filename(found),
        )


@app.task(name="reporting.publish_version", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def publish_version(*, territory_id: int, version_id: int) -> None:
    """Render an approved version, seal it, store both PDFs."""
    actor = Actor.system(Territory.objects.get(pk=territory_id))
    with rls.acting(actor.context):
        version = ConventionVersion.objects.select_related("convention").get(pk=version_id)
        store_version_document(version=version)
    # Apart: a timestamp service that does not answer keeps nobody from reading the approved text.
    with rls.acting(actor.context):
        store_sealed_document(version=version)


@app.task(name="reporting.send_signing_mail", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def send_signing_mail(*, territory_id: int, step_id: int, kind: str) -> None:
    """Write to one signatory; the address of their link is made here, the queue never holds it."""
    with rls.acting(Actor.system(Territory.objects.get(pk=territory_id)).context):
        mails.send(links.whole_steps().get(pk=step_id), kind)


@app.task(name="reporting.announce_circuit_event", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def announce_circuit_event(*, territory_id: int, event_id: int) -> None:
    """Tell the territory's managers that a circuit waits for them."""
    with rls.acting(Actor.system(Territory.objects.get(pk=territory_id)).context):
        rows = CircuitEvent.objects.select_related(
            "circuit__version__convention", "circuit__version__avenant", "step__organisation"
        )
        event = rows.get(pk=event_id)
        version = event.circuit.version
        reference, link = reference_of(version), f"{event.circuit.site}{address_of(version)}"
        context = {"event": event, "reference": reference, "link": link}
        subject = f"Convention {reference} : {event.get_act_display().lower()}"
        body = render_to_string("reporting/mail/signing_staff.txt", context)
        for address in mails.managers(territory_id):
            EmailMessage(subject, body, to=[address]).send()


@app.task(name="reporting.remind_about_report", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def remind_about_report(*, territory_id: int, step_id: int, site: str) -> None:
    """Write to the employer's people about a report they owe."""
    with rls.acting(Actor.system(Territory.objects.get(pk=territory_id)).context):
        send_reminder(ReportStep.objects.select_related("territory").get(pk=step_id), site=site)


@app.periodic(cron="23 7 * * 1-5")
@app.task(name="reporting.remind_signatories", queueing_lock="reporting.remind_signatories")
def remind_signatories(timestamp: int) -> None:
    """Every working morning: remind those who have been awaited too long."""
    for territory in Territory.objects.filter(suspended_at__isnull=True):
        remind_all(Actor.system(territory))
