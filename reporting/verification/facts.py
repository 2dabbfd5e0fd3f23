"""What anybody may learn of an approved version: a closed list of facts, given by one function of the database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.dateparse import parse_date, parse_datetime

from conventions.enums import Status


@dataclass(frozen=True)
class SignatoryFact:
    """Who was to sign, by function and organisation; ``signed_on`` is None while nobody did."""

    organisation: str
    function: str
    signed_on: dt.date | None


@dataclass(frozen=True)
class LaterVersion:
    """A version approved after this one: of the same text (it replaces it) or of an avenant (it changes it)."""

    number: int
    title: str
    approved_at: dt.datetime
    same_text: bool
    signed: bool


@dataclass(frozen=True)
class VersionFacts:
    """One approved version. ``document`` is the kind of stored file recognised, "" when none was."""

    version: UUID
    number: int
    code: str
    reference: str
    title: str
    territory: str
    approved_at: dt.datetime
    approved_by: str
    document: str
    document_sha256: str
    base_sha256: str
    status: str
    starts: dt.date
    ends: dt.date
    signed_on: dt.date | None
    is_avenant: bool
    parties: tuple[str, ...]
    signatories: tuple[SignatoryFact, ...]
    later: tuple[LaterVersion, ...]

    @property
    def replaced_by(self) -> LaterVersion | None:
        """The newest version of the same text."""
        return next((version for version in reversed(self.later) if version.same_text), None)

    @property
    def avenants(self) -> list[LaterVersion]:
        """What was approved to change it."""
        return [] if self.is_avenant else [version for version in self.later if not version.same_text]

    @property
    def is_signed(self) -> bool:
        return bool(self.signatories) and all(signatory.signed_on for signatory in self.signatories)

    def state(self, today: dt.date) -> tuple[str, str]:
        """Where the version stands on a day: a sentence and a tone (success, warning, danger, info)."""
        if self.replaced_by is not None:
            return f"Remplacée par la version {self.replaced_by.number} : ne vous en servez plus.", "danger"
        if self.status == Status.DENONCEE:
            return "La convention a été dénoncée.", "warning"
        if self.status == Status.RESILIEE:
            return "La convention a été résiliée : elle ne produit plus d’effet.", "danger"
        if self.status == Status.ABANDONNEE:
            return "La convention a été abandonnée : elle n’a jamais pris effet.", "danger"
        if self.status not in (Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE):
            return "Le texte a été repris en rédaction : une autre version le remplacera.", "warning"
        if not self.is_signed and (self.is_avenant or self.status != Status.SIGNEE):
            return "Approuvée, pas encore signée par toutes les parties.", "warning"
        if today < self.starts:
            return "Signée ; elle n’a pas encore pris effet.", "info"
        if today > self.ends:
            return "Arrivée à son terme : elle n’est plus en vigueur.", "warning"
        changed = any(version.signed for version in self.avenants)
        return ("En vigueur, modifiée par avenant." if changed else "En vigueur."), "success"


def version_facts(*, digests: Sequence[str] = (), version: UUID | None = None, code: str = "") -> VersionFacts | None:
    """The version one of these stored files was made from (the last digest first), or the one of this number and code.

    Works for a visitor without any context: see migration 0004. None when nothing matches.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT cosigne_verify(%s, %s, %s)", [list(digests) or None, version, code])
        found = cursor.fetchone()[0]
    if found is None:
        return None
    return _facts(json.loads(found) if isinstance(found, str) else found)


def _facts(found: dict[str, Any]) -> VersionFacts:
    return VersionFacts(
        version=UUID(found["version"]),
        number=found["number"],
        code=found["code"],
        reference=found["reference"],
        title=found["title"] or "",
        territory=found["territory"],
        approved_at=_moment(found["approved_at"]),
        approved_by=found["approved_by"] or "",
        document=found["document"] or "",
        document_sha256=found["document_sha256"] or "",
        base_sha256=found["base_sha256"] or "",
        status=found["status"],
        starts=_day(found["starts"]),
        ends=_day(found["ends"]),
        signed_on=parse_date(found["signed_on"]) if found["signed_on"] else None,
        is_avenant=found["is_avenant"],
        parties=tuple(name for name in found["parties"] if name),
        signatories=tuple(
            SignatoryFact(
                organisation=one["organisation"] or "",
                function=one["function"] or "",
                signed_on=parse_date(one["signed_on"]) if one["signed_on"] else None,
            )
            for one in found["signatories"]
        ),
        later=tuple(
            LaterVersion(
                one["number"], one["title"] or "", _moment(one["approved_at"]), one["same_text"], one["signed"]
            )
            for one in found["later"]
        ),
    )


def _day(text: str) -> dt.date:
    day = parse_date(text)
    assert day is not None
    return day


def _moment(text: str) -> dt.datetime:
    moment = parse_datetime(text)
    assert moment is not None
    return moment
