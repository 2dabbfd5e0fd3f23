"""A review as its page shows it, and as a finished work keeps it (JSON)."""

from __future__ import annotations

from typing import Any

from funding.plan_sheets.importing import Review
from funding.plan_sheets.layout import BY_NAME

#: What a page lists; the rest is counted, and every mistake is in the file.
MOST_SHOWN = 200


def summary(found: Review) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "rows": found.rows,
        "added": len(found.added),
        "changed": len(found.changed),
        "unchanged": len(found.unchanged),
        "mistakes": len(found.problems),
        "acts": found.acts,
        "problems": [
            [p.line, BY_NAME[p.column].header if p.column in BY_NAME else "", p.message]
            for p in found.problems[:MOST_SHOWN]
        ],
        "plans": [
            [c.kind, c.key, c.label, c.line, [list(d) for d in c.differences]]
            for c in [*found.changed, *found.added][:MOST_SHOWN]
        ],
    }
