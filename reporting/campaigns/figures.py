"""The figures of a period as one text, and its digest: what was handed in, to know later whether it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from posts.models import ActivityReturn
from posts.models.activity import COUNTS

Month = tuple[int, int]


def returns_of(post_id: int, months: Iterable[Month]) -> list[ActivityReturn]:
    """The returns a period rests on, cells included: its months, and the whole years they are known for."""
    wanted = Q(pk=None)
    for year, month in months:
        wanted |= Q(year=year, month=month) | Q(year=year, month=None)
    rows = ActivityReturn.objects.filter(wanted, post_id=post_id).order_by("year", "month", "zone")
    return list(rows.prefetch_related("cells"))


def content_of(rows: Iterable[ActivityReturn]) -> list[dict[str, Any]]:
    """Every count, cell and observation, in an order that does not depend on how they were entered."""
    found = [
        {
            "year": row.year,
            "month": row.month,
            "zone": row.zone,
            "counts": {name: getattr(row, name) for name in COUNTS},
            "note": row.note,
            "missing": row.missing_reason,
            "cells": sorted([cell.indicator, cell.row, cell.column, cell.value] for cell in row.cells.all()),
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["year"], row["month"] or 0, row["zone"]))


def digest_of(rows: Iterable[ActivityReturn], salt: str) -> str:
    """SHA-256 of the salt and of the figures, in hexadecimal."""
    text = json.dumps(content_of(rows), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
