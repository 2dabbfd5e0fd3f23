"""What a version is the text of: a convention, or one of its avenants. The one place that tells them apart."""

from __future__ import annotations

from conventions.enums import AvenantStatus, Status
from conventions.models import Avenant, Convention, ConventionVersion
from conventions.services import start_signature
from conventions.services.avenants import start_avenant_signature
from conventions.services.signing import current_version, version_to_sign
from parties.actors import Actor


def subject_of(version: ConventionVersion) -> Convention | Avenant:
    return version.avenant or version.convention


def reference_of(version: ConventionVersion) -> str:
    """ "62-A03", "62-A03, avenant n° 1"."""
    base = version.convention.reference
    return f"{base}, avenant n° {version.avenant.number}" if version.avenant else base


def name_of(version: ConventionVersion) -> str:
    """At the head of a sentence."""
    return f"L'{version.avenant}" if version.avenant else f"La convention {version.convention.reference}"


def address_of(version: ConventionVersion) -> str:
    """The page that shows its signatures."""
    if version.avenant:
        return f"{version.avenant.get_absolute_url()}#circuit"
    return f"{version.convention.get_absolute_url()}?onglet=signatures"


def query_of(version: ConventionVersion) -> str:
    """What the addresses about a circuit add, to name an avenant's."""
    return f"?avenant={version.avenant.number}" if version.avenant else ""


def is_in_signature(version: ConventionVersion) -> bool:
    return bool(subject_of(version).status in (Status.EN_SIGNATURE, AvenantStatus.EN_SIGNATURE))


def put_in_signature(version: ConventionVersion, *, by: Actor) -> None:
    """Circulate the text if it is approved and waits for that."""
    subject = subject_of(version)
    if subject.status not in (Status.APPROUVEE, AvenantStatus.APPROUVEE):
        return
    if isinstance(subject, Avenant):
        start_avenant_signature(avenant=subject, by=by)
    else:
        start_signature(convention=subject, by=by)
    subject.refresh_from_db()


def last_version(convention: Convention, avenant: Avenant | None) -> ConventionVersion:
    """The version to sign of a convention or of an avenant. BusinessError before any approval."""
    version = version_to_sign(avenant) if avenant else current_version(convention)
    version.convention = convention
    return version
