"""The private line of a running work: its progress, seen by others at once, and the sign that its process lives.

A work often does everything in one transaction, whose writes nobody sees before the end: progress goes through a second
connection. That connection also holds an advisory lock as long as the work runs. When the process is killed PostgreSQL
drops both, so that "does anybody still work on it?" has an exact answer, whatever clocks and heartbeats say.
"""

from __future__ import annotations

from types import TracebackType

from django.db import connection
from django.utils import timezone

from core import rls
from parties.models import Job

#: First half of the advisory locks' key: any number, the same for every job.
LOCK_CLASS = 0x4A4F42
#: A progress that waits for a lock would hold up the very transaction it tells about.
LOCK_TIMEOUT = "2s"


class Line:
    """One job's second connection; use as a context manager."""

    def __init__(self, *, job_id: int, context: rls.Context) -> None:
        self.job_id, self.context = job_id, context
        self.connection = connection.copy()

    def __enter__(self) -> Line:
        with self.connection.cursor() as cursor:
            # The connection is private: what it says of itself lasts as long as it does.
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, false), set_config('cosigne.territory', %s, false),"
                " set_config('cosigne.scope', %s, false)",
                [LOCK_TIMEOUT, str(self.context.territory_id), self.context.scope],
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def hold(self) -> bool:
        """Take the work for this process; False when another one has it."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.job_id % 2**31])
            return bool(cursor.fetchone()[0])

    def tell(self, *, done: int, total: int | None, message: str) -> bool:
        """Write how far the work is; whether someone asked to stop it."""
        sql = (
            "UPDATE parties_job SET done = %s, total = %s, message = %s, beat_at = %s WHERE id = %s"
            " RETURNING cancel_asked_at IS NOT NULL"
        )
        values = [done, total, message[:500], timezone.now(), self.job_id]
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchone()
        if found is None:
            # Started and run in one transaction (a command, a test): only that transaction knows the row.
            job = Job.objects.filter(pk=self.job_id)
            job.update(done=done, total=total, message=message[:500], beat_at=values[3])
            return job.filter(cancel_asked_at__isnull=False).exists()
        return bool(found[0])
