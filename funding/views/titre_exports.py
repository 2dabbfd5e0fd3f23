"""Exporting titres and finding the files again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import BusinessError
from core.french import plural
from core.money import euros
from funding.enums import TitreKind
from funding.exports import registry
from funding.finance_readiness import FormatState, states_of
from funding.finance_settings import FinanceSettings
from funding.forms_titres import ExportForm, ReasonForm
from funding.models import ExportBatch, Titre
from funding.services import titre_batches, titre_exports, titres
from funding.services.titre_jobs import start_export
from funding.views.titres import PAGE_SIZE, actor_of, titre_tabs
from parties.access import ability_required
from parties.actors import Actor
from parties.models import Organisation


@dataclass(frozen=True)
class YearToExport:
    """A year with titres not yet exported; ``changed``: those whose amount must be refreshed first."""

    year: int
    preview: titre_exports.Preview
    changed: int
    #: One per format, the issuer's usual one first, what it lacks with it.
    formats: list[FormatState]


def changed_in(issuer: Organisation, year: int) -> int:
    """Titres whose amount must be refreshed; not counted when there are too many for a page: the export counts them."""
    ready = titre_exports.exportable(issuer, year)
    return len(titres.outdated(ready.for_list())) if ready.count() <= AT_ONCE else 0


#: Beyond, the export is a work done aside: the page would make one wait.
AT_ONCE = 500


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.export")
def titres_export(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.organisation is None:
        raise BusinessError("Choisissez l'organisation pour laquelle vous agissez.")
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return export(request, actor, actor.organisation, **form.cleaned_data)
        except BusinessError as error:
            form.add_error(None, error.message)
    context = {
        "form": form,
        "issuer": actor.organisation,
        "years": to_export(actor.organisation),
        "tabs": titre_tabs(actor, "titres"),
    }
    return render(request, "funding/titres_export.html", context, status=422 if form.errors else 200)


def export(request: HttpRequest, actor: Actor, issuer: Organisation, year: int, file_format: str) -> HttpResponse:
    """At once, or by a work followed on its own page when there are many."""
    if titre_exports.exportable(issuer, year).count() > AT_ONCE:
        return redirect(start_export(issuer=issuer, year=year, file_format=file_format, by=actor))
    batch = titre_exports.export_titres(issuer=issuer, year=year, file_format=file_format, by=actor)
    lines = f"{batch.count} {plural(batch.count, 'titre exporté', 'titres exportés')}"
    messages.success(request, f"{lines} pour {euros(batch.total)} : téléchargez le lot n° {batch.number}.")
    return redirect(f"{reverse('batches')}?lot={batch.uuid}")


def to_export(issuer: Organisation) -> list[YearToExport]:
    """The years with something to export or to complete, latest first."""
    waiting = Titre.objects.issued_by(issuer).filter(batch__isnull=True).order_by()
    years = sorted(set(waiting.values_list("year", flat=True)), reverse=True)
    return [
        YearToExport(
            year,
            titre_exports.preview_export(issuer=issuer, year=year),
            changed_in(issuer, year),
            formats_of(issuer, year),
        )
        for year in years
    ]


def formats_of(issuer: Organisation, year: int) -> list[FormatState]:
    usual = FinanceSettings(issuer.finance).get("format")
    return sorted(states_of(issuer, year=year), key=lambda state: state.name != usual)


@require_safe
@ability_required("titre.view")
def batch_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    # The bytes are not for the list.
    batches = ExportBatch.objects.visible_to(actor).select_related("issuer", "cancellation").defer("content")
    context = {
        "batches": batches,
        "tabs": titre_tabs(actor, "batches"),
        "latest": request.GET.get("lot", ""),
        "can_export": actor.can("titre.export"),
        "all_issuers": actor.is_staff,
    }
    return render(request, "funding/batches.html", context)


def find_batch(request: HttpRequest, uuid: UUID) -> ExportBatch:
    batches = ExportBatch.objects.visible_to(actor_of(request)).select_related("issuer", "cancellation")
    return get_object_or_404(batches.defer("content"), uuid=uuid)


@require_safe
@ability_required("titre.view")
def batch(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return show_batch(request, find_batch(request, uuid))


def show_batch(request: HttpRequest, found: ExportBatch, form: ReasonForm | None = None) -> HttpResponse:
    """What the batch held, what became of it."""
    actor = actor_of(request)
    lines = found.lines.select_related("titre__debtor", "titre__plan").order_by("pk")
    issued = Titre.objects.filter(batch=found).exclude(status="exporte").count()
    cancellable = actor.can("titre.export") and not found.is_cancelled and not issued
    context = {
        "batch": found,
        "page_obj": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "totals": found.lines.order_by().values("titre__kind").annotate(count=Count("pk"), total=Sum("amount")),
        "kinds": dict(TitreKind.choices),
        "issued": issued,
        "form": form or (ReasonForm() if cancellable else None),
        "replaces": titre_batches.replaced_by(found),
        "replaced": titre_batches.replacements_of(found) if found.is_cancelled else [],
        "tabs": titre_tabs(actor, "batches"),
    }
    return render(request, "funding/batch.html", context, status=422 if form and form.errors else 200)


@require_POST
@ability_required("titre.export")
def batch_cancel(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find_batch(request, uuid)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            titre_batches.cancel_batch(batch=found, reason=form.cleaned_data["reason"], by=actor_of(request))
        except BusinessError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Lot n° {found.number} annulé : ses titres peuvent repartir dans un autre lot.")
            return redirect(found)
    return show_batch(request, found, form)


@require_safe
@ability_required("titre.view")
def batch_download(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The file as it left, byte for byte, sent as it is read."""
    found = get_object_or_404(ExportBatch.objects.visible_to(actor_of(request)), uuid=uuid)
    media_type = registry.media_type_of(found.file_format)
    file = FileResponse(found.open(), as_attachment=True, filename=found.filename, content_type=media_type)
    return cast(HttpResponse, file)
