"""Who acts in a circuit, what is written about it, and the order in which rows are locked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from conventions.models import ConventionVersion
from conventions.services.locking import lock
from core import rls
from core.errors import Conflict, NotAllowed
from parties.actors import Actor
from parties.models import User
from reporting.circuit.links import whole_steps
from reporting.circuit.texts import is_in_signature, name_of, subject_of
from reporting.enums import CircuitAct, CircuitState
from reporting.models import CircuitEvent, SignatureCircuit, SignatureStep, SigningLink


@dataclass(frozen=True)
class Signer:
    """Somebody who answers for one signature: the holder of its link, or a member of its organisation.

    ``address`` and ``agent``: where they come from and with which browser, for the proof.
    """

    label: str
    user: User | None = None
    link: SigningLink | None = None
    address: str = ""
    agent: str = ""

    @classmethod
    def of_link(cls, link: SigningLink, *, address: str = "", agent: str = "") -> Signer:
        step = link.step
        label = f"{step.mandate.person} ({step.organisation.label}), par son lien personnel"
        return cls(label=label[:200], link=link, address=address, agent=agent)

    @classmethod
    def of_member(cls, actor: Actor, step: SignatureStep, *, address: str = "", agent: str = "") -> Signer:
        """Raises :class:`NotAllowed` for who acts for another organisation."""
        if actor.user is None or actor.organisation is None or actor.organisation.pk != step.organisation_id:
            raise NotAllowed("Cette signature est celle d'une autre organisation que la vôtre.")
        actor.require("signature.give")
        return cls(label=actor.label[:200], user=actor.user, address=address, agent=agent)

    def actor(self, step: SignatureStep) -> Actor:
        """What services take as ``by``: the territory's own authority, under the signer's name."""
        return replace(Actor.system(step.territory), label=self.label, user=self.user)


@contextmanager
def on_behalf(step: SignatureStep, signer: Signer) -> Iterator[Actor]:
    """A transaction in which the territory writes what this person does."""
    by = signer.actor(step)
    with rls.acting(by.context):
        yield by


@contextmanager
def held(step: SignatureStep) -> Iterator[SignatureStep]:
    """The step read again, its convention then its circuit locked until the transaction ends: one writer at a time.

    The convention first, as every other act on it: two people never wait for each other.
    """
    with transaction.atomic():
        fresh = whole_steps().get(pk=step.pk)
        lock(fresh.circuit.version.convention)
        fresh.circuit = lock_circuit(fresh.circuit)
        fresh.refresh_from_db(fields=["mandate", "mode", "signed_at", "refused_at", "awaited_since", "reminded_at"])
        yield fresh


def lock_circuit(circuit: SignatureCircuit) -> SignatureCircuit:
    rows = SignatureCircuit.objects.select_for_update(of=("self",))
    return rows.select_related("version__convention__territory", "version__avenant").get(pk=circuit.pk)


def note(
    act: CircuitAct, *, circuit: SignatureCircuit, by: Actor, step: SignatureStep | None = None, text: str = ""
) -> CircuitEvent:
    """Append one line to the circuit's history."""
    return CircuitEvent.objects.create(
        circuit=circuit, step=step, act=act, text=text[:600], by=by.user, by_label=by.label[:200]
    )


def newer_version(version: ConventionVersion) -> ConventionVersion | None:
    """The version that replaces this one; None when it is the last of its text (base text, or the same avenant)."""
    same = ConventionVersion.objects.filter(convention_id=version.convention_id, avenant=version.avenant)
    return same.filter(number__gt=version.number).order_by("-number").first()


def newer_versions(versions: Iterable[ConventionVersion]) -> dict[int, ConventionVersion]:
    """As :func:`newer_version` for many: version → the one that replaces it, those replaced only. One query."""
    wanted = list(versions)
    last: dict[tuple[int, int | None], ConventionVersion] = {}
    for row in ConventionVersion.objects.filter(convention_id__in={v.convention_id for v in wanted}).order_by("number"):
        last[_text_of(row)] = row
    return {v.pk: last[_text_of(v)] for v in wanted if _text_of(v) in last and last[_text_of(v)].number > v.number}


def _text_of(version: ConventionVersion) -> tuple[int, int | None]:
    return version.convention_id, version.avenant_id


def why_closed(circuit: SignatureCircuit, newer: ConventionVersion | None) -> str:
    """Why nobody signs in this circuit any more or for now; "" when it goes on. ``newer``: its version's successor."""
    version = circuit.version
    if newer is not None:
        name = f"{name_of(version)}, version {version.number}"
        return f"{name}, n'est plus à signer : la version {newer.number} la remplace."
    if circuit.state == CircuitState.DONE:
        return "Toutes les signatures sont recueillies."
    if circuit.state == CircuitState.CANCELLED:
        return "Ce circuit de signature a été annulé."
    if circuit.state == CircuitState.SUSPENDED:
        return "Un signataire a refusé de signer : le circuit est suspendu."
    if not is_in_signature(version):
        return f"{name_of(version)} est « {subject_of(version).get_status_display()} » : il n'y a rien à signer."
    return ""


def why_not(step: SignatureStep) -> str:
    """Why this person cannot sign now; "" when it is their turn."""
    if step.signed_at:
        return "Cette signature est déjà enregistrée."
    closed = why_closed(step.circuit, newer_version(step.circuit.version))
    if closed:
        return closed
    if step.awaited_since is None:
        return (
            "Ce n'est pas encore votre tour : un message vous préviendra quand les signataires précédents auront signé."
        )
    return ""


def check_turn(step: SignatureStep) -> None:
    """Raise :class:`Conflict` unless this person may sign now."""
    reason = why_not(step)
    if reason:
        raise Conflict(reason)


def check_not_out(circuit: SignatureCircuit) -> None:
    """Raise :class:`Conflict` while the file is in a parapheur outside: the file signed there would not follow ours."""
    if circuit.held_since is not None:
        day = timezone.localtime(circuit.held_since)
        raise Conflict(
            f"Le document est depuis le {day:%d/%m/%Y} dans un parapheur extérieur : il sera de nouveau à signer ici à"
            " son retour."
        )
