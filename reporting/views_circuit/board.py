"""The staff's pages: opening a circuit, following it, what is done about each signature."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.models import Avenant, Convention, ConventionVersion
from conventions.services.signing import signatories_of
from conventions.views.common import act, find, tab_url
from core.errors import BusinessError, NotAllowed
from core.french import plural
from parties.access import ActorRequest, ability_required, member_required
from reporting.circuit import bringing, opening
from reporting.circuit.files import current_file
from reporting.circuit.present import StepLine, circuit_of, lines_of, pending_lines, without_circuit
from reporting.circuit.record import canonical
from reporting.circuit.texts import last_version, reference_of
from reporting.enums import Mode
from reporting.forms_circuit import CircuitForm, SignedFileForm, WayForm, refuse
from reporting.models import SignatureCircuit, SignatureEvidence, SignatureStep, SigningLink

PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What an address about a circuit names: a convention, or one of its avenants (``?avenant=1``)."""

    convention: Convention
    avenant: Avenant | None

    @classmethod
    def by(cls, request: ActorRequest, uuid: uuidlib.UUID) -> Asked:
        convention, number = find(uuid), request.GET.get("avenant", "")
        if not number:
            return cls(convention, None)
        rows = convention.avenants.select_related("convention")
        return cls(convention, get_object_or_404(rows, number=int(number) if number.isdecimal() else -1))

    @property
    def back(self) -> str:
        """The page its signatures are on."""
        if self.avenant:
            return f"{self.avenant.get_absolute_url()}#circuit"
        return tab_url(self.convention, "signatures")

    def circuit(self) -> SignatureCircuit:
        circuit = circuit_of(self.convention, self.avenant)
        if circuit is None:
            raise Http404("Ce document n'a pas de circuit de signature.")
        return circuit


def find_line(request: ActorRequest, convention: Convention, signatory: uuidlib.UUID) -> StepLine:
    """The signature of this signatory in the last circuit that asks for it, or 404."""
    steps = SignatureStep.objects.visible_to(request.actor).filter(
        signatory__uuid=signatory, circuit__version__convention=convention
    )
    step = steps.select_related("circuit__version__avenant").order_by("-pk").first()
    if step is None:
        raise Http404("Ce signataire n'est d'aucun circuit de cette convention.")
    step.circuit.version.convention = convention
    line = next(line for line in lines_of([step.circuit], request.actor) if line.step.pk == step.pk)
    line.step.circuit = step.circuit
    return line


@require_http_methods(["GET", "POST"])
@ability_required("convention.sign")
def circuit_open(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    asked = Asked.by(request, uuid)
    found = circuit_of(asked.convention, asked.avenant)
    if request.method == "GET" and found is not None and found.is_live:
        return redirect(asked.back)
    try:
        version = last_version(asked.convention, asked.avenant)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(asked.back)
    signatories = list(signatories_of(version))
    form = CircuitForm(request.POST or None, signatories=signatories, addresses=known_addresses(signatories))
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: open_from(request, version, form)):
        messages.success(request, "Le circuit est ouvert : les messages partent.")
        return redirect(asked.back)
    context = {"reference": reference_of(version), "form": form, "back": asked.back}
    return render(request, "reporting/circuit/open.html", context, status=422 if form.is_bound else 200)


def open_from(request: ActorRequest, version: ConventionVersion, form: CircuitForm) -> SignatureCircuit:
    values = form.cleaned_data
    return opening.open_circuit(
        version=version,
        ways=form.ways(),
        in_sequence=values["in_sequence"],
        remind_days=values["remind_days"],
        site=f"{request.scheme}://{request.get_host()}",
        by=request.actor,
    )


def known_addresses(signatories: list[Any]) -> dict[int, str]:
    """The last address used for each mandate: typed once, offered the next time."""
    mandates = [s.mandate_id for s in signatories if s.mandate_id]
    rows = SigningLink.objects.filter(step__mandate_id__in=mandates).order_by("pk")
    return dict(rows.values_list("step__mandate_id", "email"))


def attempt(form: forms.Form, do: Callable[[], object]) -> bool:
    """Whether what a valid form asks was done; else the reason is on the form."""
    try:
        with transaction.atomic():
            do()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    except BusinessError as error:
        refuse(form, error)
        return False
    return True


