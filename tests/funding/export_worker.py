"""A worker of the queue in a process of its own, that stops where it is told and waits to be killed.

    python -m tests.funding.export_worker DATABASE FOLDER [verify|write|kept]

It says "here" on its standard output once it is there, and never goes further.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any


def main(database: str, folder: str, stop_at: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    from django.conf import settings

    # Files outlive a killed process, unlike the tests' storage in memory.
    settings.STORAGES["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder},
    }
    for alias in ("default", "owner"):
        settings.DATABASES[alias]["NAME"] = database
    import django

    django.setup()
    from django.core.management import call_command

    stop(stop_at)
    call_command("procrastinate", "worker", "--one-shot")


def stop(place: str) -> None:
    """Make the export wait for ever at ``place``."""
    from funding.services import titre_checks, titre_exports

    if place == "verify":
        checks = titre_checks._verify

        def verify(titres: Any, *rest: Any) -> None:
            checks(titres, *rest)
            wait()

        titre_checks._verify = verify
    elif place == "write":
        entries = titre_exports._entries

        def half(rows: Any, *rest: Any) -> Iterator[Any]:
            for number, entry in enumerate(entries(rows, *rest)):
                if number == 1000:
                    wait()
                yield entry

        titre_exports._entries = half
    elif place == "kept":

        def keep(batch: Any) -> None:
            wait()

        titre_exports.keep_lines = keep


def wait() -> None:
    print("here", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
