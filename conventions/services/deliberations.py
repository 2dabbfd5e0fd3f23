"""Votes recorded so that signatures can be allowed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from conventions.models import Deliberation
from core.errors import InvalidInput
from parties.actors import Actor


@transaction.atomic
def save_deliberation(*, deliberation: Deliberation, data: dict[str, Any], by: Actor) -> Deliberation:
    """Create or change a deliberation: ``data`` holds model fields. Dates must follow the vote."""
    by.require("convention.edit")
    deliberation.territory_id = by.territory_id
    for name, value in data.items():
        setattr(deliberation, name, value)
    for name, label in (("transmitted_on", "La transmission au préfet"), ("published_on", "La publication")):
        value = getattr(deliberation, name)
        if value is not None and value < deliberation.date:
            raise InvalidInput(f"{label} précède le vote du {deliberation.date:%d/%m/%Y}.", place=name)
    deliberation.save()
    return deliberation
