"""What the finance software gives back: choose the file, look at what it changes, apply all of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import BusinessError
from core.french import plural
from funding.forms_titres import ReturnFileForm, ReturnMappingForm
from funding.models import ReturnFile, ReturnImport
from funding.returns.table import guess_mapping, rows_of
from funding.services import titre_returns as services
from funding.titre_returns import Comparison, compare
from funding.views.titres import actor_of, titre_tabs
from parties.access import ability_required
from parties.models import Organisation

#: Rows of a preview shown on the page; the counts are of all.
SHOWN = 200


def acting_for(request: HttpRequest) -> Organisation:
    organisation = actor_of(request).organisation
    if organisation is None:
        raise BusinessError("Choisissez l'organisation pour laquelle vous agissez.")
    return organisation


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.export")
def returns(request: HttpRequest) -> HttpResponse:
    actor, issuer = actor_of(request), acting_for(request)
    form = ReturnFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = services.keep_return(issuer=issuer, filename=file.name, content=file.read(), by=actor)
        except BusinessError as error:
            form.add_error("file", error.message)
        else:
            return redirect(kept)
    imports = ReturnImport.objects.visible_to(actor).filter(issuer=issuer).select_related("file")
    context = {"form": form, "imports": imports[:50], "tabs": titre_tabs(actor, "returns"), "issuer": issuer}
    return render(request, "funding/returns.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.export")
def return_file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The preview; posted, the file is applied with the columns chosen there."""
    actor, issuer = actor_of(request), acting_for(request)
    files = ReturnFile.objects.visible_to(actor).filter(issuer=issuer).select_related("issuer")
    file = get_object_or_404(files, uuid=uuid)
    if file.source == services.PES:
        return pes_file(request, file)
    chosen = request.POST if request.method == "POST" else request.GET
    form = ReturnMappingForm(chosen if "entry_id" in chosen else initial(file), headers=file.headers)
    if request.method == "POST" and form.is_valid():
        try:
            trace = apply(file, form, actor)
        except BusinessError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said(trace))
            return redirect("returns")
    return preview(request, file, form)


def pes_file(request: HttpRequest, file: ReturnFile) -> HttpResponse:
    """The same for a file of the accountant, whose places are known: no column to choose."""
    if request.method == "POST":
        try:
            trace = services.apply_pes_return(file=file, by=actor_of(request))
        except BusinessError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said(trace))
            return redirect("returns")
    return page(request, file, services.compare_pes(file), refused=request.method == "POST")


def initial(file: ReturnFile) -> dict[str, Any]:
    return {"meaning": "total", "entry_id": "", **guess_mapping(file.headers)}


def read(file: ReturnFile, form: ReturnMappingForm) -> Comparison:
    """What the file would change, with the columns of the form."""
    rows, problems = rows_of(file.headers, file.rows, file.numbers, form.mapping, is_total=form.is_total)
    found = compare(rows, file.issuer)
    found.problems = sorted([*problems, *found.problems], key=lambda problem: problem.line)
    return found


def apply(file: ReturnFile, form: ReturnMappingForm, actor: Any) -> ReturnImport:
    rows, problems = rows_of(file.headers, file.rows, file.numbers, form.mapping, is_total=form.is_total)
    if problems:
        raise services.ReturnRefused(problems)
    return services.apply_return(
        rows,
        issuer=file.issuer,
        by=actor,
        source=file.source,
        filename=file.filename,
        sha256=file.sha256,
        file=file,
    )


def preview(request: HttpRequest, file: ReturnFile, form: ReturnMappingForm) -> HttpResponse:
    found = read(file, form) if form.is_valid() else Comparison()
    refused = request.method == "POST" or bool(form.errors)
    return page(request, file, found, form=form, refused=refused)


def page(
    request: HttpRequest,
    file: ReturnFile,
    found: Comparison,
    *,
    form: ReturnMappingForm | None = None,
    refused: bool,
) -> HttpResponse:
    lists = {name: getattr(found, name) for name in ("changes", "problems", "unmatched", "notices")}
    context = {
        "file": file,
        "form": form,
        "found": found,
        **{name: rows[:SHOWN] for name, rows in lists.items()},
        "more": max(len(rows) for rows in lists.values()) > SHOWN,
        "can_apply": (form is None or form.is_valid()) and found.changes and not found.problems,
        "already": ReturnImport.objects.filter(file=file).order_by("-pk").first(),
        "tabs": titre_tabs(actor_of(request), "returns"),
    }
    return render(request, "funding/return.html", context, status=422 if refused else 200)


def said(trace: ReturnImport) -> str:
    parts = [f"{trace.changed} {plural(trace.changed, 'titre mis à jour', 'titres mis à jour')}"]
    if trace.unchanged:
        parts.append(f"{trace.unchanged} déjà à jour")
    if trace.unmatched:
        parts.append(f"{trace.unmatched} {plural(trace.unmatched, 'ligne sans titre', 'lignes sans titre')}")
    return ", ".join(parts) + "."
