"""What a signatory answers: the code they received, a refusal, somebody else to sign in their place."""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, InvalidInput, NotAllowed
from core.french import date_long
from parties import throttle
from parties.actors import Actor
from parties.models import Mandate
from reporting.circuit.acting import Signer, check_not_out, check_turn, held, newer_version, note, on_behalf, why_closed
from reporting.circuit.files import current_file, keep_file
from reporting.circuit.mails import call, live_link, send_code, tell_staff
from reporting.circuit.record import go_on, keep_proof, proof, record
from reporting.circuit.texts import reference_of
from reporting.enums import CircuitAct, CircuitState, Mode
from reporting.models import Delegation, OneTimeCode, SignatureEvidence, SignatureStep, SigningLink
from reporting.pdf import MissingGlyphs
from reporting.seal.keys import seal_name
from reporting.seal.pdf import empty_fields, sign_field
from reporting.seal.stamp import render_stamp

DIGITS = 6
CODE_MINUTES = 15
#: Wrong tries that end a code: one chance in 200 000 of guessing it.
MOST_TRIES = 5
#: Codes sent for one signature, and from one place.
CODES = (throttle.Limit(("account",), 5, minutes=60), throttle.Limit(("address",), 40, minutes=60))
#: Tries for one signature whatever the code, and from one place.
TRIES = (throttle.Limit(("account",), 20, minutes=60), throttle.Limit(("address",), 100, minutes=60))

CONSENT = (
    "J'ai lu la convention {reference}, version {number}, et je la signe pour {organisation}, en qualité de {function}."
    " J'accepte de la signer par un code reçu à l'adresse {email}."
)


def consent_text(step: SignatureStep, email: str) -> str:
    """The sentence the person accepts, word for word what the proof keeps."""
    version = step.circuit.version
    return CONSENT.format(
        reference=reference_of(version),
        number=version.number,
        organisation=step.organisation.french.le(),
        function=f"{step.mandate.function}",
        email=email,
    )


def check_signer(step: SignatureStep, signer: Signer) -> SigningLink:
    """The link in force of the step, when ``signer`` may sign by it; with a fresh ``step``.

    Raises ``Conflict`` for a link that was revoked or expired, ``NotAllowed`` for another account than its address.
    """
    link = live_link(step)
    if signer.link is not None:
        check_link(signer.link)
    if link is None:
        raise Conflict("Aucune adresse n'est connue pour cette signature : demandez un lien au gestionnaire.")
    if signer.link is not None and signer.link.pk != link.pk:
        raise Conflict(OVER["revoked"])
    if signer.link is None and (signer.user is None or signer.user.email.lower() != link.email):
        raise NotAllowed(
            f"Le code de cette signature est envoyé à {link.email} : seule la personne qui a cette adresse signe ainsi."
        )
    return link


OVER = {
    "revoked": "Ce lien a été révoqué. Demandez-en un autre à la personne qui gère le dispositif.",
    "expired": "Ce lien a expiré. Demandez à la personne qui gère le dispositif de vous le renvoyer.",
}


def check_link(link: SigningLink) -> None:
    """Raise ``Conflict`` unless the link is in force."""
    link.refresh_from_db(fields=["revoked_at", "expires_at", "email"])
    if link.state != "usable":
        raise Conflict(OVER[link.state])


# --- The code ---------------------------------------------------------------------------------------------------------


