"""Files signed elsewhere and brought back: with a person's own certificate, or from a parapheur outside."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.errors import Conflict, InvalidInput
from parties.actors import Actor
from reporting.circuit.acting import Signer, check_not_out, check_turn, held, newer_version, note, on_behalf, why_closed
from reporting.circuit.answering import check_link
from reporting.circuit.files import Certificate, CurrentFile, current_file, keep_file, look_at
from reporting.circuit.mails import call
from reporting.circuit.record import go_on, keep_proof, proof, record
from reporting.circuit.texts import reference_of
from reporting.enums import CircuitAct, Mode
from reporting.models import SignatureCircuit, SignatureStep, SignedFile

MANIFEST = "bordereau.json"


@dataclass(frozen=True)
class Kept:
    """A file kept, and the signatures it brought."""

    file: SignedFile
    steps: list[SignatureStep]


def bring_as_signer(*, step: SignatureStep, signer: Signer, data: bytes) -> Kept:
    """A signatory brings the document signed in their own field, and nowhere else.

    Raises what ``look_at`` says of the file, ``Conflict`` when it is not their turn or the file is in a parapheur, what
    ``record_signature`` raises.
    """
    with on_behalf(step, signer) as by, held(step) as locked:
        if signer.link is not None:
            check_link(signer.link)
        check_turn(locked)
        check_not_out(locked.circuit)
        if locked.mode == Mode.PAPER:
            raise Conflict("Pour cette signature, la façon de signer est « Papier ».")
        mode = Mode.OUTSIDE if locked.mode == Mode.OUTSIDE else Mode.CERTIFICATE
        return _keep(locked.circuit, data, by=by, mode=mode, awaited={locked.field: locked}, own=True)


def bring_as_staff(*, circuit: SignatureCircuit, data: bytes, by: Actor) -> Kept:
    """The staff brings back the document from a parapheur: several signatures at once, whatever their channel was."""
    by.require("convention.sign")
    first = circuit.steps.order_by("pk").first()
    assert first is not None
    with held(first) as locked:
        closed = why_closed(locked.circuit, newer_version(locked.circuit.version))
        if closed:
            raise Conflict(closed)
        return _keep(locked.circuit, data, by=by, mode=Mode.OUTSIDE, awaited=awaited_fields(locked.circuit))


def awaited_fields(circuit: SignatureCircuit) -> dict[str, SignatureStep]:
    """The fields that may be signed now, with whose they are."""
    rows = circuit.steps.filter(signed_at__isnull=True, awaited_since__isnull=False)
    found = {}
    for row in rows.select_related("mandate", "organisation", "signatory__party", "territory"):
        row.circuit = circuit
        found[row.field] = row
    return found


def _keep(
    circuit: SignatureCircuit,
    data: bytes,
    *,
    by: Actor,
    mode: str,
    awaited: dict[str, SignatureStep],
    own: bool = False,
) -> Kept:
    """The circuit is locked. ``own``: a signatory's file, whose certificate must bear their name."""
    version = circuit.version
    brought = look_at(version, data, awaited=awaited)
    for certificate in brought.certificates if own else ():
        _check_name(certificate, awaited[certificate.field])
    kept = keep_file(version, data, mode=mode, fields=brought.fields, by=by)
    steps = []
    for certificate in brought.certificates:
        step = awaited[certificate.field]
        moment = _signed_at(certificate.signed_at)
        content = proof(
            step, mode=mode, moment=moment, certificat=certificate.as_dict(),
            document={"sha256_depose": kept.sha256, "rang": kept.sequence}, depose_par=by.label,
        )  # fmt: skip
        evidence = keep_proof(step, content, mode=mode)
        detail = f"{certificate.person}, certificat délivré par {certificate.issuer}, preuve {evidence.sha256[:16]}"
        record(step, signed_on=timezone.localdate(moment), mode=mode, by=by, detail=detail)
        steps.append(step)
    if circuit.held_since is not None:
        circuit.held_since, circuit.held_by_label = None, ""
        circuit.save(update_fields=["held_since", "held_by_label", "updated_at"])
    note(CircuitAct.FILE_KEPT, circuit=circuit, by=by, text=f"{', '.join(brought.fields)} ; {kept.sha256}")
    go_on(circuit, by=by)
    for step in steps:
        call(step, "receipt")
    return Kept(kept, steps)


def _check_name(certificate: Certificate, step: SignatureStep) -> None:
    """The family name of the mandate (its last word) is in the certificate, whatever its order and accents.

    Raises ``InvalidInput``. The staff, who brings back what a parapheur checked, reads the name in the history instead.
    """
    if _words(step.mandate.person)[-1:] not in ([word] for word in _words(certificate.person)):
        raise InvalidInput(
            f"Le certificat est au nom de {certificate.person or 'personne'} ; le signataire attendu est"
            f" {step.mandate.person}. Signez avec le certificat de cette personne, ou demandez une délégation.",
            place="file",
        )


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.findall(r"[a-z0-9]+", plain)


def _signed_at(text: str) -> dt.datetime:
    """The hour the signature claims, never in the future: a wrong clock does not date an act."""
    now = timezone.now()
    return min(dt.datetime.fromisoformat(text), now) if text else now


# --- What leaves ------------------------------------------------------------------------------------------------------


def manifest(circuit: SignatureCircuit, current: CurrentFile) -> dict[str, Any]:
    """What a parapheur outside must know: which file, which fields, whose, what must not be touched."""
    version = circuit.version
    return {
        "format": "cosigne-bordereau-1",
        "convention": reference_of(version),
        "version": version.number,
        "sha256_contenu": version.sha256,
        "fichier": current.filename,
        "sha256_fichier": current.sha256,
        "taille": len(current.data),
        "champs_a_signer": [
            {
                "champ": step.field,
                "personne": step.mandate.person,
                "fonction": step.mandate.function,
                "organisation": step.organisation.name,
            }
            for step in awaited_fields(circuit).values()
        ],
        "consignes": [
            "Signer chaque champ nommé ici, en PAdES, par ajout à la fin du fichier.",
            "Ne rien ajouter d'autre : ni page, ni annotation, ni tampon.",
            "Rapporter le fichier signé sur la page des signatures de la convention.",
        ],
    }


def pack(circuit: SignatureCircuit) -> tuple[bytes, str]:
    """The document and its manifest in one ZIP, and its name. Writes nothing; BusinessError when there is no file."""
    current = current_file(circuit.version)
    name = current.filename.replace(".pdf", "-parapheur.zip")
    stream = io.BytesIO()
    moment = timezone.localtime().timetuple()[:6]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(current.filename, moment), current.data)
        text = json.dumps(manifest(circuit, current), ensure_ascii=False, indent=1)
        archive.writestr(zipfile.ZipInfo(MANIFEST, moment), text)
    return stream.getvalue(), name
