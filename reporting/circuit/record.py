"""What every channel ends with: the proof kept, the signature recorded, the next person called, the circuit closed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.utils import timezone

from conventions.enums import Channel
from conventions.models import Signature
from conventions.services import record_signature
from core.errors import BusinessError
from parties.actors import Actor
from reporting.circuit.acting import note
from reporting.circuit.mails import call, tell_everyone
from reporting.circuit.texts import reference_of
from reporting.enums import CircuitAct, CircuitState, Mode
from reporting.models import SignatureCircuit, SignatureEvidence, SignatureStep

FORMAT = "cosigne-preuve-1"
#: The level of each channel, said as it is: nothing here is a qualified signature.
LEVELS = {
    Mode.CODE: (
        "signature électronique simple (règlement (UE) n° 910/2014, article 25, paragraphe 1) :"
        " ni avancée, ni qualifiée"
    ),
    Mode.CERTIFICATE: "signature électronique par certificat personnel ; son niveau est celui que donne le certificat",
    Mode.OUTSIDE: "signature électronique par certificat, apposée dans un parapheur extérieur",
    Mode.PAPER: "signature manuscrite ; la numérisation conservée en est une copie",
}


def canonical(content: dict[str, Any]) -> str:
    """One text for one content: keys sorted, no space, accents as they are."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def proof(step: SignatureStep, *, mode: str, moment: dt.datetime, **facts: Any) -> dict[str, Any]:
    """The facts every proof tells, and those of its channel."""
    version, mandate = step.circuit.version, step.mandate
    convention = version.convention
    return {
        "format": FORMAT,
        "convention": {
            "reference": reference_of(version),
            "uuid": str(convention.uuid),
            "intitule": version.avenant.title if version.avenant else convention.title,
        },
        "version": {"numero": version.number, "uuid": str(version.uuid), "sha256_contenu": version.sha256},
        "signataire": {
            "personne": mandate.person,
            "fonction": mandate.function,
            "organisation": step.organisation.name,
            "mandat": mandate.key,
            "delegation": mandate.delegation,
            "champ": step.field,
        },
        "voie": str(Mode(mode).label),
        "niveau": LEVELS[Mode(mode)],
        "signe_le": moment.isoformat(),
        **facts,
    }


def keep_proof(step: SignatureStep, content: dict[str, Any], *, mode: str) -> SignatureEvidence:
    return SignatureEvidence.objects.create(
        step=step, version=step.circuit.version, mode=mode, content=content, sha256=digest_of(content)
    )


def record(step: SignatureStep, *, signed_on: dt.date, mode: str, by: Actor, detail: str = "") -> Signature:
    """Record the signature of a step whose circuit is locked, and go on. Errors are those of ``record_signature``."""
    version = step.circuit.version
    signatory = step.signatory
    if signatory is None:
        raise BusinessError("Ce signataire n'est plus de la convention : annulez le circuit et ouvrez-en un autre.")
    signature = record_signature(
        convention=version.convention,
        signatory=signatory,
        signed_on=signed_on,
        channel=Channel.PAPER if mode == Mode.PAPER else Channel.ELECTRONIC,
        version=version,
        mandate=step.mandate if step.mandate_id != signatory.mandate_id else None,
        by=by,
    )
    step.signed_at = timezone.now()
    step.mode = mode
    step.save(update_fields=["signed_at", "mode", "updated_at"])
    note(CircuitAct.SIGNED, circuit=step.circuit, step=step, by=by, text=detail or f"{step.mandate.person}")
    return signature


def catch_up(circuit: SignatureCircuit) -> None:
    """Steps whose signature was recorded elsewhere (the convention's page, the API) are signed here too."""
    done = {s.signatory_id: s for s in Signature.objects.filter(version_id=circuit.version_id)}
    for step in circuit.steps.filter(signed_at__isnull=True, signatory_id__in=list(done)):
        step.signed_at = done[step.signatory_id or 0].created_at
        step.save(update_fields=["signed_at", "updated_at"])


def go_on(circuit: SignatureCircuit, *, by: Actor) -> None:
    """Call whoever may sign now; close the circuit when everybody has signed. The circuit is locked."""
    catch_up(circuit)
    pending = list(circuit.steps.filter(signed_at__isnull=True).order_by("position", "pk"))
    if not pending:
        circuit.state, circuit.closed_at, circuit.held_since = CircuitState.DONE, timezone.now(), None
        circuit.save(update_fields=["state", "closed_at", "held_since", "updated_at"])
        note(CircuitAct.DONE, circuit=circuit, by=by)
        tell_everyone(circuit)
        return
    first = pending[0].position
    for step in pending:
        if step.awaited_since is None and (not circuit.in_sequence or step.position == first):
            step.awaited_since = timezone.now()
            step.save(update_fields=["awaited_since", "updated_at"])
            call(step)
