"""`flush`, run by the owner: the runtime role may not TRUNCATE. Transactional tests rely on it."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as DjangoFlush

from config.database import migrating


class Command(DjangoFlush):
    def handle(self, **options: Any) -> None:
        with migrating():
            super().handle(**{**options, "database": "owner"})
