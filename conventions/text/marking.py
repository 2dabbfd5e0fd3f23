"""What an approved content says of itself, for the pages printed from it to name it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

#: Key of the canonical content.
MARK = "mark"


def marked(content: dict[str, Any], *, version: UUID) -> dict[str, Any]:
    """``content`` with the version it becomes and the public address of the day, both frozen with the words.

    ``version`` is the uuid the ConventionVersion is created with. The address is kept because a document printed again
    after a move of the site must be the same, byte for byte.
    """
    return {**content, MARK: {"version": str(version), "address": settings.COSIGNE_PUBLIC_URL}}
