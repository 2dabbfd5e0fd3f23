"""When a deliberation became enforceable, or why it is not (CGCT L.2131-1, L.3131-1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from conventions.models import Deliberation
from core.french.dates import date_long
from parties.enums import OrganisationKind


@dataclass(frozen=True)
class Enforceability:
    """``since`` is the day everything needed was done; ``missing`` what is not yet; ``source`` its article."""

    since: dt.date | None
    missing: tuple[str, ...]
    source: str

    def on(self, day: dt.date) -> bool:
        return self.since is not None and self.since <= day

    def words(self, day: dt.date) -> str:
        """Since when, from when, or why not, as of ``day``."""
        if self.missing:
            verb = "manquent" if len(self.missing) > 1 else "manque"
            return f"Pas exécutoire : {verb} {' et '.join(self.missing)}."
        assert self.since is not None
        if self.since > day:
            return f"Exécutoire à partir du {date_long(self.since)}."
        return f"Exécutoire depuis le {date_long(self.since)}."


def enforceability(deliberation: Deliberation) -> Enforceability:
    """Voted, transmitted to the préfet and published: the latest of the three days."""
    departement = deliberation.organisation.kind == OrganisationKind.DEPARTEMENT
    missing = tuple(
        label
        for label, value in (
            ("la date de transmission au préfet", deliberation.transmitted_on),
            ("la date de publication", deliberation.published_on),
        )
        if value is None
    )
    return Enforceability(deliberation.enforceable_from, missing, "CGCT L.3131-1" if departement else "CGCT L.2131-1")
