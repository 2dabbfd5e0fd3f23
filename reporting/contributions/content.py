"""The content of a contribution: the only thing that leaves, as one canonical JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from conventions.text.content import content_hash
from parties.models import Territory
from reporting.contributions.definitions import DEFINITIONS, FORMAT, TABLES
from reporting.contributions.measure import Measured
from reporting.contributions.protection import Cell, Former, Hidden

Content = dict[str, Any]


def content_of(*, territory: Territory, measured: Measured, hidden: Hidden, threshold: int) -> Content:
    """What leaves. A hidden cell has no number, whatever it is; an unknown one neither, and is not marked hidden.

    A table of which nothing is known is left out.
    """
    return {
        "format": FORMAT,
        "definitions": DEFINITIONS,
        "territory": {"code": territory.code, "name": territory.name},
        "year": measured.year,
        "threshold": threshold,
        "coverage": asdict(measured.coverage),
        "vacancy": asdict(measured.vacancy) if measured.vacancy else None,
        "posts": [{**asdict(line), "etp": f"{line.etp:f}"} for line in measured.posts],
        "tables": [
            {"code": code, "rows": [_row(measured, hidden, code, row, label) for row, label in measured.labels[code]]}
            for code in TABLES
            if measured.counts[code]
        ],
    }


def _row(measured: Measured, hidden: Hidden, code: str, row: str, label: str) -> dict[str, Any]:
    is_hidden = (code, row) in hidden.cells
    count = None if is_hidden else measured.counts[code].get(row)
    return {"code": row, "label": label, "count": count, "hidden": is_hidden}


def cells(content: Content) -> Mapping[Cell, dict[str, Any]]:
    """Its cells by table and row."""
    return {(table["code"], row["code"]): row for table in content.get("tables", []) for row in table["rows"]}


def former_of(content: Content) -> Former:
    """What a reader who kept this content holds."""
    found = cells(content)
    return Former(
        hidden=frozenset(cell for cell, row in found.items() if row["hidden"]),
        told={cell: row["count"] for cell, row in found.items() if row["count"] is not None},
    )


__all__ = ["Content", "cells", "content_hash", "content_of", "former_of"]