@require_POST
@ability_required("convention.sign")
def circuit_act(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The acts on a whole circuit; the field ``acte`` says which."""
    asked = Asked.by(request, uuid)
    circuit, back = asked.circuit(), asked.back
    reason = request.POST.get("reason", "")
    todo: dict[str, tuple[Callable[[], object], str]] = {
        "annuler": (
            lambda: opening.cancel_circuit(circuit=circuit, reason=reason, by=request.actor),
            "Le circuit est annulé ; ce qui a été signé reste au dossier.",
        ),
        "reprendre": (
            lambda: opening.resume_circuit(circuit=circuit, reason=reason, by=request.actor),
            "Le circuit reprend.",
        ),
        "confier": (
            lambda: opening.hold(circuit=circuit, by=request.actor),
            "Le document est noté au parapheur : personne ne le signe ici avant son retour.",
        ),
        "rendre": (
            lambda: opening.release(circuit=circuit, by=request.actor),
            "Le document n’est plus au parapheur : on signe de nouveau ici.",
        ),
    }
    do, done = todo.get(request.POST.get("acte", ""), (None, ""))
    if do is None:
        raise Http404("Acte inconnu.")
    return act(request, do, done=done, then=back)


@require_http_methods(["GET", "POST"])
@ability_required("convention.sign")
def circuit_bring(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """Bringing back a file from a parapheur: its signatures are read, named, and recorded."""
    asked = Asked.by(request, uuid)
    circuit, back = asked.circuit(), asked.back
    form = SignedFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read()
        if attempt(form, lambda: bringing.bring_as_staff(circuit=circuit, data=data, by=request.actor)):
            messages.success(request, "Le fichier signé est vérifié et conservé ; ses signatures sont enregistrées.")
            return redirect(back)
    context = {"reference": reference_of(circuit.version), "form": form, "back": back}
    context["fields"] = list(bringing.awaited_fields(circuit).values())
    return render(request, "reporting/circuit/bring.html", context, status=422 if form.is_bound else 200)


@require_safe
@member_required
def circuit_file(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The document with the signatures given so far. Before any circuit: the sealed document."""
    asked = Asked.by(request, uuid)
    circuit = circuit_of(asked.convention, asked.avenant)
    try:
        current = current_file(circuit.version if circuit else last_version(asked.convention, asked.avenant))
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(asked.back)
    return pdf_response(current.data, current.filename)


@require_safe
@ability_required("convention.sign")
def circuit_pack(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The document and its manifest, for a parapheur outside."""
    asked = Asked.by(request, uuid)
    try:
        data, name = bringing.pack(asked.circuit())
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(asked.back)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/zip", headers=headers)


def pdf_response(data: bytes, name: str, *, inline: bool = False) -> HttpResponse:
    how = "inline" if inline else "attachment"
    headers = {"Content-Disposition": f'{how}; filename="{name}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


# --- One signature ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("convention.sign")
def step_page(request: ActorRequest, uuid: uuidlib.UUID, signatory: uuidlib.UUID) -> HttpResponse:
    """All that may be done about one signature."""
    convention = find(uuid)
    line = find_line(request, convention, signatory)
    initial = {"mode": line.step.mode, "email": line.link.email if line.link else ""}
    form = WayForm(request.POST if request.POST.get("acte") == "changer" else None, initial=initial)
    if request.method == "POST":
        if not form.is_bound:
            return step_act(request, line)
        if form.is_valid() and attempt(
            form, lambda: opening.change_way(step=line.step, by=request.actor, **form.cleaned_data)
        ):
            messages.success(request, "La façon de signer est enregistrée.")
            return redirect(line.address)
    context = {"line": line, "form": form, "events": line.step.events.order_by("-pk")}
    return render(request, "reporting/circuit/step.html", context, status=422 if form.is_bound else 200)


def step_act(request: ActorRequest, line: StepLine) -> HttpResponse:
    step, by = line.step, request.actor
    todo: dict[str, tuple[Callable[[], object], str]] = {
        "relancer": (lambda: opening.remind(step=step, by=by), f"{step.mandate.person} reçoit un rappel."),
        "renvoyer": (
            lambda: opening.resend_link(step=step, by=by),
            "Le lien repart ; celui du premier message reste valable.",
        ),
        "revoquer": (lambda: opening.revoke_link(step=step, by=by), "Le lien n’ouvre plus rien."),
        "confirmer": (
            lambda: opening.decide_delegation(step=step, accept=True, by=by),
            "La délégation est confirmée : la personne désignée reçoit son lien.",
        ),
        "ecarter": (lambda: opening.decide_delegation(step=step, accept=False, by=by), "La délégation est écartée."),
    }
    do, done = todo.get(request.POST.get("acte", ""), (None, ""))
    if do is None:
        raise Http404("Acte inconnu.")
    return act(request, do, done=done, then=line.address)


@require_safe
@member_required
def signature_proof(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The proof of one signature, as the canonical JSON its SHA-256 is of: for the staff and whoever signed."""
    proof = get_object_or_404(SignatureEvidence.objects.visible_to(request.actor), uuid=uuid)
    headers = {"Content-Disposition": f'attachment; filename="preuve-{proof.sha256[:12]}.json"'}
    return HttpResponse(canonical(proof.content), content_type="application/json; charset=utf-8", headers=headers)


# --- The whole territory ----------------------------------------------------------------------------------------------


@require_safe
@member_required
def signatures(request: ActorRequest) -> HttpResponse:
    """Every signature awaited, the longest first."""
    by = request.actor
    lines = pending_lines(by)
    mode = request.GET.get("facon", "")
    if mode in Mode.values:
        lines = [line for line in lines if line.step.mode == mode]
    text = request.GET.get("q", "").strip().casefold()
    if text:
        lines = [line for line in lines if text in searchable(line)]
    page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": page.object_list,
        "count": f"{len(lines)} {plural(len(lines), 'signature attendue', 'signatures attendues')}",
        "modes": Mode.choices,
        "mode": mode,
        "loose": without_circuit(by) if by.can("convention.sign") else [],
        "staff": by.can("convention.sign"),
    }
    return render(request, "reporting/circuit/signatures.html", context)


def searchable(line: StepLine) -> str:
    parts = (
        line.reference,
        line.circuit.version.convention.title,
        line.step.mandate.person,
        line.step.organisation.name,
    )
    return " ".join(parts).casefold()


@require_safe
@member_required
def to_sign(request: ActorRequest) -> HttpResponse:
    """What waits for the person's own organisation."""
    by = request.actor
    lines = pending_lines(by, organisation=by.organisation) if by.organisation else []
    email = by.user.email.lower() if by.user else ""
    return render(request, "reporting/circuit/to_sign.html", {"lines": lines, "email": email})
