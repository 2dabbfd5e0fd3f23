"""What conventions tells: a version made without a review has its document made like any other."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from conventions.models import ConventionVersion
from conventions.signals import version_made
from reporting.pdf.convention import check_convention


@receiver(version_made, dispatch_uid="reporting.version_made")
def version_made_without_review(sender: type, version: ConventionVersion, **kwargs: Any) -> None:
    """In the same transaction: the job exists if and only if the version does. ``MissingGlyphs`` undoes both."""
    from reporting.tasks import publish_version

    check_convention(version.content)
    publish_version.defer(territory_id=version.territory_id, version_id=version.pk)
