"""Doing a long work: once, whatever happens to the process that does it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from core import rls
from core.errors import BusinessError, NotAllowed
from parties.actors import Actor
from parties.enums import JobState
from parties.jobs.line import Line
from parties.jobs.services import enqueue
from parties.models import Job, Membership, Territory

logger = logging.getLogger(__name__)

Runner = Callable[["Work"], None]
RUNNERS: dict[str, Runner] = {}
#: Seconds between two writings of the progress.
PACE = 0.5
#: A work whose process died that many times is left to a person: it may well be what kills it.
MOST_ATTEMPTS = 3

UNEXPECTED = "Une erreur inattendue a arrêté ce travail : rien n'a été enregistré à moitié. Prévenez l'administrateur."
DIED = "Le serveur s'est arrêté pendant ce travail à plusieurs reprises. Vous pouvez le reprendre."


class Cancelled(Exception):
    """The person asked to stop: what the open transaction wrote is undone."""


def runner(kind: str) -> Callable[[Runner], Runner]:
    """Register how works of this kind are done. See :mod:`parties.jobs`."""

    def register(function: Runner) -> Runner:
        RUNNERS[kind] = function
        return function

    return register


class Work:
    """What a runner is given: the job, who it acts for, and how to tell its progress."""

    def __init__(self, job: Job, actor: Actor, line: Line) -> None:
        self.job, self.actor, self.line = job, actor, line
        self._told_at = -PACE
        self.finished = False

    @property
    def params(self) -> dict[str, Any]:
        return self.job.params

    @property
    def checkpoint(self) -> dict[str, Any]:
        """What :meth:`remember` kept in an earlier attempt; empty the first time."""
        return self.job.checkpoint

    def acting(self) -> AbstractContextManager[None]:
        """A transaction in the context of who asked."""
        return rls.acting(self.actor.context)

    def source(self) -> bytes:
        """The file given with the job."""
        with default_storage.open(self.job.source) as stream:
            return stream.read()

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is, seen at once by everybody. Cheap: can be called for each row.

        Raises :class:`Cancelled` when the person asked to stop.
        """
        now = time.monotonic()
        if now - self._told_at < PACE and done != total:
            return
        self._told_at = now
        if self.line.tell(done=done, total=total, message=message):
            raise Cancelled

    def remember(self, **checkpoint: Any) -> None:
        """Keep where to start again from; in the current transaction, with what was done."""
        self.job.checkpoint = {**self.job.checkpoint, **checkpoint}
        Job.objects.filter(pk=self.job.pk).update(checkpoint=self.job.checkpoint)

    def finish(
        self,
        *,
        url: str = "",
        label: str = "",
        message: str = "",
        file: str = "",
        filename: str = "",
        **result: Any,
    ) -> None:
        """The work is done. Called in the transaction of what was done, both are kept or neither.

        ``url`` and ``label``: where the result is. ``file``: a name in the storage, downloaded as ``filename``. Other
        values are kept in ``job.result``. Nothing may be told after that.
        """
        self.job.result = {"url": url, "label": label, **result}
        self.job.result_file, self.job.result_name = file, filename
        _close(self.job, JobState.DONE, message)
        self.finished = True


def run_job(*, territory_id: int, job_id: int) -> None:
    """Do a job that waits, or start again one whose process died. Nothing when it is over or in another process.

    Raises what the runner raises when it is not a refusal in words: the queue then logs it.
    """
    system = Actor.system(Territory.objects.get(pk=territory_id)).context
    with Line(job_id=job_id, context=system) as line:
        if not line.hold():
            return
        with rls.acting(system):
            job = _begin(job_id)
        if job is not None:
            _run(job, line, system)


def _begin(job_id: int) -> Job | None:
    job = Job.objects.select_for_update(of=("self",)).select_related("territory", "user").get(pk=job_id)
    if not job.is_live:
        return None
    if job.cancel_asked_at is not None:
        _close(job, JobState.CANCELLED, "")
        return None
    job.state, job.attempts, job.beat_at = JobState.RUNNING, job.attempts + 1, timezone.now()
    job.started_at = job.started_at or job.beat_at
    job.save()
    return job


def _run(job: Job, line: Line, system: rls.Context) -> None:
    try:
        with rls.acting(system):
            actor = actor_of(job)
        work = Work(job, actor, line)
        RUNNERS[job.kind](work)
        if not work.finished:
            with rls.acting(system):
                _close(job, JobState.DONE, job.message)
    except Cancelled:
        _end(job, system, JobState.CANCELLED, "Arrêté à votre demande : rien n'a été enregistré à moitié.")
    except BusinessError as error:
        _end(job, system, JobState.FAILED, error.message)
    except Exception:
        _end(job, system, JobState.FAILED, UNEXPECTED)
        logger.exception("job %s (%s) failed", job.uuid, job.kind)
        raise


def _end(job: Job, system: rls.Context, state: str, message: str) -> None:
    with rls.acting(system):
        job.refresh_from_db()
        _close(job, state, message)


def _close(job: Job, state: str, message: str) -> None:
    job.state, job.message, job.finished_at = state, message[:500], timezone.now()
    if state == JobState.DONE and job.total is None:
        job.total = job.done
    names = ["state", "message", "finished_at", "result", "result_file", "result_name", "updated_at"]
    job.save(update_fields=names)


def actor_of(job: Job) -> Actor:
    """Who asked for the job, with what they may still do today. Runs under the system's context of the territory.

    Raises :class:`NotAllowed` when their access was closed in between.
    """
    if job.token_id is not None:
        token = job.token
        assert token is not None
        if token.revoked_at is not None or token.expires_at <= timezone.now():
            raise NotAllowed("Le jeton qui a demandé ce travail n'est plus valable : relancez-le avec un autre.")
        return Actor.of_token(token)
    if job.user_id is None or job.organisation_id is None:
        return Actor.system(job.territory)
    membership = (
        Membership.objects.filter(user_id=job.user_id, organisation_id=job.organisation_id, role=job.role)
        .in_force_on(timezone.localdate())
        .select_related("territory", "user", "organisation")
        .first()
    )
    if membership is None:
        raise NotAllowed("L'accès de la personne qui a demandé ce travail a été fermé : il n'a pas été fait.")
    return Actor.of(membership)


def resume_interrupted() -> int:
    """Put back in the queue the works whose process died; how many. Done every minute by a worker."""
    resumed = 0
    for territory in Territory.objects.all():
        system = Actor.system(territory).context
        with rls.acting(system):
            running = list(Job.objects.filter(territory=territory, state=JobState.RUNNING))
        for job in running:
            with Line(job_id=job.pk, context=system) as line:
                if line.hold():
                    with rls.acting(system):
                        resumed += _put_back(job.pk)
    return resumed


def _put_back(job_id: int) -> bool:
    job = Job.objects.select_for_update(of=("self",)).get(pk=job_id)
    if job.state != JobState.RUNNING:
        return False
    _forget_in_queue(job.queue_id)
    if job.attempts >= MOST_ATTEMPTS:
        _close(job, JobState.INTERRUPTED, DIED)
        return False
    job.state = JobState.WAITING
    enqueue(job)
    return True


def _forget_in_queue(queue_id: int | None) -> None:
    """The queue still believes the dead process at work."""
    if queue_id is None:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_finish_job_v1(id, 'failed', false) FROM procrastinate_jobs"
            " WHERE id = %s AND status = 'doing'",
            [queue_id],
        )
