"""Jobs of this app. A job takes ids, enters its territory, calls one service, and can be run again without harm."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conventions.models import ConventionVersion, Deliberation
from core import rls
from parties.actors import Actor
from parties.jobs import Work, keep_file, runner
from parties.models import Territory
from reporting.commission import read_commission
from reporting.commission.document import commission_filename, commission_pdf
from reporting.services_documents import store_sealed_document, store_version_document


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
