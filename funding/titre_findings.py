"""What a titre already gone shows that does not fit: told on its page and in the reminders, never mended by itself."""

from __future__ import annotations

from django.utils import timezone

from core.findings import Finding, Mark, Severity
from core.french import add_months, date_long
from core.money import euros
from funding.enums import TitreStatus
from funding.models import Titre

#: Months before the four years run out during which it is told.
WARN_MONTHS = 6


def findings_of(titre: Titre) -> list[Finding]:
    """T01: received too much. T02: soon, or already, too late to collect."""
    found = []
    place, url = f"titres[{titre.entry_id}]", titre.get_absolute_url()
    if titre.balance < 0 and not titre.is_correction:
        found.append(
            Finding(
                "T01",
                Severity.EXPLAIN,
                f"{place}.received",
                f"{euros(titre.received)} sont encaissés pour {euros(titre.net)} réclamés : {euros(-titre.balance)} de"
                " trop, à rembourser ou à imputer sur un autre titre.",
                stated=f"{titre.net}",
                computed=f"{titre.received}",
                mark=Mark.VERIFIED,
                url=url,
            )
        )
    barred, today = titre.prescribed_on, timezone.localdate()
    if barred and titre.status == TitreStatus.EMIS and titre.balance > 0 and add_months(today, WARN_MONTHS) >= barred:
        verb = "s'est prescrit" if barred <= today else "se prescrit"
        found.append(
            Finding(
                "T02",
                Severity.WATCH,
                f"{place}.issued_on",
                f"Le recouvrement {verb} le {date_long(barred)}, quatre ans après l'émission ; reste"
                f" {euros(titre.balance)}.",
                source="CGCT L.1617-5, 3°",
                mark=Mark.VERIFIED,
                url=url,
            )
        )
    return found