def send_one_time_code(*, step: SignatureStep, signer: Signer) -> OneTimeCode:
    """Send six digits to the signatory's address. A code sent before no longer serves.

    Raises ``Conflict`` when it is not their turn or too many codes were asked, ``BusinessError`` when the mail could
    not leave.
    """
    attempt = throttle.begin("signing.code", CODES, account=str(step.uuid), address=signer.address)
    if attempt.refused:
        raise Conflict("Trop de codes ont été demandés. Attendez une heure, ou demandez de l'aide au gestionnaire.")
    with on_behalf(step, signer) as by, held(step) as locked:
        link = check_signer(locked, signer)
        check_turn(locked)
        _check_by_code(locked)
        check_not_out(locked.circuit)
        now = timezone.now()
        locked.codes.filter(used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
        number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        code = OneTimeCode.objects.create(
            step=locked, territory_id=locked.territory_id, email=link.email, code_hash=code_digest(locked, number),
            sent_at=now, expires_at=now + dt.timedelta(minutes=CODE_MINUTES),
        )  # fmt: skip
        note(CircuitAct.CODE_SENT, circuit=locked.circuit, step=locked, by=by, text=link.email)
        send_code(locked, link.email, number, minutes=CODE_MINUTES)
        return code


def sign_by_code(*, step: SignatureStep, signer: Signer, code: str, consent: bool) -> SignatureEvidence:
    """Sign with the code received: proof, seal of the field, signature recorded, next person called.

    A wrong try is counted and kept even though the call raises. Raises ``InvalidInput`` (place "code" or "consent"),
    ``Conflict`` when it is not their turn, when the code is over, when the file is out, and what ``record_signature``
    raises (mandate, deliberation).
    """
    if not consent:
        raise InvalidInput("Cochez la case : sans votre accord, rien n'est signé.", place="consent")
    attempt = throttle.begin("signing.try", TRIES, account=str(step.uuid), address=signer.address)
    if attempt.refused:
        raise Conflict("Trop d'essais. Attendez une heure, puis demandez un nouveau code.")
    problem = _try(step, signer, code)
    if problem:
        raise InvalidInput(problem, place="code")
    with on_behalf(step, signer) as by, held(step) as locked:
        link = check_signer(locked, signer)
        check_turn(locked)
        _check_by_code(locked)
        check_not_out(locked.circuit)
        row = locked.codes.select_for_update(of=("self",)).order_by("-pk").first()
        now = timezone.now()
        if row is None or row.used_at or row.expires_at <= now or row.attempts > MOST_TRIES:
            raise Conflict("Ce code ne sert plus. Demandez-en un autre.")
        row.used_at = now
        row.save(update_fields=["used_at", "updated_at"])
        evidence = _sign(locked, link, row, signer, by=by, moment=now)
    attempt.succeeded()
    return evidence


def _try(step: SignatureStep, signer: Signer, code: str) -> str:
    """Count one try of a code; what is wrong with it, or "" when it is the right one.

    In a transaction of its own, that ends well: the count stays whatever is raised afterwards.
    """
    with on_behalf(step, signer) as by, transaction.atomic():
        row = step.codes.select_for_update(of=("self",)).order_by("-pk").first()
        if row is None or row.used_at or row.expires_at <= timezone.now():
            return "Aucun code n'est valable en ce moment. Demandez-en un autre."
        row.attempts += 1
        row.save(update_fields=["attempts", "updated_at"])
        given = "".join(code.split())
        if row.attempts <= MOST_TRIES and hmac.compare_digest(code_digest(step, given), row.code_hash):
            return ""
        left = MOST_TRIES - row.attempts
        if left <= 0:
            row.expires_at = timezone.now()
            row.save(update_fields=["expires_at", "updated_at"])
        note(CircuitAct.CODE_WRONG, circuit=step.circuit, step=step, by=by)
    if left <= 0:
        return "Ce code n'est pas le bon, et ne sert plus après cinq essais. Demandez-en un autre."
    return f"Ce code n'est pas le bon. Il reste {left} essai{'s' if left > 1 else ''}."


def code_digest(step: SignatureStep, number: str) -> str:
    """Keyed: the few possible codes cannot be tried against what a reader of the database would find."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{step.uuid}:{number}".encode(), "sha256").hexdigest()


def _check_by_code(step: SignatureStep) -> None:
    if step.mode != Mode.CODE:
        raise Conflict(f"Pour cette signature, la façon de signer est « {step.get_mode_display()} ».")


def _sign(
    step: SignatureStep, link: SigningLink, code: OneTimeCode, signer: Signer, *, by: Actor, moment: dt.datetime
) -> SignatureEvidence:
    """The circuit is locked: the file read here is the one the next signature will be added to."""
    version = step.circuit.version
    current = current_file(version)
    content = proof(
        step,
        mode=Mode.CODE,
        moment=moment,
        document={"sha256_presente": current.sha256, "rang": current.sequence},
        accord=consent_text(step, link.email),
        adresse=link.email,
        lien={"uuid": str(link.uuid), "envoye_le": link.sent_at.isoformat(), "expire_le": link.expires_at.isoformat()},
        code={
            "envoye_le": code.sent_at.isoformat(),
            "utilise_le": moment.isoformat(),
            "essais": code.attempts,
            "chiffres": DIGITS,
        },
        acces="lien personnel" if signer.link else "compte de l'organisation",
        connexion={"adresse_ip": told_address(signer.address), "navigateur": signer.agent[:300]},
        cachet=seal_name(),
    )
    evidence = keep_proof(step, content, mode=Mode.CODE)
    data = sign_field(current.data, field=step.field, stamp=_stamp(step, evidence, current.data, moment))
    kept = keep_file(version, data, mode=Mode.CODE, fields=[step.field], by=by)
    record(
        step, signed_on=timezone.localdate(moment), mode=Mode.CODE, by=by,
        detail=f"{step.mandate.person}, preuve {evidence.sha256[:16]}, fichier {kept.sha256[:16]}",
    )  # fmt: skip
    go_on(step.circuit, by=by)
    call(step, "receipt")
    return evidence


def _stamp(step: SignatureStep, evidence: SignatureEvidence, pdf: bytes, moment: dt.datetime) -> bytes:
    """What is seen in the frame. A name the print fonts lack is left to the proof."""
    box = empty_fields(pdf).get(step.field, (160.0, 60.0))
    local = timezone.localtime(moment)
    when = f"le {date_long(local.date())} à {local:%H h %M}, code à usage unique"
    trace = f"Preuve {evidence.sha256[:16]}"
    title = "Signé électroniquement"
    try:
        return render_stamp(
            title=title, lines=[f"Signé par {step.mandate.person}", when, trace], moment=moment, box=box
        )
    except MissingGlyphs:
        return render_stamp(title=title, lines=[when, trace], moment=moment, box=box)


def told_address(address: str) -> str:
    """The network address a proof keeps: the network only (/24, /48), unless the site keeps it whole."""
    if settings.COSIGNE_EVIDENCE_FULL_ADDRESS:
        return address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 48 if parsed.version == 6 else 24), strict=False))


# --- Refusing, delegating ---------------------------------------------------------------------------------------------


def refuse(*, step: SignatureStep, signer: Signer, reason: str) -> SignatureStep:
    """The person says they will not sign: the circuit stops until the staff takes it up or cancels it.

    Raises ``InvalidInput`` without a reason, ``Conflict`` once they have signed or the circuit is over.
    """
    if not reason.strip():
        raise InvalidInput("Dites pourquoi vous refusez : vos interlocuteurs doivent le savoir.", place="reason")
    with on_behalf(step, signer) as by, held(step) as locked:
        if signer.link is not None:
            check_link(signer.link)
        _check_still_awaited(locked)
        locked.refused_at = timezone.now()
        locked.save(update_fields=["refused_at", "updated_at"])
        circuit = locked.circuit
        circuit.state = CircuitState.SUSPENDED
        circuit.save(update_fields=["state", "updated_at"])
        tell_staff(note(CircuitAct.REFUSED, circuit=circuit, step=locked, by=by, text=reason.strip()))
        return locked


def may_sign_instead(step: SignatureStep, day: dt.date) -> list[Mandate]:
    """The mandates of the same organisation in force on ``day``, the present signatory's excepted."""
    rows = Mandate.objects.in_force_on(day).filter(organisation_id=step.organisation_id)
    return list(rows.exclude(pk=step.mandate_id).order_by("person"))


def ask_delegation(*, step: SignatureStep, signer: Signer, mandate: str, email: str, reason: str = "") -> Delegation:
    """Ask that another mandate of the organisation signs. The staff answers (``decide_delegation``).

    ``mandate`` is its uuid. Raises ``InvalidInput`` for one that is not of the organisation or not in force, or for an
    address that is none; ``Conflict`` when one is asked already.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput("Indiquez l'adresse électronique de cette personne.", place="email") from error
    with on_behalf(step, signer) as by, held(step) as locked:
        if signer.link is not None:
            check_link(signer.link)
        _check_still_awaited(locked)
        found = next((m for m in may_sign_instead(locked, timezone.localdate()) if str(m.uuid) == mandate), None)
        if found is None:
            raise InvalidInput("Choisissez une personne de votre organisation au mandat en cours.", place="mandate")
        if locked.delegations.filter(decided_at__isnull=True).exists():
            raise Conflict("Une délégation attend déjà la réponse du gestionnaire.")
        asked = Delegation.objects.create(
            step=locked, from_mandate=locked.mandate, to_mandate=found, email=address, reason=reason.strip()[:400],
            asked_by_label=by.label[:200],
        )  # fmt: skip
        text = f"{locked.mandate.person} → {found.person}" + (f" : {asked.reason}" if asked.reason else "")
        tell_staff(note(CircuitAct.DELEGATION_ASKED, circuit=locked.circuit, step=locked, by=by, text=text))
        return asked


def _check_still_awaited(step: SignatureStep) -> None:
    if step.signed_at:
        raise Conflict("Cette signature est déjà enregistrée.")
    closed = why_closed(step.circuit, newer_version(step.circuit.version))
    if closed:
        raise Conflict(closed)
