"""Browser tests: Debian's chromium, driven by pytest-playwright (`page`, `context`), against `live_server`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

# Playwright's synchronous API keeps an event loop running in the main thread; Django would take the tests' own queries
# for asynchronous code and refuse them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


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
