"""Rows built once and inserted again, a statement per table: most tests begin with the same two hundred rows."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_save

from core import rls


@dataclass(frozen=True)
class RowsPrint:
    """What ``build`` gave back and every row it created, by isolation context and table, in the order of creation.

    Rows keep their primary keys: sequences of the process's database are already past them, and the test that built
    them first undid them.
    """

    content: bytes

    @classmethod
    def of(cls, build: Callable[[], Any]) -> RowsPrint:
        """Run ``build`` and undo it. It may only create rows: changing one again, or by other means, is not seen."""
        rows: dict[tuple[rls.Context, type[models.Model]], list[models.Model]] = {}

        def note(sender: type[models.Model], instance: models.Model, created: bool, **_: Any) -> None:
            assert created, f"{sender.__name__} is saved twice: this print would keep a state it never had"
            rows.setdefault((rls.current_context(), sender), []).append(instance)

        post_save.connect(note, weak=False)
        try:
            with transaction.atomic():
                built = build()
                content = pickle.dumps((built, rows))
                transaction.set_rollback(True)
        finally:
            post_save.disconnect(note)
        return cls(content)

    def again(self) -> Any:
        """The rows in the database once more, and what the builder gave back, new objects each time."""
        built, rows = pickle.loads(self.content)
        for (context, model), instances in rows.items():
            with rls.acting(context):
                model._base_manager.bulk_create(instances)
        return built
