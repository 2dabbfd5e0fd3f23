"""Keeping the last day of a convention where lists can compare it."""

from __future__ import annotations

from conventions.models import Convention
from conventions.terms import last_day_of


def refresh_term(convention: Convention) -> Convention:
    """Write ``runs_until`` from the avenants, renewals and ends as they are now. The caller holds the lock."""
    last = last_day_of(convention)
    stays = last == convention.period_end and not convention.endings.exists()
    convention.runs_until = None if stays else last
    convention.save(update_fields=["runs_until", "updated_at"])
    return convention
