"""A circuit as pages show it: who, by which channel, since when, last reminder, what comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from conventions.enums import Status
from conventions.models import Avenant, Convention
from core.french import date_long
from parties.actors import Actor
from parties.models import Organisation
from reporting.circuit.acting import newer_version, newer_versions, why_closed
from reporting.circuit.texts import address_of, is_in_signature, query_of, reference_of
from reporting.enums import CircuitState, Mode
from reporting.models import (
    CircuitEvent,
    Delegation,
    PaperCopy,
    SignatureCircuit,
    SignatureEvidence,
    SignatureStep,
    SignedFile,
    SigningLink,
)

STEPS = SignatureStep.objects.select_related("organisation", "mandate", "signatory").order_by("position", "pk")


def circuit_of(convention: Convention, avenant: Avenant | None = None) -> SignatureCircuit | None:
    """The circuit to look at, of a convention's own text or of one avenant: the one under way, else the last one."""
    rows = SignatureCircuit.objects.filter(version__convention=convention, version__avenant=avenant)
    found = sorted(
        rows.select_related("version__avenant"), key=lambda c: (c.is_live, c.version.number, c.opened_at, c.pk)
    )
    if not found:
        return None
    found[-1].version.convention = convention
    return found[-1]


@dataclass(frozen=True)
class StepLine:
    """One signature of a circuit. ``link``, ``delegation`` and ``evidence`` are None for who may not read them."""

    step: SignatureStep
    circuit: SignatureCircuit
    link: SigningLink | None
    delegation: Delegation | None
    evidence: SignatureEvidence | None
    closed: str = ""
    staff: bool = False

    @property
    def state(self) -> tuple[str, str, str]:
        """Word, tone, icon."""
        step = self.step
        if step.signed_at:
            return "Signé", "success", ""
        if step.refused_at:
            return "Refus de signer", "danger", ""
        if self.delegation:
            return "Délégation demandée", "warning", ""
        if step.awaited_since is None:
            return "Attend son tour", "neutral", "clock"
        return "Attendue", "info", "clock"

    @property
    def next_action(self) -> str:
        """What moves this signature on, in a sentence."""
        step = self.step
        if step.signed_at:
            return ""
        if step.refused_at:
            return "Reprendre ou annuler le circuit."
        if self.closed:
            return self.closed
        if self.delegation:
            return f"Répondre à la délégation demandée pour {self.delegation.to_mandate.person}."
        if step.awaited_since is None:
            return "Les signataires précédents d’abord."
        if self.circuit.held_since:
            return (
                f"Rapporter le fichier confié au parapheur le {timezone.localdate(self.circuit.held_since):%d/%m/%Y}."
            )
        if step.mode == Mode.PAPER:
            return "Imprimer, faire signer, numériser."
        if step.mode == Mode.OUTSIDE:
            return "Confier le fichier au parapheur, le rapporter signé."
        return self._by_mail()

    def _by_mail(self) -> str:
        if not self.staff:
            return "Répondre au message reçu."
        if self.link is None:
            return "Indiquer une adresse : aucun lien n’est en vigueur."
        if self.link.state == "expired":
            return "Renvoyer le lien : il a expiré."
        due = self.reminder_due
        return f"Relance le {date_long(due)}." if due else "Attendre la réponse, ou relancer."

    @property
    def reminder_due(self) -> dt.date | None:
        """The day of the next reminder sent without anybody's asking."""
        last = self.step.reminded_at or self.step.awaited_since
        if not last or not self.circuit.remind_days or self.circuit.state != CircuitState.OPEN:
            return None
        due = timezone.localdate(last + dt.timedelta(days=self.circuit.remind_days))
        return max(due, timezone.localdate())

    @property
    def reference(self) -> str:
        return reference_of(self.circuit.version)

    @property
    def address(self) -> str:
        return address_of(self.circuit.version)


