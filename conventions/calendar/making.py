"""Making one obligation of a convention: its identity, and what all of them take from the convention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from conventions.enums import ObligationKind
from core.findings import Mark

from .facts import ConventionFacts
from .obligation import Body, Obligation


def duty(
    facts: ConventionFacts,
    kind: ObligationKind,
    detail: str,
    due_on: dt.date,
    title: str,
    *,
    bodies: Iterable[Body],
    source: str,
    mark: Mark = Mark.STATED,
    done: bool | None = None,
    done_on: dt.date | None = None,
    url: str = "",
) -> Obligation:
    return Obligation(
        uid="-".join(part for part in (kind.value, facts.uuid, detail) if part),
        kind=kind,
        due_on=due_on,
        title=title,
        convention=facts.reference,
        convention_url=facts.url,
        url=url or facts.url,
        bodies=tuple(bodies),
        source=source,
        mark=mark,
        done=done,
        done_on=done_on,
    )
