"""Plans in and out by spreadsheet: the file, its review, its application; through « Mes travaux » when it is long."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import sheets
from core.errors import BusinessError, Conflict
from core.uploads import CSV, MEGABYTE, XLSX, UploadField
from funding import filters
from funding.models import FundingPlan
from funding.plan_sheets.importing import apply, meanings, plans_file, review, table_of, template_file
from funding.plan_sheets.shown import MOST_SHOWN, summary
from parties.access import ActorRequest, ability_required
from parties.enums import JobState
from parties.jobs import keep_file, start_job
from parties.models import Job
from posts.reading import Table

SALT = "funding.plans-import"
AGREEMENT = 24 * 3600  # seconds a review can be agreed to
#: Rows a page reads by itself; more become a work.
AT_ONCE = 300
LARGEST = 5 * MEGABYTE


class PlansFileForm(forms.Form):
    file = UploadField(
        kinds=(XLSX, CSV),
        largest=LARGEST,
        label="Fichier",
        help_text="XLSX ou CSV, 5 Mo et 20 000 lignes au plus.",
        error_messages={"required": "Choisissez le fichier à importer."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("plan.edit")
def plans_import(request: ActorRequest) -> HttpResponse:
    if "agreed" in request.POST:
        return confirm(request)
    if request.GET.get("travail"):
        return reviewed_by_a_work(request, request.GET["travail"])
    form = PlansFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return received(request, file.name, file.read())
        except BusinessError as error:
            form.add_error("file", error.message)
    context = {"form": form, "found": None, "columns": meanings()}
    return render(request, "funding/plans_import.html", context, status=422 if form.is_bound else 200)


def received(request: ActorRequest, filename: str, content: bytes) -> HttpResponse:
    table = table_of(filename=filename, content=content)
    suffix = ".xlsx" if filename.lower().endswith(".xlsx") else ".csv"
    source, safe = keep_file(content=content, by=request.actor, suffix=suffix), f"plans{suffix}"
    if len(table.rows) > AT_ONCE:
        params = {"filename": safe}
        label = f"Vérifier {len(table.rows)} lignes de plans"
        return redirect(start_job(kind="plans.check", label=label, by=request.actor, params=params, source=source))
    found = summary(review(table=table, by=request.actor))
    return shown(request, found, source=source, filename=safe)


def reviewed_by_a_work(request: ActorRequest, uuid: str) -> HttpResponse:
    try:
        job = get_object_or_404(Job.objects.mine(request.actor), uuid=UUID(uuid), kind="plans.check")
    except ValueError as error:
        raise Http404("Cet aperçu n'existe pas.") from error
    if job.state != JobState.DONE:
        return redirect(job)
    return shown(request, job.result, source=job.source, filename=job.params["filename"], job=job)


def shown(
    request: ActorRequest,
    found: dict[str, Any],
    *,
    source: str,
    filename: str,
    job: Job | None = None,
    refused: str = "",
) -> HttpResponse:
    """What the file would change. The file's name travels signed: nobody else's can be applied."""
    content = [source, filename, found["digest"], found["rows"], str(request.actor.territory.uuid)]
    agreed = signing.dumps(content, salt=SALT) if found["acts"] else ""
    context = {"form": None, "found": found, "agreed": agreed, "job": job, "refused": refused, "most": MOST_SHOWN}
    wrong = bool(found["mistakes"] or refused) and job is None
    return render(request, "funding/plans_import.html", context, status=422 if wrong else 200)


def confirm(request: ActorRequest) -> HttpResponse:
    try:
        content = signing.loads(request.POST["agreed"], salt=SALT, max_age=AGREEMENT)
        source, filename, digest, rows, territory = content
    except (signing.BadSignature, ValueError) as error:
        raise BadRequest("Cet aperçu n'est plus valable : choisissez de nouveau votre fichier.") from error
    if territory != str(request.actor.territory.uuid):
        raise BadRequest("Cet aperçu est celui d'un autre territoire : choisissez de nouveau votre fichier.")
    if rows > AT_ONCE:
        params = {"filename": filename, "digest": digest}
        job = start_job(
            kind="plans.import",
            label=f"Importer {rows} lignes de plans",
            by=request.actor,
            params=params,
            source=source,
        )
        return redirect(job)
    with default_storage.open(source) as stream:
        table = table_of(filename=filename, content=stream.read())
    return applied(request, table, source, filename, digest)


def applied(request: ActorRequest, table: Table, source: str, filename: str, digest: str) -> HttpResponse:
    try:
        done = apply(table=table, by=request.actor, expected=digest)
    except Conflict as error:
        again = summary(review(table=table, by=request.actor))
        return shown(request, again, source=source, filename=filename, refused=error.message)
    except BusinessError:
        # What was fine at the review is refused now: the new one says where.
        return shown(request, summary(review(table=table, by=request.actor)), source=source, filename=filename)
    messages.success(request, f"Import fait : {len(done.added)} plans créés, {len(done.changed)} modifiés.")
    return redirect("plans")


@require_GET
@ability_required("plan.view")
def plans_rows(request: ActorRequest, file_format: str) -> HttpResponse:
    """The plans of the list, filtered as it is, one row per cost or share: what the import reads back."""
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    found = filters.PlanFilter(request.GET, queryset=FundingPlan.objects.visible_to(request.actor))
    plans = found.qs if found.form.is_valid() else found.queryset.none()
    content = plans_file(plans.select_related("employer").order_by("year", "key"), file_format=file_format)
    return file_answer(content, f"lignes-de-plans-{timezone.localdate():%Y-%m-%d}.{file_format}", file_format)


@require_GET
@ability_required("plan.edit")
def plans_template(request: ActorRequest) -> HttpResponse:
    """The file to fill in, with the latest plan as an example."""
    last = FundingPlan.objects.visible_to(request.actor).select_related("employer").order_by("-year", "-pk")[:1]
    return file_answer(template_file(last, file_format=sheets.XLSX), "modele-plans.xlsx", sheets.XLSX)


def file_answer(content: bytes, name: str, file_format: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)
