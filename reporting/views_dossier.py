"""The interchange screen: check a dossier, then apply it; download the territory's."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import uploads
from core.errors import BusinessError
from core.french.numbers import plural
from core.uploads import UploadField
from parties.access import ActorRequest, ability_required
from reporting.dossier.exporter import dumps, export_territory
from reporting.dossier.importer import Outcome, import_dossier
from reporting.dossier.reader import DossierRefused

LARGEST = 10 * 1024 * 1024  # bytes; the checked file travels back in the page, under the upload limit of the settings


class DossierForm(forms.Form):
    """The file to check."""

    file = UploadField(
        kinds=(uploads.JSON,),
        largest=LARGEST,
        label="Dossier à importer",
        help_text="Fichier JSON, 10 Mo au plus. Rien n'est enregistré avant votre accord.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("dossier.exchange")
def dossier(request: ActorRequest) -> HttpResponse:
    """Check first; apply the same file once agreed."""
    if "agreed" in request.POST:
        return _apply(request, request.POST["agreed"])
    form = DossierForm(request.POST, request.FILES) if request.method == "POST" else DossierForm()
    if request.method == "POST" and form.is_valid():
        return _preview(request, form.cleaned_data["file"].read())
    return _page(request, {"form": form}, refused=form.is_bound)


@require_GET
@ability_required("dossier.exchange")
def dossier_export(request: ActorRequest) -> HttpResponse:
    """The territory's dossier, as `export_dossier` writes it."""
    territory = request.actor.territory
    text = dumps(export_territory(territory))
    name = f"dossier-{territory.code}-{timezone.localdate():%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


def _preview(request: ActorRequest, content: bytes) -> HttpResponse:
    """What the file would do. It travels in the page until agreed: nothing is kept on the server meanwhile."""
    try:
        outcome = import_dossier(content=content, by=request.actor, check_only=True)
    except DossierRefused as refused:
        return _page(request, {"form": DossierForm(), "errors": refused.errors}, refused=True)
    except BusinessError as error:
        return _page(request, {"form": DossierForm(), "problem": error.message}, refused=True)
    # Links would lead to objects that do not exist yet.
    findings = [replace(finding, url="", explain_url="") for finding in outcome.findings]
    agreed = content.decode("utf-8-sig") if outcome.changes else ""
    return _page(request, {"outcome": outcome, "summary": _summary(outcome), "findings": findings, "agreed": agreed})


def _apply(request: ActorRequest, text: str) -> HttpResponse:
    try:
        outcome = import_dossier(content=text.encode(), by=request.actor)
    except DossierRefused as refused:
        return _page(request, {"form": DossierForm(), "errors": refused.errors}, refused=True)
    except BusinessError as error:
        return _page(request, {"form": DossierForm(), "problem": error.message}, refused=True)
    count = len(outcome.findings)
    found = f"{count} {plural(count, 'constat')}" if count else "aucun constat"
    messages.success(request, f"Dossier importé : {_summary(outcome)} ; {found}, à lire sur chaque plan et convention.")
    return redirect("dossier")


def _page(request: ActorRequest, context: dict[str, object], *, refused: bool = False) -> HttpResponse:
    return render(request, "reporting/dossier.html", context, status=422 if refused else 200)


def _summary(outcome: Outcome) -> str:
    if not outcome.changes:
        return "tout est déjà enregistré"
    parts = (
        (outcome.created, "ligne créée", "lignes créées"),
        (outcome.updated, "ligne modifiée", "lignes modifiées"),
        (outcome.removed, "ligne retirée", "lignes retirées"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count)
