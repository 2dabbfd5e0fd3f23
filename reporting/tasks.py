"""Jobs of this app. A job takes ids, enters its territory, calls one service, and can be run again without harm."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from conventions.models import ConventionVersion
from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting import batch, services_proofs  # noqa: F401  (importing registers their works)
from reporting.services_documents import store_sealed_document, store_version_document


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
