"""What the probes answer, and what makes a deployment not ready."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.storage import InMemoryStorage, default_storage
from django.db import OperationalError, connection
from django.utils import timezone

from config import health

JOB = "reporting.tasks.nothing"


@pytest.fixture(autouse=True)
def storage_check(monkeypatch):
    """Each test finds a process that has not tried its storage yet."""
    monkeypatch.setattr(health.storage, "believed_until", None)


@pytest.mark.parametrize("path", ["/sante/", "/healthz", "/healthz/"])
def test_alive_needs_neither_account_nor_database_nor_known_host(client, path):
    # Without the database mark, any query would fail this test.
    answer = client.get(path, headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer["Cache-Control"] == "no-store"


def states(client) -> dict[str, str]:
    answer = client.get("/readyz", headers={"host": "10.0.0.7"})
    checks = answer.json()["checks"]
    ready = all(state == "ok" for state in checks.values())
    assert (answer.status_code, answer.json()["ready"]) == (200 if ready else 503, ready)
    assert answer["Cache-Control"] == "no-store"
    return checks


def test_ready_says_what_was_checked_and_leaves_nothing_in_the_storage(client, db):
    before = default_storage.listdir("")
    assert states(client) == {"database": "ok", "migrations": "ok", "storage": "ok", "worker": "ok"}
    assert default_storage.listdir("") == before


def test_only_reading_is_answered(client, db):
    assert client.post("/readyz").status_code != 200


def test_a_database_that_does_not_answer_is_named_without_its_address(client, db, monkeypatch):
    def refuse(*args, **kwargs):  # type: ignore[no-untyped-def]
        raise OperationalError('connection to server at "base.interne" failed')

    monkeypatch.setattr(connection, "cursor", refuse)
    found = states(client)
    monkeypatch.undo()
    assert found["database"] == "échec (OperationalError)"
    assert found["storage"] == "ok"
    assert "base.interne" not in str(found)


def test_a_migration_to_apply(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'posts' AND name = '0001_initial'")
    assert states(client)["migrations"] == "1 à appliquer"


def test_a_storage_that_refuses_to_write(client, db, monkeypatch):
    def refuse(self, name, content):  # type: ignore[no-untyped-def]
        raise OSError(28, "No space left on device: /data/files")

    monkeypatch.setattr(InMemoryStorage, "_save", refuse)
    found = states(client)
    assert found["storage"] == "échec (OSError)"
    assert "/data" not in str(found)


def test_a_success_of_the_storage_is_believed_for_a_while(client, db, monkeypatch):
    writes = []
    save = InMemoryStorage._save
    monkeypatch.setattr(
        InMemoryStorage, "_save", lambda self, name, content: writes.append(1) or save(self, name, content)
    )
    clock = [1000.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: clock[0])
    states(client)
    states(client)
    assert len(writes) == 1
    clock[0] += health.STORAGE_TRUSTED_FOR
    states(client)
    assert len(writes) == 2


def defer(**when) -> None:  # type: ignore[no-untyped-def]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES ('default', %s, %s)",
            [JOB, when.get("at")],
        )


def beat(ago: dt.timedelta) -> int:
    """A worker that gave its last sign of life then; returns its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id", [timezone.now() - ago]
        )
        return cursor.fetchone()[0]


NOBODY = "des travaux attendent, aucun worker ne répond"


def test_waiting_jobs_need_a_living_worker(client, db):
    defer()
    assert states(client)["worker"] == NOBODY
    beat(health.WORKER_SILENCE * 2)
    assert states(client)["worker"] == NOBODY
    beat(dt.timedelta(seconds=5))
    assert states(client)["worker"] == "ok"


def test_a_job_for_later_needs_nobody_now(client, db):
    defer(at=timezone.now() + dt.timedelta(hours=1))
    assert states(client)["worker"] == "ok"
    defer(at=timezone.now() - dt.timedelta(hours=1))
    assert states(client)["worker"] == NOBODY


def test_no_job_no_need(client, db):
    beat(health.WORKER_SILENCE * 2)
    assert states(client)["worker"] == "ok"


def hold(worker: int | None) -> None:
    """A job that was taken; ``worker`` has it, or nobody once the worker was removed from the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
            " VALUES ('default', %s, 'doing', %s)",
            [JOB, worker],
        )


def test_a_job_in_progress_needs_its_worker_alive(client, db):
    hold(beat(dt.timedelta(seconds=5)))
    assert states(client)["worker"] == "ok"
    hold(beat(health.WORKER_SILENCE * 2))
    assert states(client)["worker"] == "1 travail abandonné par un worker arrêté"
    hold(None)
    assert states(client)["worker"] == "2 travaux abandonnés par un worker arrêté"
