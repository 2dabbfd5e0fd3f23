"""The files of a convention: those kept, those taken out to work on, and several at once."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.models import Convention
from conventions.views.common import find
from conventions.views.lists import shown as listed
from core.errors import BusinessError, NotAllowed
from parties.access import ActorRequest, ability_required, member_required
from reporting.batch import ProduceForm, produce_pdfs
from reporting.documents import document_rows
from reporting.docx.convert import MEDIA_TYPE
from reporting.models import Document
from reporting.services_documents import stored_bytes, working_docx
from reporting.services_proofs import start_proofs


@require_safe
@member_required
def documents(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """What is kept of the convention, version by version, and what can be taken out."""
    convention = find(uuid)
    context = {"convention": convention, "versions": document_rows(convention)}
    return render(request, "reporting/convention_documents.html", context)


@require_safe
@member_required
def stored(request: ActorRequest, uuid: uuidlib.UUID, document: uuidlib.UUID) -> HttpResponse:
    """A kept file, as it was the day it was made."""
    kept = get_object_or_404(Document, uuid=document, convention_version__convention=find(uuid))
    data = stored_bytes(kept)
    if data is None:
        raise Http404("Ce fichier n'est pas conservé.")
    headers = {"Content-Disposition": f'attachment; filename="{kept.filename}"'}
    return HttpResponse(data, content_type=kept.media_type, headers=headers)


@require_safe
@member_required
def docx(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """The text for a word processor."""
    convention = find(uuid)
    try:
        data, name = working_docx(convention)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(convention)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=MEDIA_TYPE, headers=headers)


@require_POST
@ability_required("document.collect")
def collect_proofs(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """Have the audit bundle made: it waits in « Mes travaux »."""
    return redirect(start_proofs(convention=find(uuid), by=request.actor))


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("document.collect")
def produce(request: ActorRequest) -> HttpResponse:
    """« Produire les PDF »: choose conventions, get their documents in one file."""
    known = Convention.objects.visible_to(request.actor).order_by("reference")
    _filter, shown = listed(request)
    form = ProduceForm(request.POST if request.method == "POST" else None, conventions=known, shown=shown)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                with transaction.atomic():
                    return redirect(produce_pdfs(conventions=form.chosen, by=request.actor))
            except NotAllowed as error:
                raise PermissionDenied(error.message) from error
            except BusinessError as error:
                form.add_error(None, error.message)
        status = 422
    return render(request, "reporting/conventions_pdf.html", {"form": form}, status=status)
