"""Changing a convention whose text is approved: what it entails is told first, confirmed, then done, no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from conventions.clauses.engine import ClauseError, tags
from conventions.enums import ConventionAct, Status
from conventions.impact import Change, Kind, Outcome, Situation, Verdict, changes_between, verdict_on
from conventions.models import Convention, ConventionVersion, Transition
from conventions.renewal.wordings import raw_clauses
from conventions.services.locking import correcting, lock
from conventions.services.review import reopen_convention
from conventions.signals import version_made
from conventions.text import build_content, canonical_bytes, content_hash
from conventions.text.dossier import read
from conventions.text.reading import latest_version
from core.errors import BusinessError, Conflict, InvalidInput
from parties.actors import Actor

#: States in which a change is weighed before it is saved. While drafting it is simply saved; under review, sent back.
WEIGHED = (Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE, Status.DENONCEE)
#: One change as a service makes it.
Edit = Callable[[], object]


def situation_of(convention: Convention) -> Situation:
    """How far it is: its state, the bodies it binds and those that signed the version in hand."""
    version = latest_version(convention)
    parties = list(convention.parties.select_related("organisation").order_by("position", "pk"))
    signed = set(version.signatures.values_list("signatory__party_id", flat=True)) if version is not None else set()
    names = {party.pk: party.organisation.french.le() for party in parties}
    return Situation(
        status=convention.status,
        parties=tuple(names.values()),
        signed=tuple(name for pk, name in names.items() if pk in signed),
    )


def foresee(*, convention: Convention, edit: Edit, by: Actor) -> Verdict:
    """What ``edit`` would change in the approved act, and what that entails. Everything it wrote is undone.

    An empty verdict: nothing of what is printed changes. Raises what ``edit`` raises, and InvalidInput when the text
    would have a hole.
    """
    by.require("convention.edit")
    with transaction.atomic():
        locked = lock(convention)
        _check_weighed(locked)
        changes = _tried(locked, edit)
        transaction.set_rollback(True)
    return verdict_on(changes, situation_of(locked))


def _check_weighed(convention: Convention) -> None:
    if convention.status not in WEIGHED:
        raise BusinessError(
            f"La convention {convention.reference} est « {convention.get_status_display()} » : elle ne se modifie pas"
            " dans cet état."
        )
    if latest_version(convention) is None:
        raise BusinessError(f"La convention {convention.reference} n'a pas de version approuvée à corriger.")


def _tried(convention: Convention, edit: Edit) -> list[Change]:
    """Apply ``edit`` and compare with the approved version. The caller keeps it or undoes it."""
    version = latest_version(convention)
    assert version is not None
    before = _variables(convention)
    with correcting(convention):
        edit()
    after = Convention.objects.get(pk=convention.pk)
    changes = changes_between(version.content, _content(after))
    now = _variables(after)
    for kind in before.keys() & now.keys():
        if before[kind][1] != now[kind][1]:
            one, two = before[kind], now[kind]
            changes.append(
                Change(Kind.TEXT, f"Variables de la clause « {two[0]} »", ", ".join(one[1]), ", ".join(two[1]))
            )
    return changes


def _variables(convention: Convention) -> dict[str, tuple[str, list[str]]]:
    """The variables each clause names: replacing one by what it reads today is no correction of form."""
    if convention.template is None:
        return {}
    return {
        kind: (clause.title, sorted(tags(" ".join(clause.content))))
        for kind, clause in raw_clauses(read(convention)).items()
    }


def _content(convention: Convention) -> dict[str, Any]:
    """As it would be stored: the same shapes as an approved version's."""
    try:
        content: dict[str, Any] = json.loads(canonical_bytes(build_content(convention)))
        return content
    except ClauseError as error:
        listed = " ".join(str(problem) for problem in error.problems[:3])
        raise InvalidInput(f"Le texte ne serait plus complet. {listed}") from error


@transaction.atomic
def carry_out(*, convention: Convention, edit: Edit, by: Actor, confirmed: str, expected: int | None = None) -> Outcome:
    """Do exactly what was foreseen: correct into a new version, or take the text back to the desk with the change.

    ``confirmed`` is the fingerprint of the verdict the person read: Conflict when it is no longer the verdict. Nothing
    is written for an avenant, nor when nothing is to be done again.
    """
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    verdict = foresee(convention=locked, edit=edit, by=by)
    if verdict.fingerprint != confirmed:
        raise Conflict("La situation a changé depuis : relisez ce que le changement entraîne, puis confirmez.")
    if verdict.outcome in (Outcome.NOTHING, Outcome.AVENANT):
        return verdict.outcome
    if verdict.outcome is Outcome.REAPPROVAL:
        reopen_convention(convention=locked, reason=summary(verdict), by=by)
        edit()
        return verdict.outcome
    with correcting(locked):
        edit()
    locked.refresh_from_db()
    _new_version(locked, verdict, by)
    return verdict.outcome


def summary(verdict: Verdict) -> str:
    """For the log: what changed and what follows from it."""
    listed = " ; ".join(_line(judged.change) for judged in verdict.judged)
    signers = f" À signer par {', '.join(verdict.signers)}." if verdict.signers else ""
    return f"{verdict.outcome.label} – {listed}.{signers}"


def _line(change: Change) -> str:
    short = [text if len(text) <= 60 else f"{text[:57]}…" for text in (change.before, change.after)]
    return f"{change.label} : {short[0] or 'rien'} → {short[1] or 'rien'}"


def _new_version(convention: Convention, verdict: Verdict, by: Actor) -> ConventionVersion:
    """The corrected text, approved as the former one was: the correction is logged, who approved stays who approved."""
    former = latest_version(convention)
    assert former is not None
    number = former.number + 1
    content = _content(convention) | {"version": number, "draft": False, "status_label": ""}
    version = ConventionVersion.objects.create(
        convention=convention,
        number=number,
        content=content,
        sha256=content_hash(content),
        approved_by_label=former.approved_by_label,
        approved_at=timezone.now(),
    )
    act = ConventionAct.CORRECT if verdict.outcome is Outcome.CORRECTION else ConventionAct.REISSUE
    Transition.objects.create(
        convention=convention,
        territory_id=convention.territory_id,
        act=act,
        from_status=convention.status,
        to_status=convention.status,
        by=by.user,
        by_label=by.label,
        reason=summary(verdict),
    )
    version_made.send(sender=ConventionVersion, version=version)
    return version
