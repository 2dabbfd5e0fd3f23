"""Runs the jobs a test enqueued, in the test's own transaction."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


class Jobs:
    """The queue as a test sees it. Jobs are real rows; `run()` stands in for the worker.

    The worker calls tasks from another thread, hence another connection, which would not see what the test has not
    committed. Here the same functions are called with the same stored arguments, in the test's thread.
    Work deferred with `transaction.on_commit` needs `django_capture_on_commit_callbacks(execute=True)` around it.
    """

    def __init__(self) -> None:
        # A browser test commits its jobs: what it left in the queue is not this test's.
        self.before = ProcrastinateJob.objects.aggregate(last=Max("id"))["last"] or 0

    def _todo(self) -> QuerySet[ProcrastinateJob]:
        return ProcrastinateJob.objects.filter(status="todo", id__gt=self.before).order_by("id")

    def waiting(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and arguments of the jobs to do, oldest first."""
        return [(row.task_name, row.args) for row in self._todo()]

    def run(self) -> int:
        """Do every waiting job, those they enqueue included; returns how many. A failing job raises here."""
        done = 0
        while job := self._todo().first():
            app.tasks[job.task_name].func(**job.args)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job.pk])
            done += 1
        return done
