"""Browser tests: Debian's chromium, driven by pytest-playwright (`page`, `context`), against `live_server`."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.signals import got_request_exception
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.database import clean_after_commits
from tests.e2e.pages import Visitor

# Playwright's synchronous API keeps an event loop running in the main thread; Django would take the tests' own queries
# for asynchronous code and refuse them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
#: Milliseconds to wait for what a page must show: long, because a busy machine is not a fault.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            # A real browser on a loaded machine: one more try, counted as "rerun" in pytest's last line. Not where
            # what the first try already did would make the second fail elsewhere.
            if item.path.stem not in ("test_main_job", "test_newcomers"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = os.environ.get("COSIGNE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if executable is None:
        raise pytest.UsageError("chromium is missing: run bin/test, which installs it, or set COSIGNE_CHROMIUM")
    return browser_type_launch_args | {
        "executable_path": executable,
        "args": [
            "--no-sandbox",  # the browser only visits our own pages, and containers often forbid its sandbox
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            # Nothing but the pages under test may reach the network.
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The address of the demonstration, served for real: the models and the act of 2023, loaded once per module.

    Not pytest-django's `live_server`, which empties the database after each test: loading the act takes seconds.
    """
    crashes: list[str] = []

    def note(sender: object, request: Any = None, **kwargs: Any) -> None:
        crashes.append(f"{request.method} {request.path}\n{traceback.format_exc(limit=-3)}")

    with django_db_blocker.unblock():
        got_request_exception.connect(note)
        server = None
        try:
            call_command("load_models", verbosity=0)
            call_command("load_demo", verbosity=0)
            server = LiveServer("localhost")
            yield server.url
        finally:
            if server is not None:
                server.stop()
            got_request_exception.disconnect(note)
            # Sequences go on: the rows of tests/rows.py keep their numbers.
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
            clean_after_commits()
    assert not crashes, "\n".join(["Le serveur a échoué :", *crashes])


@pytest.fixture
def visitor(site: str, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Callable[..., Visitor]]:
    """`visitor("Finances, CC du Sud-Artois")`: that person, signed in, in a browser of their own."""
    contexts = []

    def come(label: str = "", **options: Any) -> Visitor:
        context = browser.new_context(**(browser_context_args | {"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        person = Visitor(context.new_page(), site, scripts=options.get("java_script_enabled", True))
        return person.sign_in(label) if label else person

    yield come
    for context in contexts:
        context.close()
