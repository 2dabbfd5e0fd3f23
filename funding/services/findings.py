"""Answering a finding."""

from __future__ import annotations

from django.db import transaction

from core.errors import Conflict, InvalidInput
from core.findings import Severity
from funding.checks.answers import FindingRef
from funding.models import FindingAnswer
from parties.actors import Actor


@transaction.atomic
def explain_finding(*, finding: FindingRef, reason: str, by: Actor) -> FindingAnswer:
    """Keep why a difference is meant. A blocking finding is mended, never explained; an explanation is given once."""
    by.require("finding.answer")
    if finding.severity == Severity.BLOCKING:
        raise Conflict(f"Le constat {finding.code} est bloquant : il se corrige, il ne s'explique pas.")
    reason = reason.strip()
    if not reason:
        raise InvalidInput("Écrivez la raison de l'écart.", place="reason")
    if len(reason) > 2000:
        raise InvalidInput("Cette explication dépasse 2 000 caractères : résumez-la.", place="reason")
    known = FindingAnswer.objects.filter(territory_id=by.territory_id, fingerprint=finding.fingerprint).first()
    if known is not None:
        raise Conflict(f"Ce constat est déjà expliqué par {known.by_label} : une explication ne se modifie pas.")
    return FindingAnswer.objects.create(
        territory_id=by.territory_id,
        code=finding.code,
        place=finding.place,
        fingerprint=finding.fingerprint,
        reason=reason,
        by=by.user,
        by_label=by.label,
    )
