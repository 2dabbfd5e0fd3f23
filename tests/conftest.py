"""Fixtures of every test. `db` and `client` come from pytest-django; here is what is particular to Cosigne."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests.cast import cast  # noqa: F401  (a fixture)
from tests.database import clean_after_commits, private_database
from tests.jobs import Jobs

# The machine's speed is not a property of the program.
hypothesis.settings.register_profile("cosigne", deadline=None)
hypothesis.settings.load_profile("cosigne")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit are cleaned up with TRUNCATE, which only the owner may do: let them reach that connection."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        commits = marker is not None and marker.kwargs.get("transaction")
        if commits or {"live_server", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "owner"]), append=False)


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker) -> Iterator[None]:
    """A private database, migrated by the owner, used by the tests as the runtime role (see tests/database.py)."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock(), private_database(settings.TEST_SERVER, worker):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After a test that commits, once Django has flushed: its jobs go, what a migration ships comes back.

    A hook, not a fixture: it has to come after the flush, and before the fixtures of the next module.
    """
    result = yield
    marker = item.get_closest_marker("django_db")
    if nextitem is not None and marker is not None and marker.kwargs.get("transaction"):
        clean_after_commits()
    return result


@pytest.fixture
def owner_connection(db) -> Iterator[psycopg.Connection]:
    """A psycopg connection of the role that owns the tables, for looking at or preparing what row-level security hides.

    It is another session, in autocommit: it does not see what the test has not committed, and what it writes outlives
    the test unless the test deletes it.
    """
    server = settings.TEST_SERVER
    target = connections["owner"].settings_dict
    with psycopg.connect(
        **server.conninfo(database=target["NAME"], user=target["USER"]), autocommit=True
    ) as connection:
        yield connection


@pytest.fixture
def jobs(db) -> Jobs:
    """The job queue: `jobs.waiting()`, `jobs.run()`."""
    return Jobs()
