"""Documents of avenants: the same printed form, the same job and the same storage as a convention's."""

from __future__ import annotations

from django.db import transaction

from conventions.models import Avenant, ConventionVersion
from conventions.services.avenants import approve_avenant
from conventions.text.avenant import avenant_content
from parties.actors import Actor
from reporting.models import Document
from reporting.pdf.convention import check_convention, render_convention
from reporting.services_documents import KIND, convention_filename, stored_bytes, version_pdf


@transaction.atomic
def approve_and_publish_avenant(*, avenant: Avenant, by: Actor, expected: int | None = None) -> ConventionVersion:
    """Approve, and have the approved version's PDF made and stored by a job, in the same transaction."""
    from reporting.tasks import publish_version

    version = approve_avenant(avenant=avenant, by=by, expected=expected)
    check_convention(version.content)
    publish_version.defer(territory_id=version.territory_id, version_id=version.pk)
    return version


def avenant_pdf(avenant: Avenant) -> tuple[bytes, str]:
    """The PDF to hand out and its file name: the approved version's, else the draft's. Writes nothing.

    InvalidInput when a change of the draft no longer makes sense.
    """
    version = None if avenant.is_editable else avenant.versions.order_by("-number").first()
    name = convention_filename(avenant.convention, version).replace("convention-", f"avenant-{avenant.number}-", 1)
    if version is None:
        content = avenant_content(avenant, draft=True)
        return render_convention(content=content, created=avenant.updated_at), name
    document = Document.objects.filter(convention_version=version, kind=KIND).first()
    data = stored_bytes(document) if document else None
    return data or version_pdf(version), name
