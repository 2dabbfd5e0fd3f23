"""What the probes answer: does this process serve, and has the deployment what it needs to work.

``/readyz`` names what is wrong and nothing more: it is asked without an account.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from core.french import plural

logger = logging.getLogger(__name__)

ALIVE_PATHS = {"/sante/", "/healthz", "/healthz/"}
READY_PATHS = {"/readyz", "/readyz/"}
#: Name, at the root of the storage, of the file a probe writes and removes.
PROBE_PREFIX = ".readyz-"
WORKER_SILENCE = timedelta(seconds=60)  # a living worker says so every 10 seconds
STORAGE_TRUSTED_FOR = 30.0  # seconds: anybody may call, and each write costs one on the disk
QUERY_LIMIT = "5s"

OK = "ok"


class NotReady(Exception):
    """The check failed; the argument says what, in a few words without any data."""


def report() -> dict[str, str]:
    """Name of the check → ``ok`` or what is wrong, in the order of what depends on what."""
    return {name: _state(name, check) for name, check in CHECKS.items()}


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as reason:
        state = str(reason)
    except Exception as error:  # whatever the driver of a database or of a storage may raise
        # Its words stay here: they could name machines or accounts.
        state = f"échec ({type(error).__name__})"
    else:
        return OK
    logger.warning("not ready: %s: %s", name, state)
    return state


def database() -> None:
    """The runtime role can query."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [QUERY_LIMIT])


def migrations() -> None:
    """Everything this version of the code brings is applied."""
    pending = _shipped() - set(MigrationRecorder(connection).applied_migrations())
    if pending:
        raise NotReady(f"{len(pending)} à appliquer")


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    # Read once: the code of a process does not change.
    return frozenset(MigrationLoader(None).disk_migrations or ())


class StorageCheck:
    """Writes a small file, reads it back and removes it; a success is believed for STORAGE_TRUSTED_FOR seconds."""

    def __init__(self) -> None:
        self.believed_until: float | None = None

    def __call__(self) -> None:
        if self.believed_until is not None and time.monotonic() < self.believed_until:
            return
        self.believed_until = None
        name = default_storage.save(f"{PROBE_PREFIX}{uuid.uuid4().hex}", ContentFile(b"ok"))
        try:
            with default_storage.open(name) as stream:
                if stream.read() != b"ok":
                    raise NotReady("relecture différente")
        finally:
            default_storage.delete(name)
        self.believed_until = time.monotonic() + STORAGE_TRUSTED_FOR


def worker() -> None:
    """When jobs are due, some worker gave a sign of life lately; and no job is in the hands of one that gave none.

    Living workers remove those that fell silent, whose jobs then have no worker at all.
    """
    now = timezone.now()
    due = ProcrastinateJob.objects.filter(Q(scheduled_at__isnull=True) | Q(scheduled_at__lte=now), status="todo")
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=now - WORKER_SILENCE)
    if due.exists() and not alive.exists():
        raise NotReady("des travaux attendent, aucun worker ne répond")
    held = ProcrastinateJob.objects.filter(status="doing").exclude(worker__in=alive)
    if abandoned := held.count():
        raise NotReady(f"{abandoned} {plural(abandoned, 'travail abandonné')} par un worker arrêté")


storage = StorageCheck()

CHECKS: dict[str, Callable[[], None]] = {
    "database": database,
    "migrations": migrations,
    "storage": storage,
    "worker": worker,
}