@dataclass(frozen=True)
class Board:
    """All that the tab of a convention says of its circuit."""

    circuit: SignatureCircuit
    lines: list[StepLine]
    closed: str
    files: list[SignedFile]
    copies: list[PaperCopy]
    events: list[CircuitEvent]
    earlier: int
    mine: list[StepLine]

    @property
    def done(self) -> int:
        return sum(1 for line in self.lines if line.step.signed_at)

    @property
    def query(self) -> str:
        return query_of(self.circuit.version)

    @property
    def in_signature(self) -> bool:
        return is_in_signature(self.circuit.version)

    @property
    def tone(self) -> str:
        return {"ouvert": "info", "suspendu": "danger", "annule": "neutral", "termine": "success"}[self.circuit.state]


def board_of(convention: Convention, by: Actor, avenant: Avenant | None = None) -> Board | None:
    """The circuit of a convention, or of an avenant, as ``by`` sees it; None without any, or once replaced."""
    circuit = circuit_of(convention, avenant)
    if circuit is None or newer_version(circuit.version) is not None:
        return None
    lines = lines_of([circuit], by)
    own = by.organisation.pk if by.organisation else None
    return Board(
        circuit=circuit,
        lines=lines,
        closed=why_closed(circuit, None) if circuit.is_live else "",
        files=list(circuit.version.signed_files.order_by("sequence")),
        copies=list(circuit.version.paper_copies.all()),
        events=list(circuit.events.select_related("step__organisation").order_by("-pk")[:40]),
        earlier=SignatureCircuit.objects.filter(version=circuit.version).exclude(pk=circuit.pk).count(),
        mine=[line for line in lines if line.step.organisation_id == own and can_answer(line, by)],
    )


def can_answer(line: StepLine, by: Actor) -> bool:
    """Whether the page to sign is worth opening for a member of the organisation."""
    return (
        by.can("signature.give") and line.step.signed_at is None and not line.closed and bool(line.step.awaited_since)
    )


def lines_of(circuits: Iterable[SignatureCircuit], by: Actor) -> list[StepLine]:
    """The steps of these circuits (their versions and conventions read already): five queries, however many."""
    found = {circuit.pk: circuit for circuit in circuits}
    newer = newer_versions([circuit.version for circuit in found.values()])
    closed = {pk: why_closed(c, newer.get(c.version_id)) if c.is_live else "" for pk, c in found.items()}
    steps = list(STEPS.filter(circuit_id__in=list(found)))
    ids = [step.pk for step in steps]
    links: dict[int, SigningLink] = {
        link.step_id: link
        for link in SigningLink.objects.filter(step_id__in=ids, revoked_at__isnull=True).order_by("pk")
    }
    asked = {
        row.step_id: row
        for row in Delegation.objects.filter(step_id__in=ids, decided_at__isnull=True).select_related("to_mandate")
    }
    proofs = {row.step_id: row for row in SignatureEvidence.objects.filter(step_id__in=ids)}
    staff = by.can("convention.sign")
    return [
        StepLine(
            step, found[step.circuit_id], links.get(step.pk), asked.get(step.pk), proofs.get(step.pk),
            closed[step.circuit_id], staff,
        )
        for step in steps
    ]  # fmt: skip


def live_circuits(by: Actor) -> list[SignatureCircuit]:
    """The circuits under way on versions still to be signed, by reference. Two queries."""
    rows: QuerySet[SignatureCircuit] = (
        SignatureCircuit.objects.visible_to(by)
        .live()
        .select_related("version__convention", "version__avenant")
        .order_by("version__convention__reference", "pk")
    )
    return [circuit for circuit in rows if is_in_signature(circuit.version)]


def pending_lines(by: Actor, *, organisation: Organisation | None = None) -> list[StepLine]:
    """The signatures awaited in the territory, or of one organisation; the longest awaited first."""
    lines = [line for line in lines_of(live_circuits(by), by) if line.step.signed_at is None]
    if organisation is not None:
        lines = [line for line in lines if line.step.organisation_id == organisation.pk]
    now = timezone.now()
    return sorted(lines, key=lambda line: (line.step.awaited_since or now, line.step.pk))


def without_circuit(by: Actor) -> list[Convention]:
    """Conventions in signature that no circuit follows."""
    followed = SignatureCircuit.objects.live()
    rows = Convention.objects.visible_to(by).filter(status=Status.EN_SIGNATURE).order_by("reference")
    return [
        convention
        for convention in rows.prefetch_related(Prefetch("versions__circuits", queryset=followed))
        if not any(version.circuits.all() for version in convention.versions.all())
    ]
