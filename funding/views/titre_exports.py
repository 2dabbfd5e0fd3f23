"""Exporting titres and finding the files again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import BusinessError
from core.french import plural
from core.money import euros
from funding.exports import registry
from funding.finance_readiness import FormatState, states_of
from funding.finance_settings import FinanceSettings
from funding.forms_titres import ExportForm
from funding.models import ExportBatch, Titre
from funding.services import titre_exports, titres
from funding.views.titres import actor_of, titre_tabs
from parties.access import ability_required
from parties.models import Organisation


@dataclass(frozen=True)
class YearToExport:
    """A year with titres not yet exported; ``changed``: those whose amount must be refreshed first."""

    year: int
    preview: titre_exports.Preview
    changed: int
    #: One per format, the issuer's usual one first, what it lacks with it.
    formats: list[FormatState]


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.export")
def titres_export(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.organisation is None:
        raise BusinessError("Choisissez l'organisation pour laquelle vous agissez.")
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = titre_exports.export_titres(issuer=actor.organisation, by=actor, **form.cleaned_data)
        except BusinessError as error:
            form.add_error(None, error.message)
        else:
            lines = f"{batch.count} {plural(batch.count, 'titre exporté', 'titres exportés')}"
            messages.success(request, f"{lines} pour {euros(batch.total)} : téléchargez le lot n° {batch.number}.")
            return redirect(f"{reverse('batches')}?lot={batch.uuid}")
    years = to_export(actor.organisation)
    context = {
        "form": form,
        "issuer": actor.organisation,
        "years": years,
        "tabs": titre_tabs(actor, "titres"),
    }
    return render(request, "funding/titres_export.html", context, status=422 if form.errors else 200)


def to_export(issuer: Organisation) -> list[YearToExport]:
    """The years with something to export or to complete, latest first."""
    waiting = Titre.objects.issued_by(issuer).filter(batch__isnull=True).order_by()
    years = sorted(set(waiting.values_list("year", flat=True)), reverse=True)
    return [
        YearToExport(
            year,
            titre_exports.preview_export(issuer=issuer, year=year),
            len(titres.outdated(titre_exports.exportable(issuer, year).for_list())),
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
    batches = ExportBatch.objects.visible_to(actor).select_related("issuer").defer("content")
    context = {
        "batches": batches,
        "tabs": titre_tabs(actor, "batches"),
        "latest": request.GET.get("lot", ""),
        "can_export": actor.can("titre.export"),
        "all_issuers": actor.is_staff,
    }
    return render(request, "funding/batches.html", context)


@require_safe
@ability_required("titre.view")
def batch_download(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The file as it left, byte for byte."""
    batch = get_object_or_404(ExportBatch.objects.visible_to(actor_of(request)), uuid=uuid)
    headers = {"Content-Disposition": f'attachment; filename="{batch.filename}"'}
    return HttpResponse(bytes(batch.content), content_type=registry.media_type_of(batch.file_format), headers=headers)
