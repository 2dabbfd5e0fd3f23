"""Opening a circuit, stopping it, and what the staff does about each signature awaited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from conventions.enums import Channel
from conventions.models import ConventionVersion, Signatory
from conventions.services.locking import lock
from core import rls
from core.errors import Conflict, InvalidInput
from core.french import date_long
from parties.actors import Actor
from parties.models import Mandate
from reporting.circuit import links
from reporting.circuit.acting import held, lock_circuit, newer_version, note, why_not
from reporting.circuit.mails import call, live_link
from reporting.circuit.record import catch_up, go_on
from reporting.circuit.texts import put_in_signature
from reporting.enums import CircuitAct, CircuitState, Mode
from reporting.models import Delegation, SignatureCircuit, SignatureStep, SigningLink
from reporting.services_documents import store_sealed_document

#: Less than this between two mails of one link: refused, so that nobody floods a mailbox from here.
BETWEEN_MAILS = dt.timedelta(minutes=2)


def link_life() -> dt.timedelta:
    """How long a link serves, from its last sending (``SIGNING_LINK_DAYS``)."""
    return dt.timedelta(days=settings.COSIGNE_SIGNING_LINK_DAYS)


@dataclass(frozen=True)
class Way:
    """How one signatory is to sign; ``email`` is needed for a code, useful otherwise."""

    signatory: Signatory
    mode: str
    email: str = ""
    position: int | None = None


def usual_mode(signatory: Signatory) -> str:
    """What the convention says of this signatory, in the words of the circuit."""
    return Mode.PAPER if signatory.channel == Channel.PAPER else Mode.CODE


@transaction.atomic
def open_circuit(
    *,
    version: ConventionVersion,
    ways: Sequence[Way],
    by: Actor,
    site: str,
    in_sequence: bool = False,
    remind_days: int = 7,
) -> SignatureCircuit:
    """Begin to collect the signatures of a version, and write to those who may sign now.

    A text that is approved and waits for it is put in signature by the same act. ``site`` is the origin of the
    addresses sent ("https://cosigne.example"); ``remind_days`` the days between two reminders, 0 for none.

    Raises ``NotAllowed``, ``InvalidInput`` (``place``: "mode-<uuid>" or "email-<uuid>" of the signatory), ``Conflict``
    when the version already has a circuit, ``BusinessError`` when its document is not ready.
    """
    by.require("convention.sign")
    convention = lock(version.convention)
    if newer_version(version) is not None:
        raise Conflict("Une version plus récente a été approuvée : ouvrez le circuit sur celle-là.")
    if SignatureCircuit.objects.live().filter(version=version).exists():
        raise Conflict("Un circuit de signature est déjà ouvert sur cette version.")
    # Usually made by then; for a version approved long ago, or just now, it is made here.
    store_sealed_document(version=version)
    version.convention = convention
    put_in_signature(version, by=by)
    _close_former(version, by)
    circuit = SignatureCircuit.objects.create(
        version=version, in_sequence=in_sequence, remind_days=remind_days, site=site.rstrip("/"), by=by.user,
        by_label=by.label[:200],
    )  # fmt: skip
    fields = {s["uuid"]: s["id"] for s in version.content.get("signatories", [])}
    for way in ways:
        _add_step(circuit, way, fields, by=by)
    if not circuit.steps.exists():
        raise InvalidInput("Cette convention n'a aucun signataire : complétez l'onglet Parties.")
    note(CircuitAct.OPENED, circuit=circuit, by=by, text="l'un après l'autre" if in_sequence else "dans tout ordre")
    go_on(circuit, by=by)
    circuit.refresh_from_db()
    return circuit


def _close_former(version: ConventionVersion, by: Actor) -> None:
    """Circuits left open on the versions this one replaces: nothing passes from them to it."""
    for former in SignatureCircuit.objects.live().filter(version__convention=version.convention):
        newer = newer_version(former.version)
        if newer is not None:
            cancel_circuit(circuit=former, reason=f"Remplacée par la version {newer.number}.", by=by)


def _add_step(circuit: SignatureCircuit, way: Way, fields: dict[str, str], *, by: Actor) -> SignatureStep:
    signatory = way.signatory
    where = str(signatory.uuid)
    version = circuit.version
    if (signatory.convention_id, signatory.avenant_id) != (version.convention_id, version.avenant_id):
        raise InvalidInput("Ce signataire n'est pas de ce document.", place=f"mode-{where}")
    if signatory.mandate is None:
        organisation = signatory.party.organisation.french.le()
        raise InvalidInput(f"Aucun signataire n'est désigné pour {organisation}.", place=f"mode-{where}")
    if way.mode not in Mode.values:
        raise InvalidInput("Choisissez une façon de signer.", place=f"mode-{where}")
    if where not in fields:
        raise InvalidInput(
            f"{signatory.mandate.person} n'est pas parmi les signataires imprimés dans la version approuvée.",
            place=f"mode-{where}",
        )
    email = _address(way.email, needed=way.mode == Mode.CODE, place=f"email-{where}")
    step = SignatureStep.objects.create(
        circuit=circuit,
        signatory=signatory,
        organisation=signatory.party.organisation,
        mandate=signatory.mandate,
        field=fields[where],
        position=signatory.position if way.position is None else way.position,
        mode=way.mode,
    )
    if email:
        make_link(step, email, by=by)
    return step


def _address(text: str, *, needed: bool, place: str) -> str:
    email = text.strip().lower()
    if not email:
        if needed:
            raise InvalidInput("Indiquez l'adresse à laquelle le code sera envoyé.", place=place)
        return ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput(
            "Cette adresse électronique n'est pas complète : « prenom.nom@organisme.fr ».", place=place
        ) from error
    return email


def make_link(step: SignatureStep, email: str, *, by: Actor) -> SigningLink:
    """The link of a step; the former one, if any, is revoked."""
    now = timezone.now()
    step.links.filter(revoked_at__isnull=True).update(revoked_at=now)
    link = SigningLink(
        step=step, territory_id=step.territory_id, email=email, sent_at=now, expires_at=now + link_life()
    )
    link.token_hash = links.digest(links.token_of(link))
    link.save()
    note(CircuitAct.SENT, circuit=step.circuit, step=step, by=by, text=email)
    return link


# --- One signature ----------------------------------------------------------------------------------------------------


def resend_link(*, step: SignatureStep, by: Actor) -> SigningLink:
    """Send the link again with a new date. It is the same one: that of a former mail still works."""
    by.require("convention.sign")
    with held(step) as locked:
        link = _living_link(locked)
        if timezone.now() - link.sent_at < BETWEEN_MAILS:
            raise Conflict("Le message vient de partir. Attendez deux minutes avant de le renvoyer.")
        link.sent_at, link.expires_at = timezone.now(), timezone.now() + link_life()
        link.save(update_fields=["sent_at", "expires_at", "updated_at"])
        note(CircuitAct.RESENT, circuit=locked.circuit, step=locked, by=by, text=link.email)
        call(locked)
        return link


def revoke_link(*, step: SignatureStep, by: Actor) -> None:
    """The link opens nothing any more. Nothing when it is revoked already."""
    by.require("convention.sign")
    with held(step) as locked:
        link = live_link(locked)
        if link is not None:
            link.revoked_at = timezone.now()
            link.save(update_fields=["revoked_at", "updated_at"])
            note(CircuitAct.REVOKED, circuit=locked.circuit, step=locked, by=by, text=link.email)


def change_way(*, step: SignatureStep, mode: str, email: str, by: Actor) -> SignatureStep:
    """Another channel or another address for somebody who has not signed. A new address makes a new link."""
    by.require("convention.sign")
    if mode not in Mode.values:
        raise InvalidInput("Choisissez une façon de signer.", place="mode")
    address = _address(email, needed=mode == Mode.CODE, place="email")
    with held(step) as locked:
        _check_pending(locked)
        link = live_link(locked)
        if locked.mode != mode:
            locked.mode = mode
            locked.save(update_fields=["mode", "updated_at"])
            note(CircuitAct.CHANGED, circuit=locked.circuit, step=locked, by=by, text=str(Mode(mode).label))
        if address and (link is None or link.email != address):
            make_link(locked, address, by=by)
            if locked.awaited_since:
                call(locked)
        go_on(locked.circuit, by=by)
        return locked


def remind(*, step: SignatureStep, by: Actor) -> None:
    """Write again to somebody who is awaited. A link that expired serves again. Raises ``Conflict`` if too soon."""
    by.require("convention.sign")
    with held(step) as locked:
        _check_pending(locked)
        link = _living_link(locked)
        if locked.awaited_since is None:
            raise Conflict("Ce n'est pas encore le tour de ce signataire.")
        last = locked.reminded_at or link.sent_at
        if timezone.now() - last < BETWEEN_MAILS:
            raise Conflict("Un message vient de partir. Attendez deux minutes avant de relancer.")
        send_reminder(locked, link, by=by)


def send_reminder(step: SignatureStep, link: SigningLink, *, by: Actor) -> None:
    """The reminder itself; the circuit is locked."""
    now = timezone.now()
    if link.expires_at < now + dt.timedelta(days=1):
        link.expires_at = now + link_life()
        link.save(update_fields=["expires_at", "updated_at"])
    step.reminded_at = now
    step.save(update_fields=["reminded_at", "updated_at"])
    note(CircuitAct.REMINDED, circuit=step.circuit, step=step, by=by, text=link.email)
    call(step, "remind")


def decide_delegation(*, step: SignatureStep, accept: bool, by: Actor) -> Delegation:
    """Say yes or no to a delegation. Accepted, the delegate receives a link of their own; the former one is revoked.

    Raises ``Conflict`` when nothing is asked, or when the delegate's mandate is no longer in force.
    """
    by.require("convention.sign")
    with held(step) as locked:
        asked = locked.delegations.filter(decided_at__isnull=True).select_related("to_mandate").first()
        if asked is None:
            raise Conflict("Aucune délégation n'attend de réponse pour cette signature.")
        _check_pending(locked)
        today = timezone.localdate()
        delegate = asked.to_mandate
        if accept and not Mandate.objects.in_force_on(today).filter(pk=delegate.pk).exists():
            raise Conflict(f"Le mandat de {delegate.person} n'est plus en vigueur le {date_long(today)}.")
        asked.decided_at, asked.accepted = timezone.now(), accept
        asked.save(update_fields=["decided_at", "accepted", "updated_at"])
        act = CircuitAct.DELEGATED if accept else CircuitAct.DELEGATION_REFUSED
        note(act, circuit=locked.circuit, step=locked, by=by, text=f"{asked.from_mandate.person} → {delegate.person}")
        if accept:
            locked.mandate = delegate
            locked.save(update_fields=["mandate", "updated_at"])
            make_link(locked, asked.email, by=by)
            if locked.awaited_since:
                call(locked)
        return asked


def _check_pending(step: SignatureStep) -> None:
    if step.signed_at:
        raise Conflict("Cette signature est déjà enregistrée.")
    if not step.circuit.is_live:
        raise Conflict(f"Ce circuit est « {step.circuit.get_state_display()} » : il n'attend plus personne.")


def _living_link(step: SignatureStep) -> SigningLink:
    link = live_link(step)
    if link is None:
        raise Conflict("Aucun lien n'est en vigueur pour ce signataire : indiquez son adresse.")
    return link


# --- The whole circuit ------------------------------------------------------------------------------------------------


@transaction.atomic
def cancel_circuit(*, circuit: SignatureCircuit, reason: str, by: Actor) -> SignatureCircuit:
    """Stop collecting. Signatures already given, files and proofs stay; links open nothing. Needs a reason."""
    by.require("convention.sign")
    if not reason.strip():
        raise InvalidInput("Dites pourquoi le circuit est annulé.", place="reason")
    locked = _locked(circuit)
    if not locked.is_live:
        raise Conflict(f"Ce circuit est déjà « {locked.get_state_display()} ».")
    now = timezone.now()
    locked.state, locked.closed_at, locked.held_since = CircuitState.CANCELLED, now, None
    locked.save(update_fields=["state", "closed_at", "held_since", "updated_at"])
    SigningLink.objects.filter(step__circuit=locked, revoked_at__isnull=True).update(revoked_at=now)
    note(CircuitAct.CANCELLED, circuit=locked, by=by, text=reason.strip())
    return locked


@transaction.atomic
def resume_circuit(*, circuit: SignatureCircuit, reason: str, by: Actor) -> SignatureCircuit:
    """Take up a circuit a refusal suspended: the person who refused is asked again. Says why."""
    by.require("convention.sign")
    if not reason.strip():
        raise InvalidInput("Dites ce qui a changé depuis le refus.", place="reason")
    locked = _locked(circuit)
    if locked.state != CircuitState.SUSPENDED:
        raise Conflict("Ce circuit n'est pas suspendu.")
    locked.state = CircuitState.OPEN
    locked.save(update_fields=["state", "updated_at"])
    note(CircuitAct.RESUMED, circuit=locked, by=by, text=reason.strip())
    for step in locked.steps.filter(refused_at__isnull=False):
        step.refused_at = None
        step.save(update_fields=["refused_at", "updated_at"])
        call(step)
    go_on(locked, by=by)
    return locked


@transaction.atomic
def hold(*, circuit: SignatureCircuit, by: Actor) -> SignatureCircuit:
    """Say that the file leaves for a parapheur: nobody signs it here until it is back or :func:`release`."""
    by.require("convention.sign")
    locked = _locked(circuit)
    if locked.state != CircuitState.OPEN:
        raise Conflict(f"Ce circuit est « {locked.get_state_display()} ».")
    if locked.held_since is None:
        locked.held_since, locked.held_by_label = timezone.now(), by.label[:200]
        locked.save(update_fields=["held_since", "held_by_label", "updated_at"])
        note(CircuitAct.HELD, circuit=locked, by=by)
    return locked


@transaction.atomic
def release(*, circuit: SignatureCircuit, by: Actor) -> SignatureCircuit:
    """The file does not come back signed: one signs here again. Nothing when it was not out."""
    by.require("convention.sign")
    locked = _locked(circuit)
    if locked.held_since is not None:
        locked.held_since, locked.held_by_label = None, ""
        locked.save(update_fields=["held_since", "held_by_label", "updated_at"])
        note(CircuitAct.RELEASED, circuit=locked, by=by)
    return locked


def _locked(circuit: SignatureCircuit) -> SignatureCircuit:
    lock(circuit.version.convention)
    return lock_circuit(circuit)


def remind_all(by: Actor, *, now: dt.datetime | None = None) -> int:
    """Remind everybody who has been awaited longer than their circuit's delay; how many. Can be run again at once.

    Closes, on the way, the circuits whose last signature was recorded elsewhere.
    """
    now = now or timezone.now()
    sent = 0
    with rls.acting(by.context):
        for circuit in SignatureCircuit.objects.visible_to(by).filter(state=CircuitState.OPEN):
            _close_if_signed(circuit, by)
        due = [
            step
            for step in links.whole_steps().filter(
                circuit__state=CircuitState.OPEN, circuit__remind_days__gt=0, signed_at__isnull=True,
                awaited_since__isnull=False,
            )
            if (step.reminded_at or step.awaited_since) <= now - dt.timedelta(days=step.circuit.remind_days)
        ]  # fmt: skip
        for step in due:
            sent += _remind_one(step, by, now)
    return sent


def _close_if_signed(circuit: SignatureCircuit, by: Actor) -> None:
    """The last signature may have been recorded elsewhere: the convention's page, the API."""
    locked = _locked(circuit)
    catch_up(locked)
    if not locked.steps.filter(signed_at__isnull=True).exists():
        go_on(locked, by=by)


def _remind_one(step: SignatureStep, by: Actor, now: dt.datetime) -> bool:
    with held(step) as locked:
        link = live_link(locked)
        last = locked.reminded_at or locked.awaited_since
        if link is None or why_not(locked) or last is None:
            return False
        if last > now - dt.timedelta(days=locked.circuit.remind_days):
            return False
        send_reminder(locked, link, by=by)
        return True
