"""Paper that came back: scans received, pages to sort, signatures read on the copies."""

from __future__ import annotations

import datetime as dt
import uuid as uuidlib
from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from conventions.models import ConventionVersion
from conventions.views.common import act
from core.errors import BusinessError, InvalidInput
from parties.access import ActorRequest, ability_required
from parties.models import Job
from reporting.circuit import paper
from reporting.circuit.present import live_circuits
from reporting.circuit.scanning import Scan
from reporting.enums import PageVerdict
from reporting.forms_circuit import PageForm, ScanForm
from reporting.models import PaperCopy, ScanBatch, ScanPage
from reporting.services_documents import kept_bytes
from reporting.views_circuit.board import attempt, pdf_response

PAGE = 30
TONES = {
    PageVerdict.MATCHED: "success",
    PageVerdict.ASSIGNED: "success",
    PageVerdict.UNREADABLE: "warning",
    PageVerdict.DUPLICATE: "warning",
    PageVerdict.FOREIGN: "danger",
    PageVerdict.SUPERSEDED: "danger",
    PageVerdict.SET_ASIDE: "neutral",
}


@require_http_methods(["GET", "POST"])
@ability_required("convention.sign")
def scans(request: ActorRequest) -> HttpResponse:
    """The scans received, and the way in for another."""
    form = ScanForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        made: list[Job] = []

        def receive() -> None:
            made.append(paper.receive_scan(data=file.read(), filename=file.name, by=request.actor)[1])

        if attempt(form, receive):
            return redirect(made[0])
    sort = Count("pages", filter=Q(pages__verdict__in=paper.TO_SORT))
    rows = ScanBatch.objects.visible_to(request.actor).annotate(to_sort=sort, kept=Count("copies", distinct=True))
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return render(request, "reporting/circuit/scans.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@ability_required("convention.sign")
def scan(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    batch = get_object_or_404(ScanBatch.objects.visible_to(request.actor), uuid=uuid)
    if request.method == "POST":
        return scan_act(request, batch)
    pages = list(batch.pages.select_related("version__convention", "version__avenant"))
    versions = assignable(request)
    rows = [
        {
            "page": page,
            "tone": TONES[PageVerdict(page.verdict)],
            "form": PageForm(versions=versions, auto_id=f"page-{page.number}-%s"),
        }
        for page in pages
        if page.verdict not in paper.PLACED
    ]
    context = {"batch": batch, "groups": paper.groups_of(batch), "rows": rows, "read": len(pages)}
    return render(request, "reporting/circuit/scan.html", context)


def assignable(request: ActorRequest) -> Any:
    """The versions a page may be said to be of: those being signed."""
    ids = [circuit.version_id for circuit in live_circuits(request.actor)]
    rows = ConventionVersion.objects.filter(pk__in=ids).select_related("convention", "avenant")
    return rows.order_by("convention__reference")


def scan_act(request: ActorRequest, batch: ScanBatch) -> HttpResponse:
    """What is decided about a page, or about a copy (field ``acte``)."""
    todo: dict[str, tuple[Callable[[], object], str]] = {
        "rattacher": (lambda: assign(request, batch), "La page est rattachée."),
        "ecarter": (
            lambda: paper.set_page_aside(page=find_page(request, batch), by=request.actor),
            "La page est écartée.",
        ),
        "enregistrer": (lambda: record(request, batch), "L’exemplaire est conservé et ses signatures enregistrées."),
    }
    do, done = todo.get(request.POST.get("acte", ""), (None, ""))
    if do is None:
        raise Http404("Acte inconnu.")
    return act(request, do, done=done, then=batch.get_absolute_url())


def find_page(request: ActorRequest, batch: ScanBatch) -> ScanPage:
    number = request.POST.get("number", "")
    found = batch.pages.filter(number=int(number)).first() if number.isascii() and number.isdigit() else None
    if found is None:
        raise InvalidInput("Cette page n'est pas de cette numérisation.", place="number")
    return found


def assign(request: ActorRequest, batch: ScanBatch) -> ScanPage:
    page = find_page(request, batch)
    form = PageForm(request.POST, versions=assignable(request))
    if not form.is_valid():
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        raise InvalidInput(f"Page {page.number} : {words}")
    values = form.cleaned_data
    return paper.assign_page(page=page, version=values["version"], number=values["page"], by=request.actor)


def record(request: ActorRequest, batch: ScanBatch) -> PaperCopy:
    wanted = as_uuid(request.POST.get("version", ""))
    version = ConventionVersion.objects.filter(uuid=wanted).first() if wanted else None
    if version is None:
        raise InvalidInput("Cette version n'est pas de cette numérisation.", place="version")
    signed: dict[str, dt.date] = {}
    for step in request.POST.getlist("step"):
        try:
            signed[step] = dt.date.fromisoformat(request.POST.get(f"signed_on-{step}", ""))
        except ValueError as error:
            raise InvalidInput("Indiquez la date de chaque signature cochée.", place="signed") from error
    return paper.record_paper(batch=batch, version=version, signed=signed, by=request.actor)


def as_uuid(text: str) -> uuidlib.UUID | None:
    try:
        return uuidlib.UUID(text)
    except ValueError:
        return None


@require_safe
@ability_required("convention.sign")
def scan_page(request: ActorRequest, uuid: uuidlib.UUID, number: int) -> HttpResponse:
    """A small picture of one page."""
    batch = get_object_or_404(ScanBatch.objects.visible_to(request.actor), uuid=uuid)
    page = get_object_or_404(batch.pages, number=number)
    try:
        with Scan(paper.scan_bytes(batch)) as opened:
            picture = opened.preview(page.number, page.rotation)
    except (BusinessError, ValueError) as error:
        raise Http404("Cette page ne se lit plus.") from error
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@require_safe
@ability_required("convention.sign")
def copy(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The copy signed on paper."""
    found = get_object_or_404(PaperCopy.objects.visible_to(request.actor), uuid=uuid)
    data = kept_bytes(found.sha256)
    if data is None:
        raise Http404("Ce fichier ne se lit plus.")
    return pdf_response(data, found.filename)
