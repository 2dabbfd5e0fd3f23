"""A vote entered once, carried into the approved texts that recite it: its number, its date, its assembly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from conventions.enums import Status
from conventions.impact import Kind, Outcome, Verdict
from conventions.models import Convention, Deliberation
from conventions.services.impact import carry_out, foresee
from conventions.text.content import visa_of
from conventions.text.reading import latest_version
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor

#: Approved, and not yet the act of all: the text can still recite the vote as it was held.
OPEN = (Status.APPROUVEE, Status.EN_SIGNATURE)
#: What a vote alone may entail; anything heavier is decided on the convention itself.
LIGHT = (Outcome.CORRECTION, Outcome.NEW_SIGNATURE)


@dataclass(frozen=True)
class Recital:
    """An approved text that recites the vote otherwise than it was held, and what putting it right entails."""

    convention: Convention
    verdict: Verdict
    #: Why the text cannot be made again as it stands; empty when it can.
    problem: str = ""

    @property
    def is_light(self) -> bool:
        """Only votes would change: done from the deliberation, without a new review."""
        only_votes = all(judged.change.kind is Kind.VOTE for judged in self.verdict.judged)
        return only_votes and self.verdict.outcome in LIGHT


def texts_behind(deliberation: Deliberation) -> list[Convention]:
    """Approved conventions resting on this vote whose text does not recite it as it stands now."""
    resting = (
        Convention.objects.filter(parties__deliberation=deliberation, status__in=OPEN).distinct().order_by("reference")
    )
    wanted = visa_of(deliberation)
    versions = ((convention, latest_version(convention)) for convention in resting)
    return [
        convention
        for convention, version in versions
        if version is not None and "visas" in version.content and wanted not in version.content["visas"]
    ]


def recitals(deliberation: Deliberation, *, by: Actor) -> list[Recital]:
    """What bringing each of those texts up to date entails. Writes nothing."""
    return [_recital(convention, by) for convention in texts_behind(deliberation)]


def _recital(convention: Convention, by: Actor) -> Recital:
    try:
        return Recital(convention, foresee(convention=convention, edit=_as_it_stands, by=by))
    except InvalidInput as error:
        return Recital(convention, Verdict(()), error.message)


@transaction.atomic
def carry_vote(*, deliberation: Deliberation, confirmed: Mapping[str, str], by: Actor) -> list[Convention]:
    """A new version of each text of ``confirmed`` (reference → fingerprint of the verdict read); all or none.

    Done again, there is nothing left to carry. BusinessError for a text that changes by more than votes; Conflict when
    a verdict is no longer the one read.
    """
    by.require("convention.edit")
    found = {recital.convention.reference: recital for recital in recitals(deliberation, by=by)}
    carried = []
    for reference, fingerprint in confirmed.items():
        recital = found.get(reference)
        if recital is None:
            continue
        if not recital.is_light:
            raise BusinessError(
                f"Le texte de {reference} changerait aussi sur d'autres points que la délibération : corrigez-le"
                " depuis la convention."
            )
        carry_out(convention=recital.convention, edit=_as_it_stands, by=by, confirmed=fingerprint)
        carried.append(recital.convention)
    return carried


def _as_it_stands() -> None:
    """The vote is already saved: only the text is behind."""
