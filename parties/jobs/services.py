"""Asking for a long work, stopping it, asking again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core.errors import Conflict
from parties.actors import Actor
from parties.enums import JobState
from parties.models import Job

TASK = "parties.run_job"


def keep_file(*, content: bytes, by: Actor, suffix: str = "") -> str:
    """Store a file for a job to read, or made by one; its name in the storage. The same content is stored once."""
    digest = hashlib.sha256(content).hexdigest()
    name = f"travaux/{by.territory.uuid}/{digest[:2]}/{digest}{suffix}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(content))
    return name


@transaction.atomic
def start_job(*, kind: str, label: str, by: Actor, params: Mapping[str, Any] | None = None, source: str = "") -> Job:
    """Put a work in the queue, as part of the current transaction. ``source``: a name given by :func:`keep_file`.

    The runner acts as ``by``, with what ``by`` may still do when the work starts: it checks abilities itself.
    """
    job = Job.objects.create(
        territory_id=by.territory_id,
        kind=kind,
        label=label[:200],
        organisation=by.organisation,
        user=by.user,
        token=by.token,
        role=by.role,
        params=dict(params or {}),
        source=source,
    )
    enqueue(job)
    return job


@transaction.atomic
def cancel_job(*, job: Job, by: Actor) -> Job:
    """Stop a work: at once when it has not begun, at its next step otherwise. Nothing when it is over."""
    locked = _mine(job, by)
    if locked.is_live and locked.cancel_asked_at is None:
        locked.cancel_asked_at = timezone.now()
        if locked.state == JobState.WAITING:
            locked.state, locked.finished_at = JobState.CANCELLED, locked.cancel_asked_at
        locked.save()
    return locked


@transaction.atomic
def resume_job(*, job: Job, by: Actor) -> Job:
    """Ask again for a work that failed, was stopped or interrupted. Nothing when it is already under way.

    Raises :class:`Conflict` for one that is done.
    """
    locked = _mine(job, by)
    if locked.state == JobState.DONE:
        raise Conflict("Ce travail est terminé : son résultat est sur sa page.")
    if locked.can_resume:
        locked.state, locked.attempts, locked.message = JobState.WAITING, 0, ""
        locked.cancel_asked_at = locked.finished_at = None
        enqueue(locked)
    return locked


def enqueue(job: Job) -> None:
    """Hand the job to the queue, in the current transaction, and save it."""
    job.queue_id = app.configure_task(TASK).defer(territory_id=job.territory_id, job_id=job.pk)
    job.save()


def _mine(job: Job, by: Actor) -> Job:
    return Job.objects.mine(by).select_for_update(of=("self",)).get(pk=job.pk)
