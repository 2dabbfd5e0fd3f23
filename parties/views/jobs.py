"""« Mes travaux »: the long works one asked for, how far they are, their result."""

from __future__ import annotations

import math
import mimetypes
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.errors import BusinessError
from core.french import plural
from parties import jobs
from parties.access import ActorRequest, member_required
from parties.enums import JobState
from parties.models import Job

PAGE_SIZE = 20


def card(job: Job) -> dict[str, Any]:
    """What ``ui_job`` shows of a job."""
    names = {"uuid": job.uuid}
    result = job.result if job.state == JobState.DONE else {}
    file_url = reverse("job-file", kwargs=names) if job.state == JobState.DONE and job.result_file else ""
    stopping = job.state == JobState.RUNNING and job.cancel_asked_at is not None
    return {
        "label": job.label,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "message": "Arrêt demandé : le travail s'arrête à sa prochaine étape." if stopping else job.message,
        "remaining": remaining(job),
        "result_url": result.get("url") or file_url,
        "result_label": result.get("label") or "Télécharger le résultat",
        "cancel_url": "" if stopping else reverse("job-cancel", kwargs=names),
        "resume_url": reverse("job-resume", kwargs=names) if job.can_resume else "",
        "poll_url": reverse("job-state", kwargs=names),
    }


def remaining(job: Job) -> str:
    """« 2 min », from what was done so far; "" when nothing can be said."""
    if job.state != JobState.RUNNING or not job.total or not job.done or job.started_at is None:
        return ""
    spent = (timezone.now() - job.started_at).total_seconds()
    seconds = spent * (job.total - job.done) / job.done
    if seconds < 60:
        return f"{max(1, math.ceil(seconds / 10)) * 10} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min"


@require_GET
@member_required
def job_list(request: HttpRequest) -> HttpResponse:
    by = request.actor  # type: ignore[attr-defined]
    page = Paginator(Job.objects.mine(by), PAGE_SIZE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {"page_obj": page, "count": f"{count} {plural(count, 'travail', 'travaux')}"}
    return render(request, "parties/jobs/list.html", context | {"rows": [(job, card(job)) for job in page]})


@require_GET
@member_required
def job(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.mine(request.actor), uuid=uuid)
    return render(request, "parties/jobs/job.html", {"job": found, "card": card(found)})


@require_GET
@member_required
def job_state(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """The card alone: what the page asks for every two seconds while the job runs."""
    found = get_object_or_404(Job.objects.mine(request.actor), uuid=uuid)
    return render(request, "parties/jobs/card.html", {"card": card(found)})


@require_POST
@member_required
def job_cancel(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.mine(request.actor), uuid=uuid)
    jobs.cancel_job(job=found, by=request.actor)
    return redirect(found)


@require_POST
@member_required
def job_resume(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.mine(request.actor), uuid=uuid)
    try:
        jobs.resume_job(job=found, by=request.actor)
    except BusinessError as error:
        messages.warning(request, error.message)
    return redirect(found)


@require_GET
@member_required
def job_file(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.mine(request.actor), uuid=uuid)
    if not found.result_file:
        raise Http404("Ce travail n'a pas produit de fichier.")
    name = found.result_name or found.result_file.rpartition("/")[2]
    with default_storage.open(found.result_file) as stream:
        content = stream.read()
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media, headers=headers)
